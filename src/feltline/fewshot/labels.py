"""A support set as the engine takes it: one entry per labelled frame, by track."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.errors import ShapeError
from feltline.types import FaceTrack, SupportSet

__all__ = ["LabelledFrames", "check_labels", "labelled_frames"]

DOUBTS_OF_RATERS: Final = 10.0
"""How many repeated labels the shipped variance of a rater is worth."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledFrames:
    """Labelled frames of a project, by track and time. k = frames, not labels.

    Attributes:
        track: Number of the track.
        at: Position in the track.
        affect: Mean of the raters.
        raters: How many labels that is the mean of.
        rater_variance: Of one label about the mean of a frame's raters, estimated from
            frames with several; None where there are none.
    """

    track: Int64[np.ndarray, " k"]
    at: Int64[np.ndarray, " k"]
    affect: Float64[np.ndarray, "k 2"]
    raters: Float64[np.ndarray, " k"]
    rater_variance: Float64[np.ndarray, " 2"] | None

    def __len__(self) -> int:
        return len(self.track)

    @property
    def tracks(self) -> list[int]:
        """Numbers of the tracks that have labels."""
        return [int(number) for number in np.unique(self.track)]


def check_labels(
    tracks: Sequence[FaceTrack], support: SupportSet
) -> tuple[Int64[np.ndarray, " k"], Int64[np.ndarray, " k"]]:
    """Number of the track, and position in it, of each label.

    Raises:
        ShapeError: A label names a track or a frame that is not there.
    """
    numbers = {(t.video_id, t.track_id): i for i, t in enumerate(tracks)}
    track = np.empty(len(support), np.int64)
    at = np.empty(len(support), np.int64)
    for k in range(len(support)):
        key = (support.video_id[k], int(support.track_id[k]))
        if key not in numbers:
            raise ShapeError(
                f"label {k} names face {key[1]} of {key[0]}: no such track"
            )
        number, frame = numbers[key], support.frame[k]
        place = int(np.searchsorted(tracks[number].frame, frame))
        if place == len(tracks[number]) or tracks[number].frame[place] != frame:
            raise ShapeError(
                f"label {k} names frame {frame} of face {key[1]} in {key[0]}, where "
                f"that face is not seen"
            )
        track[k], at[k] = number, place
    return track, at


def labelled_frames(
    tracks: Sequence[FaceTrack],
    support: SupportSet,
    *,
    shipped_variance: Float64[np.ndarray, " 2"],
) -> LabelledFrames:
    """Bring several raters of a frame together, and see how far they are apart.

    Args:
        tracks: All tracks of the project.
        support: The labels.
        shipped_variance: Of a rater's label, which few repeated labels hardly change.

    Raises:
        ShapeError: A label names a track or a frame that is not there.
    """
    track, at = check_labels(tracks, support)
    place, frame, raters = np.unique(
        np.stack([track, at]), axis=1, return_inverse=True, return_counts=True
    )
    said = support.affect.astype(np.float64)
    affect = np.stack(
        [np.bincount(frame, said[:, j], len(raters)) / raters for j in range(2)], axis=1
    )
    repeated = len(support) - len(raters)
    variance = None
    if repeated:
        squares = ((said - affect[frame]) ** 2).sum(axis=0)
        variance = (DOUBTS_OF_RATERS * shipped_variance + squares) / (
            DOUBTS_OF_RATERS + repeated
        )
    return LabelledFrames(
        track=place[0],
        at=place[1],
        affect=affect,
        raters=raters.astype(np.float64),
        rater_variance=variance,
    )
