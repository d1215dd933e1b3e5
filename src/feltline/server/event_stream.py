"""Event broadcaster: server-sent events to every open page.

Publishers are threads, listeners live on the event loop. A listener that falls far
behind loses what it has not read and has to look afresh (`hello`).
"""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent

from feltline.errors import FeltlineError

__all__ = ["EventBroadcaster"]

logger = logging.getLogger(__name__)

MAX_UNREAD: Final = 500
RETRY_MS: Final = 1000

_Listener = asyncio.Queue[ServerSentEvent | None]


class EventBroadcaster:
    """Passes events on to whoever listens; safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[_Listener, asyncio.AbstractEventLoop] = {}
        self._is_closed = False

    def publish(self, name: str, data: dict[str, Any]) -> None:
        """Send an event to every listener; from any thread.

        Args:
            name: Its kind.
            data: Becomes JSON.
        """
        self._send(_event(name, data))

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        with self._lock:
            self._is_closed = True
        self._send(None)

    async def stream(
        self, last_event_id: Callable[[], int]
    ) -> AsyncIterator[ServerSentEvent]:
        """Events for one page, until it goes away or the server stops.

        Args:
            last_event_id: Gives the newest change, so that the page knows what it
                missed. It is called in a thread, once what follows is being kept.
        """
        listener: _Listener = asyncio.Queue()
        with self._lock:
            if self._is_closed:
                return
            self._listeners[listener] = asyncio.get_running_loop()
        try:
            try:
                newest = await run_in_threadpool(last_event_id)
            except FeltlineError as error:
                # The page asks again, and is told why by all else that it asks.
                logger.warning("an event stream ends: %s", error)
                return
            hello = json.dumps({"last_event_id": newest})
            yield ServerSentEvent(event="hello", raw_data=hello, retry=RETRY_MS)
            while (event := await listener.get()) is not None:
                yield event
        finally:
            with self._lock:
                del self._listeners[listener]

    def _send(self, event: ServerSentEvent | None) -> None:
        with self._lock:
            listeners = list(self._listeners.items())
        for listener, loop in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, listener, event)


def _put(listener: _Listener, event: ServerSentEvent | None) -> None:
    if listener.qsize() >= MAX_UNREAD:
        while not listener.empty():
            listener.get_nowait()
        listener.put_nowait(_event("hello", {"last_event_id": None}))
    listener.put_nowait(event)


def _event(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, raw_data=json.dumps(data))
