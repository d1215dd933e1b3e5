"""The review queue of one track: which frames a person should look at.

Frames under the threshold are pending. One after another, the frame is chosen whose
correction is worth most: what it would take off the variance of the pending ones, and
its own variance for those right around it (`GreedySelector.best`). Noise is left out:
a frame that nobody can predict teaches nothing. What its label says lifts some
of the others over the threshold; and a judgement covers the pending frames right around
it, since a face that can hardly be seen would never reach the threshold.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from feltline.errors import ShapeError
from feltline.fewshot.active.reasons import QueryReason
from feltline.fewshot.active.selection import (
    MAX_CANDIDATES,
    MAX_TARGETS,
    POOR_QUALITY,
    GreedySelector,
    frames_around,
    labelled_positions,
    thinned,
)
from feltline.fewshot.calibration import confidence
from feltline.fewshot.gp.posterior import TrackPosterior

__all__ = ["TrackQueue", "build_queue"]

MAX_POOR: Final = 100
"""Faces of poor quality that may be asked for."""

HIGH_INFLUENCE: Final = 2.0
"""A frame has high influence if it settles so many times the frames that it covers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackQueue:
    """Which frames of a track to ask for. q items.

    Attributes:
        at: Positions in the track, the most valuable first; poor faces come last.
        gain: Variance that a correction there would take off the frames then pending,
            in frames times squared units, all dimensions together.
        reason: Why each.
        first: Position of the first pending frame that the item speaks for.
        last: Of the last one.
        n_pending: Frames under the threshold that nobody has dealt with.
        expected_items: Items until none is pending: those here if they settle all,
            else extrapolated from how many frames each settles.
    """

    at: Int64[np.ndarray, " q"]
    gain: Float64[np.ndarray, " q"]
    reason: tuple[QueryReason, ...]
    first: Int64[np.ndarray, " q"]
    last: Int64[np.ndarray, " q"]
    n_pending: int
    expected_items: float

    def __len__(self) -> int:
        return len(self.at)


