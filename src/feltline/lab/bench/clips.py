"""Rated clips: what a benchmark is run on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64, Int64

from feltline.errors import ShapeError
from feltline.lab.bench.ratings import Ratings
from feltline.types import Embeddings, FaceTrack

__all__ = ["N_FOLDS", "Clip", "Corpus", "folds_by_person", "leave_one_person_out"]

N_FOLDS: Final = 5
"""Folds that persons are divided into where there are many."""
MOST_LEFT_OUT: Final = 40
"""Persons up to whom each is a fold of its own: every fold is learnt for anew."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """One face through one clip, with the frames that people rated. m = rated frames.

    Attributes:
        track: The face.
        seen: What the encoder sees in it.
        person: Who it is; clips of one person are learnt from together or not at all.
        at: Positions in the track of the rated frames, increasing.
        value: Their valence and arousal in [-1, 1]: the reference, of several raters
            their mean.
        expression: Their class, of several raters the plurality; -1 = none.
        ratings: What each rater said, where that is known.
        support_rater: Whose ratings methods are given as labels; None = the reference.
    """

    track: FaceTrack
    seen: Embeddings
    person: str
    at: Int64[np.ndarray, " m"]
    value: Float32[np.ndarray, "m 2"]
    expression: Int64[np.ndarray, " m"]
    ratings: Ratings | None = None
    support_rater: str | None = None

    def __post_init__(self) -> None:
        if not len(self.track) == len(self.seen) or len(self.at) != len(self.value):
            raise ShapeError(f"clip {self.track.video_id}: lengths do not agree")

    def __len__(self) -> int:
        return len(self.at)

    @property
    def time_s(self) -> Float64[np.ndarray, " m"]:
        """Times of the rated frames."""
        return np.asarray(self.track.time_s[self.at])

    @property
    def support_value(self) -> Float32[np.ndarray, "m 2"]:
        """What a label of a rated frame says: the reference, or one rater's value.

        Frames that this rater gave no value keep the reference.
        """
        own = self._support_row()
        if self.ratings is None or own is None:
            return self.value
        has = self.ratings.has_value[own][:, None]
        return np.where(has, self.ratings.value[own], self.value)

    @property
    def support_expression(self) -> Int64[np.ndarray, " m"]:
        """The class of such a label; -1 = none."""
        own = self._support_row()
        if self.ratings is None or own is None:
            return self.expression
        has = self.ratings.has_value[own] | (self.ratings.expression[own] >= 0)
        return np.where(has, self.ratings.expression[own], self.expression)

    def _support_row(self) -> int | None:
        """Where the ratings of the support rater stand; None = the reference serves."""
        if self.ratings is None or self.support_rater not in self.ratings.raters:
            return None
        return self.ratings.raters.index(self.support_rater)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corpus:
    """Clips to be judged on, and how to learn without looking at them.

    Attributes:
        name: As reports give it.
        clips: What is judged.
        learn: Other clips for hyper-parameters and ceilings; empty = the clips of the
            other folds serve.
        fold: Which fold each clip is in; persons are never split.
        encoder: Which encoder looked.
        has_seen: Whether the encoder's card says that it was trained on this corpus.
        note: What a reader of the figures should know.
    """

    name: str
    clips: tuple[Clip, ...]
    learn: tuple[Clip, ...]
    fold: tuple[int, ...]
    encoder: str
    has_seen: bool
    note: str

    def learning_for(self, fold: int) -> tuple[Clip, ...]:
        """The clips that may be learnt from when this fold is judged."""
        if self.learn:
            return self.learn
        return tuple(c for c, f in zip(self.clips, self.fold, strict=True) if f != fold)

    def only(self, least: int) -> "Corpus":
        """Without the clips that have fewer than `least` rated frames."""
        keep = [i for i, clip in enumerate(self.clips) if len(clip) >= least]
        return replace(
            self,
            clips=tuple(self.clips[i] for i in keep),
            fold=tuple(self.fold[i] for i in keep),
        )


def folds_by_person(clips: Sequence[Clip], n: int) -> tuple[int, ...]:
    """Folds of about equal size; the clips of a person share one."""
    persons = sorted({clip.person for clip in clips})
    size = dict.fromkeys(persons, 0)
    for clip in clips:
        size[clip.person] += len(clip)
    filled = [0] * min(n, len(persons))
    fold = {}
    for person in sorted(persons, key=lambda p: (-size[p], p)):
        emptiest = filled.index(min(filled))
        fold[person] = emptiest
        filled[emptiest] += size[person]
    return tuple(fold[clip.person] for clip in clips)


def leave_one_person_out(clips: Sequence[Clip]) -> tuple[int, ...]:
    """Each person a fold; where there are many persons, `N_FOLDS` of them."""
    persons = list(dict.fromkeys(clip.person for clip in clips))
    if len(persons) > MOST_LEFT_OUT:
        return folds_by_person(clips, N_FOLDS)
    return tuple(persons.index(clip.person) for clip in clips)
