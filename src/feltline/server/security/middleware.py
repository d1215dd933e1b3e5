"""Security middleware: host, authentication, limits, and headers.

Plain ASGI applications around another: answers stream through them.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feltline.server.security.auth import READING, Authenticator, TokenOf, is_api
from feltline.server.security.credentials import Credentials
from feltline.server.security.people import People
from feltline.server.security.public_address import PublicAddress

__all__ = ["add_security"]

HOSTS: Final = ("127.0.0.1", "localhost")
MAX_BODY_BYTES: Final = 2**20
MAX_CHANGES: Final = 8
"""Changes under way at once: a fifth of the threads that answer requests, so that
reading goes on while all of them wait for a locked database."""
CHANGE_WAIT_S: Final = 10.0
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; style-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS: Final = "max-age=31536000"


def add_security(
    app: Starlette,
    credentials: Credentials,
    *,
    token_of: TokenOf = lambda _key: None,
    body_limits: Mapping[str, int] | None = None,
    people: People | None = None,
    public: PublicAddress | None = None,
) -> None:
    """Secure an application that has not served a request yet.

    Args:
        app: The application.
        credentials: What lets somebody in.
        token_of: Gives the token that lets a script into one project.
        body_limits: Paths, as routes spell them, whose requests may have more than
            `MAX_BODY_BYTES`, and how many bytes.
        people: The users who may sign in; None = there are none.
        public: The public address, by which alone the server is reached; None = it
            serves this machine, by the names that machines have for themselves.
    """
    # The one that is added last sees a request first.
    app.add_middleware(_BodyLimit, limits=body_limits or {})
    app.add_middleware(_ChangesLimit)
    authenticator = Authenticator(credentials, token_of, people, public)
    app.add_middleware(_Authentication, authenticator=authenticator)
    hosts = list(HOSTS) if public is None else [public.host]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    is_https = public is not None and public.is_https
    app.add_middleware(_SecurityHeaders, is_https=is_https)


class _SecurityHeaders:
    """Adds what every answer carries; there are no web sockets here."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._more = {"Strict-Transport-Security": _HSTS} if is_https else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _add_security_headers(headers, scope["path"])
                headers.update(self._more)
            await send(message)

        await self._app(scope, receive, send_secured)


def _add_security_headers(headers: MutableHeaders, path: str) -> None:
    """Add what every answer carries."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    # Faces above all: nothing of a project stays in a browser after a purge.
    if is_api(path):
        headers["Cache-Control"] = "no-store"


class _Authentication:
    """Has the application answer who may pass, and answers everybody else."""

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator) -> None:
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None
        if scope["type"] == "http":
            refusal = await self._authenticator.refusal(Request(scope, receive))
        await (refusal or self._app)(scope, receive, send)


class _BodyLimit:
    """Bounds the body of a request as it comes, whatever it says of its length.

    The application answers, and the rest of the body is read and dropped: a client
    that sends all of it before it listens would see its connection reset instead.
    """

    def __init__(self, app: ASGIApp, *, limits: Mapping[str, int]) -> None:
        self._app = app
        self._limits = [(compile_path(path)[0], n) for path, n in limits.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit_of(scope.get("path", ""))
        n_bytes = 0

        async def receive_limited() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > limit:
                raise HTTPException(
                    413, f"the request is larger than {limit} bytes; send it in parts"
                )
            return message

        await self._app(scope, receive_limited, send)

    def _limit_of(self, path: str) -> int:
        return next((n for at, n in self._limits if at.match(path)), MAX_BODY_BYTES)


class _ChangesLimit:
    """Lets so many changes through at a time; one that waits takes no thread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turns = asyncio.Semaphore(MAX_CHANGES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING:
            await self._app(scope, receive, send)
            return
        try:
            await asyncio.wait_for(self._turns.acquire(), CHANGE_WAIT_S)
        except TimeoutError:
            sentence = (
                f"{MAX_CHANGES} other changes have been waiting for the database for "
                f"{CHANGE_WAIT_S:.0f} s. Nothing was saved; try again"
            )
            answer = JSONResponse({"error": sentence}, 503, {"Retry-After": "1"})
            await answer(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._turns.release()
