"""Cookies of the sign-in: out of reach of scripts, and over TLS where there is any."""

from typing import Literal

from starlette.requests import HTTPConnection
from starlette.responses import Response

from feltline.server.security.credentials import Credentials
from feltline.server.security.public_address import PublicAddress
from feltline.store.sign_ins import LONGEST

__all__ = ["Cookies"]

What = Literal["user", "form", "known"]
"""The session of a user, the token of a form, and what tells a browser from others."""


class Cookies:
    """Gives, reads and deletes the cookies of users.

    Args:
        credentials: Names them, so that those of several servers differ.
        public: The public address, if there is one.
    """

    def __init__(self, credentials: Credentials, public: PublicAddress | None) -> None:
        self._credentials = credentials
        self._is_https = public is not None and public.is_https

    def read(self, request: HTTPConnection, what: What) -> str:
        """The value of a cookie that a browser sent; empty without one."""
        return request.cookies.get(self._name(request, what), "")

    def give(
        self,
        request: HTTPConnection,
        response: Response,
        what: What,
        value: str,
        *,
        max_age_s: int,
    ) -> None:
        """Have a browser hold a cookie that no other site's pages send."""
        self._set(request, response, what, value, max_age_s, "strict")

    def give_session(
        self, request: HTTPConnection, response: Response, session: str
    ) -> None:
        """Have a browser hold a session.

        Strict, the form would be shown to who follows a link in a mail. Changes need
        the CSRF token, and pages elsewhere may ask nothing but for a page.
        """
        max_age_s = round(LONGEST.total_seconds())
        self._set(request, response, "user", session, max_age_s, "lax")

    def delete(self, request: HTTPConnection, response: Response, what: What) -> None:
        """Have a browser forget a cookie."""
        self._set(request, response, what, "", 0, "strict")

    def _set(
        self,
        request: HTTPConnection,
        response: Response,
        what: What,
        value: str,
        max_age_s: int,
        same_site: Literal["lax", "strict"],
    ) -> None:
        response.set_cookie(
            self._name(request, what),
            value,
            max_age=max_age_s,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite=same_site,
        )

    def _name(self, request: HTTPConnection, what: What) -> str:
        # Browsers let no other host, and nothing without TLS, set one of this name.
        prefix = "__Host-" if self._is_secure(request) else ""
        return f"{prefix}{self._credentials.cookie}-{what}"

    def _is_secure(self, request: HTTPConnection) -> bool:
        return self._is_https or request.scope["scheme"] == "https"
