"""What to ask a person for: the review queue of one track.

Frames under the threshold are pending. One after another, the frame whose correction
would take most variance off the pending ones is chosen. What its label teaches lifts
some of the others over the threshold; and a judgement covers the pending frames right
around it, since a face that can hardly be seen would never reach the threshold.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from feltline.errors import ShapeError
from feltline.fewshot.active.reasons import ReasonCode
from feltline.fewshot.active.selection import Chooser, thinned
from feltline.fewshot.model import Filling
from feltline.fewshot.predictions import ENOUGH_QUALITY, confidence_of

__all__ = ["ReviewPlan", "plan_review"]

MOST_CANDIDATES: Final = 300
MOST_TARGETS: Final = 400
"""A queue is planned anew after each label, so long tracks are thinned more than for
suggestions."""
MOST_POOR: Final = 100
"""Faces of poor quality that may be asked for."""

TELLING: Final = 2.0
"""A choice has high influence if it settles so many times the frames that it covers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReviewPlan:
    """Which frames of a track to ask for. q = items.

    Attributes:
        at: Positions in the track, the most valuable first; poor faces come last.
        gain: Variance that a correction there would take off the frames then pending,
            in frames times squared label units, both dimensions together.
        reason: Why each.
        first: Position of the first pending frame that the item speaks for.
        last: Of the last one.
        n_pending: Frames under the threshold that nobody has dealt with.
        expected_items: Items until none is pending: those here if they settle all,
            else extrapolated from how many frames each settles.
    """

    at: Int64[np.ndarray, " q"]
    gain: Float64[np.ndarray, " q"]
    reason: tuple[ReasonCode, ...]
    first: Int64[np.ndarray, " q"]
    last: Int64[np.ndarray, " q"]
    n_pending: int
    expected_items: float

    def __len__(self) -> int:
        return len(self.at)


def plan_review(  # noqa: PLR0913 - keyword-only, each a choice of its own
    filling: Filling,
    number: int,
    threshold: float,
    *,
    judged: Bool[np.ndarray, " _"],
    confidence: Float32[np.ndarray, " _"] | None = None,
    most: int = 40,
    covers_s: float = 0.5,
) -> ReviewPlan:
    """Choose the frames of one track that a person should look at.

    Args:
        filling: The project as it stands.
        number: Place of the track in it.
        threshold: Confidence from which a machine label is accepted.
        judged: Frames that a person has dealt with; they never come back.
        confidence: That of the track's estimate, if it is at hand: on long tracks it
            is what takes most of the time.
        most: At most so many items.
        covers_s: How far to each side a judgement speaks for pending frames without a
            gap in between.

    Raises:
        ShapeError: `judged` or `confidence` is not one per frame, or `most` below 1.
    """
    n = len(filling.tracks[number])
    if confidence is None:
        confidence = filling.confidence_at(number, np.arange(n))
    if not len(judged) == len(confidence) == n or most < 1:
        raise ShapeError(
            f"a plan of {n} frames needs judged and confidence of each and most >= 1, "
            f"not {len(judged)}, {len(confidence)} and {most}"
        )
    pending = np.flatnonzero((confidence < np.float32(threshold)) & ~judged)
    if not len(pending):
        return _plan([], 0, 0)
    queue = _Queue.of(filling, number, pending, confidence, threshold, covers_s)
    items: list[_Item] = []
    while len(items) < most:
        item = queue.next()
        if item is None:
            break
        items.append(item)
    return _plan(items, len(pending), queue.n_left)


@dataclass(frozen=True, slots=True)
class _Item:
    """One frame to ask for, and how many pending frames it settles."""

    at: int
    gain: float
    reason: ReasonCode
    first: int
    last: int
    settles: int


def _plan(items: list[_Item], n_pending: int, n_left: int) -> ReviewPlan:
    return ReviewPlan(
        at=np.array([i.at for i in items], np.int64),
        gain=np.array([i.gain for i in items], np.float64),
        reason=tuple(i.reason for i in items),
        first=np.array([i.first for i in items], np.int64),
        last=np.array([i.last for i in items], np.int64),
        n_pending=n_pending,
        expected_items=_expected(items, n_left),
    )


