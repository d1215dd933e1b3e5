"""Anchoring: how far a shown machine value pulls a rater (Tversky and Kahneman 1974).

A rater who saw the machine's value at a face judges it blind again, later. The share of
the distance from the blind to the shown value that the first answer had gone is the
pull: 0 = not at all, 1 = the machine's value was taken over. Both answers have the
rater's own noise, so the slope of (given - shown) on (blind - shown) is found by errors
in variables (Deming regression; Fuller 1987, section 1.3): least squares would take the
noise of the blind answer for pull.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64
from scipy.special import stdtrit

from feltline.errors import ShapeError

__all__ = ["LEAST_REPEATS", "WARNING_LEVEL", "Pull", "anchoring_pull"]

LEAST_REPEATS: Final = 8
"""Fewer repeats give no estimate: the jackknife needs some."""

WARNING_LEVEL: Final = 0.1
"""Pull above which the rater is warned of, if it is surely above."""

IN_ANSWER: Final = 0.6
"""Weight of the estimate with the noise in the answer. It errs by less than the other
does where each is wrong, so this weight makes the blend err alike either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """How far shown values pull a rater.

    Attributes:
        pull: Share of the distance; NaN with fewer than `LEAST_REPEATS` repeats, or
            where shown values hardly differed from the rater's own.
        low: Lower end of its interval.
        high: Upper end.
        least: One-sided lower bound at 95 %.
        n: Repeats that it rests on.
        is_warned: Whether `least` is above the level.
    """

    pull: float
    low: float
    high: float
    least: float
    n: int
    is_warned: bool


def anchoring_pull(
    shown: Float64[np.ndarray, " n"],
    given: Float64[np.ndarray, " n"],
    blind: Float64[np.ndarray, " n"],
    *,
    interval: float = 0.9,
    level: float = WARNING_LEVEL,
) -> Pull:
    """The pull of shown values on one rater in one dimension.

    Where the rater's noise arises is not known: in the answer, so that given and blind
    have the same, or in the impression, which is pulled together with its noise. The
    mean of both estimates is taken, and their variance widens the interval.

    Args:
        shown: Values of the machine that were in sight.
        given: What the rater answered then.
        blind: What the same rater answered at the same faces with nothing shown.
        interval: Coverage of `low` to `high` (jackknife, t quantiles).
        level: Pull above which to warn.

    Raises:
        ShapeError: If a value is not finite.
    """
    if not np.isfinite([shown, given, blind]).all():
        raise ShapeError(
            "repeats for anchoring need three finite values each: the shown, the given "
            "and the blind one; leave out the others"
        )
    n = len(shown)
    unknown = Pull(
        pull=np.nan, low=np.nan, high=np.nan, least=np.nan, n=n, is_warned=False
    )
    if n < LEAST_REPEATS:
        return unknown
    x, y = blind - shown, given - shown
    whole = _pulls(*_moments(x, y, np.ones((1, n))))
    pull = _blend(whole)[0]
    others = _blend(_pulls(*_moments(x, y, 1 - np.eye(n))))
    if not np.isfinite(pull) or not np.isfinite(others).all():
        return unknown
    by_luck = (n - 1) / n * ((others - others.mean()) ** 2).sum()
    by_model = IN_ANSWER * (1 - IN_ANSWER) * (whole[0, 0] - whole[1, 0]) ** 2
    error = float(np.sqrt(by_luck + by_model))
    half = float(stdtrit(n - 2, (1 + interval) / 2)) * error
    least = float(pull - float(stdtrit(n - 2, 0.95)) * error)
    return Pull(
        pull=float(pull),
        low=float(pull - half),
        high=float(pull + half),
        least=least,
        n=n,
        is_warned=least > level,
    )


def _blend(pulls: np.ndarray) -> np.ndarray:
    return np.asarray(IN_ANSWER * pulls[0] + (1 - IN_ANSWER) * pulls[1])


def _moments(
    x: np.ndarray, y: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Central second moments of samples (rows of 0 and 1)."""
    n = weight.sum(axis=1)
    mean_x, mean_y = weight @ x / n, weight @ y / n
    return (
        weight @ (x * x) / n - mean_x**2,
        weight @ (y * y) / n - mean_y**2,
        weight @ (x * y) / n - mean_x * mean_y,
    )


def _pulls(xx: np.ndarray, yy: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """1 less the slope: with noise in the answer (first row), and in the impression.

    The first is Deming regression with equal noises; in the second y is x times the
    slope, noise and all, so the slope is the ratio of standard deviations. NaN where
    the two do not go together, so that a slope means nothing.
    """
    together = (xy > 0) & (xx > 0)
    safe_xx, safe_xy = np.where(together, xx, 1.0), np.where(together, xy, 1.0)
    half = (yy - xx) / 2
    deming = (half + np.sqrt(half**2 + safe_xy**2)) / safe_xy
    slopes = np.stack([deming, np.sqrt(np.maximum(yy, 0) / safe_xx)])
    slopes = np.where(together, slopes, np.nan)
    # Taken over to the digit: given - shown is 0 throughout, and so is the slope.
    return np.asarray(1 - np.where((yy == 0) & (xx > 0), 0.0, slopes))
