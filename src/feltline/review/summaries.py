"""Track summaries: what queue, costs and status need of a track without its arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.review.track_view import TrackView
from feltline.store import TrackSummary

__all__ = ["EDGES", "Totals", "step_of", "summarise"]

EDGES: Final = (np.arange(101) / 100).astype(np.float32)
"""Lower edges of the bins of confidence; every threshold is one of them."""

PIECE_S: Final = 1.0
"""A decision deals with about so much of a track under the threshold."""


def step_of(threshold: float) -> int:
    """The first bin that a threshold, a multiple of 0.01, accepts."""
    return round(threshold * 100)


def summarise(view: TrackView, *, revision: int) -> TrackSummary:
    """The summary of a track that has no plan yet.

    Args:
        view: The track.
        revision: The last event about its video that it takes into account.
    """
    is_open = ~view.annotations.reviewed
    confidence = view.prediction.confidence[is_open]
    bins = _bins(confidence)
    least = _least(view.track.time_s[is_open], confidence)
    width = (view.prediction.high - view.prediction.low).astype(np.float64) / 2
    return TrackSummary(
        video_id=view.track.video_id,
        track_id=view.track.track_id,
        model_id=view.prediction.model_id,
        revision=revision,
        n_frames=len(view.track),
        first_frame=int(view.track.frame[0]),
        last_frame=int(view.track.frame[-1]),
        n_judgements=len(view.events),
        n_reviewed=int((~is_open).sum()),
        confidence_counts=np.bincount(bins, minlength=101),
        error_sums=np.bincount(bins, 1.0 - confidence, minlength=101),
        second_counts=np.bincount(_bins(least), minlength=101),
        gain_bound=float((width[is_open] ** 2).sum()),
    )


def _bins(confidence: np.ndarray) -> np.ndarray:
    """The bin of each confidence, by the comparison that decides what is accepted."""
    return np.searchsorted(EDGES, confidence, side="right") - 1


def _least(time_s: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The least confidence in each second of a track: a piece of work if it is under.

    Not stretches under the threshold: as it rises they run together, and their number
    falls while the work grows.
    """
    if not len(time_s):
        return confidence
    second = np.floor((time_s - time_s[0]) / PIECE_S)
    starts = np.flatnonzero(np.diff(second, prepend=-1.0))
    return np.minimum.reduceat(confidence, starts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Totals:
    """Sums of summaries. Open frames are those that nobody has dealt with.

    Attributes:
        tracks: How many there are.
        frames: Their frames.
        reviewed: Those that people have dealt with.
        confidence_counts: Open frames per bin of confidence.
        error_sums: Sum of one minus confidence over the frames of each bin.
        second_counts: Seconds of tracks, by the bin of their least confidence.
    """

    tracks: int
    frames: int
    reviewed: int
    confidence_counts: Int64[np.ndarray, " 101"]
    error_sums: Float64[np.ndarray, " 101"]
    second_counts: Int64[np.ndarray, " 101"]

    @classmethod
    def of(cls, summaries: Iterable[TrackSummary]) -> "Totals":
        """The sums of some summaries."""
        rows = list(summaries)

        def summed(name: str) -> np.ndarray:
            stack = [getattr(s, name) for s in rows]
            return np.sum(stack, axis=0) if stack else np.zeros(101, np.int64)

        return cls(
            tracks=len(rows),
            frames=sum(s.n_frames for s in rows),
            reviewed=sum(s.n_reviewed for s in rows),
            confidence_counts=summed("confidence_counts"),
            error_sums=summed("error_sums"),
            second_counts=summed("second_counts"),
        )

    def pending(self, threshold: float) -> int:
        """Open frames under a threshold."""
        return int(self.confidence_counts[: step_of(threshold)].sum())

    def accepted(self, threshold: float) -> int:
        """Open frames at or above a threshold."""
        return int(self.confidence_counts[step_of(threshold) :].sum())

    def pieces(self, threshold: float) -> int:
        """Seconds of tracks that have a frame under a threshold."""
        return int(self.second_counts[: step_of(threshold)].sum())
