"""What is drawn of one track: its values, their intervals and where they come from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from feltline.errors import ShapeError
from feltline.types import FaceTrack
from feltline.types.checks import check_array

__all__ = ["LabelledTrack"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledTrack:
    """A track with its labels: valence and arousal in [-1, 1].

    Attributes:
        track: The face.
        value: A person's where one gave it, else the machine's; NaN = missing.
        low: Lower end of the interval, NaN where there is none.
        high: Upper end of it.
        confidence: In [0, 1], NaN where there is none.
        is_human: Frames whose value a person gave.
        method: How labels were carried over, for the heading.
        coverage: The share of intervals meant to hold the label.
    """

    track: FaceTrack
    value: Float32[np.ndarray, "n 2"]
    low: Float32[np.ndarray, "n 2"]
    high: Float32[np.ndarray, "n 2"]
    confidence: Float32[np.ndarray, " n"]
    is_human: Bool[np.ndarray, " n"]
    method: str
    coverage: float

    def __post_init__(self) -> None:
        n = len(self.value)
        if len(self.track) != n:
            raise ShapeError(
                f"track {self.track.track_id} of {self.track.video_id} has "
                f"{len(self.track)} frames, but {n} labels"
            )
        check_array("low", self.low, np.float32, (n, 2))
        check_array("high", self.high, np.float32, (n, 2))
        check_array("confidence", self.confidence, np.float32, (n,))
        check_array("is_human", self.is_human, np.bool_, (n,))

    def is_doubtful(self, threshold: float) -> Bool[np.ndarray, " n"]:
        """Machine values with a confidence below the threshold."""
        # As wide as confidence: 0.7 in 32 bits is less than 0.7 in 64.
        return np.asarray((self.confidence < np.float32(threshold)) & ~self.is_human)
