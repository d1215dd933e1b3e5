"""Krippendorff's alpha: agreement beyond chance, with missing ratings.

alpha = 1 - observed disagreement / expected disagreement (Krippendorff 2011, computing
Krippendorff's alpha-reliability). Any number of raters, any values missing; an item
that fewer than two raters rated is left out.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64

from feltline.agreement.checks import Ratings, check_ratings

__all__ = ["Metric", "krippendorff_alpha"]

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
"""How far two values are apart: equal or not; by ranks; by their difference; by their
difference over their sum."""


def krippendorff_alpha(values: Ratings, metric: Metric = "interval") -> float:
    """Krippendorff's alpha; NaN where nothing can be paired or all is one value."""
    check_ratings(values)
    given = np.isfinite(values)
    paired = values[:, given.sum(axis=0) >= 2]
    if not paired.size:
        return float("nan")
    if metric == "ordinal":
        # The squared distance of two ranks is that of their mid-ranks, so alpha of
        # ordinal data is alpha of these as interval data.
        paired = _mid_ranks(paired)
    observed, expected = {
        "nominal": _nominal,
        "ordinal": _interval,
        "interval": _interval,
        "ratio": _ratio,
    }[metric](paired)
    return float("nan") if expected == 0 else float(1 - observed / expected)


def _mid_ranks(values: Ratings) -> Ratings:
    known = np.isfinite(values)
    _, level, count = np.unique(values[known], return_inverse=True, return_counts=True)
    ranks = np.full(values.shape, np.nan)
    ranks[known] = (np.cumsum(count) - (count - 1) / 2)[level]
    return ranks


def _pair_weight(values: Ratings) -> Float64[np.ndarray, " items"]:
    """What a pair within an item counts, so that each value counts once."""
    return np.asarray(1.0 / (np.isfinite(values).sum(axis=0) - 1))


def _interval(values: Ratings) -> tuple[float, float]:
    """Sums of squared differences, from sums of squares about means."""
    known = np.isfinite(values)
    m = known.sum(axis=0)
    all_values = values[known]
    n = len(all_values)
    if np.ptp(all_values) == 0:
        return 0.0, 0.0
    mean = np.where(known, values, 0).sum(axis=0) / m
    apart = np.where(known, values - mean, 0)
    # The sum over ordered pairs of (x - y)^2 is 2 m times the sum of squares.
    observed = (2 * m * (apart**2).sum(axis=0) * _pair_weight(values)).sum() / n
    squares = ((all_values - all_values.mean()) ** 2).sum()
    return float(observed), float(2 * squares / (n - 1))


def _nominal(values: Ratings) -> tuple[float, float]:
    known = np.isfinite(values)
    levels = np.unique(values[known])
    counts = np.stack([(values == level).sum(axis=0) for level in levels])
    m = counts.sum(axis=0)
    n = int(m.sum())
    unlike = m**2 - (counts**2).sum(axis=0)
    total = counts.sum(axis=1)
    expected = (n**2 - (total**2).sum()) / (n * (n - 1))
    return float((unlike * _pair_weight(values)).sum() / n), float(expected)


def _ratio(values: Ratings) -> tuple[float, float]:
    """Pairs of raters within items, and pairs of levels overall."""
    known = np.isfinite(values)
    levels, total = np.unique(values[known], return_counts=True)
    n = int(total.sum())
    observed = 0.0
    for i in range(len(values)):
        for j in range(i + 1, len(values)):
            both = known[i] & known[j]
            apart = _ratio_distance(values[i, both], values[j, both])
            observed += 2 * float((apart * _pair_weight(values)[both]).sum())
    expected = sum(
        float(count * (total * _ratio_distance(level, levels)).sum())
        for level, count in zip(levels, total, strict=True)
    )
    return observed / n, expected / (n * (n - 1))


def _ratio_distance(x: np.ndarray | np.floating, y: np.ndarray) -> np.ndarray:
    """((x - y) / (x + y))^2, 0 where both are 0."""
    bottom = x + y
    return np.asarray(
        np.divide(x - y, bottom, out=np.zeros_like(bottom), where=bottom != 0) ** 2
    )
