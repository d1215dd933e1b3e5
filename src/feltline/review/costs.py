"""What a threshold costs and saves: frames for people, minutes, and expected errors."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from feltline.review.summaries import Totals, step_of

__all__ = ["THRESHOLDS", "Cost", "costs_of"]

THRESHOLDS: Final = np.round(np.linspace(0.5, 1.0, 51), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one threshold would mean.

    Attributes:
        threshold: The confidence that accepts.
        frames: Frames that go to people.
        share: These as a share of all frames that nobody has dealt with.
        items: About how many decisions that takes.
        minutes: About how long.
        wrong: Expected share of the accepted values that are off by more than the
            tolerance in some dimension: the mean of one minus confidence.
    """

    threshold: float
    frames: int
    share: float
    items: float
    minutes: float
    wrong: float


def costs_of(totals: Totals, items_per_piece: float, seconds_each: float) -> list[Cost]:
    """What each of `THRESHOLDS` would mean, in one pass over the bins of confidence.

    Args:
        totals: Sums over all tracks.
        items_per_piece: Decisions per second of a track that has a frame under the
            threshold, as planned at the one in force.
        seconds_each: Of a decision.
    """
    n_open = int(totals.confidence_counts.sum())
    made = []
    for at in THRESHOLDS.tolist():
        frames = totals.pending(at)
        kept = n_open - frames
        items = min(items_per_piece * totals.pieces(at), float(frames))
        error = float(totals.error_sums[step_of(at) :].sum())
        made.append(
            Cost(
                threshold=at,
                frames=frames,
                share=frames / n_open if n_open else 0.0,
                items=items,
                minutes=items * seconds_each / 60,
                wrong=error / kept if kept else 0.0,
            )
        )
    return made
