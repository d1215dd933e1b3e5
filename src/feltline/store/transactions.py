"""Transactions on one project of one database."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store import connect
from feltline.store.connect import Target, writes_until
from feltline.store.db_errors import busy, explaining
from feltline.store.schema import Columns, projects

_T = TypeVar("_T")

MAX_WAITING: Final = 16
"""So many writers of a process wait to the deadline; more would leave a server no
thread to read with."""

CROWD_WAIT_S: Final = 0.5
"""A writer beyond those waits so long for a place among them."""

_CHUNK: Final = 500
"""Values per statement, well under what any SQLite takes."""

_ROWS: Final = 4000
"""Rows that one insertion holds in memory."""


def in_chunks(values: Sequence[_T]) -> list[Sequence[_T]]:
    """Parts of a list, each short enough for one statement."""
    return [values[i : i + _CHUNK] for i in range(0, len(values), _CHUNK)]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction on the rows of one project.

    Attributes:
        connection: By which it reads and writes.
        project_id: Key of all rows of the project.
    """

    connection: sa.Connection
    project_id: str

    def execute(self, statement: sa.Executable) -> sa.CursorResult[Any]:
        """Execute one statement."""
        return self.connection.execute(statement)

    def of(
        self, table: sa.Table, *conditions: sa.ColumnElement[bool]
    ) -> sa.ColumnElement[bool]:
        """The condition that a row is this project's, and whatever else."""
        return sa.and_(table.c.project_id == self.project_id, *conditions)

    def select(self, *what: sa.Table | sa.Column[Any]) -> sa.Select[Any]:
        """Columns of rows of this project; the first of `what` names the table."""
        table = what[0] if isinstance(what[0], sa.Table) else what[0].table
        return sa.select(*what).where(table.c.project_id == self.project_id)

    def rows(self, asked: sa.Select[Any]) -> Sequence[Columns]:
        """All rows of an answer, each by the names of its columns."""
        return self.execute(asked).mappings().all()

    def row(self, asked: sa.Select[Any]) -> Columns | None:
        """The only row of an answer, None if there is none."""
        return self.execute(asked).mappings().one_or_none()

    def values(self, asked: sa.Select[Any]) -> list[Any]:
        """The first column of an answer."""
        return list(self.execute(asked).scalars())

    def value(self, asked: sa.Select[Any]) -> Any:  # noqa: ANN401 - any column
        """The first value of an answer, None if there is none."""
        return self.execute(asked).scalar()

    def insert(self, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows of this project, thousands by each statement."""
        left = ({"project_id": self.project_id, **row} for row in rows)
        while some := list(islice(left, _ROWS)):
            self.connection.execute(sa.insert(table), some)

    def delete(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
        """Delete rows of this project; returns how many went."""
        return self.execute(
            sa.delete(table).where(self.of(table, *conditions))
        ).rowcount

    def next_number(self, counter: str, by: int = 1) -> int:
        """Raise a counter of the project, and return its new value."""
        column = projects.c[counter]
        raised = (
            sa.update(projects)
            .where(self.of(projects))
            .values({counter: column + by})
            .returning(column)
        )
        return int(self.execute(raised).scalar_one())


class Transactions:
    """Opens transactions on one project; any thread may use it.

    Args:
        project_id: Key of every row of the project.
        target: Its database.
        engine: Connections to it.
    """

    def __init__(self, *, project_id: str, target: Target, engine: sa.Engine) -> None:
        self._project_id = project_id
        self._target = target
        self._engine = engine
        self._turn = threading.Lock()
        self._places = threading.BoundedSemaphore(MAX_WAITING)

    @property
    def project_id(self) -> str:
        """The project's key in its database."""
        return self._project_id

    @property
    def place(self) -> str:
        """Where the database is, for messages; never holds a password."""
        return self._target.place

    @contextmanager
    def _reading(self) -> Iterator[Transaction]:
        """A transaction that reads.

        Raises:
            StoreError: The database cannot be read.
            SetupError: The disk fails.
        """
        with explaining(self._target), self._engine.connect() as connection:
            yield Transaction(connection, self._project_id)

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        """A transaction that writes; committed if the block succeeds.

        Writes of a project follow one another, also those of several programs: SQLite
        locks its file, PostgreSQL the row of the project. So event numbers are in the
        order of commits, and no state of the log ever changes behind a reader.

        Raises:
            StoreError: The database cannot be written, or lacks the project.
            SetupError: The disk is full or the rights are missing.
        """
        deadline = time.monotonic() + connect.LOCK_WAIT_S
        with (
            self._own_turn(deadline),
            explaining(self._target),
            self._engine.connect().execution_options(
                **writes_until(deadline)
            ) as connection,
            connection.begin(),
        ):
            tx = Transaction(connection, self._project_id)
            if tx.value(tx.select(projects.c.project_id).with_for_update()) is None:
                raise StoreError(
                    f"{self.place} holds no project {self._project_id!r} any more"
                )
            yield tx

    @contextmanager
    def _own_turn(self, deadline: float) -> Iterator[None]:
        """Writers of this process queue up here, each to its own deadline.

        Were each to wait for the database by itself, their waits would add up, or take
        every thread of a server.

        Raises:
            StoreError: Others wrote, or waited, all that time.
        """
        if not self._places.acquire(timeout=CROWD_WAIT_S):
            raise busy(self._target)
        try:
            left_s = max(0.0, deadline - time.monotonic())
            if not self._turn.acquire(timeout=left_s):
                raise busy(self._target)
        finally:
            self._places.release()
        try:
            yield
        finally:
            self._turn.release()
