"""How far machine labels are from human ones.

All functions take float arrays of equal shape (n,) or (n, 2) and compare along the
first axis; the result has the shape of one row. Rows that hold a NaN are a fault of the
caller, not skipped.
"""

import numpy as np
from jaxtyping import Float

__all__ = ["ccc", "mae", "pcc", "rmse", "sagr"]

Values = Float[np.ndarray, "n ..."]
Score = Float[np.ndarray, "..."]


def rmse(estimate: Values, truth: Values) -> Score:
    """Root of the mean squared error."""
    return np.asarray(np.sqrt(np.mean((estimate - truth) ** 2, axis=0)))


def mae(estimate: Values, truth: Values) -> Score:
    """Mean absolute error."""
    return np.asarray(np.mean(np.abs(estimate - truth), axis=0))


def pcc(estimate: Values, truth: Values) -> Score:
    """Pearson's correlation; NaN where one side is constant."""
    x, y = estimate - estimate.mean(axis=0), truth - truth.mean(axis=0)
    spread = np.sqrt((x**2).mean(axis=0) * (y**2).mean(axis=0))
    flat = (np.ptp(estimate, axis=0) == 0) | (np.ptp(truth, axis=0) == 0)
    return _ratio((x * y).mean(axis=0), spread, flat)


def ccc(estimate: Values, truth: Values) -> Score:
    """Concordance correlation with population variances (Lin 1989).

    NaN where both sides are the same constant.
    """
    x, y = estimate - estimate.mean(axis=0), truth - truth.mean(axis=0)
    apart = (estimate.mean(axis=0) - truth.mean(axis=0)) ** 2
    spread = (x**2).mean(axis=0) + (y**2).mean(axis=0) + apart
    same = np.ptp(np.concatenate([estimate, truth]), axis=0) == 0
    return _ratio(2 * (x * y).mean(axis=0), spread, same)


def sagr(estimate: Values, truth: Values, *, zero_is_a_sign: bool = True) -> Score:
    """Sign agreement: the share of values whose sign is right (Nicolaou et al. 2011).

    Args:
        estimate: Machine values.
        truth: Human values.
        zero_is_a_sign: Whether 0 is a third sign, as `numpy.sign` has it; otherwise 0
            counts as positive. Corpora in whole numbers hold many zeros: say which.
    """
    if zero_is_a_sign:
        return np.asarray(np.mean(np.sign(estimate) == np.sign(truth), axis=0))
    return np.asarray(np.mean((estimate >= 0) == (truth >= 0), axis=0))


def _ratio(
    top: np.ndarray | np.floating,
    bottom: np.ndarray | np.floating,
    undefined: np.ndarray | np.bool_,
) -> Score:
    """`top / bottom`, NaN where it is undefined.

    Whether a side is constant is asked of its range: its variance is rarely exactly 0
    once a mean has been rounded.
    """
    return np.asarray(top / np.where(undefined, np.nan, bottom))
