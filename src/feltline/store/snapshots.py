"""Snapshots: a project's rows as they stood at one moment, in a SQLite file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from feltline.errors import InputError
from feltline.store.connect import APPLICATION, engine_of, target_of
from feltline.store.db_errors import explaining
from feltline.store.schema import METADATA, projects
from feltline.store.transactions import Transaction, Transactions
from feltline.store.upgrade import upgrade

__all__ = ["Snapshots", "check_snapshot"]

_KINDS: Final = {"table", "index"}
"""What a database of feltline consists of."""


class Snapshots(Transactions):
    """Writes a project's rows into a file of their own, while others go on writing."""

    def snapshot(self, path: Path) -> None:
        """Write the rows of this project, and of no other, into a new SQLite file.

        Of a SQLite file by SQLite's own backup; of PostgreSQL, or of a file that holds
        other projects too, table by table in one transaction that sees one state.

        Args:
            path: The file; there must be none.

        Raises:
            StoreError: The database cannot be read.
            SetupError: The disk is full.
        """
        with self._reading() as tx:
            keys = tx.execute(sa.select(projects.c.project_id)).scalars().all()
        with explaining(self._target):
            if self._target.path is not None and len(keys) == 1:
                self._back_up(path)
            else:
                self._copy_rows(path)

    def _back_up(self, path: Path) -> None:
        with (
            closing(self._engine.raw_connection()) as held,
            closing(sqlite3.connect(path)) as copy,
        ):
            source = held.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise TypeError("a file that SQLite does not read")
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it

    def _copy_rows(self, path: Path) -> None:
        target = target_of(f"sqlite:///{path}")
        into = engine_of(target, make=True)
        try:
            upgrade(into, target, make=True)
            sees_one_state = self._engine.connect()
            if self._target.path is None:
                sees_one_state = sees_one_state.execution_options(
                    isolation_level="REPEATABLE READ"
                )
            with sees_one_state as source, into.begin() as copy:
                here = Transaction(source, self._project_id)
                there = Transaction(copy, self._project_id)
                for table in METADATA.sorted_tables:
                    # By the key, so that an undo comes after what it takes back.
                    asked = here.select(table).order_by(*table.primary_key.columns)
                    there.insert(table, here.stream(asked))
        finally:
            into.dispose()
        with closing(sqlite3.connect(path)) as copied:
            copied.execute("PRAGMA journal_mode = DELETE")


def check_snapshot(path: Path) -> None:
    """Raise unless a file that came from elsewhere is a sound snapshot.

    Nothing in it is run: it may hold tables and indices, no triggers and no views.

    Raises:
        InputError: It is none, or damaged.
    """
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as file:
            (owner,) = file.execute("PRAGMA application_id").fetchone()
            kinds = {kind for (kind,) in file.execute("SELECT type FROM sqlite_master")}
            (state,) = file.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise InputError(
            f"the database in the backup cannot be read ({error}); take another backup"
        ) from error
    if owner != APPLICATION or not kinds or kinds - _KINDS:
        raise InputError(
            "the database in the backup is not one that feltline made; give a file "
            "that feltline backup wrote"
        )
    if state != "ok":
        raise InputError(
            f"the database in the backup is damaged ({state}); take another backup"
        )
