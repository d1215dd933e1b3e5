"""Rated clips: what a benchmark is run on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64, Int64

from feltline.errors import ShapeError
from feltline.types import Embeddings, FaceTrack

__all__ = ["N_FOLDS", "Clip", "Corpus", "folds_by_person"]

N_FOLDS: Final = 5
"""Folds that persons are divided into."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """One face through one clip, with the frames that people rated. m = rated frames.

    Attributes:
        track: The face.
        seen: What the encoder sees in it.
        person: Who it is; clips of one person are learnt from together or not at all.
        at: Positions in the track of the rated frames, increasing.
        value: Their valence and arousal in [-1, 1].
        expression: Their class, -1 = none.
    """

    track: FaceTrack
    seen: Embeddings
    person: str
    at: Int64[np.ndarray, " m"]
    value: Float32[np.ndarray, "m 2"]
    expression: Int64[np.ndarray, " m"]

    def __post_init__(self) -> None:
        if not len(self.track) == len(self.seen) or len(self.at) != len(self.value):
            raise ShapeError(f"clip {self.track.video_id}: lengths do not agree")

    def __len__(self) -> int:
        return len(self.at)

    @property
    def time_s(self) -> Float64[np.ndarray, " m"]:
        """Times of the rated frames."""
        return np.asarray(self.track.time_s[self.at])


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
