"""Deadlines: connections whose request does not arrive in time are closed."""

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["DeadlineProtocol"]

REQUEST_S: Final = 20.0
"""Time that the head of a request may take, and its body beside its bytes' own time."""
SLOWEST_BYTES_PER_S: Final = 16_384
_CHECK_EVERY: Final = 0.1
"""Between two looks at a connection, as a share of `REQUEST_S`."""


class DeadlineProtocol(H11Protocol):
    """HTTP/1.1 that waits so long for a client, and no longer.

    uvicorn itself has a limit only for connections that are quiet after an answer. Here
    a request must arrive within `REQUEST_S`, and a second more for each
    `SLOWEST_BYTES_PER_S` of it; the time it takes to answer does not count.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._waited_s = 0.0
        self._allowed_s = REQUEST_S
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        self._allowed_s += len(data) / SLOWEST_BYTES_PER_S
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._timer.cancel()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Close the connection if its client has been waited for too long."""
        step_s = _CHECK_EVERY * REQUEST_S
        if not self._is_waiting():
            self._waited_s, self._allowed_s = 0.0, REQUEST_S
        elif self._waited_s >= self._allowed_s:
            self.transport.abort()
            return
        else:
            self._waited_s += step_s
        self._timer = self.loop.call_later(step_s, self._watch)

    def _is_waiting(self) -> bool:
        """Whether it is the client's turn to send."""
        if self.flow.read_paused:  # what it has sent is still being worked on
            return False
        # A connection that is kept has uvicorn's own limit, until it sends again.
        is_kept = self.timeout_keep_alive_task is not None
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not is_kept
