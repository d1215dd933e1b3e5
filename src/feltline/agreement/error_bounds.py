"""Anytime-valid upper bound of an error rate, from weighted random audits.

A confidence sequence by betting (Waudby-Smith and Ramdas 2023, "Estimating means of
bounded random variables by betting"). Against "the error rate is m", wealth starts at 1
and is multiplied, item by item, by

    1 + share * (m - x) / (most_weight - m),      x = weight * wrong in [0, most_weight]

which a rate of m or more does not let grow on average, whatever the share in [0, 1].
The wealth of several shares is averaged, so none has to be chosen; by Ville's
inequality the mean passes 1 / risk with a probability of at most `risk`, however often
it is looked at. All m at which it has passed are ruled out.
"""

import math
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64

from feltline.errors import ShapeError

__all__ = [
    "error_lower_bound",
    "error_upper_bound",
    "least_confidence",
    "least_items",
]

SHARES: Final = np.array([1.0, 0.9, 0.75, 0.6, 0.45, 0.3, 0.2, 0.12, 0.06])
"""Shares of the largest bet; 1 gains most as long as nothing is wrong, small ones where
the error rate is close to the bound."""

STEPS: Final = 40
"""Halvings of the interval in which the bound lies: to 1e-12."""

ITEMS_AT_ONCE: Final = 256

NONE_HOLDS: Final = 1.01
"""Threshold on confidence that accepts nothing."""


def error_upper_bound(
    wrong: Bool[np.ndarray, " n"],
    weight: Float64[np.ndarray, " n"],
    *,
    risk: float,
    most_weight: float,
) -> Float64[np.ndarray, " n"]:
    """Upper bound of the error rate after each audited item.

    The bound holds at all looks together with a probability of at least 1 - `risk`,
    if items are drawn at random, each with a probability of (uniform / weight), and
    independently of what earlier audits found.

    Args:
        wrong: Whether each item was wrong, in the order in which they were judged.
        weight: Uniform probability of drawing the item over the one used.
        risk: Probability with which the bound may fail, in (0, 1).
        most_weight: Largest weight that any item of the batch has; 1 for uniform draws.

    Returns:
        Bounds in (0, 1], never increasing.

    Raises:
        ShapeError: If the risk is out of range, or a weight is.
    """
    _check(weight, risk, most_weight)
    return _upper_bounds(np.where(wrong, weight, 0.0), risk, most_weight)


def error_lower_bound(
    wrong: Bool[np.ndarray, " n"],
    weight: Float64[np.ndarray, " n"],
    *,
    risk: float,
    most_weight: float,
) -> Float64[np.ndarray, " n"]:
    """Lower bound of the error rate after each audited item, as `error_upper_bound`.

    It is the upper bound of what is left of the largest weight: of the mean of
    1 - (weight * wrong) / most_weight, which lies in [0, 1].

    Returns:
        Bounds in [0, 1), never decreasing.

    Raises:
        ShapeError: If the risk is out of range, or a weight is.
    """
    _check(weight, risk, most_weight)
    left = 1 - np.where(wrong, weight, 0.0) / most_weight
    return np.asarray(most_weight * (1 - _upper_bounds(left, risk, 1.0)))


def least_confidence(  # noqa: PLR0913 - keyword-only
    wrong: Bool[np.ndarray, " n"],
    weight: Float64[np.ndarray, " n"],
    confidence: Float64[np.ndarray, " n"],
    *,
    above: float,
    bound: float,
    risk: float,
    most_weight: float,
) -> float:
    """Smallest threshold, in steps of 0.01, at which the bound of the sample holds.

    Of the labels at or above a threshold at most `bound` are wrong just if the mean
    over all labels, with `bound` in place of what is under the threshold, is at most
    `bound`: so items and weights serve every threshold as they are. The threshold is
    chosen on the sample that it is tested on; the next audit says what it is worth.

    Args:
        wrong: Whether each item was wrong, in the order in which they were judged.
        weight: Uniform probability of drawing the item over the one used.
        confidence: Of each item.
        above: The threshold is higher than this.
        bound: Error rate that is agreed to.
        risk: Probability with which a bound may fail.
        most_weight: Largest weight that any item of the batch has.

    Returns:
        The threshold, 1.01 where the bound holds at none.

    Raises:
        ShapeError: If the risk is out of range, or a weight is.
    """
    _check(weight, risk, most_weight)
    for step in range(math.floor(round(above * 100, 6)) + 1, 101):
        is_in = confidence.astype(np.float32) >= np.float32(step / 100)
        loss = weight * np.where(is_in, wrong, bound)
        if len(loss) and _last_upper_bound(loss, risk, most_weight) <= bound:
            return step / 100
    return NONE_HOLDS


