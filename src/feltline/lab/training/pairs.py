"""Pair sampling as in MT-CLAR."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

from feltline.errors import InputError
from feltline.types import EXPRESSIONS

__all__ = ["PairSampler", "Pairs"]


class Pairs(NamedTuple):
    """Rows of the first and second faces, and whether their expressions agree."""

    first: Int64[np.ndarray, " p"]
    second: Int64[np.ndarray, " p"]
    alike: Bool[np.ndarray, " p"]


class PairSampler:
    """Even draws: two faces of one class; odd draws: faces of two classes.

    Classes are drawn uniformly, so rare expressions are compared as often as common
    ones. A class with one face takes part in odd draws only.
    """

    def __init__(self, expression: Int64[np.ndarray, " n"]) -> None:
        """Sort the faces by class; those without an expression are never drawn.

        Raises:
            InputError: Fewer than two classes, or none with two faces.
        """
        known = np.unique(expression[expression >= 0])
        self._rows = [np.flatnonzero(expression == c) for c in known]
        self._several = [i for i, rows in enumerate(self._rows) if len(rows) > 1]
        if len(self._rows) < 2 or not self._several:
            have = ", ".join(
                f"{len(rows)} of {EXPRESSIONS[c]}"
                for c, rows in zip(known, self._rows, strict=True)
            )
            raise InputError(
                f"pairs need two expressions, and two faces of one of them; there are "
                f"{have or 'no faces with an expression'}. Add faces, or train without "
                f"pairs (--pair-weight 0)"
            )

    def draw(self, count: int, rng: np.random.Generator) -> Pairs:
        """`count` pairs, alternately of one class and of two."""
        alike = np.arange(count) % 2 == 0
        first_class = rng.integers(len(self._rows), size=count)
        several = np.array(self._several)
        first_class[alike] = several[rng.integers(len(several), size=alike.sum())]
        step = rng.integers(1, len(self._rows), size=count)
        second_class = np.where(alike, first_class, first_class + step)
        second_class %= len(self._rows)
        sizes = np.array([len(rows) for rows in self._rows])
        first = rng.integers(sizes[first_class])
        # Within a class, a step of at least one from the first: never the same face.
        step = rng.integers(1, np.maximum(sizes[first_class], 2))
        within = (first + step) % sizes[first_class]
        second = np.where(alike, within, rng.integers(sizes[second_class]))
        return Pairs(
            self._faces(first_class, first), self._faces(second_class, second), alike
        )

    def _faces(
        self, classes: Int64[np.ndarray, " p"], places: Int64[np.ndarray, " p"]
    ) -> Int64[np.ndarray, " p"]:
        starts = np.cumsum([0, *(len(rows) for rows in self._rows[:-1])])
        faces = np.concatenate(self._rows)
        return np.asarray(faces[starts[classes] + places])
