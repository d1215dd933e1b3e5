"""Active time of raters, measured by the server: idle time is cut off.

It passes between two changes by the same rater, be they judgements, comments or undos.
Live rating takes minutes without any: a trace says that they were no idle ones.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from feltline.store import Store

__all__ = ["IDLE_S", "ActivityClock"]

IDLE_S: Final = 60.0
"""A gap between two changes that is longer than this was no work."""
WRITE_EVERY_S: Final = 30.0
"""Seconds of work that are kept before they are written down."""


@dataclass(slots=True)
class _Seen:
    """When a rater was seen and answered last, and what is not written down yet.

    `unclaimed_s`: seconds that passed since, and that no answer claims as its own.
    `idle_s`: the last gap, where it was too long to be work.
    """

    at: float
    answered_at: float | None = None
    unwritten_s: float = 0.0
    unclaimed_s: float = 0.0
    idle_s: float = 0.0


class ActivityClock:
    """Measures how long raters work in one project; safe under threads.

    Args:
        store: The project's database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}

    def seen(self, rater_id: str, now: float | None = None) -> None:
        """A rater changed something.

        Args:
            rater_id: The rater.
            now: On the monotonic clock; None = now.
        """
        at = time.monotonic() if now is None else now
        with self._lock:
            one = self._seen.setdefault(rater_id, _Seen(at))
            gap_s, one.at = at - one.at, max(at, one.at)
            one.idle_s = gap_s if gap_s > IDLE_S else 0.0
            if 0 < gap_s <= IDLE_S:
                one.unwritten_s += gap_s
            if one.unwritten_s < WRITE_EVERY_S:
                return
            seconds, one.unwritten_s = one.unwritten_s, 0.0
        self._store.add_activity(rater_id, seconds, datetime.now(tz=UTC))

    def rated(self, rater_id: str, seconds: float) -> None:
        """A rater rated for some time up to now, which was taken for idle.

        Args:
            rater_id: The rater, who has been seen with this very change.
            seconds: How long; of these, no more count than were idle.
        """
        with self._lock:
            one = self._seen.get(rater_id)
            if one is not None:
                one.unwritten_s += min(seconds, one.idle_s)
                one.idle_s = 0.0

    def answered(
        self, rater_id: str, active_s: float | None, now: float | None = None
    ) -> float | None:
        """Seconds of an answer: those that the page measured, as far as can be.

        All answers together claim no more than passed since the rater's first one:
        those that a page kept while it was offline come all at once. Of the first
        nothing is known, and what the page says is kept.

        Args:
            rater_id: The rater.
            active_s: What the page measured; None = nothing.
            now: On the monotonic clock; None = now.
        """
        at = time.monotonic() if now is None else now
        with self._lock:
            one = self._seen.setdefault(rater_id, _Seen(at))
            before, one.answered_at = one.answered_at, at
            if before is None:
                return active_s
            one.unclaimed_s += max(0.0, at - before)
            if active_s is None:
                return None
            claimed_s = min(active_s, one.unclaimed_s)
            one.unclaimed_s -= claimed_s
            return claimed_s

    def close(self) -> None:
        """Write down what is left."""
        with self._lock:
            left = {r: one.unwritten_s for r, one in self._seen.items()}
            self._seen.clear()
        for rater_id, seconds in left.items():
            if seconds > 0:
                self._store.add_activity(rater_id, seconds, datetime.now(tz=UTC))
