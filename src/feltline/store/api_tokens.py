"""API tokens of users: scopes, an end, and one project or all of the user's."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.accounts_database import AccountsDatabase
from feltline.store.accounts_schema import api_tokens, users
from feltline.store.schema import Columns
from feltline.store.sign_ins import hash_of_secret
from feltline.types import TokenScope

__all__ = ["ApiToken", "ApiTokens"]

MAX_DAYS: Final = 366
MAX_TOKENS: Final = 50
"""Of one user, that are good at a time."""
MAX_TOKEN_NAME: Final = 100
PREFIX: Final = "feltline_"
"""Tells what it is where one turns up in a file; secret scanners look for such."""

_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 6
_USED_STEP: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """What a script may send in place of a password; the token itself is not here.

    Attributes:
        token_id: Names it.
        user_id: Whose it is; it may never do more than the user.
        name: What it is for, in the user's words.
        scopes: What it may do at most.
        project_id: The one project that it is for; None = all of the user's.
        created_at: In UTC.
        expires_at: In UTC.
        revoked_at: In UTC; None = it was not.
        used_at: In UTC, to some minutes; None = never.
    """

    token_id: str
    user_id: str
    name: str
    scopes: frozenset[TokenScope]
    project_id: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    @property
    def is_good(self) -> bool:
        """Whether it is neither over nor revoked."""
        return self.revoked_at is None and datetime.now(tz=UTC) < self.expires_at


class ApiTokens(AccountsDatabase):
    """The API tokens of the users."""

    def add_token(
        self,
        user_id: str,
        *,
        name: str,
        scopes: Collection[TokenScope],
        days: int,
        project_id: str | None = None,
    ) -> tuple[ApiToken, str]:
        """A new token, and what scripts send; that is never to be had again.

        Args:
            user_id: Whose it is to be.
            name: What it is for.
            scopes: What it may do at most.
            days: How long it is good.
            project_id: The one project that it is for; None = all of the user's.

        Raises:
            StoreError: There is no such user, a value is out of range, or the user has
                too many.
        """
        if not name.strip() or len(name) > MAX_TOKEN_NAME:
            raise StoreError(
                f"a token needs a name of 1 to {MAX_TOKEN_NAME} characters"
            )
        if not scopes:
            raise StoreError("a token needs one or more scopes")
        if not 1 <= days <= MAX_DAYS:
            raise StoreError(f"a token is good for 1 to {MAX_DAYS} days, not {days}")
        secret, now = (
            PREFIX + secrets.token_urlsafe(_SECRET_BYTES),
            datetime.now(tz=UTC),
        )
        made = ApiToken(
            token_id=secrets.token_hex(_ID_BYTES),
            user_id=user_id,
            name=name.strip(),
            scopes=frozenset(scopes),
            project_id=project_id,
            created_at=now,
            expires_at=now + timedelta(days=days),
            revoked_at=None,
            used_at=None,
        )
        with self._writing() as connection:
            known = sa.select(users.c.user_id).where(users.c.user_id == user_id)
            if connection.execute(known).first() is None:
                raise StoreError(f"there is no user {user_id!r}; add the user first")
            n_good = sum(one.is_good for one in _tokens_of(connection, user_id))
            if n_good >= MAX_TOKENS:
                raise StoreError(
                    f"a user has at most {MAX_TOKENS} tokens at a time; revoke one"
                )
            values = {f: getattr(made, f) for f in ApiToken.__dataclass_fields__}
            values |= {"scopes": sorted(made.scopes)}
            connection.execute(
                sa.insert(api_tokens).values(
                    token_hash=hash_of_secret(secret), **values
                )
            )
        return made, secret

    def tokens_of(self, user_id: str) -> list[ApiToken]:
        """All tokens of a user, those that are over too, the oldest first."""
        with self._reading() as connection:
            return _tokens_of(connection, user_id)

    def token(self, token_id: str) -> ApiToken | None:
        """A token by its id; None if there is none."""
        return self._token(api_tokens.c.token_id == token_id)

    def token_of_secret(self, secret: str) -> ApiToken | None:
        """The token that a script sent; None if it is over, revoked or unknown.

        Nor is one of a user who is disabled. The token counts as used now.
        """
        own, now = api_tokens.c, datetime.now(tz=UTC)
        found = self._token(own.token_hash == hash_of_secret(secret))
        if found is None or not found.is_good or self._is_disabled(found.user_id):
            return None
        if found.used_at is None or now - found.used_at > _USED_STEP:
            used = sa.update(api_tokens).where(own.token_id == found.token_id)
            with self._writing() as connection:
                connection.execute(used.values(used_at=now))
        return found

    def revoke_token(self, user_id: str, token_id: str) -> bool:
        """Revoke a token of a user; returns whether the user has one of that id."""
        own = api_tokens.c
        changed = sa.update(api_tokens).where(
            own.token_id == token_id, own.user_id == user_id
        )
        now = sa.func.coalesce(own.revoked_at, datetime.now(tz=UTC))
        with self._writing() as connection:
            done = connection.execute(changed.values(revoked_at=now))
        return bool(done.rowcount)

    def _token(self, condition: sa.ColumnElement[bool]) -> ApiToken | None:
        with self._reading() as connection:
            asked = sa.select(api_tokens).where(condition)
            row = connection.execute(asked).mappings().one_or_none()
        return None if row is None else _token_of(row)

    def _is_disabled(self, user_id: str) -> bool:
        asked = sa.select(users.c.is_disabled).where(users.c.user_id == user_id)
        with self._reading() as connection:
            found = connection.execute(asked).scalar_one_or_none()
        return found is None or bool(found)  # or deleted since the token was read


def _tokens_of(connection: sa.Connection, user_id: str) -> list[ApiToken]:
    own = api_tokens.c
    asked = sa.select(api_tokens).where(own.user_id == user_id)
    rows = connection.execute(asked.order_by(own.created_at)).mappings()
    return [_token_of(row) for row in rows]


def _token_of(row: Columns) -> ApiToken:
    values = {f: row[f] for f in ApiToken.__dataclass_fields__}
    return ApiToken(**values | {"scopes": frozenset(row["scopes"])})
