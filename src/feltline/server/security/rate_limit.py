"""Rate limit: how many wrong tokens a caller may send within a minute."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["RateLimit"]

_MAX_FAILURES: Final = 20
_WINDOW_S: Final = 60.0
_MAX_CALLERS: Final = 1000


class RateLimit:
    """Counts failures per caller over the last minute; safe under threads.

    It only ever delays who fails: a right token is to be let in without asking here,
    because any page can have a browser on this machine send wrong ones.

    Args:
        clock: Gives seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def fail(self, caller: str) -> float:
        """Count a failure.

        Returns:
            Seconds until this caller may fail again; 0 within the limit.
        """
        now = self._clock()
        with self._lock:
            # To the end, so that those who have been quiet longest are forgotten.
            recent = self._failures.pop(caller, deque(maxlen=_MAX_FAILURES))
            self._failures[caller] = recent
            if len(self._failures) > _MAX_CALLERS:
                del self._failures[next(iter(self._failures))]
            if len(recent) == _MAX_FAILURES and recent[0] > now - _WINDOW_S:
                return recent[0] + _WINDOW_S - now
            recent.append(now)
            return 0.0
