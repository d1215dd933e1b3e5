"""Requests no larger than allowed, also where they do not say how large they are."""

from collections.abc import Mapping

from starlette.types import Message, Receive, Send

__all__ = ["LimitedBody", "TooLargeError", "limit_for"]


def limit_for(path: str, most: int, larger: Mapping[str, int]) -> int:
    """How many bytes the body of a request to this path may have."""
    fits = [p for p in larger if path == p or path.startswith(p.rstrip("/") + "/")]
    return larger[max(fits, key=len)] if fits else most


class TooLargeError(Exception):
    """Ends the reading of a body that is larger than allowed."""


class LimitedBody:
    """Passes a body on as it comes, up to a limit.

    Whatever the application answers when the limit is passed is dropped: it may take
    the broken-off body for a fault of its own. If it had begun to answer already, the
    answer breaks off.

    Args:
        receive: Gives the body.
        send: Takes the answer.
        most: Bytes at most.
    """

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive = receive
        self._send = send
        self._most = most
        self._seen = 0
        self._has_begun = False
        self.is_exceeded = False

    async def receive(self) -> Message:
        """The next part of the body."""
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._most:
            self.is_exceeded = True
            raise TooLargeError
        return message

    async def send(self, message: Message) -> None:
        """A part of the application's answer."""
        if self.is_exceeded and not self._has_begun:
            return
        self._has_begun = True
        await self._send(message)

    @property
    def may_refuse(self) -> bool:
        """Whether the limit was passed and nothing was answered yet."""
        return self.is_exceeded and not self._has_begun
