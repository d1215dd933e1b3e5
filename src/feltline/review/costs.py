"""What a threshold costs and saves: frames for people, minutes, and expected errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64

from feltline.review.view import View

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
        (v.track.time_s, v.estimate.confidence, ~v.judged.dealt_with)
        for v in views
        if v.estimate is not None and np.isfinite(v.estimate.confidence).all()
    ]
    planned = sum(v.plan.expected_items for v in views if v.plan is not None)
    now = sum(_pieces(t, is_open & (c < threshold)) for t, c, is_open in open_ones)
    per_piece = planned / now if now and planned else 1.0
    sure = np.concatenate([np.empty(0), *(c[is_open] for _, c, is_open in open_ones)])
    made = []
    for at in THRESHOLDS:
        under = sure < np.float32(at)
        kept = sure[~under]
        items = per_piece * sum(
            _pieces(t, is_open & (c < np.float32(at))) for t, c, is_open in open_ones
        )
        made.append(
            Cost(
                threshold=float(at),
                frames=int(under.sum()),
                share=float(under.mean()) if len(sure) else 0.0,
                items=min(items, float(under.sum())),
                minutes=min(items, float(under.sum())) * seconds_each / 60,
                wrong=float((1 - kept).mean()) if len(kept) else 0.0,
            )
        )
    return made


def _pieces(time_s: Float64[np.ndarray, " n"], under: Bool[np.ndarray, " n"]) -> int:
    """Seconds of a track in which a frame is under the threshold.

    Not stretches under it: as the threshold rises they run together, and their number
    falls while the work grows.
    """
    return len(np.unique(np.floor((time_s[under] - time_s[0]) / PIECE_S)))
