"""The covariance of two frames' labels, and its hyper-parameters.

For each dimension (valence, arousal), with frames i, j of tracks c_i, c_j at times t
and with looks x:

    k(i, j) = [c_i = c_j] (offset + time * matern(|t_i - t_j|)
                           + appearance * rbf(x_i, x_j))
              + ridge * x_i . x_j + level + slope * prior_i * prior_j

matern is the Matern 3/2 function of `time_scale_s`, rbf the Gaussian of
`appearance_scale`. The encoder's prior, where it has one, is also the mean, so `slope`
is the variance of its recalibration around 1, and `level` that of the common offset.
Labels of a track reach its other frames through time and looks; labels of other tracks
reach them through ridge, slope and level.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

__all__ = [
    "NAMES",
    "SHIPPED",
    "SHIPPED_BLIND",
    "HyperParameters",
    "Points",
    "between",
    "closeness",
    "covariance",
    "gradients",
    "variance",
]

NAMES: Final = (
    "offset",
    "time",
    "time_scale_s",
    "appearance",
    "appearance_scale",
    "ridge",
    "noise",
)
"""Order of the hyper-parameters: variances in squared label units, time in seconds,
appearance_scale in the unit of looks."""

LEVEL: Final = 0.05
SLOPE: Final = 0.1

SHIPPED: Final = np.log(
    [
        [0.0141, 0.0029, 1.53, 0.0124, 1.009, 0.0118, 0.0025],
        [0.0103, 0.0029, 1.72, 0.0101, 1.069, 0.0139, 0.0025],
    ]
)
"""Logarithms of the defaults, (2, 7): valence, arousal. Fitted to the five rated clips
as the default encoder sees them, by `benchmarks/rated_clips.py --fit`."""
SHIPPED_BLIND: Final = np.log(
    [
        [0.0221, 0.0034, 1.13, 0.0098, 0.925, 0.0275, 0.0025],
        [0.0128, 0.0028, 1.55, 0.0186, 1.049, 0.0271, 0.0025],
    ]
)
"""The same for encoders without an opinion of valence and arousal, where labels alone
carry it; fitted with `--encoder geometry`."""

Theta = Float64[np.ndarray, " 7"]
HyperParameters = Float64[np.ndarray, "2 7"]
Matrix = Float[np.ndarray, "a b"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Frames as the kernel sees them.

    Attributes:
        track: Which track each frame belongs to, as a number.
        time_s: When it is shown.
        look: Its appearance features.
        prior: The encoder's own valence and arousal, 0 where it has none.
    """

    track: Int64[np.ndarray, " a"]
    time_s: Float64[np.ndarray, " a"]
    look: Float32[np.ndarray, "a r"]
    prior: Float32[np.ndarray, "a 2"]

    def __len__(self) -> int:
        return len(self.track)

    def at(self, index: np.ndarray | slice) -> "Points":
        """The chosen frames."""
        return Points(
            track=self.track[index],
            time_s=self.time_s[index],
            look=self.look[index],
            prior=self.prior[index],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Between:
    """What a covariance is made of, before hyper-parameters come in.

    Computed once for a fit that then tries many hyper-parameters.
    """

    same: Matrix
    apart_s: Matrix
    apart_look: Matrix
    alike: Matrix


def between(a: Points, b: Points) -> _Between:
    """Distances and products of two groups of frames, each (a, b)."""
    dot = a.look @ b.look.T
    squares = (a.look**2).sum(axis=1)[:, None] + (b.look**2).sum(axis=1)[None]
    return _Between(
        same=(a.track[:, None] == b.track[None]).astype(np.float32),
        apart_s=np.abs(a.time_s[:, None] - b.time_s[None]).astype(np.float32),
        apart_look=np.maximum(squares - 2 * dot, 0),
        alike=dot,
    )


def _terms(theta: Theta, b: _Between) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """Scaled time gap, time term, scaled squared distance of looks, looks term."""
    value = np.exp(theta).astype(np.float32)
    u = b.apart_s * np.float32(np.sqrt(3) / value[2])
    near = value[1] * (1 + u) * np.exp(-u)
    q = b.apart_look / value[4] ** 2
    return u, near, q, value[3] * np.exp(-q / 2)


def covariance(
    theta: Theta, a: Points, b: Points, dimension: int, parts: _Between | None = None
) -> Matrix:
    """Covariance of the latent labels of two groups of frames, (a, b), without noise.

    Args:
        theta: Logarithms of the hyper-parameters of this dimension.
        a: First group.
        b: Second group.
        dimension: 0 = valence, 1 = arousal.
        parts: `between(a, b)` if at hand.
    """
    parts = parts or between(a, b)
    value = np.exp(theta).astype(np.float32)
    _, near, _, similar = _terms(theta, parts)
    total = parts.same * (value[0] + near + similar) + value[5] * parts.alike
    prior = np.outer(a.prior[:, dimension], b.prior[:, dimension])
    return np.asarray(total + np.float32(LEVEL) + np.float32(SLOPE) * prior)


def variance(theta: Theta, a: Points, dimension: int) -> Float[np.ndarray, " a"]:
    """The diagonal of `covariance(theta, a, a, dimension)`, in linear time."""
    value = np.exp(theta).astype(np.float32)
    total = value[0] + value[1] + value[3] + value[5] * (a.look**2).sum(axis=1)
    return np.asarray(total + LEVEL + SLOPE * a.prior[:, dimension] ** 2)


def closeness(theta: Float64[np.ndarray, "2 7"], a: Points, b: Points) -> Matrix:
    """How much frames of one track have in common in time and looks, in [0, 1], (a, b).

    The part of the covariance that differs from frame to frame, as a share of its
    largest value, averaged over both dimensions; 0 between tracks.
    """
    parts = between(a, b)
    shares = []
    for one in theta:
        _, near, _, similar = _terms(one, parts)
        shares.append((near + similar) / np.float32(np.exp(one[1]) + np.exp(one[3])))
    return np.asarray(parts.same * np.mean(shares, axis=0))


def gradients(theta: Theta, parts: _Between) -> list[Matrix]:
    """Derivatives of the covariance by each log hyper-parameter but the noise."""
    value = np.exp(theta).astype(np.float32)
    u, near, q, similar = _terms(theta, parts)
    return [
        parts.same * value[0],
        parts.same * near,
        parts.same * value[1] * u**2 * np.exp(-u),
        parts.same * similar,
        parts.same * similar * q,
        value[5] * parts.alike,
    ]
