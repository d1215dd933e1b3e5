"""What a picture shows of a track's values, whoever they come from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

__all__ = ["DrawnValues"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnValues:
    """Valence and arousal of every frame of a track, ready to be drawn.

    Attributes:
        value: In [-1, 1]; NaN = missing.
        low: Lower end of the interval, NaN = none.
        high: Upper end of it.
        confidence: In [0, 1]; NaN = unknown.
        is_human: Frames whose value a person gave.
        method: How the others were labelled, in words.
        coverage: Share of intervals meant to hold the label.
    """

    value: Float32[np.ndarray, "n 2"]
    low: Float32[np.ndarray, "n 2"]
    high: Float32[np.ndarray, "n 2"]
    confidence: Float32[np.ndarray, " n"]
    is_human: Bool[np.ndarray, " n"]
    method: str
    coverage: float

    def __len__(self) -> int:
        return len(self.value)
