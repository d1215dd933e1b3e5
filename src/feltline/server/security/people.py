"""People of a server: its accounts, and whom sessions and tokens stand for."""

import threading
from pathlib import Path
from typing import cast

from starlette.requests import Request

from feltline.errors import InputError, StoreError
from feltline.server.identity import Caller
from feltline.server.security.browsers import browser_of
from feltline.server.security.passwords import Passwords
from feltline.server.security.throttle import SignInTry, Throttle, network_of
from feltline.settings import accounts_url
from feltline.store import Accounts, User, sign_in_name_of
from feltline.types import Permission

__all__ = ["People", "WrongPasswordError"]


class WrongPasswordError(InputError):
    """A name and a password that do not go together, or a wait that is not over.

    Attributes:
        wait_s: Seconds until the same may be tried again; 0 = now.
    """

    def __init__(self, sentence: str, wait_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class People:
    """The users of a server; their database is made when somebody is entered.

    Args:
        home: The user's own folder (`FELTLINE_HOME`).
        secret: Of the server.
        passwords: Hashes them.
    """

    def __init__(
        self, home: Path, *, secret: str, passwords: Passwords | None = None
    ) -> None:
        self.passwords = passwords or Passwords()
        self.throttle = Throttle(lambda: self.accounts, secret)
        self._home = home
        self._url = accounts_url(home)
        self._accounts: Accounts | None = None
        self._lock = threading.Lock()

    @property
    def accounts(self) -> Accounts:
        """The accounts, opened now if they are not open, and made if there are none.

        Raises:
            StoreError: The database cannot be used.
            SetupError: The disk is full, rights or the driver are missing.
        """
        with self._lock:
            if self._accounts is None:
                self._home.mkdir(parents=True, exist_ok=True)
                self._accounts = Accounts.open(self._url)
            return self._accounts

    @property
    def has_accounts(self) -> bool:
        """Whether there is a database of accounts; one person alone has none."""
        return self._accounts is not None or Accounts.exist(self._url)

    def can_sign_in(self) -> bool:
        """Whether anybody has a password."""
        return self.has_accounts and self.accounts.n_who_can_sign_in() > 0

    def close(self) -> None:
        """Close the database, if it is open."""
        with self._lock:
            if self._accounts is not None:
                self._accounts.close()
                self._accounts = None

    # ---- who comes in

    def caller_of_session(self, session: str) -> Caller | None:
        """The user whose session it is; None if it is over or was revoked."""
        user_id = self.accounts.user_of_session(session) if self.has_accounts else None
        user = None if user_id is None else self.accounts.user(user_id)
        if user is None:
            return None
        return Caller(
            user_id=user.user_id,
            via="session",
            session=session,
            is_admin=user.is_admin,
        )

    def caller_of_token(self, secret: str) -> Caller | None:
        """The user whose API token it is, within its scopes; None if it is not good."""
        found = self.accounts.token_of_secret(secret) if self.has_accounts else None
        if found is None:
            return None
        return Caller(
            user_id=found.user_id,
            via="token",
            session=None,
            is_admin=False,  # no scope speaks of the server
            scopes=cast("frozenset[Permission]", found.scopes),
            project_id=found.project_id,
            token_id=found.token_id,
        )

    def is_still_in(self, caller: Caller) -> bool:
        """Whether what a caller came in by is still good: long answers ask again."""
        if caller.user_id is None:
            return True
        user = self.accounts.user(caller.user_id)
        if user is None or user.is_disabled:
            return False
        if caller.session is not None:
            return self.accounts.user_of_session(caller.session) == caller.user_id
        found = self.accounts.token(caller.token_id or "")
        return found is not None and found.is_good

    def begin_session(self, user_id: str, request: Request) -> str:
        """A new session of a user, for the browser that sent a request."""
        address = "" if request.client is None else request.client.host
        return self.accounts.begin_session(
            user_id,
            network=network_of(address) or None,
            browser=browser_of(request.headers.get("user-agent", "")),
        )

    # ---- passwords

    def sign_in(self, name: str, password: str, who: SignInTry) -> User:
        """The user of a name, if the password is right.

        Args:
            name: As it was typed.
            password: As it was typed.
            who: Whose failures count.

        Raises:
            WrongPasswordError: It is not, or too many were wrong before. What was wrong
                is not said: names are not to be found out.
            StoreUnavailableError: Too many others sign in at the moment.
        """
        wait_s = self.throttle.wait_s(who)
        if wait_s > 0:
            raise WrongPasswordError(
                f"too many wrong passwords; try again in {wait_s:.0f} s", wait_s
            )
        accounts = self.accounts
        user = self._user_of(name)
        known = None if user is None else accounts.password_hash(user.user_id)
        is_right = self.passwords.verify(known, password)
        if not is_right or user is None or user.is_disabled:
            self.throttle.fail(who)
            raise WrongPasswordError(
                "this name and this password do not go together, or the user is "
                "disabled; check both, or ask who runs this server"
            )
        self.throttle.succeed(who)
        if known is not None and self.passwords.is_outdated(known):
            accounts.replace_password_hash(user.user_id, self.passwords.hash(password))
        return user

    def who_tries(self, name: str, address: str, device: str | None) -> SignInTry:
        """Whose failures count when a name is tried.

        Args:
            name: As it was typed.
            address: From where.
            device: User and number of a browser that is known: `USER_ID.NUMBER`.
        """
        user = self._user_of(name)
        if user is None:
            return self.throttle.of(name[:100].casefold().strip(), address)
        user_id, _, number = (device or "").partition(".")
        is_known = user.user_id == user_id and number
        return self.throttle.of(user.user_id, address, number if is_known else None)

    def _user_of(self, name: str) -> User | None:
        """The user of a name; None also for what can be no name."""
        try:
            folded = sign_in_name_of(name)
        except StoreError:
            return None
        return self.accounts.user_of_sign_in_name(folded)
