"""Transactions on one project of one database."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from feltline.errors import StoreError
from feltline.store import connect
from feltline.store.connect import WRITE_UNTIL, Target
from feltline.store.db_errors import busy, explaining
from feltline.store.rows import value_of
from feltline.store.schema import Columns, projects

_T = TypeVar("_T")

MAX_WAITING: Final = 16
"""So many writers of a process wait to the deadline; more would leave a server no
thread to read with."""

CROWD_WAIT_S: Final = 0.5
"""A writer beyond those waits so long for a place among them."""

_ROWS: Final = 4000
"""Rows that one insertion holds in memory."""


@contextmanager
def writing(
    engine: sa.Engine,
    target: Target,
    *,
    deadline: float | None = None,
    queue: int | None = None,
) -> Iterator[sa.Connection]:
    """A transaction that writes; committed if the block succeeds.

    Args:
        engine: Connections to the database.
        target: Its place, for messages.
        deadline: On the monotonic clock, until which it waits for others; None =
            `LOCK_WAIT_S` from now.
        queue: Number of the lock at which it queues on PostgreSQL, where no file is
            locked; None = at none.

    Raises:
        StoreError: The database cannot be written.
        SetupError: The disk is full or the rights are missing.
    """
    until = time.monotonic() + connect.LOCK_WAIT_S if deadline is None else deadline
    with (
        explaining(target),
        engine.connect().execution_options(**{WRITE_UNTIL: until}) as connection,
        connection.begin(),
    ):
        if queue is not None and engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(queue)))
        yield connection


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction on the rows of one project.

    Attributes:
        connection: By which it reads and writes.
        project_id: Key of all rows of the project.
    """

    connection: sa.Connection
    project_id: str

    @property
    def is_file(self) -> bool:
        """Whether the database is a SQLite file, not one of a PostgreSQL server."""
        return self.connection.dialect.name == "sqlite"

    def execute(self, statement: sa.Executable) -> sa.CursorResult[Any]:
        """Execute one statement."""
        return self.connection.execute(statement)

    def select(
        self, *what: sa.Table | sa.Column[Any], **same: object
    ) -> sa.Select[Any]:
        """Columns of rows of this project.

        Args:
            what: Tables and columns; the first names the table that is read.
            same: What a column of that table must be; None = whatever it is.
        """
        table = what[0] if isinstance(what[0], sa.Table) else what[0].table
        wanted = {"project_id": self.project_id, **same}
        return sa.select(*what).where(
            *(table.c[name] == one for name, one in wanted.items() if one is not None)
        )

    def any_of(
        self, column: sa.ColumnElement[Any], values: Iterable[Any]
    ) -> sa.ColumnElement[bool]:
        """The condition that a column is one of ever so many values: one parameter."""
        if self.is_file:
            given = sa.bindparam(None, list(values), sa.JSON)
            each = sa.func.json_each(given).table_valued("value").c.value
        else:
            given = sa.bindparam(None, list(values), postgresql.ARRAY(column.type))
            each = sa.func.unnest(given).column_valued()
        return column.in_(sa.select(each))

    def rows(self, asked: sa.Select[Any]) -> Sequence[Columns]:
        """All rows of an answer, each by the names of its columns."""
        return self.execute(asked).mappings().all()

    def stream(self, asked: sa.Select[Any]) -> Iterator[Columns]:
        """The same row by row, for answers that may be long: few are held at once."""
        some = asked.execution_options(yield_per=1000)
        return iter(self.execute(some).mappings())

    def row(self, asked: sa.Select[Any]) -> Columns | None:
        """The only row of an answer, None if there is none."""
        return self.execute(asked).mappings().one_or_none()

    def find(self, table: sa.Table, **key: object) -> Columns | None:
        """The row of a table by its key, None if there is none."""
        return self.row(self.select(table, **key))

    def read(self, kind: type[_T], asked: sa.Select[Any]) -> list[_T]:
        """A value of each row of an answer."""
        return [value_of(kind, row) for row in self.rows(asked)]

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

    def upsert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows of this project, in place of those of the same key."""
        if not rows:
            return
        insert = sqlite.insert(table) if self.is_file else postgresql.insert(table)
        key = table.primary_key.columns.keys()
        statement = insert.on_conflict_do_update(
            index_elements=key,
            set_={name: insert.excluded[name] for name in rows[0] if name not in key},
        )
        self.connection.execute(
            statement, [{"project_id": self.project_id, **row} for row in rows]
        )

    def delete(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
        """Delete rows of this project; returns how many went."""
        own = sa.delete(table).where(table.c.project_id == self.project_id)
        return self.execute(own.where(*conditions)).rowcount

    def update(self, table: sa.Table, **key: object) -> sa.Update:
        """Asks to change rows of this project; the key, if any, names one."""
        return sa.update(table).filter_by(project_id=self.project_id, **key)

    def next_number(self, counter: str, by: int = 1) -> int:
        """Raise a counter of the project, and return its new value."""
        column = projects.c[counter]
        raised = self.update(projects).values({counter: column + by})
        return int(self.execute(raised.returning(column)).scalar_one())


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
            writing(self._engine, self._target, deadline=deadline) as connection,
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
