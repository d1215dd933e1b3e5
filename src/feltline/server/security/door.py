"""Who may pass, and what those are told who may not."""

from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)

from feltline.server.security.attempts import Attempts
from feltline.server.security.gate import SESSION_KEY, SESSION_S, Gate
from feltline.server.security.page import ENTERED, SIGN_IN, STYLE, STYLE_PATH

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
        looks_ahead = "prefetch" in request.headers.get("sec-purpose", "")
        if session is None and not looks_ahead:
            if not self._try(request, self._gate.spend, request.query_params["token"]):
                return _sign_in_page()
            session = self._gate.new_session()
            return self._entered(request)
        if session is None:
            return _sign_in_page()
        return RedirectResponse("/", 303, _UNKEPT)
