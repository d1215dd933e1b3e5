"""Faces followed through a video, and what an encoder sees in them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from feltline.errors import ShapeError
from feltline.types.checks import check_array, check_within

__all__ = ["Detections", "Embeddings", "FaceBatch", "FaceTrack", "track_names"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceTrack:
    """One face followed through one video.

    Attributes:
        video_id: Name of the video within the project or command.
        track_id: Number of the face in the video, from 0 in order of appearance.
        frame: 0-based positions in presentation order, strictly increasing.
        time_s: Presentation time stamps in seconds, strictly increasing.
        box_xyxy: Face boxes in pixels of the upright frame: left, top, right, bottom.
        quality: How well each face can be judged, in [0, 1].
    """

    video_id: str
    track_id: int
    frame: Int64[np.ndarray, " n"]
    time_s: Float64[np.ndarray, " n"]
    box_xyxy: Float32[np.ndarray, "n 4"]
    quality: Float32[np.ndarray, " n"]

    def __post_init__(self) -> None:
        n = len(self.frame)
        check_array("frame", self.frame, np.int64, (-1,))
        check_array("time_s", self.time_s, np.float64, (n,))
        check_array("box_xyxy", self.box_xyxy, np.float32, (n, 4))
        check_array("quality", self.quality, np.float32, (n,))
        check_within("quality", self.quality, 0.0, 1.0)
        for name, array in (("frame", self.frame), ("time_s", self.time_s)):
            if n > 1 and not np.all(np.diff(array) > 0):
                at = int(np.argmin(np.diff(array) > 0)) + 1
                raise ShapeError(
                    f"{name} of track {self.track_id} in {self.video_id} must be "
                    f"strictly increasing, but {array[at - 1]} is followed by "
                    f"{array[at]} at position {at}"
                )

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embeddings:
    """What an encoder sees in the faces of one track, frame by frame.

    Attributes:
        encoder_id: Hash of the encoder's weights and preprocessing; embeddings with
            different ids are never compared.
        vector: Embedding per face.
        zero_shot_value: The encoder's own valence and arousal in [-1, 1], NaN where it
            has none.
        zero_shot_expression: Its own class probabilities, NaN where it has none.
        views: Widths of the parts that `vector` is joined from, where it shows a face
            in several ways; empty = one part.
    """

    encoder_id: str
    vector: Float32[np.ndarray, "n d"]
    zero_shot_value: Float32[np.ndarray, "n 2"]
    zero_shot_expression: Float32[np.ndarray, "n 8"]
    views: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.vector)
        check_array("vector", self.vector, np.float32, (-1, -1))
        check_array("zero_shot_value", self.zero_shot_value, np.float32, (n, 2))
        check_array(
            "zero_shot_expression", self.zero_shot_expression, np.float32, (n, 8)
        )
        if not np.isfinite(self.vector).all():
            bad = int(np.argmin(np.isfinite(self.vector).all(axis=1)))
            raise ShapeError(f"vector must be finite, but row {bad} is not")
        if self.views and sum(self.views) != self.vector.shape[1]:
            raise ShapeError(
                f"views of widths {self.views} do not make up a vector of "
                f"{self.vector.shape[1]}"
            )

    def __len__(self) -> int:
        return len(self.vector)

    @property
    def has_zero_shot(self) -> bool:
        """Whether the encoder gives a valence and arousal of its own for every face."""
        return bool(np.isfinite(self.zero_shot_value).all())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detections:
    """Faces found in one image.

    Attributes:
        box_xyxy: Boxes in pixels: left, top, right, bottom.
        score: Detector's confidence in [0, 1], best first.
    """

    box_xyxy: Float32[np.ndarray, "m 4"]
    score: Float32[np.ndarray, " m"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceBatch:
    """Faces on their way into an encoder.

    Attributes:
        mesh: MediaPipe face mesh (468 points and 10 of the irises) in pixels; z in
            pixels too, smaller is nearer.
        crop: Aligned RGB crops, or width 0 where the encoder asks for none.
    """

    mesh: Float32[np.ndarray, "b 478 3"]
    crop: UInt8[np.ndarray, "b s s 3"]


def track_names(tracks: Sequence[FaceTrack]) -> str:
    """Tracks of one video in words, for messages: `0 (frames 0-71), 1 (...)`."""
    return ", ".join(
        f"{t.track_id} (frames {t.frame[0]}-{t.frame[-1]})" for t in tracks
    )
