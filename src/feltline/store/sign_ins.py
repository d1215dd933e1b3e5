"""Sign-ins of users: password hashes, sessions that can be revoked, failures.

Neither passwords nor what a browser holds is kept: of the one there is a slow hash,
made by whoever calls, of the other a fast one, enough for 256 random bits.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.accounts_database import AccountsDatabase
from feltline.store.accounts_schema import sign_in_failures, sign_in_sessions, users

__all__ = ["Failures", "SignInSession", "SignIns", "hash_of_secret"]

IDLE: Final = timedelta(hours=12)
"""A session ends when it was not used for so long."""
LONGEST: Final = timedelta(days=7)
"""It ends after so long in any case."""
FAILURES_KEPT: Final = timedelta(minutes=15)
_USED_STEP: Final = timedelta(minutes=5)
"""When a session was used last is written down no more often."""
_SECRET_BYTES: Final = 32
_ID_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed sign-ins of the last `FAILURES_KEPT`.

    Attributes:
        n: How many.
        last_at: The latest; None without one.
    """

    n: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSession:
    """A session that is good; what its browser holds is not here.

    Attributes:
        session_id: Names it among those of its user; the beginning of a hash.
        created_at: In UTC.
        used_at: In UTC, to some minutes.
        network: From where it was begun; None = not known.
        browser: Which program it was begun in; None = not known.
    """

    session_id: str
    created_at: datetime
    used_at: datetime
    network: str | None
    browser: str | None

    def is_of(self, session: str) -> bool:
        """Whether a browser that holds this has the session."""
        return hash_of_secret(session).startswith(self.session_id)