def build_queue(  # noqa: PLR0913 - keyword-only, each a choice of its own
    posterior: TrackPosterior,
    threshold: float,
    *,
    quality: Float32[np.ndarray, " _"],
    reviewed: Bool[np.ndarray, " _"],
    confidence_now: Float32[np.ndarray, " _"] | None = None,
    most: int = 40,
    covers_s: float = 0.5,
) -> TrackQueue:
    """Choose the frames of one track that a person should look at.

    Args:
        posterior: What is known of the track.
        threshold: Confidence from which a prediction is accepted.
        quality: Of each face, in [0, 1].
        reviewed: Frames that a person has dealt with; they never come back.
        confidence_now: That of the track's prediction, if it is at hand: on long
            tracks it is what takes most of the time.
        most: At most so many items.
        covers_s: How far to each side a judgement speaks for pending frames without a
            gap in between.

    Raises:
        ShapeError: An array is not one per frame, or `most` is below 1.
    """
    n = len(posterior.features)
    if confidence_now is None:
        confidence_now = posterior.confidence()
    if not len(reviewed) == len(confidence_now) == len(quality) == n or most < 1:
        raise ShapeError(
            f"a queue of {n} frames needs reviewed, confidence and quality of each and "
            f"most >= 1, not {len(reviewed)}, {len(confidence_now)}, "
            f"{len(quality)} and {most}"
        )
    pending = np.flatnonzero((confidence_now < np.float32(threshold)) & ~reviewed)
    items: list[_Item] = []
    n_left = len(pending)
    if n_left:
        state = _QueueState(
            posterior, pending, confidence_now, quality, covers_s, threshold
        )
        while len(items) < most and (item := state.next()) is not None:
            items.append(item)
        n_left = state.n_left
    return TrackQueue(
        at=np.array([i.at for i in items], np.int64),
        gain=np.array([i.gain for i in items], np.float64),
        reason=tuple(i.reason for i in items),
        first=np.array([i.first for i in items], np.int64),
        last=np.array([i.last for i in items], np.int64),
        n_pending=len(pending),
        expected_items=_expected(items, n_left),
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """One frame to ask for, and how many pending frames it settles."""

    at: int
    gain: float
    reason: QueryReason
    first: int
    last: int
    settles: int


def _expected(items: list[_Item], n_left: int) -> float:
    """Items until no frame is pending, if the next settle as many as the last half."""
    if not n_left:
        return float(len(items))
    late = [i.settles for i in items[len(items) // 2 :]]
    return len(items) + n_left / max(float(np.mean(late)), 1.0)


class _QueueState:
    """One track on the way through its review.

    Frames are places among the p that were pending at the start. Each of the t targets
    stands for the pending frames nearest to it.
    """

    def __init__(
        self,
        posterior: TrackPosterior,
        pending: Int64[np.ndarray, " p"],
        confidence_now: Float32[np.ndarray, " n"],
        quality: Float32[np.ndarray, " n"],
        covers_s: float,
        threshold: float,
    ) -> None:
        self.posterior, self.pending = posterior, pending
        self.threshold = np.float32(threshold)
        self.n_left = p = len(pending)
        self.left = np.ones(p, bool)  # pending still
        self.time_s = posterior.features.time_s[pending]
        poor = quality[pending] < np.float32(POOR_QUALITY)
        some = thinned(np.flatnonzero(~poor), MAX_CANDIDATES)
        others = thinned(np.flatnonzero(poor), MAX_POOR)
        self.place = np.sort(np.concatenate([some, others]))  # of each candidate
        self.poor = poor[self.place]  # to be asked for when there are no better ones
        target = thinned(np.arange(p), MAX_TARGETS)
        # First of the frames that each target stands for, and past the last.
        self.edge = np.concatenate([[0], (target[:-1] + target[1:] + 1) // 2, [p]])
        self.settled = np.zeros(len(target), bool)  # targets at the threshold
        candidate = pending[self.place]
        has_labels = len(labelled_positions(posterior)) > 0
        self.selector = GreedySelector(
            posterior,
            candidate,
            pending[target],
            np.diff(self.edge).astype(np.float64),
            frames_around(self.time_s, self.time_s[self.place]),
            confidence_now[candidate] if has_labels else None,
        )
        self.covered = _covered(pending, self.time_s, self.place, covers_s)

    def next(self) -> _Item | None:
        """Take the most valuable frame; None if there is none to ask for."""
        selector = self.selector
        selector.closed = ~self.left[self.place]
        if selector.closed.all():
            return None
        selector.weight = np.add.reduceat(self.left, self.edge[:-1], dtype=np.float64)
        selector.around = frames_around(self.time_s[self.left], self.time_s[self.place])
        if not selector.closed[~self.poor].all():
            selector.closed |= self.poor
        best, gain = selector.best()
        reason = selector.take(best)
        first, end = self.covered[best].tolist()
        around = int(self.left[first:end].sum())
        settles = self._settle(first, end)
        if self.posterior.missing.any():
            reason = "no_label"
        elif reason not in ("typical", "far") and settles >= HIGH_INFLUENCE * around:
            reason = "high_influence"
        return _Item(
            at=int(self.pending[self.place[best]]),
            gain=gain,
            reason="low_confidence" if reason == "least_certain" else reason,
            first=int(self.pending[first]),
            last=int(self.pending[end - 1]),
            settles=settles,
        )

    def _settle(self, first: int, end: int) -> int:
        """Take frames off that are covered, or sure by now; return how many."""
        self.left[first:end] = False
        selector, model = self.selector, self.posterior.model
        variance = selector.variance.astype(np.float32)
        sure = confidence(model.calibration, variance, model.tolerance)
        trusted = sure * self.posterior.features.trust[selector.target]
        now = (trusted >= self.threshold) & ~self.settled
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
    within = covers_s + 1e-9  # rounding of time stamps must not cost a frame
    near = np.searchsorted(time_s, time_s[place] - within)
    far = np.searchsorted(time_s, time_s[place] + within, side="right")
    return np.stack([np.maximum(near, start[run]), np.minimum(far, end[run])], axis=1)
