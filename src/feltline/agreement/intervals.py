"""Confidence intervals of Krippendorff's alpha and of mean concordance (jackknife).

Each item is left out in turn (Efron and Stein 1981), on a scale on which the estimate
is nearly normal: the logarithm of the ratio of disagreements for alpha, Fisher's z for
concordance (Lin 1989). Both are made of sums over items, so leaving one out costs a
subtraction. Items are taken as independent: neighbouring frames of one face say less
than so many, and the interval is too narrow then.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64
from scipy.special import stdtrit

from feltline.agreement.alpha import krippendorff_alpha
from feltline.agreement.checks import Ratings
from feltline.agreement.pairs_of_raters import LEAST_ITEMS, mean_pair, pairwise

__all__ = ["Interval", "alpha_interval", "ccc_interval"]

LEAST_LEFT_OUT: Final = 3
"""Fewer items than these give no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its confidence interval.

    Attributes:
        value: The estimate; NaN where there is none.
        low: Lower end; NaN with fewer than three items, or where all agree entirely.
        high: Upper end, likewise.
    """

    value: float
    low: float
    high: float


def alpha_interval(values: Ratings, *, confidence: float = 0.95) -> Interval:
    """Krippendorff's alpha of interval data.

    Args:
        values: Ratings; items of fewer than two raters are not used.
        confidence: Of the interval.
    """
    alpha = krippendorff_alpha(values)
    given = np.isfinite(values)
    used = given.sum(axis=0) >= 2
    table, known = values[:, used], given[:, used]
    n = table.shape[1]
    if n < LEAST_LEFT_OUT or not np.isfinite(alpha) or alpha == 1:
        return Interval(value=alpha, low=np.nan, high=np.nan)
    # About the mean of all, so that sums of squares keep their digits.
    apart = np.where(known, table - table[known].mean(), 0)
    m, total, squares = known.sum(axis=0), apart.sum(axis=0), (apart**2).sum(axis=0)
    within = 2 * m * (squares - total**2 / m) / (m - 1)
    left_m, left_total, left_squares, left_within = (
        one.sum() - one for one in (m, total, squares, within)
    )
    observed = left_within / left_m
    expected = 2 * (left_squares - left_total**2 / left_m) / (left_m - 1)
    if not ((observed > 0) & (expected > 0)).all():
        return Interval(value=alpha, low=np.nan, high=np.nan)
    centre = np.log(1 - alpha)
    half = _half_width(np.log(observed / expected), confidence)
    return Interval(
        value=alpha,
        low=float(1 - np.exp(centre + half)),
        high=float(1 - np.exp(centre - half)),
    )


def ccc_interval(values: Ratings, *, confidence: float = 0.95) -> Interval:
    """Mean concordance of every two raters.

    Args:
        values: Ratings, NaN where one gave none.
        confidence: Of the interval.
    """
    pairs = pairwise(values).ccc
    mean = mean_pair(pairs)
    given = np.isfinite(values)
    n = int((given.sum(axis=0) >= 2).sum())
    if n < LEAST_LEFT_OUT or not np.isfinite(mean) or abs(mean) == 1:
        return Interval(value=mean, low=np.nan, high=np.nan)
    left, n_pairs = np.zeros(values.shape[1]), 0
    for i in range(len(values)):
        for j in range(i + 1, len(values)):
            if np.isfinite(pairs[i, j]):
                both = given[i] & given[j]
                left += pairs[i, j]
                left[both] += _ccc_left_out(values[i, both], values[j, both])
                left[both] -= pairs[i, j]
                n_pairs += 1
    used = given.sum(axis=0) >= 2
    half = _half_width(_fisher(left[used] / n_pairs), confidence)
    centre = _fisher(np.array(mean))
    return Interval(
        value=mean,
        low=float(np.tanh(centre - half)),
        high=float(np.tanh(centre + half)),
    )


def _ccc_left_out(
    x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Concordance of two raters without each item; NaN where it is undefined."""
    if len(x) <= LEAST_ITEMS:
        return np.full(len(x), np.nan)
    middle = np.concatenate([x, y]).mean()
    x, y = x - middle, y - middle
    k = len(x) - 1
    mean_x, mean_y, xx, yy, xy = (
        (one.sum() - one) / k for one in (x, y, x**2, y**2, x * y)
    )
    bottom = (xx - mean_x**2) + (yy - mean_y**2) + (mean_x - mean_y) ** 2
    undefined = np.full(len(x), np.nan)
    return np.divide(2 * (xy - mean_x * mean_y), bottom, undefined, where=bottom > 0)


def _fisher(value: np.ndarray) -> np.ndarray:
    return np.asarray(np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12)))


def _half_width(left: Float64[np.ndarray, " n"], confidence: float) -> float:
    """Half of the interval from the estimates that leave out one item each."""
    n = len(left)
    error = np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
    return float(stdtrit(n - 1, (1 + confidence) / 2) * error)
