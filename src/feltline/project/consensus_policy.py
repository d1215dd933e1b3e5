"""How the values that several raters gave a frame become one.

Where one rater alone gave a value, that is the value, whatever the policy. Where two or
more did, it is their mean, their median, their mean by weight, or the engine's
posterior of the rule that they share, which has an interval.
"""

import numpy as np
from jaxtyping import Float64

from feltline.agreement.consensus import ewe
from feltline.settings import ConsensusPolicy

__all__ = ["combined"]


def combined(
    values: Float64[np.ndarray, "raters n m"], policy: ConsensusPolicy
) -> Float64[np.ndarray, "n m"]:
    """One value per frame and dimension, NaN where nobody gave any.

    The weights of EWE are those of the track: how each rater goes with the others on
    its frames. Where nobody goes with anybody, and on frames of which only raters
    without weight speak, all count alike. For `posterior` it is the mean, which
    `Predictor.annotated` replaces.

    Args:
        values: What each rater gave; NaN where nothing.
        policy: How to make one of several.
    """
    given = np.isfinite(values)
    summed = np.where(given, values, 0).sum(axis=0)
    nobodys = np.full(summed.shape, np.nan)
    mean = np.divide(summed, given.sum(axis=0), out=nobodys, where=given.any(axis=0))
    if policy == "median":
        several = given.sum(axis=0) > 1
        mean[several] = np.nanmedian(values[:, several], axis=0)
    elif policy == "ewe" and len(values) > 1:
        for j in range(values.shape[2]):
            weighed = ewe(np.ascontiguousarray(values[:, :, j])).value
            known = np.isfinite(weighed) & (given[:, :, j].sum(axis=0) > 1)
            mean[known, j] = weighed[known]
    return mean
