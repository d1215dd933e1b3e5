"""Database errors as sentences that a user can act on."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote, quote_plus

import sqlalchemy as sa

from feltline.errors import (
    FeltlineError,
    InputError,
    SetupError,
    StoreError,
    StoreUnavailableError,
)
from feltline.store.connect import LOCK_WAIT_S, Target

_BUSY: Final = (
    "is locked: another program has been writing to it for {wait} s. Nothing was "
    "saved; try again, or end that program"
)
_FULL: Final = (
    "cannot grow: the disk is full. Nothing was saved; free some space, then try again"
)
_NO_DATABASE: Final = (
    "is no SQLite database; give the path of a project's database, or restore it from "
    "a backup"
)
_DAMAGED: Final = "is damaged; stop using it, keep a copy, and restore it from a backup"
_CANNOT_OPEN: Final = (
    "cannot be opened; check that it exists and that you may read and write it and the "
    "folder it lies in"
)
_READ_ONLY: Final = (
    "cannot be written: no permission; change its rights, those of its folder, and "
    "those of the files beside it that end in -wal and -shm"
)
_IO: Final = "cannot be read or written ({answer}); check the disk, then try again"
_BROKEN_RULE: Final = (
    "refused a row that breaks a rule of its tables ({answer}). This is a fault of "
    "feltline, not of yours: nothing was saved; please report it"
)
_OTHER: Final = "refused a request: {answer}"
_REFUSED: Final = "cannot be reached: {answer}"
_LOST: Final = (
    "stopped answering: {answer}. Whether the change was saved is not known; try again"
)
_CROWDED: Final = (
    "has no connection left for one more request; try again, with fewer at a time"
)

_BY_SQLITE_CODE: Final[dict[int, tuple[type[InputError] | type[SetupError], str]]] = {
    sqlite3.SQLITE_BUSY: (StoreUnavailableError, _BUSY),
    sqlite3.SQLITE_LOCKED: (StoreUnavailableError, _BUSY),
    sqlite3.SQLITE_FULL: (SetupError, _FULL),
    sqlite3.SQLITE_NOTADB: (StoreError, _NO_DATABASE),
    sqlite3.SQLITE_CORRUPT: (StoreError, _DAMAGED),
    sqlite3.SQLITE_CANTOPEN: (StoreUnavailableError, _CANNOT_OPEN),
    sqlite3.SQLITE_READONLY: (SetupError, _READ_ONLY),
    sqlite3.SQLITE_PERM: (SetupError, _READ_ONLY),
    sqlite3.SQLITE_IOERR: (SetupError, _IO),
}

_BY_SQLSTATE: Final[dict[str, tuple[type[InputError] | type[SetupError], str]]] = {
    "55P03": (StoreUnavailableError, _BUSY),
    "40P01": (StoreUnavailableError, _BUSY),
    "25006": (SetupError, _READ_ONLY),
    "42501": (SetupError, _READ_ONLY),
    "53100": (SetupError, _FULL),
    "53300": (StoreUnavailableError, _CROWDED),
    "57": (StoreUnavailableError, _LOST),
    "58": (SetupError, _IO),
    "XX": (StoreError, _DAMAGED),
}
"""By the code that PostgreSQL gives, or by the first two letters of it."""


@contextmanager
def explaining(target: Target) -> Iterator[None]:
    """Raise what the database raises in the block as a sentence.

    Raises:
        StoreUnavailableError: The database is locked or out of reach.
        StoreError: It is damaged or refuses.
        SetupError: The disk is full, or its rights are missing.
        RuntimeError: A row broke a rule of its tables: a programming error.
    """
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error, OverflowError) as error:
        raise _explained(error, target) from error


def busy(target: Target) -> StoreUnavailableError:
    """The error of a change that waited for others to its deadline."""
    return StoreUnavailableError(f"{target.place} {_BUSY.format(wait=LOCK_WAIT_S)}")


def _explained(error: Exception, target: Target) -> Exception:
    cause = error.orig if isinstance(error, sa.exc.StatementError) else error
    if isinstance(cause, FeltlineError):  # raised by a column's type
        return cause
    if isinstance(cause, OverflowError):
        return StoreError(f"a number is too large for {target.place}: {cause}")
    if isinstance(error, sa.exc.TimeoutError):
        return StoreUnavailableError(f"{target.place} {_CROWDED}")
    kind: type[Exception]
    if isinstance(error, sa.exc.IntegrityError):
        kind, sentence = RuntimeError, _BROKEN_RULE
    elif isinstance(cause, sqlite3.Error):
        # The lowest eight bits say what happened, those above them where.
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        kind, sentence = _BY_SQLITE_CODE.get(code, (StoreError, _OTHER))
    else:
        kind, sentence = _of_postgresql(error, getattr(cause, "sqlstate", None))
    answer = _without_password(" ".join(str(cause).split()), target)
    return kind(f"{target.place} {sentence.format(wait=LOCK_WAIT_S, answer=answer)}")


def _of_postgresql(
    error: Exception, state: str | None
) -> tuple[type[InputError] | type[SetupError], str]:
    if state is not None:
        for code in (state, state[:2]):
            if code in _BY_SQLSTATE:
                return _BY_SQLSTATE[code]
        return StoreError, _OTHER
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return StoreUnavailableError, _LOST
    if isinstance(error, sa.exc.OperationalError):
        return StoreUnavailableError, _REFUSED
    return StoreError, _OTHER


def _without_password(text: str, target: Target) -> str:
    """The answer of a driver, should it repeat the password of the URL."""
    secrets = [target.url.password, target.url.query.get("password")]
    for secret in secrets:
        if isinstance(secret, str) and secret:
            for spelled in (secret, quote(secret, safe=""), quote_plus(secret)):
                text = text.replace(spelled, "***")
    return text
