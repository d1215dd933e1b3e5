"""Expression classes: human choices carried over by the same closeness as values."""

from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Int64

from feltline.types import EXPRESSIONS

__all__ = ["expression_probabilities"]

PRIOR_COUNTS: Final = 1.0
"""What the encoder's class probabilities weigh, in human choices."""
UNKNOWN_COUNTS: Final = 0.2
"""What the even spread weighs where the encoder has no opinion."""


def expression_probabilities(
    closeness: Float[np.ndarray, "n k"],
    chosen: Int64[np.ndarray, " k"],
    prior: Float32[np.ndarray, "n 8"],
) -> Float32[np.ndarray, "n 8"]:
    """Mean of a Dirichlet: the prior's counts plus kernel-weighted human choices.

    Args:
        closeness: How much each label says about each frame, from 0 to 1.
        chosen: Class of each label, -1 where none was given.
        prior: The encoder's class probabilities, NaN where it has none.

    Returns:
        Probabilities; NaN where there is neither a choice nor a prior.
    """
    n_classes = len(EXPRESSIONS)
    known = np.isfinite(prior).all(axis=1, keepdims=True)
    even = np.float32(UNKNOWN_COUNTS / n_classes)
    counts = np.where(known, PRIOR_COUNTS * prior, even)
    given = chosen >= 0
    counts = counts + closeness[:, given] @ np.eye(n_classes)[chosen[given]]
    share = counts / counts.sum(axis=1, keepdims=True)
    if not given.any():
        share = np.where(known, share, np.nan)
    return np.asarray(share, np.float32)
