"""Ratings of several raters: their mean, the plurality of their classes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int64

from feltline.types import DEFAULT_SCHEMA

__all__ = ["Ratings"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ratings:
    """What each rater says of the rated frames of a clip. r = raters, m = frames.

    Attributes:
        raters: Names of those who rated any of these frames.
        value: Valence and arousal; both NaN where a rater gave no value.
        expression: Class; -1 where a rater gave none.
    """

    raters: tuple[str, ...]
    value: Float32[np.ndarray, "r m 2"]
    expression: Int64[np.ndarray, "r m"]

    @property
    def has_value(self) -> Bool[np.ndarray, "r m"]:
        """Who gave which frame a value."""
        return np.asarray(np.isfinite(self.value).all(axis=2))

    @property
    def mean(self) -> Float32[np.ndarray, "m 2"]:
        """Mean value of those who gave one; NaN where nobody did."""
        has = self.has_value[..., None]
        count = has.sum(axis=0)
        total = np.where(has, self.value.astype(np.float64), 0).sum(axis=0)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return np.asarray(mean, np.float32)

    @property
    def votes(self) -> Int64[np.ndarray, "m c"]:
        """How many raters gave each frame each class."""
        classes = np.arange(len(DEFAULT_SCHEMA.class_names))
        return np.asarray((self.expression[..., None] == classes).sum(axis=0), np.int64)

    @property
    def plurality(self) -> Int64[np.ndarray, " m"]:
        """The class with more votes than any other; -1 without votes and where tied."""
        votes = self.votes
        most = votes.max(axis=1)
        alone = (votes == most[:, None]).sum(axis=1) == 1
        return np.where((most > 0) & alone, votes.argmax(axis=1), -1)

    def without(self, rater: str) -> "Ratings":
        """The ratings of the others."""
        return self._of([i for i, name in enumerate(self.raters) if name != rater])

    def at(self, rows: Int64[np.ndarray, " _"]) -> "Ratings":
        """Of some frames alone."""
        return replace(
            self, value=self.value[:, rows], expression=self.expression[:, rows]
        )

    def _of(self, rows: Sequence[int]) -> "Ratings":
        return Ratings(
            raters=tuple(self.raters[i] for i in rows),
            value=self.value[list(rows)],
            expression=self.expression[list(rows)],
        )