def _upper_bounds(loss: np.ndarray, risk: float, most_weight: float) -> np.ndarray:
    """Upper bound of a mean after each of its terms in [0, most_weight]."""
    loss = np.minimum(loss, most_weight)
    levels, which = np.unique(loss, return_inverse=True)
    # After each item, how many of each level of loss there have been: all that the
    # wealth depends on, whatever their order.
    counts = np.cumsum(which[:, None] == np.arange(len(levels)), axis=0)
    made = np.ones(len(loss))
    for first in range(0, len(loss), ITEMS_AT_ONCE):
        here = slice(first, first + ITEMS_AT_ONCE)
        made[here] = _bounds(counts[here], levels, risk, most_weight)
    return np.minimum.accumulate(made)


def _last_upper_bound(loss: np.ndarray, risk: float, most_weight: float) -> float:
    """The bound after all terms, by them alone."""
    levels, counts = np.unique(np.minimum(loss, most_weight), return_counts=True)
    return float(_bounds(counts[np.newaxis], levels, risk, most_weight)[0])


def least_items(bound: float, *, risk: float, most_weight: float = 1.0) -> int:
    """How many items in a row must be right until the bound holds.

    Raises:
        ShapeError: If the bound or the risk is not between 0 and 1.
    """
    _check_risk(risk, most_weight)
    if not 0 < bound < 1:
        raise ShapeError(f"a bound of the error rate lies in (0, 1), but is {bound:g}")
    most = 1
    nothing = np.zeros(1)
    while _log_wealth(np.array([[most]]), nothing, np.array([bound]), most_weight)[
        0
    ] < -math.log(risk):
        most *= 2
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        wealth = _log_wealth(
            np.array([[middle]]), nothing, np.array([bound]), most_weight
        )
        if wealth[0] < -math.log(risk):
            least = middle
        else:
            most = middle
    return most


def _check(weight: np.ndarray, risk: float, most_weight: float) -> None:
    _check_risk(risk, most_weight)
    outside = ~((weight >= 0) & (weight <= most_weight * (1 + 1e-12)))
    if outside.any():
        raise ShapeError(
            f"the weight of audited item {int(np.argmax(outside))} is "
            f"{weight[outside][0]:g}; it must lie in [0, {most_weight:g}], the most "
            f"that any item of the batch has"
        )


def _check_risk(risk: float, most_weight: float) -> None:
    if not 0 < risk < 1 or not 1 <= most_weight < math.inf:
        raise ShapeError(
            f"a risk lies in (0, 1) and a largest weight is at least 1, but these are "
            f"{risk:g} and {most_weight:g}"
        )


def _bounds(
    counts: np.ndarray, levels: np.ndarray, risk: float, most_weight: float
) -> np.ndarray:
    """Smallest rate that is ruled out, by bisection: wealth grows with the rate."""
    low = np.zeros(len(counts))
    high = np.full(len(counts), min(1.0, most_weight * (1 - 1e-12)))
    open_ended = _log_wealth(counts, levels, high, most_weight) < -math.log(risk)
    for _ in range(STEPS):
        middle = (low + high) / 2
        out = _log_wealth(counts, levels, middle, most_weight) >= -math.log(risk)
        low, high = np.where(out, low, middle), np.where(out, middle, high)
    return np.where(open_ended, 1.0, high)


def _log_wealth(
    counts: np.ndarray, levels: np.ndarray, rate: np.ndarray, most_weight: float
) -> np.ndarray:
    """Log of the mean wealth over shares, n rates after n histories."""
    odds = (rate[:, None] - levels) / (most_weight - rate)[:, None]
    factor = 1 + SHARES * odds[:, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        # A share of 1 loses all at the largest loss: log 0, and 0 times that is 0.
        log = np.where(
            counts[:, :, None] > 0, counts[:, :, None] * np.log(factor), 0.0
        ).sum(axis=1)
    most = log.max(axis=1)
    return np.asarray(most + np.log(np.exp(log - most[:, None]).mean(axis=1)))
