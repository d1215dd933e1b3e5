"""Content negotiation of messages: sentences in the language of the page.

A plain ASGI application around another. All that refuses, from routes to the security
middleware, answers `{"error": sentence}` in English; here the sentence is put into the
language that the request asks for (`Accept-Language`, which the page sends). In other
answers, fields of the types below are put into it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, Final

from pydantic import PlainSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feltline.messages import ENGLISH, in_language, known_in_language, language_of

__all__ = ["Report", "Sentence", "Translation", "speaking"]

FIRST_ERROR: Final = 400
"""The lowest status of an answer that refuses (RFC 9110, section 15.5)."""


_LANGUAGE: ContextVar[str] = ContextVar("language", default=ENGLISH)
"""What the request that is being answered asks for."""


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Put fields with sentences into a language while they are written as JSON.

    Args:
        language: One of `feltline.messages.LANGUAGES`.
    """
    before = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(before)


def _translated(sentence: str | None) -> str | None:
    return sentence and in_language(sentence, _LANGUAGE.get())


def _reported(value: object) -> object:
    """A value of JSON with each sentence in it that is known put into the language."""
    if isinstance(value, str):
        return known_in_language(value, _LANGUAGE.get())
    if isinstance(value, Mapping):
        return {name: _reported(one) for name, one in value.items()}
    if isinstance(value, Sequence):
        return [_reported(one) for one in value]
    return value


Sentence = Annotated[str, PlainSerializer(_translated, return_type=str)]
"""A field of an answer that holds a sentence."""
Report = Annotated[dict[str, Any], PlainSerializer(_reported, dict[str, Any])]
"""A field of an answer that holds sentences among names and numbers."""


class Translation:
    """Translates sentences of answers; all else streams through it.

    Args:
        app: What it is put around.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        language = ENGLISH
        if scope["type"] == "http":
            language = language_of(Headers(scope=scope).get("accept-language", ""))
        if language == ENGLISH:
            await self._app(scope, receive, send)
            return
        with speaking(language):
            await self._app(scope, receive, _Translating(send, language))


class _Translating:
    """Holds the head of a refusal back until its body is there, and sends both."""

    def __init__(self, send: Send, language: str) -> None:
        self._send = send
        self._language = language
        self._head: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_refusal(message):
            self._head = message
        elif message["type"] != "http.response.body" or self._head is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_translated(self._head)

    async def _send_translated(self, head: Message) -> None:
        body = translated_body(self._body, self._language)
        headers = MutableHeaders(scope=head)
        headers["Content-Length"] = str(len(body))
        headers["Content-Language"] = self._language
        headers.add_vary_header("Accept-Language")
        await self._send(head)
        await self._send({"type": "http.response.body", "body": body})


def _is_refusal(message: Message) -> bool:
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] >= FIRST_ERROR and kind.startswith("application/json")


def translated_body(body: bytes, language: str) -> bytes:
    """The body of a refusal with its sentence in another language.

    A body without one stays as it is, as one does that has none (to HEAD).
    """
    try:
        answer: Any = json.loads(body)
    except ValueError:
        return body
    if not isinstance(answer, dict) or not isinstance(answer.get("error"), str):
        return body
    answer["error"] = in_language(answer["error"], language)
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
