"""Preparing frames in a thread of their own while the last ones are being used."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import Final

from feltline.video.frames import Frame

__all__ = ["prefetched"]

_LONGEST_WAIT_S: Final = 0.2

_MOST_FRAMES: Final = 8
_MOST_BYTES: Final = 64 * 2**20


class _Buffer:
    """Frames on their way from one thread to the other, bounded in number and bytes."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._is_done = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self.stopped = threading.Event()

    def put(self, frame: Frame) -> None:
        """Add a frame, after waiting for room; stopping ends the wait."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopped.is_set() or self._has_room())
            self._frames.append(frame)
            self._bytes += frame.rgb.nbytes
            self._changed.notify_all()

    def _has_room(self) -> bool:
        """Whether one more frame may wait; an only one may be of any size."""
        is_within = len(self._frames) < _MOST_FRAMES and self._bytes < _MOST_BYTES
        return not self._frames or is_within

    def get(self) -> Frame | None:
        """The next frame, or None after the last; raises what ended the source."""
        with self._changed:
            # A Ctrl-C that lands between Python's last look and the wait itself would
            # only be seen when the wait ends: so it never lasts long.
            while not (self._frames or self._is_done):
                self._changed.wait(_LONGEST_WAIT_S)
            if self._frames:
                frame = self._frames.popleft()
                self._bytes -= frame.rgb.nbytes
                self._changed.notify_all()
                return frame
            if self._error is not None:
                raise self._error
            return None

    def finish(self, error: BaseException | None) -> None:
        """Say that no more frames come, and why."""
        with self._changed:
            self._error = error
            self._is_done = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Ask the source to end, waking it where it waits."""
        with self._changed:
            self.stopped.set()
            self._changed.notify_all()


def prefetched(
    start: Callable[[threading.Event], Iterator[Frame]],
) -> Generator[Frame, None, None]:
    """Frames of a source that is run in its own thread, a few frames ahead.

    The thread starts with the first frame asked for. It ends with the source, or when
    this generator is closed, which waits for it.

    Args:
        start: Gives the source. Its argument is set when the source should end early.

    Raises:
        BaseException: Whatever the source raises, after the frames before it.
    """
    buffer = _Buffer()
    thread = threading.Thread(
        target=_produce, args=(buffer, start), name="feltline-video", daemon=True
    )
    thread.start()
    try:
        while (frame := buffer.get()) is not None:
            yield frame
    finally:
        buffer.stop()
        # A generator nobody holds any more may be closed from within any thread.
        if thread is not threading.current_thread():
            thread.join()


def _produce(
    buffer: _Buffer, start: Callable[[threading.Event], Iterator[Frame]]
) -> None:
    """Move frames from the source to the buffer; the thread's work."""
    error: BaseException | None = None
    try:
        for frame in start(buffer.stopped):
            buffer.put(frame)
            if buffer.stopped.is_set():
                break
    except BaseException as raised:  # noqa: BLE001  # the consumer raises it
        error = raised
    buffer.finish(error)
