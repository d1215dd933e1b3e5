"""Expression classes: zero-shot probabilities, the predicted value, human choices.

A Dirichlet posterior. Where a face is said to be at +0.8 valence, anger is unlikely
whatever the encoder thinks of that one frame. So its probabilities are weighed by how
near each class's place lies to the predicted value, which carries what people said of
other frames; then choices of people are added as counts.
"""

from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from feltline.types import LabelSchema

__all__ = ["contradicts", "expression_probabilities"]

PRIOR_COUNTS: Final = 1.0
"""What the encoder's weighed probabilities count, in human choices."""
UNKNOWN_COUNTS: Final = 0.2
"""What the even spread counts where the encoder has none."""
PLACE_SPREAD: Final = 0.3
"""Standard deviation of a value about its class's place. On walks through FER+'s valid
split 0.3 was best of 0.2, 0.3, 0.4 and 0.6."""

FAR_FROM_ZERO: Final = {"valence": 0.45, "arousal": 0.55}
"""A class speaks of a dimension if its place is at least this far from 0 in it (0.5 in
others). Happiness does not speak of arousal: the calm and content have no other
class."""
OPPOSITE: Final = 0.2
"""A value contradicts its class from this far on the other side of 0."""


def expression_probabilities(
    similarity: Float[np.ndarray, "n k"],
    chosen: Int64[np.ndarray, " k"],
    prior: Float32[np.ndarray, "n c"],
    value: Float32[np.ndarray, "n m"],
    variance: Float32[np.ndarray, "n m"],
    places: Float[np.ndarray, "c m"],
) -> Float32[np.ndarray, "n c"]:
    """Mean of a Dirichlet: the weighed prior's counts plus human choices.

    Args:
        similarity: How much each choice says about each frame, from 0 to 1.
        chosen: Class of each choice, -1 where none was given.
        prior: The encoder's class probabilities, NaN where it has none.
        value: Predicted values on the unit scale.
        variance: Of these.
        places: Typical value of each class, NaN where none is known.

    Returns:
        Probabilities; NaN where there is neither a choice nor a prior.
    """
    n_classes = prior.shape[1]
    if not n_classes:
        return prior
    known = np.isfinite(prior).all(axis=1, keepdims=True)
    weighed = np.where(known, prior, 1.0) * _likelihood(value, variance, places)
    weighed /= np.maximum(_row_sums(weighed), np.finfo(np.float64).tiny)
    counts = weighed * np.where(known, PRIOR_COUNTS, UNKNOWN_COUNTS)
    given = chosen >= 0
    # The fourth power of similarity: frames that share half of what can be shared are
    # no evidence of the same class.
    near = np.square(np.square(similarity[:, given]))
    counts += near @ np.eye(n_classes, dtype=near.dtype)[chosen[given]]
    share = counts / np.maximum(_row_sums(counts), np.finfo(np.float64).tiny)
    if not given.any():
        share = np.where(known, share, np.nan)
    return np.asarray(share, np.float32)


def _likelihood(
    value: Float32[np.ndarray, "n m"],
    variance: Float32[np.ndarray, "n m"],
    places: Float[np.ndarray, "c m"],
) -> Float[np.ndarray, "n c"]:
    """Gaussian density of each value about each class's place, up to a factor.

    A class without a place in a dimension is as likely there as the others on average.
    """
    precision = -0.5 / (variance.astype(np.float64) + PLACE_SPREAD**2)
    exponent = np.zeros((len(value), len(places)))
    for j, column in enumerate(places.T):
        there = np.isfinite(column)
        if not there.any():
            continue
        apart = value[:, j : j + 1] - column[there].astype(np.float32)
        term = apart**2 * precision[:, j : j + 1]
        exponent[:, there] += term
        if not there.all():
            exponent[:, ~there] += term.mean(axis=1, keepdims=True)
    return np.exp(exponent)


def _row_sums(counts: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "n 1"]:
    """As `sum(axis=1)`, which is slow along so short an axis."""
    return np.asarray(counts @ np.ones((counts.shape[1], 1)))


def contradicts(
    value: Float[np.ndarray, "n m"],
    expression: Int64[np.ndarray, " n"],
    schema: LabelSchema,
) -> Bool[np.ndarray, " n"]:
    """Where a class and the side of its value cannot both be right.

    Happiness at -0.5 valence, say. Classes whose place lies near an axis (contempt, and
    surprise in valence) do not speak of that dimension; neutral never contradicts.
    """
    none = np.zeros((1, len(schema.dimensions)))
    place = np.vstack([np.nan_to_num(schema.places), none])[expression]
    far = np.array([FAR_FROM_ZERO.get(name, 0.5) for name in schema.dimension_names])
    other_side = np.sign(place) * value <= -OPPOSITE
    # Places are kept to two digits: 0.55 as stored may lie a hair below 0.55.
    return np.asarray((other_side & (np.abs(place) >= far - 1e-6)).any(axis=1))
