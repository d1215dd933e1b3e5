"""News to every open page, as server-sent events.

Publishers are threads, listeners live on the event loop. A listener that falls far
behind loses what it has not read and is told to look afresh (`hello`).
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any, Final

__all__ = ["News"]

MOST_UNREAD: Final = 500
HEARTBEAT_S: Final = 15.0
RETRY_MS: Final = 1000


class News:
    """What has changed, passed on to whoever listens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[_Listener] = set()
        self._closed = False

    def publish(self, name: str, what: dict[str, Any]) -> None:
        """Tell every listener; from any thread.

        Args:
            name: What kind of news.
            what: About what; becomes JSON.
        """
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.tell(_event(name, what))

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        with self._lock:
            self._closed = True
            listeners = list(self._listeners)
        for listener in listeners:
            listener.tell(None)

    async def stream(self, last_event_id: int) -> AsyncIterator[bytes]:
        """Events for one page, until it goes away or the server stops.

        Args:
            last_event_id: The newest change, so that the page knows what it missed.
        """
        listener = _Listener(asyncio.get_running_loop())
        with self._lock:
            if self._closed:
                return
            self._listeners.add(listener)
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            yield _event("hello", {"last_event_id": last_event_id})
            while (event := await listener.next()) is not None:
                yield event
        finally:
            with self._lock:
                self._listeners.discard(listener)


class _Listener:
    """One page's unread news."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._unread: asyncio.Queue[bytes | None] = asyncio.Queue()

    def tell(self, event: bytes | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, event)

    def _put(self, event: bytes | None) -> None:
        if self._unread.qsize() >= MOST_UNREAD:
            while not self._unread.empty():
                self._unread.get_nowait()
            self._unread.put_nowait(_event("hello", {"last_event_id": None}))
        self._unread.put_nowait(event)

    async def next(self) -> bytes | None:
        try:
            return await asyncio.wait_for(self._unread.get(), HEARTBEAT_S)
        except TimeoutError:
            return b": still here\n\n"


def _event(name: str, what: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(what)}\n\n".encode()
