"""Labelled faces of one split of a corpus."""

from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from feltline.errors import ShapeError
from feltline.types import EXPRESSIONS

__all__ = ["MISSING", "FaceSet", "ImageSource", "Rows"]

MISSING = -1
"""The code of a missing expression."""

Rows = Int64[np.ndarray, " r"]


@runtime_checkable
class ImageSource(Protocol):
    """Where the faces of a set are read from, some at a time."""

    def read(self, rows: Rows, size: int) -> UInt8[np.ndarray, "r s s c"]:
        """The faces at these rows as squares of `size` pixels; c is 1 or 3.

        Raises:
            InputError: A picture is missing or does not decode; the message names it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceSet:
    """Faces with labels. n = number of faces.

    Attributes:
        corpus: Name of the corpus, as cards and reports give it.
        split: `train`, `valid`, `test`, or the name of a fold.
        pictures: Reads the faces; row i is face i.
        name: A face's name within the corpus, unique within the split.
        person: Faces of one person, or of one video where persons are not known,
            share this; it keeps them in one split.
        affect: Valence and arousal in [-1, 1]; NaN = missing.
        expression: Index into `EXPRESSIONS`; -1 = missing.
        votes: Share of the raters' votes per expression; NaN = no votes known.
        is_weak: Which faces' affect follows from classes, rather than from direct
            ratings; none if not given.
        left_out: How many faces were left out on reading, by reason.
        first_left_out: Where the first one of each reason stands.
    """

    corpus: str
    split: str
    pictures: ImageSource
    name: tuple[str, ...]
    person: tuple[str, ...]
    affect: Float32[np.ndarray, "n 2"]
    expression: Int64[np.ndarray, " n"]
    votes: Float32[np.ndarray, "n 8"]
    is_weak: Bool[np.ndarray, " n"] = field(default_factory=lambda: np.zeros(0, bool))
    left_out: dict[str, int] = field(default_factory=dict)
    first_left_out: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.affect)
        if not len(self.is_weak):
            object.__setattr__(self, "is_weak", np.zeros(n, bool))
        if not len(self.name) == len(self.person) == n:
            raise ShapeError(
                f"{self.corpus} {self.split}: {len(self.name)} names and "
                f"{len(self.person)} persons for {n} faces"
            )
        if np.nanmax(np.abs(self.affect), initial=0) > 1:
            raise ShapeError(f"{self.corpus} {self.split}: affect outside [-1, 1]")
        if n and not -1 <= self.expression.min() <= self.expression.max() < len(
            EXPRESSIONS
        ):
            raise ShapeError(f"{self.corpus} {self.split}: no such expression")

    def __len__(self) -> int:
        return len(self.affect)

    @property
    def has_affect(self) -> Bool[np.ndarray, " n"]:
        """Which faces have both valence and arousal."""
        return np.asarray(np.isfinite(self.affect).all(axis=1))

    @property
    def trusted_affect(self) -> Float32[np.ndarray, "n 2"]:
        """Affect to score against: where some of it is rated, weak labels are not."""
        if self.is_weak.all() or not self.is_weak.any():
            return self.affect
        return np.where(self.is_weak[:, None], np.float32(np.nan), self.affect)

    @property
    def has_expression(self) -> Bool[np.ndarray, " n"]:
        """Which faces have an expression."""
        return np.asarray(self.expression != MISSING)

    def only(self, keep: Bool[np.ndarray, " n"] | Rows) -> "FaceSet":
        """The same set with only the faces marked True, or at these rows."""
        rows = np.flatnonzero(keep) if keep.dtype == bool else keep
        return replace(
            self,
            pictures=_Some(self.pictures, rows),
            name=tuple(self.name[i] for i in rows),
            person=tuple(self.person[i] for i in rows),
            affect=self.affect[rows],
            expression=self.expression[rows],
            votes=self.votes[rows],
            is_weak=self.is_weak[rows],
        )

    def without_expression(self) -> "FaceSet":
        """The same set, classes and votes missing."""
        return replace(
            self,
            expression=np.full_like(self.expression, MISSING),
            votes=np.full_like(self.votes, np.nan),
        )


@dataclass(frozen=True, slots=True)
class _Some:
    """Some rows of other pictures."""

    whole: ImageSource
    rows: Rows

    def read(self, rows: Rows, size: int) -> UInt8[np.ndarray, "r s s c"]:
        return self.whole.read(self.rows[rows], size)
