"""Event broadcaster: server-sent events to every open page.

Publishers are threads, listeners live on the event loop. A listener that falls far
behind loses what it has not read and has to look afresh (`hello`).
"""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent

from feltline.errors import FeltlineError

__all__ = ["EventBroadcaster"]

logger = logging.getLogger(__name__)

MAX_UNREAD: Final = 500
CHECK_S: Final = 10.0
"""Seconds between looks at whether a listener may still listen."""
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
        self,
        last_event_id: Callable[[], int],
        is_still_open: Callable[[], bool] = lambda: True,
    ) -> AsyncIterator[ServerSentEvent]:
        """Events for one page, until it goes away or the server stops.

        Args:
            last_event_id: Gives the newest change, so that the page knows what it
                missed. It is called in a thread, once what follows is being kept.
            is_still_open: Whether the page may still listen; asked in a thread, each
                `CHECK_S` seconds.
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
            async for event in _until(listener, is_still_open):
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


async def _until(
    listener: _Listener, is_still_open: Callable[[], bool]
) -> AsyncIterator[ServerSentEvent]:
    """What a listener is sent, until the stream ends or it may not listen any more."""
    checked_at = time.monotonic()
    while True:
        left_s = checked_at + CHECK_S - time.monotonic()
        try:
            event = await asyncio.wait_for(listener.get(), max(0.0, left_s))
        except TimeoutError:
            if not await _may_go_on(is_still_open):
                return
            checked_at = time.monotonic()
            continue
        if event is None:
            return
        yield event


async def _may_go_on(is_still_open: Callable[[], bool]) -> bool:
    try:
        return await run_in_threadpool(is_still_open)
    except FeltlineError as error:
        logger.warning("an event stream ends: %s", error)
        return False


def _put(listener: _Listener, event: ServerSentEvent | None) -> None:
    if listener.qsize() >= MAX_UNREAD:
        while not listener.empty():
            listener.get_nowait()
        listener.put_nowait(_event("hello", {"last_event_id": None}))
    listener.put_nowait(event)


def _event(name: str, data: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event=name, raw_data=json.dumps(data))
