"""A support set as the engine takes it: one entry per labelled frame, by track."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

import numpy as np
from jaxtyping import Float, Float64, Int64

from feltline.errors import ShapeError
from feltline.types import EXPRESSIONS, FaceTrack, SupportSet

__all__ = ["Choices", "LabelledFrames", "check_labels", "labelled_frames"]

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

    def exchanged(
        self,
        track: int,
        at: Int64[np.ndarray, " m"],
        affect: Float[np.ndarray, "m 2"],
        raters: Float[np.ndarray, " m"],
    ) -> "LabelledFrames":
        """With other labelled frames of one track, given in any order."""
        keep = self.track != track
        number = np.concatenate([self.track[keep], np.full(len(at), track)])
        where = np.concatenate([self.at[keep], at])
        order = np.lexsort((where, number))
        return LabelledFrames(
            track=number[order],
            at=where[order],
            affect=np.concatenate([self.affect[keep], affect])[order],
            raters=np.concatenate([self.raters[keep], raters])[order],
            rater_variance=self.rater_variance,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choices:
    """Expressions that people chose without giving a value. c = choices.

    They count towards the expressions of near frames as those of full labels do, and
    stand in their own frame; valence and arousal know nothing of them.

    Attributes:
        video_id: Video of each.
        track_id: Face of each.
        frame: Frame of each.
        expression: Index into `EXPRESSIONS`.
    """

    video_id: tuple[str, ...]
    track_id: Int64[np.ndarray, " c"]
    frame: Int64[np.ndarray, " c"]
    expression: Int64[np.ndarray, " c"]

    def __post_init__(self) -> None:
        lengths = {len(self.video_id), len(self.track_id), len(self.frame)}
        if lengths != {len(self.expression)}:
            raise ShapeError("choices need one video, face, frame and class each")
        if not np.isin(self.expression, np.arange(len(EXPRESSIONS))).all():
            raise ShapeError(f"a choice is a class from 0 to {len(EXPRESSIONS) - 1}")

    def __len__(self) -> int:
        return len(self.video_id)

    def exchanged(self, track: FaceTrack, new: "Choices") -> "Choices":
        """With others in the place of those of one track."""
        same = np.array([name == track.video_id for name in self.video_id], bool)
        keep = ~(same & (self.track_id == track.track_id))
        return Choices(
            video_id=(*compress(self.video_id, keep), *new.video_id),
            track_id=np.concatenate([self.track_id[keep], new.track_id]),
            frame=np.concatenate([self.frame[keep], new.frame]),
            expression=np.concatenate([self.expression[keep], new.expression]),
        )


def check_labels(
    tracks: Sequence[FaceTrack], support: SupportSet | Choices
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
