"""Authentication policy: which requests pass, and what the others are answered."""

import hmac
import logging
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)

from feltline.errors import FeltlineError
from feltline.messages import ENGLISH, LANGUAGES, language_of
from feltline.server.identity import CALLER_KEY, Caller, local_caller
from feltline.server.security.cookies import Cookies
from feltline.server.security.credentials import SESSION_S, Credentials
from feltline.server.security.people import People
from feltline.server.security.public_address import PublicAddress
from feltline.server.security.rate_limit import RateLimit
from feltline.server.security.sign_in_form import (
    PAGE,
    SIGN_IN_PATH,
    SignInForm,
)
from feltline.server.security.welcome_form import WELCOME_PATH, WelcomeForm

__all__ = ["READING", "Authenticator", "TokenOf", "is_api"]

logger = logging.getLogger(__name__)

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""

TokenOf = Callable[[str], str | None]
"""Gives the API token of the project of a key; None if there is none."""

_API: Final = re.compile(r"(?:/p/[^/]*)?/api(?![^/])")
_OF_PROJECT: Final = re.compile(r"/p/([^/]+)/")
_OWN_SITES: Final = frozenset({"same-origin", "none"})
"""What Sec-Fetch-Site says of the server's own pages, and of addresses typed in."""

_PAGES: Final = Path(__file__).parent / "pages"


def _pages(name: str) -> dict[str, str]:
    """A page by language: in English, all of it; else the parts in that language."""
    page = (_PAGES / name).read_text(encoding="utf-8")
    by_language = {ENGLISH: page}
    for language in set(LANGUAGES) - {ENGLISH}:
        others = rf'<(section|p) lang="(?!{language}").*?</\1>\n'
        own = re.sub(others, "", page, flags=re.DOTALL)
        by_language[language] = own.replace('lang="en"', f'lang="{language}"')
    return by_language


SIGN_IN: Final = _pages("sign_in.html")
"""What a browser sees before it is signed in, by the language that it prefers."""
ENTERED: Final = _pages("entered.html")
"""For a browser that came from another site: a redirect would not carry the cookie."""
STYLE: Final = (_PAGES / "sign_in.css").read_text(encoding="utf-8")
STYLE_PATH: Final = "/sign-in.css"
SIGN_OUT_PATH: Final = "/sign-out"

_NO_STORE: Final = {"Cache-Control": "no-store"}
_BEARER: Final = {"WWW-Authenticate": "Bearer"}


