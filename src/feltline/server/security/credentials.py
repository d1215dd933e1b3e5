"""Keys of one project's server: links, sessions, the scripts' token."""

import hashlib
import hmac
import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from itsdangerous import BadSignature, TimestampSigner

from feltline.server.security.secret_files import kept_secret

__all__ = ["SESSION_KEY", "SESSION_S", "Gate"]

logger = logging.getLogger(__name__)

SESSION_S: Final = 12 * 3600
SESSION_KEY: Final = "feltline.session"
"""Where a request's scope holds its session, once the guard has seen it."""

_MOST_LINKS: Final = 16
_TOKEN_BYTES: Final = 32


class Gate:
    """Knows who may come in.

    Args:
        secret: Signs cookies; whoever has it can make one.
        api_token: What scripts send.
        hosts: Names with port under which the server answers, such as
            `127.0.0.1:8771`.

    Attributes:
        hosts: The same, in lower case.
        when_used: Called after a link let somebody in, so that a new one can be
            offered.
    """

    def __init__(self, *, secret: str, api_token: str, hosts: Iterable[str]) -> None:
        self.hosts = frozenset(host.lower() for host in hosts)
        self.when_used: Callable[[], object] | None = None
        self._api_token = api_token.encode()
        self._csrf_key = hmac.digest(secret.encode(), b"csrf", "sha256")
        self._signer = TimestampSigner(
            secret,
            salt="feltline.session",
            key_derivation="hmac",
            digest_method=hashlib.sha256,
        )
        # Cookies do not tell ports apart: each project needs a name of its own.
        named = hmac.new(secret.encode(), b"cookie", "sha256").hexdigest()
        self.cookie = f"feltline-{named[:12]}"
        self._links: deque[bytes] = deque(maxlen=_MOST_LINKS)
        self._lock = threading.Lock()

    @classmethod
    def of(cls, hidden: Path, *, hosts: Iterable[str]) -> "Gate":
        """The gate of a project, with the keys in its hidden folder.

        Args:
            hidden: The folder `.feltline` of the project; its files `secret` and
                `api-token` are made on first use, for their owner only.
            hosts: Names with port under which the server answers.

        Raises:
            SetupError: A key file cannot be read or made.
        """
        return cls(
            secret=kept_secret(hidden / "secret"),
            api_token=kept_secret(hidden / "api-token"),
            hosts=hosts,
        )

    def new_token(self) -> str:
        """A token for a link that lets one browser in, once; kept in memory only.

        Of the links that nobody used, the last 16 work.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._lock:
            self._links.append(token.encode())
        return token

    def spend(self, token: str) -> bool:
        """Whether the token is one of a link; from now on it is not."""
        given = token.encode()
        with self._lock:
            fits = [link for link in self._links if hmac.compare_digest(link, given)]
            for link in fits:
                self._links.remove(link)
        if fits and self.when_used is not None:
            try:
                self.when_used()
            except Exception:
                # Whoever came in has come in; a closed terminal must not undo that.
                logger.exception("no new link could be offered")
        return bool(fits)

    def new_session(self) -> str:
        """The value of a cookie that is good for `SESSION_S` seconds."""
        return self._signer.sign(secrets.token_urlsafe(_TOKEN_BYTES)).decode()

    def session_in(self, cookie: str) -> str | None:
        """The session that a cookie's value stands for; None if it is not good."""
        try:
            return self._signer.unsign(cookie, max_age=SESSION_S).decode()
        except BadSignature:  # also the parent of SignatureExpired
            return None

    def is_script(self, token: str) -> bool:
        """Whether this is the token of scripts."""
        return hmac.compare_digest(self._api_token, token.encode())

    def csrf(self, session: str) -> str:
        """The word that a change from this session must carry."""
        return hmac.new(self._csrf_key, session.encode(), "sha256").hexdigest()

    def is_csrf(self, session: str, word: str) -> bool:
        """Whether this is that word."""
        return hmac.compare_digest(self.csrf(session).encode(), word.encode())

    def csrf_of(self, scope: Mapping[str, Any]) -> str:
        """The word for the pages of a request that came in; empty for scripts.

        Args:
            scope: Of a request that the guard let through.
        """
        session: str | None = scope.get(SESSION_KEY)
        return "" if session is None else self.csrf(session)
