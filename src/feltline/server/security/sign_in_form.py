"""The sign-in form: plain HTML without script, in English and Japanese."""

import asyncio
import html
import logging
import math
import re
from functools import partial
from pathlib import Path
from typing import Final

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from feltline.errors import FeltlineError, StoreUnavailableError
from feltline.messages import LANGUAGES, in_language
from feltline.server.security.cookies import Cookies
from feltline.server.security.credentials import Credentials
from feltline.server.security.forms import NO_STORE, Forms, fields_of, form_language
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
_AT_ONCE: Final = 2
_MAX_WAITING: Final = 16
_WAIT_S: Final = 10.0
_THIS_MACHINE: Final = "127.0.0.1"


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
        self._forms = Forms(people, credentials, Cookies(credentials, public))
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
        language = language or form_language(request)
        asked = request.scope["path"] if next_page is None else next_page
        token = self._forms.token(request)
        places = {
            "fault": fault
            and f'<p class="fault" role="alert">'
            f"{html.escape(in_language(fault, language))}</p>",
            "form": self._forms.field_of(token),
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
        headers = NO_STORE | {"Referrer-Policy": "same-origin"}
        response = HTMLResponse(text, status, headers)
        self._forms.give(request, response, token)
        return response

    async def sign_in(self, request: Request) -> Response:
        """Take a name and a password, and give the browser a session of its own."""
        fields = await fields_of(request)
        name, language = fields.get("name", ""), fields.get("language", "")
        asked = _page_of(fields.get("next", "/"))
        again = partial(
            self.page,
            request,
            name=name[:100],
            language=language if language in LANGUAGES else None,
            next_page=asked,
        )
        if not self._forms.is_own(request, fields):
            fault = "this form is out of date; send it again"
            return again(403, fault=fault)
        try:
            begun = await self._checked(request, name, fields["password"])
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
        return self._forms.let_in(request, begun, page=asked)

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
        # A header may say so from where: on this machine there is nobody to say it.
        address = address_of(request) if self._is_public else _THIS_MACHINE
        who = self._people.who_tries(name, address, self._forms.device(request))
        user = self._people.sign_in(name, password, who)
        return self._forms.begin(request, user.user_id)


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
