"""Connections to a database by its URL: durable, and bound to one file."""

import os
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from feltline.errors import SetupError, StoreError, StoreUnavailableError
from feltline.store.columns import to_json

LOCK_WAIT_S: Final = 10
"""Seconds that a change waits, in all, for other changes to end."""

APPLICATION: Final = 0x66656C74
"""Marks a SQLite file as feltline's ("felt"), in the place SQLite has for that."""

WRITE_UNTIL: Final = "feltline_write_until"
"""Execution option of a connection whose transaction will write: the deadline, on the
monotonic clock, until which it waits for the lock."""

_FILE: Final = "sqlite:///"
_ACCEPTED: Final = f"{_FILE}PATH or postgresql://USER@HOST/NAME"
_WAIT_MS: Final = "feltline_wait_ms"
_NEAR_MS: Final = 100
"""Waits that differ by no more are not set anew."""
_SPARE_CONNECTIONS: Final = 40
"""As many as the threads of a server, so that none waits for a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A database, as a URL named it.

    Attributes:
        path: Its file; None on PostgreSQL.
        place: The file, or host and name, for messages: never a password.
        url: As SQLAlchemy wants it.
    """

    path: Path | None
    place: str
    url: sa.URL = field(repr=False)


def target_of(url: str) -> Target:
    """Read the URL of a database.

    Raises:
        StoreError: It is none, or of a kind that feltline does not use. The message
            does not repeat the URL, which may hold a password.
    """
    if url.startswith("sqlite:"):
        return _file_target(url)
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            f"the URL of the database cannot be read; expected {_ACCEPTED}"
        ) from None
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        if not parsed.database:
            raise StoreError(f"the URL names no database; expected {_ACCEPTED}")
        return Target(
            path=None,
            place=f"PostgreSQL database {parsed.database} on {_host(parsed)}",
            url=parsed.set(drivername="postgresql+psycopg"),
        )
    raise StoreError(
        f"feltline keeps no project in {parsed.drivername!r}; expected {_ACCEPTED}"
    )


def _file_target(url: str) -> Target:
    """The path stands in the URL as it is: nothing in it is escaped, or an option."""
    prefix, named = url[: len(_FILE)], url[len(_FILE) :]
    if prefix != _FILE or named in ("", ":memory:"):
        raise StoreError(f"a project needs a file: expected {_FILE}PATH")
    return Target(
        path=Path(named), place=named, url=sa.URL.create("sqlite", database=named)
    )


def _host(parsed: sa.URL) -> str:
    named = parsed.host or parsed.query.get("host") or "this machine"
    return named if isinstance(named, str) else ", ".join(named)


def engine_of(target: Target, *, make: bool = False) -> sa.Engine:
    """Connections to a database; none is opened yet.

    Args:
        target: Which database.
        make: Make the SQLite file if it is missing.

    Raises:
        SetupError: The driver of PostgreSQL is not installed.
    """
    shared: dict[str, Any] = {
        "pool_size": 5,
        "max_overflow": _SPARE_CONNECTIONS,
        "hide_parameters": True,
        "json_serializer": to_json,
    }
    if target.path is not None:
        return _file_engine(target.path, make=make, shared=shared)
    waits = f"-c lock_timeout={LOCK_WAIT_S}s"
    asked = target.url.query.get("options")
    options = f"{asked} {waits}" if isinstance(asked, str) else waits
    try:
        engine = sa.create_engine(
            target.url,
            connect_args={"connect_timeout": LOCK_WAIT_S, "options": options},
            pool_pre_ping=True,  # the server may have been started anew
            **shared,
        )
    except ModuleNotFoundError as error:
        raise SetupError(
            "PostgreSQL needs the package psycopg; install it with "
            "pip install 'feltline[server]'"
        ) from error
    sa.event.listen(engine, "begin", _begin_on_server)
    return engine


def _wait_ms(connection: sa.Connection) -> int | None:
    """What is left to the deadline of a transaction that writes, None for others."""
    until: float | None = connection.get_execution_options().get(WRITE_UNTIL)
    if until is None:
        return None
    return max(1, round(1000 * (until - time.monotonic())))  # 0 would be for ever


