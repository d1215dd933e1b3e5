"""`Accounts`: users and their memberships in projects, in a database of their own."""

import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from feltline.errors import SetupError, StoreError
from feltline.store.accounts_schema import ACCOUNTS, memberships, users
from feltline.store.connect import Target, engine_of, target_of
from feltline.store.db_errors import explaining
from feltline.store.rows import value_of
from feltline.store.transactions import writing
from feltline.store.upgrade import upgrade
from feltline.types import Role

__all__ = ["Accounts", "Membership", "User", "sign_in_name_of"]

MAX_NAME: Final = 100
"""Characters of a name."""

_WRITING: Final = 0x66656C76
"""Number of the lock that writers of accounts on PostgreSQL queue at."""
_OWNER_ONLY: Final = 0o600
_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who may sign in; the hash of the password is not here.

    Attributes:
        user_id: Names the user; says nothing of who it is.
        name: As it is shown.
        sign_in_name: As `sign_in_name_of` gives it; of one user only.
        is_admin: Whether the user may do what is of the server, not of a project.
        is_disabled: Whether the user may not sign in any more.
        language: That the user chose; None = that of the browser.
        created_at: In UTC.
    """

    user_id: str
    name: str
    sign_in_name: str
    is_admin: bool
    is_disabled: bool
    language: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What a user is in one project.

    Attributes:
        project_id: The project, by the id in its `feltline.toml`.
        user_id: The user.
        role: What the user is there.
        rater_id: What stands for the user in the log of that project.
        added_at: In UTC.
    """

    project_id: str
    user_id: str
    role: Role
    rater_id: str
    added_at: datetime


