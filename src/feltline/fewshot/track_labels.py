"""What people said of one track: values, classes, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Int64

from feltline.fewshot.labels import Choices, check_labels
from feltline.types import EXPRESSIONS, FaceTrack, SupportSet

__all__ = ["NO_CHOICES", "UNTOLD", "Told", "told_of_tracks"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """One track's labels. k = frames with a value, c = classes given.

    Attributes:
        at: Positions of the frames with a value, each once, in order.
        frame: Their numbers in the video.
        affect: Mean of each frame's raters.
        chosen_at: Position of each class that was given, by whomever.
        chosen: The class.
        row: Which of `at` that position is, -1 if its frame has no value.
    """

    at: Int64[np.ndarray, " k"]
    frame: Int64[np.ndarray, " k"]
    affect: Float32[np.ndarray, "k 2"]
    chosen_at: Int64[np.ndarray, " c"]
    chosen: Int64[np.ndarray, " c"]
    row: Int64[np.ndarray, " c"]

    @property
    def majority(self) -> tuple[Int64[np.ndarray, " m"], Int64[np.ndarray, " m"]]:
        """Frames with a class, and the one most raters chose; the lower in a tie."""
        at, group = np.unique(self.chosen_at, return_inverse=True)
        votes = np.zeros((len(at), len(EXPRESSIONS)), np.int64)
        np.add.at(votes, (group, self.chosen), 1)
        return at, votes.argmax(axis=1)


_NONE: Final = np.empty(0, np.int64)
NO_CHOICES: Final = Choices(video_id=(), track_id=_NONE, frame=_NONE, expression=_NONE)
UNTOLD: Final = Told(
    at=_NONE,
    frame=_NONE,
    affect=np.empty((0, 2), np.float32),
    chosen_at=_NONE,
    chosen=_NONE,
    row=_NONE,
)


def _told(
    track: FaceTrack,
    at: Int64[np.ndarray, " m"],
    affect: Float32[np.ndarray, "m 2"],
    chosen_at: Int64[np.ndarray, " c"],
    chosen: Int64[np.ndarray, " c"],
) -> Told:
    where, group = np.unique(at, return_inverse=True)
    given = chosen >= 0
    row = np.searchsorted(where, chosen_at[given])
    row[~np.isin(chosen_at[given], where)] = -1
    mean = [affect[group == g].mean(axis=0) for g in range(len(where))]
    return Told(
        at=where,
        frame=track.frame[where],
        affect=np.array(mean, np.float32).reshape(-1, 2),
        chosen_at=chosen_at[given],
        chosen=chosen[given],
        row=row,
    )


def told_of_tracks(
    tracks: Sequence[FaceTrack], support: SupportSet, choices: Choices
) -> dict[int, Told]:
    """The labels of each track that has any, by its number.

    Raises:
        ShapeError: A label names a track or a frame that is not there.
    """
    track, at = check_labels(tracks, support)
    other, other_at = check_labels(tracks, choices)
    by_class = np.concatenate([track, other])
    chosen_at = np.concatenate([at, other_at])
    chosen = np.concatenate([support.expression, choices.expression])
    found = {}
    for number in np.unique(by_class).tolist():
        mine, classes = track == number, by_class == number
        found[number] = _told(
            tracks[number],
            at[mine],
            support.affect[mine],
            chosen_at[classes],
            chosen[classes],
        )
    return found