class Authenticator:
    """Decides by the head of a request whether it may pass.

    Args:
        credentials: What lets somebody in.
        token_of: Gives the token that lets a script into one project.
        people: The users who may sign in; None = there are none.
        public: The public address; None = this machine alone is served. Behind a proxy
            all requests seem to come from this machine, so that neither links nor
            tokens in files let anybody in there: users alone do.
    """

    def __init__(
        self,
        credentials: Credentials,
        token_of: TokenOf,
        people: People | None = None,
        public: PublicAddress | None = None,
    ) -> None:
        self._credentials = credentials
        self._token_of = token_of
        self._rate_limit = RateLimit()
        self._cookies = Cookies(credentials, public)
        self._people = people
        self._public = public
        self._form = self._welcome = None
        if people is not None:
            self._form = SignInForm(people, credentials, public)
            self._welcome = WelcomeForm(people, credentials, public)

    async def refusal(self, request: Request) -> Response | None:
        """The answer to a request that may not pass, or asks to sign in or out.

        Returns:
            None where the application is to answer. The scope of a request that passes
            then holds its caller, but for those that anybody may send.
        """
        path, is_reading = request.scope["path"], request.scope["method"] in READING
        if is_reading and path in (STYLE_PATH, "/health"):
            is_style = path == STYLE_PATH
            return Response(STYLE, media_type="text/css") if is_style else None
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return await self._check_api_token(request, token.strip())
        # First of all that a browser may be made to send by a page elsewhere.
        if _is_foreign(request):
            return _error(403, "pages elsewhere may not ask anything of this server")
        if path in (SIGN_IN_PATH, WELCOME_PATH):
            return await self._form_answer(request)
        try:
            caller = self._linked(request) or await self._user(request)
        except FeltlineError as error:
            return _error(503, str(error))
        if self._is_link(request):
            return self._enter(request, is_signed_in=caller is not None)
        if caller is None:
            return await self._not_signed_in(request)
        request.scope[CALLER_KEY] = caller
        if is_reading:
            return None
        refused = self._check_change(request, caller.session or "")
        if refused is None and path == SIGN_OUT_PATH:
            return await self._sign_out(request)
        return refused

    def _is_link(self, request: Request) -> bool:
        is_visit = request.scope["method"] == "GET" and self._public is None
        has_token = is_visit and "token" in request.query_params
        return has_token and PAGE.fullmatch(request.scope["path"]) is not None

    # ---- who it is

    def _linked(self, request: Request) -> Caller | None:
        """The one person on this machine, in by a link."""
        if self._public is not None:
            return None
        credentials = self._credentials
        session = credentials.session_of(request.cookies.get(credentials.cookie, ""))
        return None if session is None else local_caller("link", session)

    async def _user(self, request: Request) -> Caller | None:
        """A user who signed in."""
        session = self._cookies.read(request, "user")
        if self._people is None or not session:
            return None
        return await run_in_threadpool(self._people.caller_of_session, session)

    async def _check_api_token(self, request: Request, token: str) -> Response | None:
        """Let a script pass with the server's token, its project's, or a user's."""
        caller = None if self._public is not None else self._file_token(request, token)
        if caller is None and self._people is not None:
            try:
                caller = await run_in_threadpool(self._people.caller_of_token, token)
            except FeltlineError as error:
                return _error(503, str(error))
        if caller is not None:
            request.scope[CALLER_KEY] = caller
            return None
        if refused := self._too_many_failures(request):
            return refused
        if self._public is not None:
            return _error(
                401,
                "the token is no API token of a user, or it is over or was revoked; "
                "make another one on the start page",
            )
        return _error(
            401,
            "the token is neither the one in .feltline/api-token of this project nor "
            "the one in the server's own folder (FELTLINE_HOME)",
        )

    def _file_token(self, request: Request, token: str) -> Caller | None:
        if self._credentials.is_api_token(token):
            return local_caller("token")
        project = _OF_PROJECT.match(request.scope["path"])
        own = self._token_of(project[1]) if project else None
        if own is not None and hmac.compare_digest(own.encode(), token.encode()):
            return local_caller("project-token")
        return None

    # ---- signing in and out

    async def _can_sign_in(self) -> bool:
        """Whether there is a form: always where nothing else lets anybody in."""
        if self._people is None or not self._people.has_accounts:
            return False
        try:
            return await run_in_threadpool(self._people.can_sign_in)
        except FeltlineError as error:
            logger.warning("nobody can sign in: %s", error)
            return self._public is not None

    async def _form_answer(self, request: Request) -> Response:
        """Show or take a form of who is not signed in."""
        method, form, welcome = request.scope["method"], self._form, self._welcome
        is_welcome = request.scope["path"] == WELCOME_PATH
        if form is None or welcome is None:
            return _sign_in_page(request)
        # The first user of all may have a link, and no password yet.
        if not is_welcome and not await self._can_sign_in():
            return _sign_in_page(request)
        try:
            if method in READING:
                page = request.query_params.get("next", "/")
                if is_welcome:
                    return await welcome.page(request)
                return form.page(request, 200, next_page=page)
            if method != "POST":
                return _error(405, "the sign-in form is sent by POST")
            origin = request.headers.get("origin")
            if origin not in (None, *self._origins(request)):
                return _error(403, f"pages of {origin} may not change anything here")
            return await (welcome.take if is_welcome else form.sign_in)(request)
        except FeltlineError as error:
            return _error(503, str(error))

    async def _sign_out(self, request: Request) -> Response:
        """End the session, on the server and in the browser."""
        response = Response(status_code=204, headers=_NO_STORE)
        response.delete_cookie(self._credentials.cookie)
        session = self._cookies.read(request, "user")
        if self._people is not None and session:
            await run_in_threadpool(self._people.accounts.end_session, session)
            self._cookies.delete(request, response, "user")
        return response

    async def _not_signed_in(self, request: Request) -> Response:
        """The page in words for a browser, a sentence for everybody else."""
        path, accepted = request.scope["path"], request.headers.get("accept", "")
        is_page = path == "/" or (not is_api(path) and "text/html" in accepted)
        if is_page and request.scope["method"] in READING:
            if self._form is not None and await self._can_sign_in():
                return self._form.page(request, 401)
            return _sign_in_page(request)
        if self._public is not None:
            return _error(
                401,
                "you are not signed in, or not any more: load the page anew and sign "
                "in; scripts send an API token of a user",
            )
        return _error(
            401,
            "you are not signed in, or were for 12 hours: open the link that feltline "
            "serve printed last; scripts send the token in .feltline/api-token",
        )

    def _enter(self, request: HTTPConnection, *, is_signed_in: bool) -> Response:
        """Exchange the token of a link for a cookie."""
        page = request.scope["path"]
        if is_signed_in:
            return RedirectResponse(page, 303, _NO_STORE)
        # A browser that looks ahead would use the link up before its user opens it.
        if "prefetch" in request.headers.get("sec-purpose", ""):
            return _sign_in_page(request)
        if not self._credentials.redeem(request.query_params["token"]):
            return self._too_many_failures(request) or _sign_in_page(request)
        response: Response = RedirectResponse(page, 303, _NO_STORE)
        # After a redirect that another site began, a strict cookie is not sent.
        if request.headers.get("sec-fetch-site") == "cross-site":
            entered = ENTERED[_language(request)].replace("{page}", page)
            response = HTMLResponse(entered, headers=_NO_STORE)
        response.set_cookie(
            self._credentials.cookie,
            self._credentials.new_session(),
            max_age=SESSION_S,
            path="/",
            secure=request.scope["scheme"] == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def _too_many_failures(self, request: HTTPConnection) -> Response | None:
        """Count a wrong token; an answer of its own if there were too many."""
        caller = "" if request.client is None else request.client.host
        wait_s = math.ceil(self._rate_limit.fail(caller))
        if not wait_s:
            return None
        sentence = f"too many wrong tokens; try again in {wait_s} s with the right one"
        return _error(429, sentence, {"Retry-After": f"{wait_s}"})

    def _check_change(self, request: HTTPConnection, session: str) -> Response | None:
        """Let a change pass if it comes from a page of this server."""
        origin = request.headers.get("origin")
        if origin not in (None, *self._origins(request)):
            return _error(403, f"pages of {origin} may not change anything here")
        sent = request.headers.get("x-csrf-token", "")
        if not self._credentials.is_csrf_token(session, sent):
            return _error(
                403,
                "the page was loaded before you signed in again; load it anew, then "
                "repeat your last step",
            )
        return None

    def _origins(self, request: HTTPConnection) -> tuple[str, ...]:
        """What `Origin` may say of pages of this server."""
        if self._public is not None:
            return (self._public.origin,)
        # A server behind one that speaks TLS does not know its own scheme.
        host = request.headers["host"].lower()
        return (f"http://{host}", f"https://{host}")


def is_api(path: str) -> bool:
    """Whether a path is one of the interface: the server's own, or a project's."""
    return _API.match(path) is not None


def _is_foreign(request: HTTPConnection) -> bool:
    """Whether a page elsewhere asks; it may only send people here, to the page."""
    headers = request.headers
    is_visit = (
        request.scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and not is_api(request.scope["path"])
    )
    return headers.get("sec-fetch-site", "none") not in _OWN_SITES and not is_visit


def _language(request: HTTPConnection) -> str:
    return language_of(request.headers.get("accept-language", ""))


def _sign_in_page(request: HTTPConnection) -> Response:
    return HTMLResponse(SIGN_IN[_language(request)], 401, _BEARER | _NO_STORE)


def _error(
    status: int, sentence: str, headers: dict[str, str] | None = None
) -> Response:
    return JSONResponse(
        {"error": sentence}, status, headers or (_BEARER if status == 401 else None)
    )