class Accounts:
    """The users of a server; safe under threads, and for several servers at once.

    Args:
        target: Its database.
        engine: Connections to it.
    """

    def __init__(self, *, target: Target, engine: sa.Engine) -> None:
        self._target = target
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> "Accounts":
        """Open the accounts; they are made, without a user, if there are none yet.

        Args:
            url: `sqlite:///PATH` or `postgresql://USER@HOST/NAME`. A file is made
                readable by its owner only; no project may be in it.

        Raises:
            StoreError: The URL is none, the folder is missing, the database is of
                another kind, of a newer feltline, or cannot be reached.
            SetupError: The disk is full, rights or the driver are missing.
        """
        target = target_of(url)
        _make_file(target)
        engine = engine_of(target, make=True)
        try:
            upgrade(engine, target, make=True, schema=ACCOUNTS)
        except BaseException:
            engine.dispose()
            raise
        return cls(target=target, engine=engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    # ---- users

    def users(self) -> list[User]:
        """All users, by the names that they sign in with."""
        with self._reading() as connection:
            asked = sa.select(users).order_by(users.c.sign_in_name)
            return [value_of(User, row) for row in connection.execute(asked).mappings()]

    def user(self, user_id: str) -> User | None:
        """A user; None if there is none."""
        return self._one(users.c.user_id == user_id)

    def user_of_sign_in_name(self, given: str) -> User | None:
        """The user who signs in with a name, however it is spelled; None = nobody."""
        return self._one(users.c.sign_in_name == _folded(given))

    def add_user(self, sign_in_name: str, *, name: str, is_admin: bool = False) -> User:
        """Enter a user, who has no password yet and so cannot sign in.

        Args:
            sign_in_name: What the user is to sign in with.
            name: As it is shown.
            is_admin: Whether the user may do what is of the server.

        Raises:
            StoreError: A name is empty or too long, or another user signs in with it.
        """
        folded = sign_in_name_of(sign_in_name)
        if not name.strip() or len(name) > MAX_NAME:
            raise StoreError(f"a user needs a name of 1 to {MAX_NAME} characters")
        made = User(
            user_id=secrets.token_hex(_ID_BYTES),
            name=name.strip(),
            sign_in_name=folded,
            is_admin=is_admin,
            is_disabled=False,
            language=None,
            created_at=datetime.now(tz=UTC),
        )
        with self._writing() as connection:
            same = sa.select(users.c.user_id).where(users.c.sign_in_name == folded)
            if connection.execute(same).first() is not None:
                raise StoreError(
                    f"there is a user {folded!r} already; choose another name"
                )
            values = {f: getattr(made, f) for f in User.__dataclass_fields__}
            connection.execute(sa.insert(users).values(password_hash=None, **values))
        return made

    # ---- memberships

    def membership(self, project_id: str, user_id: str) -> Membership | None:
        """What a user is in a project; None = no member."""
        with self._reading() as connection:
            return _membership(connection, project_id, user_id)

    def members(self, project_id: str) -> list[Membership]:
        """The members of a project, who was added first first."""
        columns = memberships.c
        asked = sa.select(memberships).where(columns.project_id == project_id)
        asked = asked.order_by(columns.added_at, columns.user_id)
        with self._reading() as connection:
            rows = connection.execute(asked).mappings()
            return [value_of(Membership, row) for row in rows]

    def set_membership(
        self, project_id: str, user_id: str, role: Role, *, rater_id: str | None = None
    ) -> Membership:
        """Make a user a member of a project, or give a member another role.

        Args:
            project_id: The project.
            user_id: The user.
            role: What the user is to be there.
            rater_id: The rater of the project's log that the user is to be; None = a
                new one, which says nothing of who it is, or the one that it was.

        Raises:
            StoreError: There is no such user, or another member is that rater.
        """
        with self._writing() as connection:
            known = sa.select(users.c.user_id).where(users.c.user_id == user_id)
            if connection.execute(known).first() is None:
                raise StoreError(f"there is no user {user_id!r}; add the user first")
            former = _membership(connection, project_id, user_id)
            was = None if former is None else former.rater_id
            made = Membership(
                project_id=project_id,
                user_id=user_id,
                role=role,
                rater_id=rater_id or was or f"rater-{secrets.token_hex(_ID_BYTES)}",
                added_at=datetime.now(tz=UTC) if former is None else former.added_at,
            )
            _check_rater(connection, made)
            own = memberships.c
            connection.execute(
                sa.delete(memberships).where(
                    own.project_id == project_id, own.user_id == user_id
                )
            )
            values = {f: getattr(made, f) for f in Membership.__dataclass_fields__}
            connection.execute(sa.insert(memberships).values(values))
        return made

    # ---- parts

    def _one(self, condition: sa.ColumnElement[bool]) -> User | None:
        with self._reading() as connection:
            asked = sa.select(users).where(condition)
            row = connection.execute(asked).mappings().one_or_none()
        return None if row is None else value_of(User, row)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with explaining(self._target), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Writers follow one another, so what was looked up first stays true."""
        with writing(self._engine, self._target, queue=_WRITING) as connection:
            yield connection


def sign_in_name_of(given: str) -> str:
    """The name that a user signs in with: NFKC, case folded, without outer spaces.

    Raises:
        StoreError: It is empty or too long, or holds what no keyboard writes.
    """
    folded = _folded(given)
    if not 0 < len(folded) <= MAX_NAME or not folded.isprintable():
        raise StoreError(
            f"a user signs in with a name of 1 to {MAX_NAME} characters that can be "
            f"typed, not with {given[:MAX_NAME]!r}"
        )
    return folded


def _folded(given: str) -> str:
    once = unicodedata.normalize("NFKC", given).casefold()
    return unicodedata.normalize("NFKC", once).strip()


def _membership(
    connection: sa.Connection, project_id: str, user_id: str
) -> Membership | None:
    columns = memberships.c
    asked = sa.select(memberships).where(
        columns.project_id == project_id, columns.user_id == user_id
    )
    row = connection.execute(asked).mappings().one_or_none()
    return None if row is None else value_of(Membership, row)


def _check_rater(connection: sa.Connection, made: Membership) -> None:
    """Raise `StoreError` if another member is the same rater of the project."""
    columns = memberships.c
    others = sa.select(columns.user_id).where(
        columns.project_id == made.project_id,
        columns.rater_id == made.rater_id,
        columns.user_id != made.user_id,
    )
    if connection.execute(others).first() is not None:
        raise StoreError(
            f"another member of this project is the rater {made.rater_id!r} already; "
            f"take another one, or none"
        )


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
