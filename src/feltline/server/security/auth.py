"""Who may pass, and what those are told who may not."""

import math
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)

from feltline.server.security.credentials import SESSION_KEY, SESSION_S, Gate
from feltline.server.security.page import ENTERED, SIGN_IN, STYLE, STYLE_PATH
from feltline.server.security.rate_limit import Attempts

__all__ = ["Door", "Refused"]

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_READING: Final = frozenset({"GET", "HEAD"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})
"""What Sec-Fetch-Site says of the server's own pages, and of addresses typed in."""

_UNKEPT: Final = {"Cache-Control": "no-store"}


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """A request that is answered with `response` at once."""

    def __init__(
        self, status: int, sentence: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.response = JSONResponse({"error": sentence}, status, headers)


class Door:
    """Looks at the head of a request, and says whether it may pass.

    Args:
        gate: Who may come in.
        attempts: Counts wrong tokens.
    """

    def __init__(self, gate: Gate, attempts: Attempts | None = None) -> None:
        self._gate = gate
        self._attempts = attempts or Attempts()

    def answer(self, request: HTTPConnection) -> Response | None:
        """The door's own answer; None lets the request pass.

        A request that passes with a cookie has its session noted in its scope.

        Raises:
            Refused: The request may not pass.
        """
        self._check_host(request)
        path, method = request.scope["path"], request.scope["method"]
        if method in _READING and path == STYLE_PATH:
            return Response(STYLE, media_type="text/css")
        if method in _READING and path == "/health":
            return None
        session = self._gate.session_in(request.cookies.get(self._gate.cookie, ""))
        if method == "GET" and path == "/" and "token" in request.query_params:
            return self._enter(request, session)
        if self._is_script(request):
            return None
        if session is None:
            return _not_signed_in(request)
        _check_site(request)
        if method not in _SAFE:
            self._check_change(request, session)
        request.scope[SESSION_KEY] = session
        return None

    def _check_host(self, request: HTTPConnection) -> None:
        """Raise unless the request names this server, as no page elsewhere can."""
        named = request.headers.getlist("host")
        if len(named) != 1 or named[0].lower() not in self._gate.hosts:
            raise Refused(
                400,
                f"this server does not answer to the name {', '.join(named)!r}; open "
                f"it as {' or '.join(sorted(self._gate.hosts))}",
            )

    def _enter(self, request: HTTPConnection, session: str | None) -> Response:
        """Exchange the token of a link for a cookie."""
        if session is not None:
            return RedirectResponse("/", 303, _UNKEPT)
        # A browser that looks ahead would use the link up before its user opens it.
        if "prefetch" in request.headers.get("sec-purpose", ""):
            return _sign_in_page()
        self._check_attempts(request)
        if not self._gate.spend(request.query_params["token"]):
            self._attempts.failed(_caller(request))
            return _sign_in_page()
        response: Response = RedirectResponse("/", 303, _UNKEPT)
        # After a redirect that another site began, a strict cookie is not sent.
        if request.headers.get("sec-fetch-site") == "cross-site":
            response = HTMLResponse(ENTERED, headers=_UNKEPT)
        response.set_cookie(
            self._gate.cookie,
            self._gate.new_session(),
            max_age=SESSION_S,
            path="/",
            secure=request.scope["scheme"] == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def _is_script(self, request: HTTPConnection) -> bool:
        """Whether this is a script with the right token.

        Raises:
            Refused: It has a wrong one.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return False
        self._check_attempts(request)
        if self._gate.is_script(token.strip()):
            return True
        self._attempts.failed(_caller(request))
        raise Refused(
            401,
            "the token is not the one in .feltline/api-token of this project",
            {"WWW-Authenticate": "Bearer"},
        )

    def _check_attempts(self, request: HTTPConnection) -> None:
        """Raise if this caller has sent too many wrong tokens lately."""
        wait_s = math.ceil(self._attempts.wait_s(_caller(request)))
        if wait_s:
            raise Refused(
                429,
                f"too many wrong tokens; try again in {wait_s} s",
                {"Retry-After": f"{wait_s}"},
            )

    def _check_change(self, request: HTTPConnection, session: str) -> None:
        """Raise unless a change comes from a page of this server."""
        host = request.headers["host"].lower()
        origin = request.headers.get("origin")
        # A server behind one that speaks TLS does not know its own scheme.
        if origin not in (None, f"http://{host}", f"https://{host}"):
            raise Refused(403, f"pages of {origin} may not change anything here")
        if not self._gate.is_csrf(session, request.headers.get("x-csrf-token", "")):
            raise Refused(
                403,
                "the page was loaded before you signed in again; load it anew, then "
                "repeat your last step",
            )


def _check_site(request: HTTPConnection) -> None:
    """Raise if a page elsewhere asks; it may only send people here, to the page."""
    headers = request.headers
    if headers.get("sec-fetch-site", "none") in _OWN_SITES:
        return
    is_visit = (
        request.scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and not request.scope["path"].startswith("/api")
    )
    if not is_visit:
        raise Refused(403, "pages elsewhere may not ask anything of this server")


def _not_signed_in(request: HTTPConnection) -> Response:
    """The page in words for a browser, a sentence for everybody else."""
    path, wanted = request.scope["path"], request.headers.get("accept", "")
    is_page = path == "/" or (not path.startswith("/api") and "text/html" in wanted)
    if is_page and request.scope["method"] in _READING:
        return _sign_in_page()
    return JSONResponse(
        {
            "error": "you are not signed in, or were for 12 hours: open the link that "
            "feltline serve printed last; scripts send the token in .feltline/api-token"
        },
        401,
        {"WWW-Authenticate": "Bearer"},
    )


def _sign_in_page() -> Response:
    """How to get in."""
    headers = {"WWW-Authenticate": "Bearer", **_UNKEPT}
    return HTMLResponse(SIGN_IN, 401, headers)


def _caller(request: HTTPConnection) -> str:
    """Who asks, as far as the network tells."""
    return "" if request.client is None else request.client.host
