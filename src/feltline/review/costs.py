"""What a threshold costs and saves: frames for people, minutes, and expected errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from feltline.review.track_view import View

__all__ = ["THRESHOLDS", "Cost", "costs_of"]

THRESHOLDS: Final = np.round(np.linspace(0.5, 1.0, 51), 2)

PIECE_S: Final = 1.0
"""A decision deals with about so much of a track under the threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one threshold would mean.

    Attributes:
        threshold: The confidence that accepts.
        frames: Frames that go to people.
        share: These as a share of all frames that nobody has dealt with.
        items: About how many decisions that takes.
        minutes: About how long.
        wrong: Expected share of the accepted labels that are off by more than the
            tolerance in valence or arousal: the mean of one minus confidence.
    """

    threshold: float
    frames: int
    share: float
    items: float
    minutes: float
    wrong: float


def costs_of(
    views: Sequence[View], threshold: float, seconds_each: float
) -> list[Cost]:
    """What each of `THRESHOLDS` would mean.

    How many decisions it takes is known by plan at the threshold in force only;
    elsewhere it is taken to be in the same proportion to the seconds under it.

    Args:
        views: All tracks.
        threshold: The one in force.
        seconds_each: Of a decision.
    """
    open_ones = [
        (
            v.track.time_s[~v.judged.dealt_with],
            v.estimate.confidence[~v.judged.dealt_with],
        )
        for v in views
        if v.estimate is not None and np.isfinite(v.estimate.confidence).all()
    ]
    none = np.empty(0, np.float32)
    sure = np.sort(np.concatenate([none, *(c for _, c in open_ones)]))
    piece = np.sort(np.concatenate([none, *(_least(t, c) for t, c in open_ones)]))
    doubt = np.concatenate([[0.0], np.cumsum(1 - sure, dtype=np.float64)])
    planned = sum(v.plan.expected_items for v in views if v.plan is not None)
    now = int(np.searchsorted(piece, np.float32(threshold)))
    per_piece = planned / now if now and planned else 1.0
    made = []
    for at in THRESHOLDS:
        under = int(np.searchsorted(sure, np.float32(at)))
        kept = len(sure) - under
        pieces = int(np.searchsorted(piece, np.float32(at)))
        items = min(per_piece * pieces, float(under))
        made.append(
            Cost(
                threshold=float(at),
                frames=under,
                share=under / len(sure) if len(sure) else 0.0,
                items=items,
                minutes=items * seconds_each / 60,
                wrong=float(doubt[-1] - doubt[under]) / kept if kept else 0.0,
            )
        )
    return made


def _least(
    time_s: Float64[np.ndarray, " n"], confidence: Float32[np.ndarray, " n"]
) -> Float32[np.ndarray, " p"]:
    """The least confidence in each second of a track: a piece of work if it is under.

    Not stretches under the threshold: as it rises they run together, and their number
    falls while the work grows.
    """
    if not len(time_s):
        return confidence
    second = np.floor((time_s - time_s[0]) / PIECE_S)
    starts = np.flatnonzero(np.diff(second, prepend=-1.0))
    return np.minimum.reduceat(confidence, starts)
