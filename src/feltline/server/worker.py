"""One thread that does named pieces of work in turn, and lets go of each at once."""

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Final

__all__ = ["Background", "step_back"]

logger = logging.getLogger(__name__)

_NICENESS: Final = 10
_LONGEST_WAIT_S: Final = 10.0


class Background:
    """Does work by name, one piece at a time; safe under threads.

    The thread starts with the first piece, and stands back behind others that want
    the processor, as do the threads that it starts.

    Args:
        work: Does the piece of this name; it is to return soon once the event is set.
        name: Of the thread.
    """

    def __init__(
        self, work: Callable[[str, threading.Event], None], *, name: str
    ) -> None:
        self._work = work
        self._name = name
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._current: str | None = None
        self._stopped = threading.Event()
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        """Pieces that are under way or wait for their turn."""
        with self._changed:
            return len(self._waiting) + (self._current is not None)

    def add(self, key: str, *, is_urgent: bool, is_again: bool = False) -> None:
        """Have a piece done; an urgent one is the next.

        One that is under way is not, unless it is to be done again after that.
        """
        with self._changed:
            if self._is_closed or (key == self._current and not is_again):
                return
            was_waiting = key in self._waiting
            self._waiting[key] = None
            if is_urgent or not was_waiting:
                self._waiting.move_to_end(key, last=not is_urgent)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name=self._name, daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def drop(self, key: str) -> None:
        """Take a piece back; one that is under way is stopped and waited for."""
        with self._changed:
            self._waiting.pop(key, None)
            if self._current == key:
                self._stopped.set()
                self._changed.wait_for(lambda: self._current != key)

    def close(self) -> None:
        """Stop what is under way, and do no more."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._stopped.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_LONGEST_WAIT_S)

    def _run(self) -> None:
        """Do one piece after another; the thread's work."""
        step_back()
        while (key := self._next()) is not None:
            try:
                self._work(key, self._stopped)
            except Exception:
                # The next piece may do better.
                logger.exception("%s failed at %s", self._name, key)
            finally:
                with self._changed:
                    self._current = None
                    self._changed.notify_all()

    def _next(self) -> str | None:
        """The next piece, once there is one; None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._waiting)
            if self._is_closed:
                return None
            self._current, _ = self._waiting.popitem(last=False)
            self._stopped = threading.Event()
            return self._current


def step_back() -> None:
    """Let other threads go before this one, where the system can tell threads apart."""
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
