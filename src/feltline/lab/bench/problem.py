"""One problem of a benchmark, and the result of a method on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from feltline.lab.bench.clips import Clip, Corpus
from feltline.types import DEFAULT_SCHEMA

__all__ = ["Chosen", "Method", "Problem", "Result"]

Chosen = Sequence[Int64[np.ndarray, " _"]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """What a method predicts of the rated frames of one clip.

    Attributes:
        value: In [-1, 1].
        low: Of the 90 % interval; NaN where the method has none.
        high: Likewise.
        confidence: NaN where the method has none.
        expression: Class, -1 where the method names none.
        class_probability: Of each class; NaN where the method has none.
    """

    value: Float32[np.ndarray, "m d"]
    low: Float32[np.ndarray, "m d"]
    high: Float32[np.ndarray, "m d"]
    confidence: Float32[np.ndarray, " m"]
    expression: Int64[np.ndarray, " m"]
    class_probability: Float32[np.ndarray, "m c"]

    @classmethod
    def plain(
        cls,
        value: Float64[np.ndarray, "m d"] | Float32[np.ndarray, "m d"],
        expression: Int64[np.ndarray, " m"] | None = None,
        class_probability: Float32[np.ndarray, "m c"] | None = None,
    ) -> "Result":
        """A method without intervals."""
        m = len(value)
        if class_probability is None:
            n_classes = len(DEFAULT_SCHEMA.class_names)
            class_probability = np.full((m, n_classes), np.nan, np.float32)
        none = np.full(value.shape, np.nan, np.float32)
        return cls(
            value=np.clip(value, -1, 1).astype(np.float32),
            low=none,
            high=none,
            confidence=np.full(m, np.nan, np.float32),
            expression=np.full(m, -1, np.int64) if expression is None else expression,
            class_probability=class_probability,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """One problem: a corpus, and which rated frames of each clip are labelled."""

    corpus: Corpus
    chosen: Chosen
    seed: int

    @property
    def clips(self) -> tuple[Clip, ...]:
        """What is judged."""
        return self.corpus.clips


Method = Callable[[Problem], list[Result]]
