"""Pairwise comparisons scored against curves: the share of pairs in the same order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float64
from scipy.special import ndtri

from feltline.errors import ShapeError

__all__ = ["PairScore", "score_pairs"]

_SIGN: Final = {"first": 1.0, "second": -1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScore:
    """How far comparisons and curves agree.

    Attributes:
        n: Comparisons that were scored.
        share: Of them, how many agree; NaN without any.
        low: Lower end of its interval (Wilson 1927).
        high: Upper end.
    """

    n: int
    share: float
    low: float
    high: float


def score_pairs(
    difference: Float64[np.ndarray, " n"],
    answer: Sequence[Literal["first", "second", "same", "cannot"]],
    *,
    tolerance: float,
    interval: float = 0.95,
) -> PairScore:
    """Score comparisons of two faces against the values of a curve at both.

    `first` and `second` agree with a difference of their sign, `same` with one of at
    most `tolerance`. What could not be judged, or has no value, is left out.

    Args:
        difference: Value of the first face less that of the second; NaN = none.
        answer: Which of the two a person called higher.
        tolerance: Differences up to this are none.
        interval: Coverage of `low` to `high`.

    Raises:
        ShapeError: The two are not of one length.
    """
    if len(difference) != len(answer):
        raise ShapeError(
            f"{len(difference)} differences do not fit {len(answer)} comparisons"
        )
    agrees = [
        abs(d) <= tolerance if said == "same" else d * _SIGN[said] > 0
        for d, said in zip(difference.tolist(), answer, strict=True)
        if said != "cannot" and np.isfinite(d)
    ]
    n = len(agrees)
    if not n:
        return PairScore(n=0, share=np.nan, low=np.nan, high=np.nan)
    share, z = sum(agrees) / n, float(ndtri((1 + interval) / 2))
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return PairScore(
        n=n, share=share, low=max(middle - half, 0.0), high=min(middle + half, 1.0)
    )
