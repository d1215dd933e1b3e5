"""Expression classes: the encoder's probabilities, the predicted value, human choices.

A Dirichlet posterior. Its prior are the encoder's class probabilities, adjusted to the
material at hand (`adjusted_prior`) and weighed by how near each class's place lies to
the predicted value, which carries what people said of other frames: where a face is
said to be at +0.8 valence, anger is unlikely whatever the encoder thinks of that one
frame. Choices of people are added as counts.

How far the encoder is believed is read from the project's hyper-parameters
(`kernel.own_share`): about 0.25 on walks through FER+'s valid split, 0.8 on the rated
clips.

`LOGIT_ADJUSTMENT`, `PLACE_WEIGHT`, `PRIOR_COUNTS` and `CHOICE_EXPONENT` were learnt
together on the 29 rated clips that have classes, and rounded: affect-s+geometry, 0, 1,
2, 3, 4 and 6 labels per clip, suggested and even frames, least negative log likelihood.
Without a fifth of the persons they come to 0.47-0.70, 0.26-0.29, 0.18-0.29 and 1.7-2.5.
`benchmarks/expression_constants.py` learns them anew. The raters of the clips are a
vision language model, not people.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64

from feltline.fewshot.gp.features import classes_of
from feltline.types import LabelSchema

__all__ = [
    "NEAR_S",
    "adjusted_prior",
    "contradicts",
    "expression_probabilities",
]

PRIOR_COUNTS: Final = 0.2
"""What the weighed prior counts, in human choices of the very frame."""
UNKNOWN_COUNTS: Final = 0.08
"""What the even spread counts where the encoder has no probabilities; learnt on the
rated clips without them."""
CHOICE_EXPONENT: Final = 2.5
"""Exponent of the similarity of frames, to be divided by the own share. 2 and 3 are as
good on the rated clips. On walks, where strangers look alike, an exponent of 2 that is
not divided cost .03 of accuracy."""
PLACE_SPREAD: Final = 0.3
"""Standard deviation of a value about its class's place. On walks through FER+'s valid
split 0.3 was best of 0.2, 0.3, 0.4 and 0.6. Means and covariances of the rated photos
of each class in the places' stead were no better."""
PLACE_WEIGHT: Final = 0.25
"""Exponent of that density: the value and the probabilities come from the same network,
so that counting it in full counts much of what the network sees twice."""
LOGIT_ADJUSTMENT: Final = 0.6
"""Exponent of the inverse class shares (logit adjustment, Menon et al. 2021), to be
multiplied by the own share. One shift per class, learnt on the clips, was no better."""
NEAR_S: Final = 0.1
"""Standard deviation in seconds of the mean over neighbours that the prior is blended
with; 0.3 is as good."""
LEAST: Final = 1e-3
"""Added to each probability: no network is surer than this."""

PHOTO_SHARES: Final = np.array(
    [[0.337, 0.267, 0.121, 0.140, 0.084, 0.010, 0.030, 0.010]], np.float32
)
"""Share of each of `EXPRESSIONS` among the votes of FER+'s train split, what an encoder
trained on it expects where it cannot tell; the shipped ones are."""

FAR_FROM_ZERO: Final = {"valence": 0.45, "arousal": 0.55}
"""A class speaks of a dimension if its place is at least this far from 0 in it (0.5 in
others). Happiness does not speak of arousal: the calm and content have no other
class."""
OPPOSITE: Final = 0.2
"""A value contradicts its class from this far on the other side of 0."""


def adjusted_prior(
    probability: Float32[np.ndarray, "n c"],
    near: Float32[np.ndarray, "n c"],
    own_share: Float32[np.ndarray, " n"],
    class_names: Sequence[str],
) -> Float32[np.ndarray, "n c"]:
    """The encoder's class probabilities, corrected for what it was trained on.

    The more a track has of its own, the more a face's class is taken from its
    neighbours in time, and the less the class prior counts that the encoder learnt from
    photos: people in front of a camera are neutral or happy less often.

    Args:
        probability: The encoder's, NaN where it has none.
        near: The same averaged over neighbours in time.
        own_share: Of each frame, see `kernel.own_share`.
        class_names: Of the columns.

    Returns:
        Probabilities that sum to 1; NaN where there are none.
    """
    if not class_names:
        return probability
    shares = np.nan_to_num(classes_of(PHOTO_SHARES, class_names), nan=1.0)
    own = own_share[:, None]
    near = np.where(np.isfinite(near), near, probability)  # beside a face without any
    z = (1 - own) * np.log(probability + np.float32(LEAST))
    z += own * np.log(near + np.float32(LEAST))
    z -= np.float32(LOGIT_ADJUSTMENT) * own * np.log(shares + np.float32(LEAST))
    made = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(made / _row_sums(made), np.float32)


def expression_probabilities(  # noqa: PLR0913 - each a thing of its own
    similarity: Float[np.ndarray, "n k"],
    chosen: Int64[np.ndarray, " k"],
    prior: Float32[np.ndarray, "n c"],
    own_share: Float32[np.ndarray, " n"],
    value: Float32[np.ndarray, "n m"],
    variance: Float32[np.ndarray, "n m"],
    places: Float[np.ndarray, "c m"],
) -> Float32[np.ndarray, "n c"]:
    """Mean of a Dirichlet: the weighed prior's counts plus human choices.

    Args:
        similarity: How much each choice has in common with each frame, from 0 to 1.
        chosen: Class of each choice, -1 where none was given.
        prior: From `adjusted_prior`, NaN where there is none.
        own_share: Of each frame, see `kernel.own_share`.
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
    if given.any():
        near = _choice_weight(similarity[:, given], own_share)
        counts += near @ np.eye(n_classes, dtype=near.dtype)[chosen[given]]
    share = counts / np.maximum(_row_sums(counts), np.finfo(np.float64).tiny)
    if not given.any():
        share = np.where(known, share, np.nan)
    return np.asarray(share, np.float32)


def _choice_weight(
    similarity: Float[np.ndarray, "n k"], own_share: Float32[np.ndarray, " n"]
) -> Float[np.ndarray, "n k"]:
    """What a choice counts for a frame: 1 for the very frame, less for others.

    The less a track has of its own, the less its frames say of one another.
    """
    number = similarity.dtype.type
    power = number(CHOICE_EXPONENT) / np.maximum(own_share, number(0.01)).astype(number)
    log = np.log(np.maximum(similarity, np.finfo(number).tiny))
    return np.asarray(np.exp(power[:, None] * log))


def _likelihood(
    value: Float32[np.ndarray, "n m"],
    variance: Float32[np.ndarray, "n m"],
    places: Float[np.ndarray, "c m"],
) -> Float[np.ndarray, "n c"]:
    """Tempered Gaussian density of each value about each class's place, up to a factor.

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
    return np.asarray(np.exp(PLACE_WEIGHT * exponent))


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
