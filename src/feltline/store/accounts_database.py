"""The database of accounts: opened, read and written; see `feltline.store.accounts`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa

from feltline.errors import SetupError, StoreError
from feltline.store.accounts_schema import ACCOUNTS
from feltline.store.connect import Target, engine_of
from feltline.store.db_errors import explaining
from feltline.store.transactions import writing
from feltline.store.upgrade import upgrade

__all__ = ["AccountsDatabase", "engine_of_accounts"]

_WRITING: Final = 0x66656C76
"""Number of the lock that writers of accounts on PostgreSQL queue at."""
_OWNER_ONLY: Final = 0o600


class AccountsDatabase:
    """A database of accounts; safe under threads, and for several servers at once.

    Args:
        target: Where it is.
        engine: Connections to it.
    """

    def __init__(self, *, target: Target, engine: sa.Engine) -> None:
        self._target = target
        self._engine = engine

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with explaining(self._target), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Writers follow one another, so what was looked up first stays true."""
        with writing(self._engine, self._target, queue=_WRITING) as connection:
            yield connection


def engine_of_accounts(target: Target) -> sa.Engine:
    """Connections to a database of accounts; its tables are made if there are none.

    Raises:
        StoreError: The folder is missing, the database is of another kind, of a newer
            feltline, or cannot be reached.
        SetupError: The disk is full, rights or the driver are missing.
    """
    _make_file(target)
    engine = engine_of(target, make=True)
    try:
        upgrade(engine, target, make=True, schema=ACCOUNTS)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _make_file(target: Target) -> None:
    """Make the file, if it is missing, for its owner only: SQLite would let all read.

    Raises:
        StoreError: Its folder is missing.
        SetupError: It cannot be made.
    """
    if target.path is None:
        return
    try:
        handle = os.open(target.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise StoreError(
            f"cannot make {target.place}: the folder {target.path.parent} does not "
            f"exist; make it first or choose another place"
        ) from None
    except OSError as error:
        raise SetupError(f"cannot make {target.place}: {error.strerror}") from error
    os.close(handle)
