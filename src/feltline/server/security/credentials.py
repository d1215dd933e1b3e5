"""Credentials of a server: one-time links, sessions, the API token."""

import hashlib
import hmac
import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from itsdangerous import BadSignature, TimestampSigner

from feltline.server.identity import Caller
from feltline.server.security.secret_files import read_or_make_secret

__all__ = ["SESSION_S", "Credentials"]

logger = logging.getLogger(__name__)

SESSION_S: Final = 12 * 3600
WELCOME_S: Final = 3 * 86_400

_MAX_LINKS: Final = 16
_TOKEN_BYTES: Final = 32


class Credentials:
    """Makes and checks what lets somebody in; safe under threads.

    Args:
        secret: Signs cookies; whoever has it can make one.
        api_token: What scripts send.

    Attributes:
        secret: Signs cookies.
        cookie: Name of the session's cookie.
        on_redeemed: Called after a link let somebody in, so that a new one can be
            offered.
    """

    def __init__(self, *, secret: str, api_token: str) -> None:
        self.secret = secret
        self.on_redeemed: Callable[[], object] = lambda: None
        self._api_token = api_token.encode()
        self._csrf_key = hmac.digest(secret.encode(), b"csrf", "sha256")
        self._signer = TimestampSigner(
            secret,
            salt="feltline.session",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        self._device_signer = TimestampSigner(
            secret,
            salt="feltline.device",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        self._welcome_signer = TimestampSigner(
            secret,
            salt="feltline.welcome",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        # Cookies do not tell ports apart: each user's server needs a name of its own.
        name = hmac.new(secret.encode(), b"cookie", "sha256").hexdigest()
        self.cookie = f"feltline-{name[:12]}"
        self._links: deque[bytes] = deque(maxlen=_MAX_LINKS)
        self._lock = threading.Lock()

    @classmethod
    def load(cls, home: Path) -> "Credentials":
        """The credentials in the user's own folder.

        Args:
            home: That folder (`FELTLINE_HOME`); its files `secret` and `api-token` are
                made on first use, for their owner only.

        Raises:
            SetupError: One of the files cannot be read or made.
        """
        return cls(
            secret=read_or_make_secret(home / "secret"),
            api_token=read_or_make_secret(home / "api-token"),
        )

    def new_link_token(self) -> str:
        """A token for a link that lets one browser in, once; kept in memory only.

        Of the links that nobody used, the last 16 work.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._lock:
            self._links.append(token.encode())
        return token

    def redeem(self, token: str) -> bool:
        """Whether the token is one of a link; from now on it is not."""
        sent = token.encode()
        with self._lock:
            matching = [x for x in self._links if hmac.compare_digest(x, sent)]
            for link in matching:
                self._links.remove(link)
        if matching:
            try:
                self.on_redeemed()
            except Exception:
                # Whoever came in has come in; a closed terminal must not undo that.
                logger.exception("no new link could be offered")
        return bool(matching)

    def new_session(self) -> str:
        """The value of a cookie that is good for `SESSION_S` seconds."""
        return self._signer.sign(secrets.token_urlsafe(_TOKEN_BYTES)).decode()

    def session_of(self, cookie: str) -> str | None:
        """The session that a cookie's value stands for; None if it is not good."""
        try:
            return self._signer.unsign(cookie, max_age=SESSION_S).decode()
        except BadSignature:  # also the parent of SignatureExpired
            return None

    def signed_device(self, device: str) -> str:
        """The value of a cookie that tells a browser from others; it lets nobody in."""
        return self._device_signer.sign(device).decode()

    def device_of(self, cookie: str) -> str | None:
        """What such a cookie's value stands for; None if it was not made here."""
        try:
            return self._device_signer.unsign(cookie).decode()
        except BadSignature:
            return None

    def welcome_token(self, user_id: str, password_hash: str | None) -> str:
        """The token of a link by which a user chooses a password.

        It is good for `WELCOME_S` seconds, and until the user has another password: so
        it works once, and nothing of it need be kept.
        """
        state = self._state_of(user_id, password_hash)
        return self._welcome_signer.sign(f"{user_id}-{state}").decode()

    def user_of_welcome(self, token: str) -> str | None:
        """The user whom such a token is for; None if it is not good, or over."""
        try:
            text = self._welcome_signer.unsign(token, max_age=WELCOME_S).decode()
        except BadSignature:
            return None
        return text.partition("-")[0]

    def is_welcome(self, token: str, user_id: str, password_hash: str | None) -> bool:
        """Whether a token is for this user, whose password is still the same."""
        try:
            text = self._welcome_signer.unsign(token, max_age=WELCOME_S)
        except BadSignature:
            return False
        known = f"{user_id}-{self._state_of(user_id, password_hash)}"
        return hmac.compare_digest(text, known.encode())

    def _state_of(self, user_id: str, password_hash: str | None) -> str:
        text = f"welcome {user_id} {password_hash or ''}"
        return hmac.new(self._csrf_key, text.encode(), "sha256").hexdigest()

    def is_api_token(self, token: str) -> bool:
        """Whether this is the token of scripts that may do all that their owner may."""
        return hmac.compare_digest(self._api_token, token.encode())

    def csrf_token(self, session: str) -> str:
        """The token that a change from this session must carry."""
        return hmac.new(self._csrf_key, session.encode(), "sha256").hexdigest()

    def is_csrf_token(self, session: str, token: str) -> bool:
        """Whether this is that token."""
        return hmac.compare_digest(self.csrf_token(session).encode(), token.encode())

    def csrf_token_for(self, scope: Mapping[str, Any]) -> str:
        """The CSRF token of an authenticated request's session; empty for scripts.

        Args:
            scope: Of a request that the middleware let through.
        """
        caller = Caller.of(scope)
        if caller is None or caller.session is None:
            return ""
        return self.csrf_token(caller.session)
