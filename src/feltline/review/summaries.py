"""Track summaries: what queue, costs and status need of a track without its arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.review.track_view import TrackView
from feltline.store import N_BINS, TrackSummary, VideoSummary

__all__ = [
    "UNPLANNED",
    "Totals",
    "accepted_of",
    "pending_of",
    "pieces_of",
    "step_of",
    "summarise",
]

EDGES: Final = (np.arange(N_BINS) / 100).astype(np.float32)
"""Lower edges of the bins of confidence; every threshold is one of them."""

UNPLANNED: Final = -1.0
"""`n_items` of a track whose queue was not built."""

PIECE_S: Final = 1.0
"""A decision deals with about so much of a track under the threshold."""


def step_of(threshold: float) -> int:
    """The first bin that a threshold, a multiple of 0.01, accepts."""
    return round(threshold * 100)


def pending_of(summary: TrackSummary, threshold: float) -> int:
    """Open frames of a track under a threshold."""
    return int(summary.confidence_counts[: step_of(threshold)].sum())


def accepted_of(summary: TrackSummary, threshold: float) -> int:
    """Open frames of a track at or above a threshold."""
    return int(summary.confidence_counts[step_of(threshold) :].sum())


def pieces_of(summary: TrackSummary, threshold: float) -> int:
    """Seconds of a track that have an open frame under a threshold."""
    return int(summary.second_counts[: step_of(threshold)].sum())


def summarise(view: TrackView) -> TrackSummary:
    """The summary of a track that has no queue yet.

    Its `best_gain` is an upper bound then: a label cannot take more variance off than
    there is in the frames that are open.
    """
    is_open = view.is_open()
    confidence = view.prediction.confidence[is_open]
    bins = _bins(confidence)
    least = _least(view.track.time_s[is_open], confidence)
    # Where nothing is known of a dimension, any value of the unit scale is possible.
    width = np.nan_to_num(view.prediction.high - view.prediction.low, nan=2.0) / 2
    return TrackSummary(
        track_id=view.track.track_id,
        n_frames=len(view.track),
        n_reviewed=int(view.rows.reviewed.sum()),
        confidence_counts=np.bincount(bins, minlength=N_BINS),
        error_sums=np.bincount(bins, 1.0 - confidence, N_BINS).astype(np.float64),
        second_counts=np.bincount(_bins(least), minlength=N_BINS),
        best_gain=float((width[is_open].astype(np.float64) ** 2).sum()),
        n_items=UNPLANNED,
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


def _lowered(bins: np.ndarray, step: int) -> np.ndarray:
    """Bins with all that is under one of them in the lowest."""
    if not step:
        return bins
    lowered = bins.copy()
    lowered[:step] = 0
    lowered[0] = bins[:step].sum()
    return lowered


def _zeros() -> np.ndarray:
    return np.zeros(N_BINS, np.int64)


@dataclass(slots=True, eq=False)
class Totals:
    """Sums of summaries. Open frames are those that nobody has dealt with.

    Frames of a reopened video that are under its least confidence count as of the
    lowest bin: whatever the threshold, they are pending.

    Attributes:
        threshold: The one in force.
        reopened: Least confidence of videos that an audit reopened.
        tracks: How many there are.
        frames: Their frames.
        reviewed: Those that people have dealt with.
        items: Decisions expected by the tracks whose queue was built.
        pieces_of_items: Seconds with frames under the threshold in these tracks.
        confidence_counts: Open frames per bin of confidence.
        error_sums: Sum of one minus confidence over the frames of each bin.
        second_counts: Seconds of tracks, by the bin of their least confidence.
    """

    threshold: float
    reopened: Mapping[str, float] = field(default_factory=dict)
    tracks: int = 0
    frames: int = 0
    reviewed: int = 0
    items: float = 0.0
    pieces_of_items: int = 0
    confidence_counts: Int64[np.ndarray, " 101"] = field(default_factory=_zeros)
    error_sums: Float64[np.ndarray, " 101"] = field(
        default_factory=lambda: np.zeros(N_BINS)
    )
    second_counts: Int64[np.ndarray, " 101"] = field(default_factory=_zeros)

    def add(self, video: VideoSummary | None, sign: int = 1) -> None:
        """Add the tracks of a video, or take them off (`sign` -1)."""
        if video is None:
            return
        least = self.reopened.get(video.video_id, 0.0)
        threshold, step = max(self.threshold, least), step_of(least)
        for s in video.tracks:
            self.tracks += sign
            self.frames += sign * s.n_frames
            self.reviewed += sign * s.n_reviewed
            self.confidence_counts += sign * _lowered(s.confidence_counts, step)
            self.error_sums += sign * _lowered(s.error_sums, step)
            self.second_counts += sign * _lowered(s.second_counts, step)
            if s.n_items >= 0 and video.threshold == threshold:
                self.items += sign * s.n_items
                self.pieces_of_items += sign * pieces_of(s, threshold)

    def copy(self) -> "Totals":
        """The same sums, to be added to."""
        return replace(
            self,
            confidence_counts=self.confidence_counts.copy(),
            error_sums=self.error_sums.copy(),
            second_counts=self.second_counts.copy(),
        )

    def pending(self, threshold: float) -> int:
        """Open frames under a threshold."""
        return int(self.confidence_counts[: step_of(threshold)].sum())

    def accepted(self, threshold: float) -> int:
        """Open frames at or above a threshold."""
        return int(self.confidence_counts[step_of(threshold) :].sum())

    def pieces(self, threshold: float) -> int:
        """Seconds of tracks that have an open frame under a threshold."""
        return int(self.second_counts[: step_of(threshold)].sum())

    @property
    def items_per_piece(self) -> float:
        """Decisions per second with frames under the threshold, as queues have it."""
        has_some = self.items > 0 and self.pieces_of_items > 0
        return self.items / self.pieces_of_items if has_some else 1.0

    @property
    def expected_items(self) -> float:
        """About how many decisions are to come at the threshold in force."""
        others = self.pieces(self.threshold) - self.pieces_of_items
        return self.items + self.items_per_piece * others
