"""Expression classes: the encoder's opinion, the estimated affect, and human choices.

Where a face is said to be at +0.8 valence, anger is unlikely whatever the encoder
thinks of that one frame. So its probabilities are weighed by how near each class's term
lies to the estimate in the valence-arousal plane, which carries what people said of
other frames; then choices of people are added as counts.
"""

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from feltline.types import EXPRESSION_AFFECT, EXPRESSIONS

__all__ = ["contradicts", "expression_probabilities"]

PRIOR_COUNTS: Final = 1.0
"""What the encoder's weighed probabilities count, in human choices."""
UNKNOWN_COUNTS: Final = 0.2
"""What the even spread counts where the encoder has no opinion."""
TERM_SPREAD: Final = 0.3
"""Standard deviation of valence and arousal about a class's term. On walks through
FER+'s valid split 0.3 was best of 0.2, 0.3, 0.4 and 0.6."""

TELLING: Final = np.array([0.45, 0.55], np.float32)
"""A class speaks of valence, or of arousal, if its term is at least this far from 0 in
it. Happiness does not speak of arousal: the calm and content have no other class."""
OPPOSITE: Final = 0.2
"""A value contradicts its class from this far on the other side of 0."""


def expression_probabilities(
    closeness: Float[np.ndarray, "n k"],
    chosen: Int64[np.ndarray, " k"],
    prior: Float32[np.ndarray, "n 8"],
    affect: Float32[np.ndarray, "n 2"],
    variance: Float32[np.ndarray, "n 2"],
) -> Float32[np.ndarray, "n 8"]:
    """Mean of a Dirichlet: the weighed prior's counts plus human choices.

    Args:
        closeness: How much each label says about each frame, from 0 to 1.
        chosen: Class of each label, -1 where none was given.
        prior: The encoder's class probabilities, NaN where it has none.
        affect: Estimated valence and arousal.
        variance: Of these.

    Returns:
        Probabilities; NaN where there is neither a choice nor a prior.
    """
    n_classes = len(EXPRESSIONS)
    known = np.isfinite(prior).all(axis=1, keepdims=True)
    weighed = np.where(known, prior, 1.0) * _likelihood(affect, variance)
    weighed /= _row_sums(weighed)
    counts = weighed * np.where(known, PRIOR_COUNTS, UNKNOWN_COUNTS)
    given = chosen >= 0
    # The fourth power of closeness: frames that share half of what can be shared are no
    # evidence of the same class.
    telling = np.square(np.square(closeness[:, given]))
    counts += telling @ np.eye(n_classes, dtype=telling.dtype)[chosen[given]]
    share = counts / _row_sums(counts)
    if not given.any():
        share = np.where(known, share, np.nan)
    return np.asarray(share, np.float32)


def _likelihood(
    affect: Float32[np.ndarray, "n 2"], variance: Float32[np.ndarray, "n 2"]
) -> Float[np.ndarray, "n 8"]:
    """Gaussian density of each estimate about each class's term, up to a factor."""
    precision = -0.5 / (variance.astype(np.float64) + TERM_SPREAD**2)
    apart = [affect[:, j : j + 1] - EXPRESSION_AFFECT[:, j] for j in range(2)]
    exponent = sum(apart[j] ** 2 * precision[:, j : j + 1] for j in range(2))
    return np.asarray(np.exp(exponent))


def _row_sums(counts: Float[np.ndarray, "n 8"]) -> Float[np.ndarray, "n 1"]:
    """As `sum(axis=1)`, which is slow along so short an axis."""
    return np.asarray(counts @ np.ones((counts.shape[1], 1)))


def contradicts(
    affect: Float32[np.ndarray, "n 2"], expression: Int64[np.ndarray, " n"]
) -> Bool[np.ndarray, " n"]:
    """Where a class and the quadrant of its value cannot both be right.

    Happiness at -0.5 valence, say. Classes whose term lies near an axis (contempt, and
    surprise in valence) do not speak of that dimension; neutral never contradicts.

    Args:
        affect: Valence and arousal.
        expression: Class, -1 = none.
    """
    term = np.vstack([EXPRESSION_AFFECT, np.zeros((1, 2), np.float32)])[expression]
    other_side = np.sign(term) * affect <= -OPPOSITE
    return np.asarray((other_side & (np.abs(term) >= TELLING)).any(axis=1))
