"""`Accounts`: users and their memberships in projects, in a database of their own."""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.accounts_database import engine_of_accounts
from feltline.store.accounts_schema import (
    api_tokens,
    memberships,
    sign_in_sessions,
    users,
)
from feltline.store.api_tokens import ApiTokens
from feltline.store.connect import target_of
from feltline.store.rows import value_of
from feltline.store.sign_ins import SignIns, change_user, end_sessions
from feltline.types import Role

__all__ = ["Accounts", "Membership", "User", "sign_in_name_of"]

MAX_NAME: Final = 100
"""Characters of a name."""

_ID_BYTES: Final = 8
_FILE: Final = "sqlite:///"


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


class Accounts(SignIns, ApiTokens):
    """The users of a server, what they are in projects, and what lets them in.

    Safe under threads, and for several servers at once. Each group of methods stands
    in a module of its own.
    """

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
        return cls(target=target, engine=engine_of_accounts(target))

    @staticmethod
    def exist(url: str) -> bool:
        """Whether accounts were made at a URL; those of another server are."""
        path = url.removeprefix(_FILE)
        return path == url or Path(path).exists()

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
        made = User(
            user_id=secrets.token_hex(_ID_BYTES),
            name=_shown(name),
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

    def change_user(
        self,
        user_id: str,
        *,
        name: str | None = None,
        is_admin: bool | None = None,
        is_disabled: bool | None = None,
    ) -> None:
        """Change what stands for a user; None = it stays as it is.

        All sessions of one who is disabled end, and its tokens let nobody in.

        Raises:
            StoreError: There is no such user, or the name is empty or too long.
        """
        asked = {"is_admin": is_admin, "is_disabled": is_disabled}
        values: dict[str, object] = {k: v for k, v in asked.items() if v is not None}
        if name is not None:
            values["name"] = _shown(name)
        with self._writing() as connection:
            if values:
                change_user(connection, user_id, **values)
            if is_disabled:
                end_sessions(connection, user_id)

    def delete_user(self, user_id: str) -> list[Membership]:
        """Delete a user, and all that lets it in, in one transaction.

        What the user said stays in the projects, under the ids that are returned: they
        are pseudonyms from now on, for nothing says any more whose they were.

        Raises:
            StoreError: There is no such user.
        """
        with self._writing() as connection:
            change_user(connection, user_id, is_disabled=True)  # it is there
            was = _memberships(connection, memberships.c.user_id == user_id)
            for of_user in (sign_in_sessions, api_tokens, memberships, users):
                own = of_user.c.user_id == user_id
                connection.execute(sa.delete(of_user).where(own))
        return was

    # ---- memberships

    def membership(self, project_id: str, user_id: str) -> Membership | None:
        """What a user is in a project; None = no member."""
        with self._reading() as connection:
            return _membership(connection, project_id, user_id)

    def members(self, project_id: str) -> list[Membership]:
        """The members of a project, who was added first first."""
        with self._reading() as connection:
            return _memberships(connection, memberships.c.project_id == project_id)

    def memberships_of(self, user_id: str) -> list[Membership]:
        """The projects that a user is a member of."""
        with self._reading() as connection:
            return _memberships(connection, memberships.c.user_id == user_id)

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
            StoreError: There is no such user, another member is that rater, or the
                project would have no owner any more.
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
            if role != "owner":
                _check_owner_stays(connection, former)
            _remove(connection, project_id, user_id)
            values = {f: getattr(made, f) for f in Membership.__dataclass_fields__}
            connection.execute(sa.insert(memberships).values(values))
        return made

    def remove_membership(self, project_id: str, user_id: str) -> Membership | None:
        """Take a member out of a project; what it said stays, under its rater's id.

        Returns:
            What it was; None = no member.

        Raises:
            StoreError: The project would have no owner any more.
        """
        with self._writing() as connection:
            former = _membership(connection, project_id, user_id)
            _check_owner_stays(connection, former)
            _remove(connection, project_id, user_id)
        return former

    # ---- parts

    def _one(self, condition: sa.ColumnElement[bool]) -> User | None:
        with self._reading() as connection:
            asked = sa.select(users).where(condition)
            row = connection.execute(asked).mappings().one_or_none()
        return None if row is None else value_of(User, row)


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


def _shown(name: str) -> str:
    """A name as it is shown.

    Raises:
        StoreError: It is empty or too long.
    """
    if not name.strip() or len(name) > MAX_NAME:
        raise StoreError(f"a user needs a name of 1 to {MAX_NAME} characters")
    return name.strip()


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


def _memberships(
    connection: sa.Connection, condition: sa.ColumnElement[bool]
) -> list[Membership]:
    """Memberships, the oldest first."""
    columns = memberships.c
    asked = sa.select(memberships).where(condition)
    asked = asked.order_by(columns.added_at, columns.user_id)
    return [value_of(Membership, row) for row in connection.execute(asked).mappings()]


def _remove(connection: sa.Connection, project_id: str, user_id: str) -> None:
    own = memberships.c
    same = own.project_id == project_id, own.user_id == user_id
    connection.execute(sa.delete(memberships).where(*same))


def _check_owner_stays(connection: sa.Connection, former: Membership | None) -> None:
    """Raise `StoreError` if this member is the only owner of its project."""
    if former is None or former.role != "owner":
        return
    columns = memberships.c
    others = sa.select(columns.user_id).where(
        columns.project_id == former.project_id,
        columns.role == "owner",
        columns.user_id != former.user_id,
    )
    if connection.execute(others).first() is None:
        raise StoreError(
            "this member is the only owner of the project; make another member an "
            "owner first"
        )


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
