"""The one place that every request passes before the application sees it.

A plain ASGI application around another: answers stream through it, changed in nothing
but their headers.
"""

from collections.abc import Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feltline.server.security.auth import Door, Refused
from feltline.server.security.body_limit import LimitedBody, TooLargeError, limit_for
from feltline.server.security.credentials import Gate

__all__ = ["MOST_BODY_BYTES", "Guard", "guarded"]

MOST_BODY_BYTES: Final = 2**20
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; style-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guarded(
    app: Starlette,
    gate: Gate,
    *,
    most: int = MOST_BODY_BYTES,
    larger: Mapping[str, int] | None = None,
) -> None:
    """Put a guard before an application that has not served a request yet.

    Args:
        app: What to guard.
        gate: Who may come in.
        most: Bytes that the body of a request may have.
        larger: Paths under which it may have more, and how many.
    """
    app.add_middleware(Guard, gate=gate, most=most, larger=larger)


class Guard:
    """Lets a request through to the application, or answers it.

    Args:
        app: The application behind it.
        gate: Who may come in.
        most: Bytes that the body of a request may have.
        larger: Paths under which it may have more, and how many.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        gate: Gate,
        most: int = MOST_BODY_BYTES,
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._door = Door(gate)
        self._most = most
        self._larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message), scope["path"])
            await send(message)

        answer = self._answer(scope)
        if answer is not None:
            await answer(scope, receive, dressed)
        else:
            await self._pass_on(scope, receive, dressed)

    def _answer(self, scope: Scope) -> Response | None:
        """The answer of the door; None where the application is to answer."""
        try:
            return self._door.answer(HTTPConnection(scope))
        except Refused as refused:
            return refused.response

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the application answer, unless the body is too large."""
        most = limit_for(scope["path"], self._most, self._larger)
        body = LimitedBody(receive, send, most)
        length = HTTPConnection(scope).headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            body.is_exceeded = True
        else:
            try:
                await self._app(scope, body.receive, body.send)
            except TooLargeError:
                if not body.may_refuse:
                    raise
        if body.may_refuse:
            sentence = f"the request is larger than {most} bytes; send it in parts"
            # What is left of the body is not read.
            headers = {"Connection": "close"}
            await JSONResponse({"error": sentence}, 413, headers)(scope, receive, send)


def _dress(headers: MutableHeaders, path: str) -> None:
    """Add what every answer carries."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if path.startswith("/api"):
        headers.setdefault("Cache-Control", "no-store")
