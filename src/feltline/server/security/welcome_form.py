"""The form by which a new user chooses a password, by a link that works once."""

import html
import re
from pathlib import Path
from typing import Final

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from feltline.errors import FeltlineError, InputError
from feltline.messages import LANGUAGES, in_language
from feltline.server.security.cookies import Cookies
from feltline.server.security.credentials import Credentials
from feltline.server.security.forms import NO_STORE, Forms, fields_of, form_language
from feltline.server.security.passwords import MIN_PASSWORD
from feltline.server.security.people import People
from feltline.server.security.public_address import PublicAddress
from feltline.store import User

__all__ = ["WELCOME_PATH", "WelcomeForm", "link_of"]

WELCOME_PATH: Final = "/welcome"
_OVER: Final = (
    "this link was used already, or is over; ask who gave it to you for another one"
)
_FORMS: Final = {
    language: (Path(__file__).parent / f"pages/welcome.{language}.html").read_text(
        encoding="utf-8"
    )
    for language in LANGUAGES
}
_WHOLE: Final = re.compile(r"<!--form-->.*?<!--/form-->\n", re.DOTALL)
"""What is left out where a link is not good."""


def link_of(credentials: Credentials, people: People, user_id: str) -> str:
    """The path of a link by which a user chooses a password, once."""
    known = people.accounts.password_hash(user_id)
    return f"{WELCOME_PATH}?token={credentials.welcome_token(user_id, known)}"


class WelcomeForm:
    """Shows the form, and takes what it sends.

    Args:
        people: The users.
        credentials: Signs the links, and what the cookies hold.
        public: The public address, if there is one.
    """

    def __init__(
        self, people: People, credentials: Credentials, public: PublicAddress | None
    ) -> None:
        self._people = people
        self._credentials = credentials
        self._forms = Forms(people, credentials, Cookies(credentials, public))

    async def page(self, request: Request) -> Response:
        """The form; nothing is used up by looking at it."""
        token = request.query_params.get("token", "")
        user = await run_in_threadpool(self._user_of, token)
        if user is None:
            return self._page(request, 410, token=token, fault=_OVER)
        return self._page(request, 200, token=token, user=user)

    async def take(self, request: Request) -> Response:
        """Take a password, and let the browser in."""
        fields = await fields_of(request)
        token, language = fields.get("token", ""), fields.get("language")
        user = await run_in_threadpool(self._user_of, token)
        if user is None:
            return self._page(request, 410, token=token, fault=_OVER, language=language)
        if not self._forms.is_own(request, fields):
            status, fault = 403, "this form is out of date; send it again"
        else:
            try:
                password = fields.get("password", "")
                begun = await run_in_threadpool(
                    self._begin, request, token, user, password
                )
                return self._forms.let_in(request, begun, page="/")
            except FeltlineError as error:
                status = 400 if isinstance(error, InputError) else 503
                fault = str(error)
        return self._page(
            request, status, token=token, user=user, fault=fault, language=language
        )

    # ---- parts

    def _user_of(self, token: str) -> User | None:
        """The user whom a link is for; None if it is not good."""
        user_id = self._credentials.user_of_welcome(token)
        if user_id is None or not self._people.has_accounts:
            return None
        accounts = self._people.accounts
        user, known = accounts.user(user_id), accounts.password_hash(user_id)
        if user is None or user.is_disabled:
            return None
        is_good = self._credentials.is_welcome(token, user_id, known)
        return user if is_good else None

    def _begin(
        self, request: Request, token: str, user: User, password: str
    ) -> tuple[str, str]:
        """Give the password, once, and begin a session.

        Raises:
            InputError: The password is of no use, or the link was used meanwhile.
            StoreUnavailableError: Too many passwords are hashed at the moment.
        """
        accounts = self._people.accounts
        former = accounts.password_hash(user.user_id)
        password_hash = self._people.passwords.hash(password)
        is_good = self._credentials.is_welcome(token, user.user_id, former)
        if not is_good or not accounts.take_password_hash(
            user.user_id, password_hash, former=former
        ):
            raise InputError(_OVER)
        return self._forms.begin(request, user.user_id)

    def _page(
        self,
        request: Request,
        status: int,
        *,
        token: str,
        user: User | None = None,
        fault: str = "",
        language: str | None = None,
    ) -> Response:
        language = language if language in LANGUAGES else form_language(request)
        of_browser = self._forms.token(request)
        places = {
            "fault": fault
            and f'<p class="fault" role="alert">'
            f"{html.escape(in_language(fault, language))}</p>",
            "form": self._forms.field_of(of_browser),
            "token": html.escape(token),
            "name": "" if user is None else html.escape(user.sign_in_name),
            "shown": "" if user is None else html.escape(user.name),
            "least": f"{MIN_PASSWORD}",
        }
        form = (
            _FORMS[language] if user is not None else _WHOLE.sub("", _FORMS[language])
        )
        text = re.sub(r"\{(\w+)\}", lambda m: places[m[1]], form)
        # By the policy of all other pages, browsers would send `Origin: null`.
        headers = NO_STORE | {"Referrer-Policy": "same-origin"}
        response = HTMLResponse(text, status, headers)
        self._forms.give(request, response, of_browser)
        return response
