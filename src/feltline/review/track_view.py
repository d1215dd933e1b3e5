"""One track as it stands: what people said, what the model says, and what comes out."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from feltline.project import FinalRows, TrackAnnotations
from feltline.types import FaceTrack, Prediction

__all__ = ["TrackView"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackView:
    """One track as it stands. n = its frames.

    Attributes:
        track: The track.
        annotations: What people said of its frames.
        prediction: What the model says.
        rows: Judgements laid over the prediction.
        events: Events of the judgements that stand on it.
    """

    track: FaceTrack
    annotations: TrackAnnotations
    prediction: Prediction
    rows: FinalRows
    events: tuple[int, ...]

    @property
    def key(self) -> tuple[str, int]:
        """Video and number."""
        return self.track.video_id, self.track.track_id

    def at(self, frame: int) -> int:
        """Position of a frame, which the track shows."""
        return int(np.searchsorted(self.track.frame, frame))

    def pending(self, threshold: float) -> Bool[np.ndarray, " n"]:
        """Frames under the threshold that nobody has dealt with."""
        under = self.prediction.confidence < np.float32(threshold)
        return np.asarray(under & ~self.annotations.reviewed)

    def accepted(self, threshold: float) -> Bool[np.ndarray, " n"]:
        """Frames at or above the threshold that nobody has dealt with."""
        sure = self.prediction.confidence >= np.float32(threshold)
        return np.asarray(sure & ~self.annotations.reviewed)
