"""What two frames' labels have in common, and the hyper-parameters of it.

For each dimension (valence, arousal), the label of frame i of track c, at time t, with
looks x and opinions f (the encoder's own value, as it is and averaged over time):

    label = f . w + level + x . ridge weights              (shared by the project)
          + offset of c + GP_time(t) + GP_appearance(x)    (the track's own)
          + noise of variance noise + doubt * (how torn the encoder is)

The track's own part has the covariance

    k(i, j) = offset + time * matern(|t_i - t_j|) + appearance * rbf(x_i, x_j)

with the Matern 3/2 function of `time_scale_s` and the Gaussian of `appearance_scale`.
The shared part is linear: w is Gaussian around the hyper-parameters `opinion_*` with
variance `slope`, so labels anywhere in the project recalibrate the opinion. Labels of a
track reach its other frames through time and looks; those of other tracks reach them
through the shared part alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float64

from feltline.fewshot.gp.features import Points

__all__ = [
    "NAMES",
    "NEUTRAL",
    "SHIPPED",
    "SHIPPED_BLIND",
    "HyperParameters",
    "Theta",
    "as_closeness",
    "closeness",
    "expected",
    "label_noise",
    "own_covariance",
    "own_gradients",
    "own_variance",
    "pair_up",
    "shared_features",
    "shared_groups",
    "telling",
    "with_offset",
]

NAMES: Final = (
    "offset",
    "time",
    "time_scale_s",
    "appearance",
    "appearance_scale",
    "ridge",
    "level",
    "slope",
    "noise",
    "doubt",
    "opinion_now",
    "opinion_near",
    "opinion_wide",
)
"""Order of the hyper-parameters: variances in squared label units, time in seconds,
appearance_scale in the unit of looks. The last three are weights; of the others the
logarithm is kept."""

N_LOGS: Final = NAMES.index("opinion_now")
NOISE: Final = NAMES.index("noise")


def _packed(*columns: tuple[float, ...]) -> Float64[np.ndarray, "2 13"]:
    """Hyper-parameters from columns of values in the order of `NAMES`."""
    values = np.array(columns)
    values[:, :N_LOGS] = np.log(values[:, :N_LOGS])
    return values


# fmt: off
NEUTRAL: Final = _packed(
    *[(0.03, 0.02, 1.0, 0.06, 0.7, 0.03, 0.02, 0.03, 0.004, 0.03, 0.3, 0.3, 0.2)] * 2
)
"""Where learning starts when the shipped values may not be used, as in a benchmark on
the clips that these were learnt from."""
SHIPPED: Final = _packed(
    (0.0137, 0.0030, 1.58, 0.0103, 1.01, 0.0114, 0.0184, 0.0248, 0.0025, 0.0188,
     0.284, 0.150, 0.087),
    (0.0102, 0.0026, 1.61, 0.0089, 1.12, 0.0141, 0.0183, 0.0263, 0.0025, 0.0231,
     0.346, 0.301, 0.033),
)
"""The defaults, (2, 13): valence, arousal. Learnt from the five rated clips as the
default encoder sees them, by `benchmarks/defaults.py`."""
SHIPPED_BLIND: Final = _packed(
    (0.0226, 0.0034, 1.13, 0.0098, 0.92, 0.0275, 0.0218, 0.03, 0.0025, 0.03,
     0.3, 0.3, 0.2),
    (0.0128, 0.0029, 1.55, 0.0182, 1.04, 0.0271, 0.0200, 0.03, 0.0025, 0.03,
     0.3, 0.3, 0.2),
)
"""The same for encoders without an opinion of valence and arousal, where labels alone
carry it; learnt as the geometry encoder sees them (slope, doubt and weights, which then
multiply nothing, are where learning starts)."""
# fmt: on

Theta = Float64[np.ndarray, " 13"]
HyperParameters = Float64[np.ndarray, "2 13"]
Matrix = Float[np.ndarray, "a b"]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Distances of two groups of frames of one track, each (a, b).

    Computed once for a fit that then tries many hyper-parameters.
    """

    apart_s: Matrix
    apart_look: Matrix


def pair_up(a: Points, b: Points, dtype: type = np.float32) -> Pairs:
    """Distances in time, and squared distances in looks."""
    x: np.ndarray = a.look.astype(dtype)
    y: np.ndarray = b.look.astype(dtype)
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)[None]
    return Pairs(
        np.abs(np.subtract.outer(a.time_s, b.time_s), dtype=dtype, casting="same_kind"),
        np.maximum(squares - 2 * (x @ y.T), 0),
    )


