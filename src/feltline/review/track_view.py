"""One track as it stands: what people said, what the model says, and what comes out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from feltline.project import (
    FinalRows,
    Predictor,
    TrackAnnotations,
    VideoState,
    lay_over,
)
from feltline.settings import ConsensusPolicy
from feltline.types import FaceTrack, Prediction

__all__ = ["Key", "TrackView"]

Key = tuple[str, int]
"""Names a track: its video, its number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackView:
    """One track as it stands. n = its frames.

    Attributes:
        track: The track.
        annotations: What people said of its frames.
        prediction: What the model says.
        rows: Judgements laid over the prediction.
        events: Events of the judgements and traces that stand on it, skips apart.
        consensus: How one value was made of several raters'.
    """

    track: FaceTrack
    annotations: TrackAnnotations
    prediction: Prediction
    rows: FinalRows
    events: tuple[int, ...]
    consensus: ConsensusPolicy

    @classmethod
    def of(
        cls,
        video: VideoState,
        track_id: int,
        predictor: Predictor,
        before: "TrackView | None" = None,
    ) -> "TrackView":
        """A track of a video; the one before, if nothing about it has changed.

        Raises:
            KeyError: The video has no such track, or it is ignored.
        """
        track = next((t for t in video.tracks if t.track_id == track_id), None)
        if track is None:
            raise KeyError(track_id)
        stored = video.judgements_of(track_id)
        judged = (s.event_id for s in stored if s.judgement.decision != "skip")
        traced = (n for one in video.traces_of(track_id) for n in one.events)
        events = (*judged, *traced)
        model_id, policy = predictor.model.model_id, predictor.consensus
        is_current = before is not None and before.is_current(model_id, policy)
        if before is not None and is_current and before.is_same(track, events):
            return before
        annotations, prediction = predictor.annotated(video, track_id)
        return cls(
            track=track,
            annotations=annotations,
            prediction=prediction,
            rows=lay_over(annotations, prediction, predictor.schema),
            events=events,
            consensus=policy,
        )

    def is_current(self, model_id: str, consensus: ConsensusPolicy) -> bool:
        """Whether it was made by this model and policy."""
        return (self.prediction.model_id, self.consensus) == (model_id, consensus)

    def is_same(self, track: FaceTrack, events: Sequence[int]) -> bool:
        """Whether a track with these judgements would look like this one."""
        return self.events == events and np.array_equal(self.track.frame, track.frame)

    @property
    def key(self) -> Key:
        """Video and number."""
        return self.track.video_id, self.track.track_id

    @property
    def n_bytes(self) -> int:
        """About how much memory it takes."""
        prediction, n = self.prediction, len(self.track)
        per_frame = 40 * prediction.value.shape[1] + 200
        return n * per_frame + prediction.class_probability.nbytes

    def at(self, frame: int) -> int:
        """Position of a frame that the track shows."""
        return int(np.searchsorted(self.track.frame, frame))

    def shows(self, frame: int) -> bool:
        """Whether the track shows its face in a frame."""
        at = self.at(frame)
        return at < len(self.track) and int(self.track.frame[at]) == frame

    def is_open(self) -> Bool[np.ndarray, " n"]:
        """Frames that the machine answers for and that nobody has dealt with."""
        return self.rows.is_open
