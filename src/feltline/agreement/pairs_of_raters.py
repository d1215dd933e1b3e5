"""Pairwise inter-rater agreement: every rater against every other, and the others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline import metrics
from feltline.agreement.checks import Ratings, check_ratings

__all__ = ["AgainstOthers", "PairAgreement", "against_others", "mean_pair", "pairwise"]

Matrix = Float64[np.ndarray, "raters raters"]

LEAST_ITEMS: Final = 2
"""Items that two raters must have in common to be compared."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairAgreement:
    """How far every two raters agree, on the items that both rated (r raters).

    NaN where two have fewer than two items in common, or where a score is undefined
    (see `metrics`).

    Attributes:
        ccc: Concordance correlation (Lin 1989), population variances.
        pcc: Pearson's correlation.
        rmse: Root of the mean squared difference, in the units of the ratings.
        sagr: Share of equal signs where zero is a third sign, as `numpy.sign` has it.
        sagr_zero_positive: Share of equal signs where zero counts as positive.
        n: Items that both rated.
    """

    ccc: Matrix
    pcc: Matrix
    rmse: Matrix
    sagr: Matrix
    sagr_zero_positive: Matrix
    n: Int64[np.ndarray, "raters raters"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AgainstOthers:
    """Each rater against the mean of the others, who leave that rater out.

    Attributes:
        ccc: Concordance correlation.
        pcc: Pearson's correlation.
        rmse: Root of the mean squared difference.
        n: Items that the rater and another one rated.
    """

    ccc: Float64[np.ndarray, " raters"]
    pcc: Float64[np.ndarray, " raters"]
    rmse: Float64[np.ndarray, " raters"]
    n: Int64[np.ndarray, " raters"]


def pairwise(values: Ratings) -> PairAgreement:
    """Agreement of every two raters (pairwise deletion of missing ratings)."""
    check_ratings(values)
    r = len(values)
    given = np.isfinite(values)

    def matrix(score: Callable[..., np.ndarray], **how: bool) -> Matrix:
        made = np.full((r, r), np.nan)
        for i in range(r):
            for j in range(i, r):
                both = given[i] & given[j]
                if both.sum() >= LEAST_ITEMS:
                    made[i, j] = made[j, i] = score(
                        values[i, both], values[j, both], **how
                    )
        return made

    return PairAgreement(
        ccc=matrix(metrics.ccc),
        pcc=matrix(metrics.pcc),
        rmse=matrix(metrics.rmse),
        sagr=matrix(metrics.sagr),
        sagr_zero_positive=matrix(metrics.sagr, zero_is_a_sign=False),
        n=given.astype(np.int64) @ given.T.astype(np.int64),
    )


def against_others(values: Ratings) -> AgainstOthers:
    """Agreement of each rater with the mean of the others."""
    check_ratings(values)
    r = len(values)
    scores = np.full((3, r), np.nan)
    n = np.zeros(r, np.int64)
    given = np.isfinite(values)
    filled = np.where(given, values, 0.0)
    for i in range(r):
        others = given.sum(axis=0) - given[i]
        both = given[i] & (others > 0)
        n[i] = both.sum()
        if n[i] >= LEAST_ITEMS:
            mean = (filled.sum(axis=0) - filled[i])[both] / others[both]
            own = values[i, both]
            scores[:, i] = [
                metrics.ccc(own, mean),
                metrics.pcc(own, mean),
                metrics.rmse(own, mean),
            ]
    return AgainstOthers(ccc=scores[0], pcc=scores[1], rmse=scores[2], n=n)


def mean_pair(matrix: Matrix) -> float:
    """Mean over all pairs of two raters; NaN where no pair is defined."""
    pairs = matrix[np.triu_indices(len(matrix), 1)]
    known = pairs[np.isfinite(pairs)]
    return float(known.mean()) if len(known) else float("nan")
