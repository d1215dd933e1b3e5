"""Transactions on one project of one database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.connect import WRITING, Target
from feltline.store.db_errors import explaining
from feltline.store.schema import projects

__all__ = ["Project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project of one database; any thread may use it.

    Attributes:
        project_id: Key of every row of the project.
        target: Its database.
        engine: Connections to it.
    """

    project_id: str
    target: Target
    engine: sa.Engine = field(repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read by, in one transaction.

        Raises:
            StoreError: The database cannot be read.
            SetupError: The disk fails.
        """
        with explaining(self.target), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection to write by; committed if the block succeeds.

        Writes of a project follow one another, also those of several programs: SQLite
        locks its file, PostgreSQL the row of the project. So event numbers are in the
        order of commits, and no state of the log ever changes behind a reader.

        Raises:
            StoreError: The database cannot be written, or lacks the project.
            SetupError: The disk is full or the rights are missing.
        """
        with (
            self._own_turn(),
            explaining(self.target),
            self.engine.connect().execution_options(**{WRITING: True}) as connection,
            connection.begin(),
        ):
            held = (
                sa.select(projects.c.project_id)
                .where(projects.c.project_id == self.project_id)
                .with_for_update()
            )
            if connection.execute(held).first() is None:
                raise StoreError(
                    f"{self.target.place} holds no project {self.project_id!r} any more"
                )
            yield connection

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        """Threads queue up here: SQLite would have them poll for the file's lock."""
        if self.target.path is None:
            yield
            return
        with self._turn:
            yield