class SignIns(AccountsDatabase):
    """Password hashes, sessions and failures of the users."""

    # ---- passwords

    def password_hash(self, user_id: str) -> str | None:
        """The hash of a user's password; None = no such user, or no password yet."""
        asked = sa.select(users.c.password_hash).where(users.c.user_id == user_id)
        with self._reading() as connection:
            found: str | None = connection.execute(asked).scalar()
        return found

    def set_password_hash(self, user_id: str, password_hash: str) -> None:
        """Give a user another password; all sessions of the user end.

        Raises:
            StoreError: There is no such user.
        """
        with self._writing() as connection:
            change_user(connection, user_id, password_hash=password_hash)
            end_sessions(connection, user_id)

    def take_password_hash(
        self, user_id: str, password_hash: str, *, former: str | None
    ) -> bool:
        """Give a user another password if it still has a former one, or none.

        Of several who do so at once one succeeds; all sessions of the user end then.

        Args:
            user_id: The user.
            password_hash: The new one.
            former: What it must be until then; None = no password.

        Returns:
            Whether it was so.
        """
        own = users.c
        same = own.password_hash.is_not_distinct_from(former)
        changed = sa.update(users).where(own.user_id == user_id, same)
        with self._writing() as connection:
            done = connection.execute(changed.values(password_hash=password_hash))
            if not done.rowcount:
                return False
            end_sessions(connection, user_id)
        return True

    def replace_password_hash(self, user_id: str, password_hash: str) -> None:
        """Keep another hash of the same password; sessions go on.

        Raises:
            StoreError: There is no such user.
        """
        with self._writing() as connection:
            change_user(connection, user_id, password_hash=password_hash)

    def n_who_can_sign_in(self) -> int:
        """Users who have a password and are not disabled."""
        columns = users.c
        asked = sa.select(sa.func.count()).where(
            columns.password_hash.is_not(None), sa.not_(columns.is_disabled)
        )
        with self._reading() as connection:
            return int(connection.execute(asked).scalar_one())

    # ---- sessions

    def begin_session(
        self, user_id: str, *, network: str | None = None, browser: str | None = None
    ) -> str:
        """A new session of a user; returned is what only its browser ever holds.

        Args:
            user_id: The user.
            network: From where it is begun, so that the user knows it again.
            browser: In which program.
        """
        session, now = secrets.token_urlsafe(_SECRET_BYTES), datetime.now(tz=UTC)
        columns = sign_in_sessions.c
        with self._writing() as connection:
            over = sa.delete(sign_in_sessions).where(columns.expires_at < now)
            connection.execute(over)
            connection.execute(
                sa.insert(sign_in_sessions).values(
                    session_hash=hash_of_secret(session),
                    user_id=user_id,
                    created_at=now,
                    used_at=now,
                    expires_at=now + LONGEST,
                    network=network,
                    browser=browser,
                )
            )
        return session

    def user_of_session(self, session: str) -> str | None:
        """Whose session it is; None where it is over, revoked, or its user disabled.

        The session counts as used now.
        """
        now, own = datetime.now(tz=UTC), sign_in_sessions.c
        key = own.session_hash == hash_of_secret(session)
        asked = (
            sa.select(own.user_id, own.used_at)
            .join(users)
            .where(key, *_is_good(now), sa.not_(users.c.is_disabled))
        )
        with self._reading() as connection:
            row = connection.execute(asked).one_or_none()
        if row is None:
            return None
        if now - row.used_at > _USED_STEP:
            with self._writing() as connection:
                used = sa.update(sign_in_sessions).where(key).values(used_at=now)
                connection.execute(used)
        return str(row.user_id)

    def sessions_of(self, user_id: str) -> list[SignInSession]:
        """The sessions of a user that are good, the last used first."""
        own = sign_in_sessions.c
        asked = sa.select(sign_in_sessions).where(
            own.user_id == user_id, *_is_good(datetime.now(tz=UTC))
        )
        asked = asked.order_by(own.used_at.desc(), own.created_at.desc())
        with self._reading() as connection:
            rows = connection.execute(asked).all()
        return [
            SignInSession(
                session_id=one.session_hash[:_ID_LENGTH],
                created_at=one.created_at,
                used_at=one.used_at,
                network=one.network,
                browser=one.browser,
            )
            for one in rows
        ]

    def end_session_of(self, user_id: str, session_id: str) -> bool:
        """Revoke one session of a user; whether there was one of that id."""
        now, own = datetime.now(tz=UTC), sign_in_sessions.c
        ended = sa.update(sign_in_sessions).where(
            own.user_id == user_id,
            sa.func.substr(own.session_hash, 1, _ID_LENGTH) == session_id,
            *_is_good(now),
        )
        with self._writing() as connection:
            return bool(connection.execute(ended.values(revoked_at=now)).rowcount)

    def end_session(self, session: str) -> None:
        """Revoke a session; nothing happens if there is none."""
        key = sign_in_sessions.c.session_hash == hash_of_secret(session)
        with self._writing() as connection:
            connection.execute(
                sa.update(sign_in_sessions)
                .where(key)
                .values(revoked_at=datetime.now(tz=UTC))
            )

    def end_sessions(self, user_id: str) -> None:
        """Revoke all sessions of a user."""
        with self._writing() as connection:
            end_sessions(connection, user_id)

    # ---- failures

    def add_failure(self, sign_in_name_hash: str, caller: str) -> None:
        """Note a wrong password; those that are old are forgotten.

        Args:
            sign_in_name_hash: Of the name that was tried: what is typed into the wrong
                field may be a password.
            caller: From where, or by which browser.
        """
        now, columns = datetime.now(tz=UTC), sign_in_failures.c
        with self._writing() as connection:
            connection.execute(
                sa.delete(sign_in_failures).where(columns.at < now - FAILURES_KEPT)
            )
            connection.execute(
                sa.insert(sign_in_failures).values(
                    at=now, sign_in_name_hash=sign_in_name_hash, caller=caller
                )
            )

    def failures(self, caller: str, sign_in_name_hash: str | None = None) -> Failures:
        """Wrong passwords from one caller; with a name, those for this name only."""
        columns = sign_in_failures.c
        same = [
            columns.caller == caller,
            columns.at > datetime.now(tz=UTC) - FAILURES_KEPT,
        ]
        if sign_in_name_hash is not None:
            same.append(columns.sign_in_name_hash == sign_in_name_hash)
        asked = sa.select(sa.func.count(), sa.func.max(columns.at)).where(*same)
        with self._reading() as connection:
            n, last_at = connection.execute(asked).one()
        return Failures(n, last_at)

    def forget_failures(self, caller: str, sign_in_name_hash: str) -> None:
        """The right password came: the wrong ones before it count no more."""
        columns = sign_in_failures.c
        with self._writing() as connection:
            connection.execute(
                sa.delete(sign_in_failures).where(
                    columns.caller == caller,
                    columns.sign_in_name_hash == sign_in_name_hash,
                )
            )


def _is_good(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions that a session is neither over nor revoked."""
    own = sign_in_sessions.c
    return own.revoked_at.is_(None), own.expires_at > now, own.used_at > now - IDLE


def hash_of_secret(secret: str) -> str:
    """What is kept of a session or token of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def change_user(connection: sa.Connection, user_id: str, **values: Any) -> None:  # noqa: ANN401 - any column
    """Change columns of a user.

    Raises:
        StoreError: There is no such user.
    """
    changed = sa.update(users).where(users.c.user_id == user_id).values(**values)
    if not connection.execute(changed).rowcount:
        raise StoreError(f"there is no user {user_id!r}; add the user first")


def end_sessions(connection: sa.Connection, user_id: str) -> None:
    """Revoke all sessions of a user."""
    own = sign_in_sessions.c
    connection.execute(
        sa.update(sign_in_sessions)
        .where(own.user_id == user_id, own.revoked_at.is_(None))
        .values(revoked_at=datetime.now(tz=UTC))
    )