def _terms(theta: Theta, pairs: Pairs) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """Scaled time gap, time term, scaled squared distance of looks, looks term."""
    value = np.exp(theta[:N_LOGS]).astype(pairs.apart_s.dtype)
    u = pairs.apart_s * (value.dtype.type(np.sqrt(3)) / value[2])
    near = value[1] * (1 + u) * np.exp(-u)
    q = pairs.apart_look / value[4] ** 2
    return u, near, q, value[3] * np.exp(-q / 2)


def telling(theta: Theta, pairs: Pairs) -> Matrix:
    """The part of `own_covariance` that differs from frame to frame, (a, b)."""
    _, near, _, similar = _terms(theta, pairs)
    return np.asarray(near + similar)


def own_covariance(theta: Theta, pairs: Pairs) -> Matrix:
    """Covariance of the track's own part, (a, b), without noise."""
    return with_offset(theta, telling(theta, pairs))


def with_offset(theta: Theta, part: Matrix) -> Matrix:
    """`own_covariance` from its `telling` part."""
    return np.asarray(part + part.dtype.type(np.exp(theta[0])))


def own_variance(theta: Theta) -> float:
    """The diagonal of `own_covariance` of a group with itself."""
    return float(np.exp(theta[0]) + np.exp(theta[1]) + np.exp(theta[3]))


def own_gradients(theta: Theta, pairs: Pairs) -> list[Matrix]:
    """Derivatives of `own_covariance` by the first five hyper-parameters."""
    value = np.exp(theta[:N_LOGS]).astype(pairs.apart_s.dtype)
    u, near, q, similar = _terms(theta, pairs)
    return [
        np.full_like(near, value[0]),
        near,
        value[1] * u**2 * np.exp(-u),
        similar,
        similar * q,
    ]


def shared_features(
    theta: Theta, points: Points, dimension: int
) -> Float[np.ndarray, "a r"]:
    """Features whose products are the covariance of the shared part.

    Columns: looks, one for the level, the opinions; each scaled by its deviation, so
    that the weights are standard normal beforehand.
    """
    ridge, level, slope = np.exp(theta[5:8] / 2).astype(np.float32)
    return np.concatenate(
        [
            ridge * points.look,
            np.full((len(points), 1), level, np.float32),
            slope * points.opinion[:, :, dimension],
        ],
        axis=1,
    )


def shared_groups(width: int) -> list[slice]:
    """Columns of `shared_features` by hyper-parameter: ridge, level, slope."""
    n_looks = width - 1 - (len(NAMES) - N_LOGS)
    return [slice(0, n_looks), slice(n_looks, n_looks + 1), slice(n_looks + 1, width)]


def expected(theta: Theta, points: Points, dimension: int) -> Float[np.ndarray, " a"]:
    """What the opinions say before any label is seen."""
    return np.asarray(points.opinion[:, :, dimension] @ theta[N_LOGS:])


def label_noise(
    theta: Theta,
    points: Points,
    dimension: int,
    raters: Float[np.ndarray, " a"] | float,
) -> Float64[np.ndarray, " a"]:
    """Variance of a label about the curve: the raters' part and the encoder's doubt.

    Args:
        theta: Hyper-parameters of this dimension.
        points: The frames.
        dimension: 0 = valence, 1 = arousal.
        raters: How many raters' mean each label is.
    """
    torn = np.exp(theta[NOISE + 1]) * points.doubt[:, dimension]
    return np.asarray(np.exp(theta[NOISE]) / raters + torn, np.float64)


def closeness(theta: HyperParameters, a: Points, b: Points) -> Matrix:
    """How much frames of one track have in common in time and looks, in [0, 1], (a, b).

    The part of their own covariance that differs from frame to frame, as a share of its
    largest value, averaged over both dimensions.
    """
    pairs = pair_up(a, b)
    return as_closeness(theta, [telling(one, pairs) for one in theta])


def as_closeness(theta: HyperParameters, parts: Sequence[Matrix]) -> Matrix:
    """`closeness` from what `telling` gave for each dimension."""
    size = len(theta) * (np.exp(theta[:, 1]) + np.exp(theta[:, 3]))
    total: np.ndarray = parts[0] * parts[0].dtype.type(1 / size[0])
    for part, one in zip(parts[1:], size[1:], strict=True):
        total += part * part.dtype.type(1 / one)
    return total
