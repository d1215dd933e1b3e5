"""How often somebody may try to come in with a wrong token."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["Attempts"]

_MOST: Final = 20
_WINDOW_S: Final = 60.0
_MOST_CALLERS: Final = 1000


class Attempts:
    """Counts failures per caller over the last minute.

    Args:
        clock: Gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def wait_s(self, caller: str) -> float:
        """How long this caller has to wait before the next try; 0 = not at all."""
        with self._lock:
            failed = self._recent(caller)
            if len(failed) < _MOST:
                return 0.0
            return failed[0] + _WINDOW_S - self._clock()

    def failed(self, caller: str) -> None:
        """Note a wrong token."""
        with self._lock:
            failed = self._recent(caller)
            failed.append(self._clock())
            # To the end, so that those who have been quiet longest are forgotten.
            self._failed.pop(caller, None)
            self._failed[caller] = failed
            while len(self._failed) > _MOST_CALLERS:
                del self._failed[next(iter(self._failed))]

    def _recent(self, caller: str) -> deque[float]:
        """Times of the caller's failures within the window."""
        failed = self._failed.get(caller, deque(maxlen=_MOST))
        while failed and failed[0] <= self._clock() - _WINDOW_S:
            failed.popleft()
        return failed
