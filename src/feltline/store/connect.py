"""From the URL of a database to connections that keep what they were told."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from feltline.errors import SetupError, StoreError
from feltline.store.schema import to_json

__all__ = ["APPLICATION", "LOCK_WAIT_S", "WRITING", "Target", "engine_of", "target_of"]

LOCK_WAIT_S: Final = 10
"""Seconds that a change waits for another program's change to end."""

APPLICATION: Final = 0x66656C74
"""Marks a SQLite file as feltline's ("felt"), in the place SQLite has for that."""

WRITING: Final = "feltline_writing"
"""Execution option of a connection whose transaction will write."""

_FILE: Final = "sqlite:///"
_ACCEPTED: Final = f"{_FILE}PATH or postgresql://USER@HOST/NAME"
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
        return sa.create_engine(
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


def _file_engine(path: Path, *, make: bool, shared: dict[str, Any]) -> sa.Engine:
    engine = sa.create_engine(
        "sqlite://",
        creator=_opener(path, make=make),
        poolclass=sa.QueuePool,
        **shared,
    )
    sa.event.listen(engine, "begin", _begin)
    return engine


def _opener(path: Path, *, make: bool) -> Callable[[], sqlite3.Connection]:
    """What opens the file; it is never made where a name is mistyped."""
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if make else 'rw'}"

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=LOCK_WAIT_S,
            isolation_level=None,  # transactions begin where `_begin` says so
            check_same_thread=False,
        )
        try:
            _check_owner(connection, path, make=make)
            _set_up(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection

    return opened


def _check_owner(connection: sqlite3.Connection, path: Path, *, make: bool) -> None:
    """Leave files of other programs as they are; mark a new one as feltline's."""
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner == APPLICATION:
        return
    (n_pages,) = connection.execute("PRAGMA page_count").fetchone()
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
    for setting in (
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {setting}")


def _begin(connection: sa.Connection) -> None:
    """Take the lock at once if the transaction will write.

    A transaction that reads first and writes later can fail in the middle, because
    another one wrote between; one that starts with the lock only ever waits.
    """
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
