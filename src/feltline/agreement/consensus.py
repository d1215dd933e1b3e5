"""Consensus of raters: mean, median, and the evaluator weighted estimator."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.agreement.checks import Ratings, check_ratings

__all__ = [
    "WeightedConsensus",
    "correlation_with_others",
    "ewe",
    "mean_consensus",
    "median_consensus",
    "weighted_mean",
]

EWE_ROUNDS: Final = 5
"""Rounds of weights and consensus; from then on they hardly move."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightedConsensus:
    """A weighted mean of raters. r raters, n items.

    Attributes:
        weight: Of each rater, at least 0, sum 1; all NaN where no rater goes with the
            others, so that there is no consensus.
        value: Weighted mean per item, NaN where no rater of weight rated it.
    """

    weight: Float64[np.ndarray, " r"]
    value: Float64[np.ndarray, " n"]


def mean_consensus(values: Ratings) -> Float64[np.ndarray, " items"]:
    """Mean of the ratings of each item, NaN where there are none."""
    check_ratings(values, at_least=1)
    return weighted_mean(values, np.ones(len(values)))


def median_consensus(values: Ratings) -> Float64[np.ndarray, " items"]:
    """Median of the ratings of each item, NaN where there are none."""
    check_ratings(values, at_least=1)
    made = np.full(values.shape[1], np.nan)
    rated = np.isfinite(values).any(axis=0)
    if rated.any():
        made[rated] = np.nanmedian(values[:, rated], axis=0)
    return made


def ewe(
    values: Ratings,
    *,
    rounds: int = EWE_ROUNDS,
    prior_weight: Float64[np.ndarray, " raters"] | None = None,
) -> WeightedConsensus:
    """Evaluator weighted estimator (Grimm and Kroschel 2005), leave-one-out.

    A rater's weight is the correlation with the weighted mean of the others, so that
    none vouches for oneself; negative ones are clipped to 0. The first round weighs
    the others by their prior weight alone.

    Args:
        values: Ratings.
        rounds: How often weights are found anew; 1 is the estimator as published.
        prior_weight: What the correlation of each rater is multiplied by; None = 1.
    """
    check_ratings(values)
    prior = np.ones(len(values)) if prior_weight is None else prior_weight
    weight = prior
    for _ in range(rounds):
        found = [correlation_with_others(values, weight, i) for i in range(len(values))]
        weight = prior * np.array(found).clip(min=0.0)
        if not weight.any():
            nobody = np.full(len(values), np.nan)
            return WeightedConsensus(
                weight=nobody, value=np.full(values.shape[1], np.nan)
            )
    return WeightedConsensus(
        weight=weight / weight.sum(), value=weighted_mean(values, weight)
    )


def correlation_with_others(
    values: Ratings, weight: Float64[np.ndarray, " raters"], rater: int
) -> float:
    """Correlation of a rater with the weighted mean of the others; 0 if undefined."""
    others = weight.copy()
    others[rater] = 0
    mean = weighted_mean(values, others)
    both = np.isfinite(values[rater]) & np.isfinite(mean)
    own, rest = values[rater, both], mean[both]
    if len(own) < 2 or np.ptp(own) == 0 or np.ptp(rest) == 0:
        return 0.0
    own, rest = own - own.mean(), rest - rest.mean()
    return float((own * rest).sum() / np.sqrt((own**2).sum() * (rest**2).sum()))


def weighted_mean(
    values: Ratings, weight: Float64[np.ndarray, " raters"]
) -> Float64[np.ndarray, " items"]:
    """Mean of the ratings there are, by weight; NaN where no weight is left."""
    given = np.isfinite(values)
    total = weight @ given
    return np.divide(
        weight @ np.where(given, values, 0.0),
        total,
        out=np.full(values.shape[1], np.nan),
        where=total > 0,
    )
