"""What the server's forms without script have in common: fields, tokens, letting in."""

import hmac
import secrets
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from feltline.messages import LANGUAGES, language_of
from feltline.server.security.cookies import Cookies
from feltline.server.security.credentials import Credentials
from feltline.server.security.people import People

__all__ = ["NO_STORE", "Forms", "fields_of", "form_language"]

NO_STORE: Final = {"Cache-Control": "no-store"}
_MAX_BODY: Final = 8192
_FORM_S: Final = 3600
_DEVICE_S: Final = 180 * 86_400
_TOKEN_BYTES: Final = 32
_DEVICE_BYTES: Final = 9


class Forms:
    """Tells a browser's own form from others, and lets a browser in.

    Args:
        people: The users.
        credentials: Signs what the cookies hold.
        cookies: Gives and reads them.
    """

    def __init__(
        self, people: People, credentials: Credentials, cookies: Cookies
    ) -> None:
        self._people = people
        self._credentials = credentials
        self._cookies = cookies

    # ---- the form's own token: a page elsewhere can send no form

    def token(self, request: Request) -> str:
        """What a browser holds for its forms; a new one if it holds none."""
        token = self._cookies.read(request, "form")
        if 0 < len(token) <= 2 * _TOKEN_BYTES:
            return token
        return secrets.token_urlsafe(_TOKEN_BYTES)

    def field_of(self, token: str) -> str:
        """What the form of a browser that holds this carries in a hidden field."""
        return self._credentials.csrf_token(f"form {token}")

    def give(self, request: Request, response: Response, token: str) -> None:
        """Have a browser hold the token."""
        self._cookies.give(request, response, "form", token, max_age_s=_FORM_S)

    def is_own(self, request: Request, fields: dict[str, str]) -> bool:
        """Whether what was sent came from a form that was shown to this browser."""
        token = self._cookies.read(request, "form")
        sent = fields.get("form", "").encode()
        return bool(token) and hmac.compare_digest(self.field_of(token).encode(), sent)

    # ---- letting in

    def begin(self, request: Request, user_id: str) -> tuple[str, str]:
        """A new session, and what tells the browser from others, for the next time.

        A new one, whatever the browser held before: against session fixation.
        """
        if before := self._cookies.read(request, "user"):
            self._people.accounts.end_session(before)
        of_whom, _, number = (self.device(request) or "").partition(".")
        if of_whom != user_id:
            number = secrets.token_urlsafe(_DEVICE_BYTES)
        session = self._people.begin_session(user_id, request)
        return session, f"{user_id}.{number}"

    def device(self, request: Request) -> str | None:
        """Who signed in in this browser before; None if nobody did."""
        return self._credentials.device_of(self._cookies.read(request, "known"))

    def let_in(
        self, request: Request, begun: tuple[str, str], *, page: str
    ) -> Response:
        """Lead a browser to a page, with what `begin` gave."""
        session, device = begun
        response = RedirectResponse(quote(page), 303, NO_STORE)
        cookies, known = self._cookies, self._credentials.signed_device(device)
        cookies.give_session(request, response, session)
        cookies.give(request, response, "known", known, max_age_s=_DEVICE_S)
        cookies.delete(request, response, "form")
        return response


def form_language(request: Request) -> str:
    """The language of a form: the one that was chosen, or that browsers prefer."""
    asked = request.query_params.get("language", "")
    if asked in LANGUAGES:
        return asked
    return language_of(request.headers.get("accept-language", ""))


async def fields_of(request: Request) -> dict[str, str]:
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