def _begin_on_server(connection: sa.Connection) -> None:
    """Wait for locks no longer than to the deadline of a transaction that writes."""
    wait_ms = _wait_ms(connection)
    if wait_ms is not None and 1000 * LOCK_WAIT_S - wait_ms > _NEAR_MS:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait_ms}")


class DatabaseFile:
    """A SQLite file that must stay the one that was opened first.

    SQLite goes on writing to a file whose name is gone, and nobody will ever read it.
    So before each transaction the file of this name is compared with the one opened.

    Args:
        path: Where it lies.
        make: Make it if it is missing.
    """

    def __init__(self, path: Path, *, make: bool) -> None:
        self._path = path.absolute()  # whatever folder the process goes to later
        self._make = make
        self._identity: tuple[int, int] | None = None

    def open(self) -> sqlite3.Connection:
        """Open the file; it is never made where a name is mistyped.

        Raises:
            StoreError: It is another program's, empty, or no longer the same.
            SetupError: It lies where SQLite cannot keep a log beside it.
        """
        if self._identity is not None:
            self.check()
        mode = "rwc" if self._make and self._identity is None else "rw"
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode={mode}",
            uri=True,
            timeout=LOCK_WAIT_S,
            isolation_level=None,  # transactions begin where `_begin` says so
            check_same_thread=False,
        )
        try:
            _check_owner(connection, self._path, make=self._make)
            _set_up(connection, self._path)
            if self._identity is None:
                found = self._path.stat()
                self._identity = found.st_dev, found.st_ino
            self.check()
        except BaseException:
            connection.close()
            raise
        return connection

    def check(self) -> None:
        """Raise `StoreUnavailableError` unless the file is the one that was opened."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 - before each transaction
        except OSError as error:
            raise StoreUnavailableError(
                f"{self._path} is gone while the project is open (removed, moved or "
                f"unmounted: {error.strerror}). Nothing was saved; bring it back and "
                f"open the project again"
            ) from error
        if (found.st_dev, found.st_ino) != self._identity:
            raise StoreUnavailableError(
                f"{self._path} was replaced by another file while the project is open "
                f"(a restored backup, a sync program?). Nothing was saved; open the "
                f"project again"
            )


def _file_engine(path: Path, *, make: bool, shared: dict[str, Any]) -> sa.Engine:
    file = DatabaseFile(path, make=make)
    engine = sa.create_engine(
        "sqlite://", creator=file.open, poolclass=sa.QueuePool, **shared
    )
    sa.event.listen(engine, "begin", lambda _: file.check())
    sa.event.listen(engine, "begin", _begin)
    sa.event.listen(engine, "commit", lambda _: file.check())
    return engine


def _check_owner(connection: sqlite3.Connection, path: Path, *, make: bool) -> None:
    """Leave files of other programs as they are; mark a new one as feltline's."""
    # In this order: a file that another `init` is just marking gets its first page and
    # its owner at once.
    (n_pages,) = connection.execute("PRAGMA page_count").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner == APPLICATION:
        return
    if n_pages:
        raise StoreError(
            f"{path} is the database of another program; give another place"
        )
    if not make:
        raise StoreError(
            f"{path} is empty; make a project there first, or give another place"
        )
    connection.execute(f"PRAGMA application_id = {APPLICATION}")


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    """A commit is on the disk when it returns, and deleted bytes are overwritten."""
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise SetupError(
            f"{path} lies where SQLite cannot keep a log beside it (a network folder?);"
            f" put the project on a local disk, or use PostgreSQL"
        )
    for setting in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: sa.Connection) -> None:
    """Take the lock at once if the transaction will write, waiting to its deadline.

    A transaction that reads first and writes later can fail in the middle, because
    another one wrote between; one that starts with the lock only ever waits.
    """
    wait_ms = _wait_ms(connection)
    if wait_ms is None:
        connection.exec_driver_sql("BEGIN")
        return
    known = connection.info.get(_WAIT_MS, 1000 * LOCK_WAIT_S)
    if abs(wait_ms - known) > _NEAR_MS:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait_ms}")
        connection.info[_WAIT_MS] = wait_ms
    connection.exec_driver_sql("BEGIN IMMEDIATE")
