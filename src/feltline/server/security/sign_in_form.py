"""The sign-in form: plain HTML without script, in English and Japanese."""

import asyncio
import hmac
import html
import logging
import math
import re
import secrets
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from feltline.errors import FeltlineError, StoreUnavailableError
from feltline.messages import LANGUAGES, in_language, language_of
from feltline.server.security.cookies import Cookies
from feltline.server.security.credentials import Credentials
from feltline.server.security.people import People, WrongPasswordError
from feltline.server.security.public_address import PublicAddress

__all__ = ["PAGE", "SIGN_IN_PATH", "SignInForm"]

logger = logging.getLogger(__name__)

SIGN_IN_PATH: Final = "/sign-in"
PAGE: Final = re.compile(r"/(?:p/[a-z0-9-]+/?)?")
"""The start page, and the page of a project."""

_FORMS: Final = {
    language: (Path(__file__).parent / f"pages/form.{language}.html").read_text(
        encoding="utf-8"
    )
    for language in LANGUAGES
}
_LINK: Final = re.compile(r"<!--link-->.*?<!--/link-->")
"""What speaks of the link that lets one person in."""
_NO_STORE: Final = {"Cache-Control": "no-store"}
_MAX_BODY: Final = 8192
_AT_ONCE: Final = 2
_MAX_WAITING: Final = 16
_WAIT_S: Final = 10.0
_FORM_S: Final = 3600
_DEVICE_S: Final = 180 * 86_400
_TOKEN_BYTES: Final = 32
_DEVICE_BYTES: Final = 9


class SignInForm:
    """Shows the form, and takes what it sends.

    Args:
        people: The users.
        credentials: Signs what the cookies hold.
        public: The public address; None = links let in, too.
    """

    def __init__(
        self, people: People, credentials: Credentials, public: PublicAddress | None
    ) -> None:
        self._people = people
        self._credentials = credentials
        self._cookies = Cookies(credentials, public)
        self._is_public = public is not None
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._n_waiting = 0

    # ---- the form

    def page(
        self,
        request: Request,
        status: int,
        *,
        fault: str = "",
        name: str = "",
        language: str | None = None,
        next_page: str | None = None,
    ) -> Response:
        """The form.

        Args:
            request: What it answers.
            status: Of the answer.
            fault: What was wrong with what was sent, in English.
            name: That was sent.
            language: Of the form; None = that which the browser prefers.
            next_page: Where to go then; None = the page that was asked for.
        """
        language = language or _language_of(request)
        asked = request.scope["path"] if next_page is None else next_page
        token = self._cookies.read(request, "form")
        if not 0 < len(token) <= 2 * _TOKEN_BYTES:
            token = secrets.token_urlsafe(_TOKEN_BYTES)
        places = {
            "fault": fault
            and f'<p class="fault" role="alert">'
            f"{html.escape(in_language(fault, language))}</p>",
            "form": self._form_token(token),
            "next": html.escape(_page_of(asked)),
            "name": html.escape(name),
            "name_focus": "" if name else " autofocus",
            "password_focus": " autofocus" if name else "",
        }
        form = _FORMS[language]
        if self._is_public:
            form = _LINK.sub("", form)
        text = re.sub(r"\{(\w+)\}", lambda m: places[m[1]], form)
        # By the policy of all other pages, browsers would send `Origin: null`.
        headers = _NO_STORE | {"Referrer-Policy": "same-origin"}
        response = HTMLResponse(text, status, headers)
        self._cookies.give(request, response, "form", token, max_age_s=_FORM_S)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Take a name and a password, and give the browser a session of its own."""
        fields = await _fields_of(request)
        name, language = fields.get("name", ""), fields.get("language", "")
        asked = _page_of(fields.get("next", "/"))
        again = partial(
            self.page,
            request,
            name=name[:100],
            language=language if language in LANGUAGES else None,
            next_page=asked,
        )
        token = self._cookies.read(request, "form")
        sent = fields.get("form", "").encode()
        if not token or not hmac.compare_digest(self._form_token(token).encode(), sent):
            fault = "this form is out of date; send it again"
            return again(403, fault=fault)
        try:
            session, device = await self._checked(request, name, fields["password"])
        except WrongPasswordError as error:
            status = 429 if error.wait_s else 401
            response = again(status, fault=str(error))
            if error.wait_s:
                response.headers["Retry-After"] = f"{math.ceil(error.wait_s)}"
            return response
        except KeyError:
            return again(400, fault="a password is missing")
        except FeltlineError as error:
            logger.warning("nobody can sign in: %s", error)
            return again(503, fault=str(error))
        response = RedirectResponse(quote(asked), 303, _NO_STORE)
        cookies, known = self._cookies, self._credentials.signed_device(device)
        cookies.give_session(request, response, session)
        cookies.give(request, response, "known", known, max_age_s=_DEVICE_S)
        cookies.delete(request, response, "form")
        return response

    async def _checked(
        self, request: Request, name: str, password: str
    ) -> tuple[str, str]:
        """A new session, and what tells the browser from others, for the next time.

        Raises:
            WrongPasswordError: Name and password do not go together.
            StoreUnavailableError: Too many others sign in.
        """
        if self._n_waiting >= _MAX_WAITING:
            raise _busy()
        self._n_waiting += 1
        try:
            await asyncio.wait_for(self._turns.acquire(), _WAIT_S)
        except TimeoutError:
            raise _busy() from None
        finally:
            self._n_waiting -= 1
        try:
            return await run_in_threadpool(self._check, request, name, password)
        finally:
            self._turns.release()

    def _check(self, request: Request, name: str, password: str) -> tuple[str, str]:
        people, address = self._people, address_of(request)
        known = self._credentials.device_of(self._cookies.read(request, "known"))
        user = people.sign_in(name, password, people.who_tries(name, address, known))
        # Whatever the browser held before is none of this session: against fixation.
        if before := self._cookies.read(request, "user"):
            people.accounts.end_session(before)
        user_id, _, number = (known or "").partition(".")
        if user_id != user.user_id:
            number = secrets.token_urlsafe(_DEVICE_BYTES)
        session = people.accounts.begin_session(user.user_id)
        return session, f"{user.user_id}.{number}"

    def _form_token(self, token: str) -> str:
        return self._credentials.csrf_token(f"form {token}")


def address_of(request: Request) -> str:
    """The address of who asks, as the server takes it to be."""
    return "" if request.client is None else request.client.host


def _busy() -> StoreUnavailableError:
    return StoreUnavailableError(
        "too many others are signing in at the moment; try again in a minute"
    )


def _page_of(asked: str) -> str:
    """A page of this server, never an address elsewhere."""
    return asked if PAGE.fullmatch(asked) else "/"


def _language_of(request: Request) -> str:
    asked = request.query_params.get("language", "")
    if asked in LANGUAGES:
        return asked
    return language_of(request.headers.get("accept-language", ""))


async def _fields_of(request: Request) -> dict[str, str]:
    """The fields of a form; none where it is too large or cannot be read."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BODY:
            return {}
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=10, errors="strict")
    except ValueError:  # also the parent of UnicodeDecodeError
        return {}
    return {name: values[0] for name, values in found.items()}
