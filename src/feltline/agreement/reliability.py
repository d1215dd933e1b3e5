"""Reliability: of the sum of raters (Cronbach's alpha), and of a rater with oneself."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.special import fdtri

from feltline import metrics
from feltline.agreement.checks import Ratings, check_ratings, complete_items
from feltline.errors import ShapeError

__all__ = ["CronbachAlpha", "RepeatConsistency", "cronbach_alpha", "repeat_consistency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CronbachAlpha:
    """Internal consistency of the raters' mean (Cronbach 1951).

    Attributes:
        value: At most 1; NaN where the sum of the raters is constant.
        low: Lower end of the confidence interval (Feldt 1965).
        high: Upper end.
        n_items: Items that every rater rated.
    """

    value: float
    low: float
    high: float
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatConsistency:
    """What a rater said twice of the same items, blind (test-retest).

    Attributes:
        n: Items that were rated twice.
        shift: Mean of the second less the first rating.
        rmse: Root of the mean squared difference.
        noise: Standard deviation of a single rating: that of the difference over
            the root of 2; NaN below two items.
        ccc: Concordance of first and second ratings; NaN below two items.
    """

    n: int
    shift: float
    rmse: float
    noise: float
    ccc: float


def cronbach_alpha(values: Ratings, *, confidence: float = 0.95) -> CronbachAlpha:
    """Cronbach's alpha of raters, with an interval.

    Raises:
        ShapeError: If fewer than two raters, or fewer than two complete items.
    """
    check_ratings(values)
    whole = complete_items(values)
    k, n = whole.shape
    if n < 2:
        raise ShapeError(
            f"Cronbach's alpha needs at least 2 items that all {k} raters rated, but "
            f"there are {n}"
        )
    total = whole.sum(axis=0).var(ddof=1)
    if total == 0:
        return CronbachAlpha(value=np.nan, low=np.nan, high=np.nan, n_items=n)
    value = float(k / (k - 1) * (1 - whole.var(axis=1, ddof=1).sum() / total))
    df1, df2 = n - 1, (n - 1) * (k - 1)
    level = (1 + confidence) / 2
    return CronbachAlpha(
        value=value,
        low=float(1 - (1 - value) * fdtri(df1, df2, level)),
        high=float(1 - (1 - value) * fdtri(df1, df2, 1 - level)),
        n_items=n,
    )


def repeat_consistency(
    first: Float64[np.ndarray, " n"], second: Float64[np.ndarray, " n"]
) -> RepeatConsistency:
    """How far two ratings of the same items by the same rater agree.

    Args:
        first: Ratings that were given first.
        second: Those of the same items that were given later.

    Raises:
        ShapeError: If there are none, or one is not finite.
    """
    if not len(first) or not np.isfinite([first, second]).all():
        raise ShapeError("repeats need at least one item with two finite ratings")
    apart = second - first
    several = len(first) > 1
    return RepeatConsistency(
        n=len(first),
        shift=float(apart.mean()),
        rmse=float(np.sqrt((apart**2).mean())),
        noise=float(apart.std(ddof=1) / np.sqrt(2)) if several else np.nan,
        ccc=float(metrics.ccc(first, second)) if several else np.nan,
    )
