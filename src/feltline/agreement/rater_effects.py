"""Rater effects: bias, scale, noise and drift of each rater (a congeneric model).

    rating of rater r for item i = bias_r + scale_r * rule_i + noise_r

(Joreskog 1971). The rule is Gaussian over items, the biases have mean 0 and the scales
mean 1: the raters together are the rule. Fitted by expectation-maximisation (Rubin and
Thayer 1982), so missing ratings need no filling in. Scales are expected near 1 and
noises near their mean, each worth a few ratings: with two raters the data alone cannot
tell them apart.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.agreement.checks import Ratings, check_ratings
from feltline.errors import ShapeError

__all__ = ["RaterDrift", "RaterEffects", "rater_drift", "rater_effects"]

SCALE_VARIANCE: Final = 0.15**2
"""How far scales are expected to differ, as in the engine (`fewshot.gp.raters`)."""

NOISE_COUNTS: Final = 10.0
"""How many ratings the mean noise of all raters is worth."""

ROUNDS: Final = 300
CHANGE: Final = 1e-9
"""Rounds of expectation and maximisation, and the change at which they end."""

LEAST_NOISE: Final = 1e-6
"""Least standard deviation of noise, as a share of that of all ratings."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaterEffects:
    """How each rater differs from the rule. r raters, n items.

    Attributes:
        bias: Added by the rater where the rule is at its mean; mean 0 over raters.
        scale: The rater's units of one unit of the rule; mean 1.
        noise: Standard deviation of what is left.
        n: Ratings of each.
        rule: Posterior mean of the rule per item; NaN where nobody rated.
        rule_sd: Posterior standard deviation of it, effects taken as known.
    """

    bias: Float64[np.ndarray, " r"]
    scale: Float64[np.ndarray, " r"]
    noise: Float64[np.ndarray, " r"]
    n: Int64[np.ndarray, " r"]
    rule: Float64[np.ndarray, " n"]
    rule_sd: Float64[np.ndarray, " n"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaterDrift:
    """How the bias of each rater moved in the order of rating. r raters.

    Attributes:
        per_unit: Change of the bias against the mean of the others per unit of time
            or order; NaN with fewer than three common ratings or one moment.
        low: Lower end of its interval (normal approximation).
        high: Upper end.
    """

    per_unit: Float64[np.ndarray, " r"]
    low: Float64[np.ndarray, " r"]
    high: Float64[np.ndarray, " r"]


def rater_effects(values: Ratings) -> RaterEffects:
    """Bias, scale and noise of raters, and the rule that they share.

    Raises:
        ShapeError: If fewer than two raters, or one who shares no item with another.
    """
    check_ratings(values)
    given = np.isfinite(values)
    shared = (given & (given.sum(axis=0) >= 2)).any(axis=1)
    if not shared.all():
        rater = int(np.argmin(shared))
        raise ShapeError(
            f"rater {rater} has no item in common with another, so nothing can be "
            f"said of a bias; leave out this rater"
        )
    filled = np.where(given, values, 0.0)
    spread = float(np.std(values[given]))
    r = len(values)
    bias = _additive_bias(filled, given)
    if spread == 0:
        rule = np.where(given.any(axis=0), values[given][0], np.nan)
        zero = np.zeros(r)
        return _made(values, zero, np.ones(r), zero, rule, np.zeros(len(rule)))
    scale, noise = np.ones(r), np.full(r, 0.5 * spread) ** 2
    level, variance = float(values[given].mean()), spread**2
    floor = (LEAST_NOISE * spread) ** 2
    for _ in range(ROUNDS):
        before = np.concatenate([bias / spread, scale, noise / spread**2])
        rule, doubt = _rule(filled, given, (bias, scale, noise), level, variance)
        known = given.any(axis=0)
        level = float(rule[known].mean())
        variance = float(((rule - level) ** 2 + doubt)[known].mean())
        bias, scale, noise = _effects(filled, given, rule - level, doubt, noise)
        bias = bias - level
        noise = np.maximum(noise, floor)
        bias, scale, level, variance = _anchored(bias, scale, level, variance)
        after = np.concatenate([bias / spread, scale, noise / spread**2])
        if np.abs(after - before).max() < CHANGE:
            break
    rule, doubt = _rule(filled, given, (bias, scale, noise), level, variance)
    # Bias is stated where the rule is at its mean, not at 0 on the scale.
    at_mean = bias + (scale - 1) * level
    nobody = ~given.any(axis=0)
    rule[nobody], doubt[nobody] = np.nan, np.nan
    return _made(values, at_mean, scale, np.sqrt(noise), rule, np.sqrt(doubt))


def _made(
    values: Ratings,
    bias: np.ndarray,
    scale: np.ndarray,
    noise: np.ndarray,
    rule: np.ndarray,
    rule_sd: np.ndarray,
) -> RaterEffects:
    return RaterEffects(
        bias=bias,
        scale=scale,
        noise=noise,
        n=np.isfinite(values).sum(axis=1),
        rule=rule,
        rule_sd=rule_sd,
    )


def _additive_bias(filled: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Biases of the additive model of items and raters, by least squares."""
    counts = given.sum(axis=0)
    share = given / np.maximum(counts, 1)
    normal = np.diag(given.sum(axis=1).astype(np.float64)) - given @ share.T
    mean = filled.sum(axis=0) / np.maximum(counts, 1)
    right = np.where(given, filled - mean, 0).sum(axis=1)
    bias = np.asarray(np.linalg.pinv(normal, hermitian=True) @ right)
    return np.asarray(bias - bias.mean())


def _rule(
    filled: np.ndarray,
    given: np.ndarray,
    effects: tuple[np.ndarray, np.ndarray, np.ndarray],
    level: float,
    variance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Expectation: mean and variance of the rule per item."""
    bias, scale, noise = effects
    precision = 1 / variance + (given * (scale**2 / noise)[:, None]).sum(axis=0)
    pull = np.where(given, (filled - bias[:, None]) * (scale / noise)[:, None], 0)
    return (pull.sum(axis=0) + level / variance) / precision, 1 / precision


def _effects(
    filled: np.ndarray,
    given: np.ndarray,
    rule: np.ndarray,
    doubt: np.ndarray,
    noise: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maximisation: regression of each rater on the rule, with its uncertainty.

    The bias that comes back is at a rule of 0, which the caller has centred.
    """
    n = given.sum(axis=1)
    on_rule = given * rule
    mean_rule = on_rule.sum(axis=1) / n
    mean_value = filled.sum(axis=1) / n
    centred = np.where(given, rule - mean_rule[:, None], 0)
    apart = np.where(given, filled - mean_value[:, None], 0)
    squares = (centred**2 + given * doubt).sum(axis=1)
    both = (centred * apart).sum(axis=1)
    scale = (both + noise / SCALE_VARIANCE) / (squares + noise / SCALE_VARIANCE)
    left = (apart**2).sum(axis=1) - 2 * scale * both + scale**2 * squares
    pooled = left.sum() / n.sum()
    fitted = (left + NOISE_COUNTS * pooled) / (n + NOISE_COUNTS)
    return mean_value - scale * mean_rule, scale, fitted


def _anchored(
    bias: np.ndarray, scale: np.ndarray, level: float, variance: float
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """The same model with biases of mean 0 at the rule's mean, and scales of mean 1.

    In: value = bias + level + scale * (rule - level). Out: value = bias + scale * rule.
    """
    unit = float(scale.mean())
    centre = level + float(bias.mean())
    scale = scale / unit
    return (
        bias + level - scale * centre,
        scale,
        centre,
        variance * unit**2,
    )


def rater_drift(
    values: Ratings, moment: Float64[np.ndarray, "r n"], *, quantile: float = 1.645
) -> RaterDrift:
    """Whether each rater's bias moves with time or order.

    The difference to the mean of the others is regressed on the moment; the others
    enter without effects of their own, so give values with bias and scale removed
    where these are large.

    Args:
        values: Ratings.
        moment: When each was given, in any unit; only read where there is a rating.
        quantile: Half width of the interval in standard errors; 1.645 is 90 %.
    """
    check_ratings(values)
    r = len(values)
    slope, error = np.full(r, np.nan), np.full(r, np.nan)
    given = np.isfinite(values)
    filled = np.where(given, values, 0.0)
    for i in range(r):
        others = given.sum(axis=0) - given[i]
        both = given[i] & (others > 0)
        when = moment[i, both]
        if both.sum() < 3 or np.ptp(when) == 0:
            continue
        apart = values[i, both] - (filled.sum(axis=0) - filled[i])[both] / others[both]
        centred = when - when.mean()
        squares = (centred**2).sum()
        slope[i] = (centred * apart).sum() / squares
        left = apart - apart.mean() - slope[i] * centred
        error[i] = np.sqrt((left**2).sum() / (both.sum() - 2) / squares)
    return RaterDrift(
        per_unit=slope, low=slope - quantile * error, high=slope + quantile * error
    )
