"""Preparing frames in a thread of their own while the last ones are being used."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from queue import Empty, Queue
from typing import Final

from feltline.video.frames import Frame

__all__ = ["prefetched"]

_LONGEST_WAIT_S: Final = 0.2
_MOST_FRAMES: Final = 8
_MOST_BYTES: Final = 64 * 2**20


def prefetched(
    start: Callable[[threading.Event], Iterator[Frame]],
) -> Generator[Frame, None, None]:
    """Frames of a source that is run in its own thread, a few frames ahead.

    The thread starts with the first frame asked for. It ends with the source, or when
    this generator is closed, which waits for it. Frames that wait are bounded in number
    and, by their own size, in bytes.

    Args:
        start: Gives the source. Its argument is set when the source should end early.

    Raises:
        BaseException: Whatever the source raises, after the frames before it.
    """
    stopped = threading.Event()
    ready: Queue[Frame | BaseException | None] = Queue(_MOST_FRAMES)

    def produce() -> None:
        end: BaseException | None = None
        try:
            for frame in start(stopped):
                ready.maxsize = min(
                    _MOST_FRAMES, max(1, _MOST_BYTES // frame.rgb.nbytes)
                )
                ready.put(frame)
                if stopped.is_set():
                    break
        except BaseException as raised:  # noqa: BLE001 - the consumer raises it
            end = raised
        ready.put(end)

    thread = threading.Thread(target=produce, name="feltline-video", daemon=True)
    thread.start()
    try:
        while (frame := _next(ready)) is not None:
            yield frame
    finally:
        stopped.set()
        # A generator nobody holds any more may be closed from within any thread.
        while thread is not threading.current_thread() and thread.is_alive():
            with suppress(Empty):  # makes room where the source waits to put a frame
                ready.get_nowait()
            thread.join(0.01)


def _next(ready: "Queue[Frame | BaseException | None]") -> Frame | None:
    """The next frame, None after the last; raises what ended the source."""
    while True:
        # A Ctrl-C that lands between Python's last look and the wait itself would only
        # be seen when the wait ends: so it never lasts long.
        with suppress(Empty):
            found = ready.get(timeout=_LONGEST_WAIT_S)
            if isinstance(found, BaseException):
                raise found
            return found
