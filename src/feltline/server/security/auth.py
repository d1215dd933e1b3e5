"""Authentication policy: which requests pass, and what the others are answered."""

import hmac
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)

from feltline.messages import ENGLISH, LANGUAGES, language_of
from feltline.server.identity import CALLER_KEY, local_caller
from feltline.server.security.credentials import SESSION_S, Credentials
from feltline.server.security.rate_limit import RateLimit

__all__ = ["READING", "Authenticator", "TokenOf", "is_api"]

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""

TokenOf = Callable[[str], str | None]
"""Gives the API token of the project of a key; None if there is none."""

_API: Final = re.compile(r"(?:/p/[^/]*)?/api(?![^/])")
_OF_PROJECT: Final = re.compile(r"/p/([^/]+)/")
_PAGE: Final = re.compile(r"/(?:p/[a-z0-9-]+/?)?")
"""The start page, and the page of a project."""

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

_NO_STORE: Final = {"Cache-Control": "no-store"}
_BEARER: Final = {"WWW-Authenticate": "Bearer"}


class Authenticator:
    """Decides by the head of a request whether it may pass.

    Args:
        credentials: What lets somebody in.
        token_of: Gives the token that lets a script into one project.
    """

    def __init__(self, credentials: Credentials, token_of: TokenOf) -> None:
        self._credentials = credentials
        self._token_of = token_of
        self._rate_limit = RateLimit()

    def refusal(self, request: HTTPConnection) -> Response | None:
        """The answer to a request that may not pass, or asks to sign in.

        Returns:
            None where the application is to answer. The scope of a request that passes
            then holds its caller, but for those that anybody may send.
        """
        path, method = request.scope["path"], request.scope["method"]
        if method in READING and path == STYLE_PATH:
            return Response(STYLE, media_type="text/css")
        if method in READING and path == "/health":
            return None
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._check_api_token(request, token.strip())
        # First of all that a browser may be made to send by a page elsewhere.
        if _is_foreign(request):
            return _error(403, "pages elsewhere may not ask anything of this server")
        credentials = self._credentials
        session = credentials.session_of(request.cookies.get(credentials.cookie, ""))
        is_link = method == "GET" and "token" in request.query_params
        if is_link and _PAGE.fullmatch(path):
            return self._enter(request, is_signed_in=session is not None)
        if session is None:
            return _not_signed_in(request)
        request.scope[CALLER_KEY] = local_caller("link", session)
        return None if method in READING else self._check_change(request, session)

    def _check_api_token(self, request: HTTPConnection, token: str) -> Response | None:
        """Let a script pass with the server's token, or in its project with its own."""
        if self._credentials.is_api_token(token):
            request.scope[CALLER_KEY] = local_caller("token")
            return None
        project = _OF_PROJECT.match(request.scope["path"])
        own = self._token_of(project[1]) if project else None
        if own is not None and hmac.compare_digest(own.encode(), token.encode()):
            request.scope[CALLER_KEY] = local_caller("project-token")
            return None
        return self._too_many_failures(request) or _error(
            401,
            "the token is neither the one in .feltline/api-token of this project nor "
            "the one in the server's own folder (FELTLINE_HOME)",
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
        host = request.headers["host"].lower()
        origin = request.headers.get("origin")
        # A server behind one that speaks TLS does not know its own scheme.
        if origin not in (None, f"http://{host}", f"https://{host}"):
            return _error(403, f"pages of {origin} may not change anything here")
        sent = request.headers.get("x-csrf-token", "")
        if not self._credentials.is_csrf_token(session, sent):
            return _error(
                403,
                "the page was loaded before you signed in again; load it anew, then "
                "repeat your last step",
            )
        return None


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


def _not_signed_in(request: HTTPConnection) -> Response:
    """The page in words for a browser, a sentence for everybody else."""
    path, accepted = request.scope["path"], request.headers.get("accept", "")
    is_page = path == "/" or (not is_api(path) and "text/html" in accepted)
    if is_page and request.scope["method"] in READING:
        return _sign_in_page(request)
    return _error(
        401,
        "you are not signed in, or were for 12 hours: open the link that feltline "
        "serve printed last; scripts send the token in .feltline/api-token",
    )


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