def _expected(items: list[_Item], n_left: int) -> float:
    """Items until no frame is pending, if the next settle as many as the last half."""
    if not n_left:
        return float(len(items))
    late = [i.settles for i in items[len(items) // 2 :]]
    return len(items) + n_left / max(float(np.mean(late)), 1.0)


@dataclass(slots=True, eq=False)
class _Queue:
    """One track on the way through its review.

    Frames are places among the p that were pending at the start. Each of the t targets
    stands for the pending frames nearest to it.

    Attributes:
        filling: The project as it stands.
        number: Of the track.
        threshold: Confidence that settles a frame.
        pending: Positions of the frames.
        left: Which of them are pending still.
        n_left: How many.
        chooser: Candidates and targets among them.
        place: Of each candidate.
        poor: Candidates to ask for only when there are no better ones.
        covered: First of the frames that each candidate speaks for, and past the last.
        edge: First of the frames that each target stands for, and past the last.
        settled: Targets that have reached the threshold.
    """

    filling: Filling
    number: int
    threshold: np.float32
    pending: Int64[np.ndarray, " p"]
    left: Bool[np.ndarray, " p"]
    n_left: int
    chooser: Chooser
    place: Int64[np.ndarray, " c"]
    poor: Bool[np.ndarray, " c"]
    covered: Int64[np.ndarray, "c 2"]
    edge: Int64[np.ndarray, " edges"]
    settled: Bool[np.ndarray, " t"]

    @classmethod
    def of(
        cls,
        filling: Filling,
        number: int,
        pending: Int64[np.ndarray, " p"],
        confidence: Float32[np.ndarray, " n"],
        threshold: float,
        covers_s: float,
    ) -> "_Queue":
        """A track at the start of its review."""
        track, p = filling.tracks[number], len(pending)
        poor = track.quality[pending] < np.float32(ENOUGH_QUALITY)
        some = thinned(np.flatnonzero(~poor), MOST_CANDIDATES)
        others = thinned(np.flatnonzero(poor), MOST_POOR)
        place = np.sort(np.concatenate([some, others]))
        target = thinned(np.arange(p), MOST_TARGETS)
        edge = np.concatenate([[0], (target[:-1] + target[1:] + 1) // 2, [p]])
        has_labels = len(filling.posterior.frames) > 0
        return cls(
            filling=filling,
            number=number,
            threshold=np.float32(threshold),
            pending=pending,
            left=np.ones(p, bool),
            n_left=p,
            chooser=Chooser.between(
                filling.posterior,
                number,
                pending[place],
                pending[target],
                np.diff(edge).astype(np.float64),
                confidence[pending[place]] if has_labels else None,
            ),
            place=place,
            poor=poor[place],
            covered=_covered(pending, track.time_s[pending], place, covers_s),
            edge=edge,
            settled=np.zeros(len(target), bool),
        )

    def next(self) -> _Item | None:
        """Take the most valuable frame; None if there is none to ask for."""
        chooser = self.chooser
        chooser.closed = ~self.left[self.place]
        if chooser.closed.all():
            return None
        chooser.weight = np.add.reduceat(self.left, self.edge[:-1], dtype=np.float64)
        gain = chooser.gains()
        if not chooser.closed[~self.poor].all():
            gain[self.poor] = -np.inf
        best = int(gain.argmax())
        reason = chooser.take(best)
        first, end = self.covered[best].tolist()
        around = int(self.left[first:end].sum())
        settles = self._settle(first, end)
        if reason != "typical" and reason != "far" and settles >= TELLING * around:
            reason = "high_influence"
        return _Item(
            at=int(self.pending[self.place[best]]),
            gain=float(gain[best]),
            reason="low_confidence" if reason == "between" else reason,
            first=int(self.pending[first]),
            last=int(self.pending[end - 1]),
            settles=settles,
        )

    def _settle(self, first: int, end: int) -> int:
        """Take frames off that are covered, or sure by now; return how many."""
        self.left[first:end] = False
        sure = confidence_of(
            self.chooser.spread.astype(np.float32),
            self.filling.calibration,
            self.filling.trust[self.number][self.chooser.target],
            self.filling.options.tolerance,
        )
        now = (sure >= self.threshold) & ~self.settled
        for target in np.flatnonzero(now):
            self.left[self.edge[target] : self.edge[target + 1]] = False
        self.settled |= now
        before, self.n_left = self.n_left, int(np.count_nonzero(self.left))
        return before - self.n_left


def _covered(
    pending: Int64[np.ndarray, " p"],
    time_s: Float64[np.ndarray, " p"],
    place: Int64[np.ndarray, " c"],
    covers_s: float,
) -> Int64[np.ndarray, "c 2"]:
    """First of the frames around each place, and past the last: near and in its run."""
    breaks = np.flatnonzero(np.diff(pending) > 1) + 1
    start = np.concatenate([[0], breaks])
    end = np.concatenate([breaks, [len(pending)]])
    run = np.searchsorted(start, place, side="right") - 1
    reach = covers_s + 1e-9  # rounding of time stamps must not cost a frame
    near = np.searchsorted(time_s, time_s[place] - reach)
    far = np.searchsorted(time_s, time_s[place] + reach, side="right")
    return np.stack([np.maximum(near, start[run]), np.minimum(far, end[run])], axis=1)
