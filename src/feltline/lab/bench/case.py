"""One problem of a benchmark, and what a method says to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from feltline.lab.bench.clips import Clip, Corpus

__all__ = ["Case", "Chosen", "Method", "Said"]

Chosen = Sequence[Int64[np.ndarray, " _"]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """What a method says of the rated frames of one clip.

    Attributes:
        affect: In [-1, 1].
        low: Of the 90 % interval; NaN where the method has none.
        high: Likewise.
        confidence: NaN where the method has none.
        expression: Class, -1 where the method names none.
    """

    affect: Float32[np.ndarray, "m 2"]
    low: Float32[np.ndarray, "m 2"]
    high: Float32[np.ndarray, "m 2"]
    confidence: Float32[np.ndarray, " m"]
    expression: Int64[np.ndarray, " m"]

    @classmethod
    def plain(
        cls,
        affect: Float64[np.ndarray, "m 2"] | Float32[np.ndarray, "m 2"],
        expression: Int64[np.ndarray, " m"] | None = None,
    ) -> "Said":
        """A method without intervals."""
        m = len(affect)
        none = np.full((m, 2), np.nan, np.float32)
        return cls(
            affect=np.clip(affect, -1, 1).astype(np.float32),
            low=none,
            high=none,
            confidence=np.full(m, np.nan, np.float32),
            expression=np.full(m, -1, np.int64) if expression is None else expression,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One problem: a corpus, and which rated frames of each clip are labelled."""

    corpus: Corpus
    chosen: Chosen
    seed: int

    @property
    def clips(self) -> tuple[Clip, ...]:
        """What is judged."""
        return self.corpus.clips


Method = Callable[[Case], list[Said]]
