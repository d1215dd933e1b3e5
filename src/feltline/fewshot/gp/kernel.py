"""The covariance of labels, and what the hyper-parameters do in it.

For each dimension, the label of frame i of track c, at time t, with appearance features
x and zero-shot predictions f (as they are and averaged over time; u = those of all
dimensions, averaged over 0.1 s):

    label = f . w + level + x . ridge weights              (shared by the project)
          + offset of c + u . (slopes of c)                (the track's own)
          + GP_time(t) + GP_appearance(x)                  (likewise)
          + noise of variance noise + ambiguity * (label ambiguity of the frame)

The track's own part has the covariance

    k(i, j) = offset + track_slope * u_i . u_j
              + time * matern(|t_i - t_j|) + appearance * rbf(x_i, x_j)

with the Matern 3/2 function of `time_scale_s` (Rasmussen and Williams 2006, eq. 4.17)
and the squared exponential of `appearance_scale` (eq. 4.9). The shared part is linear
(eq. 2.11): w is Gaussian around the hyper-parameters `zero_shot_*` with variance
`slope`, so labels anywhere in the project recalibrate the zero-shot prediction. Each
track recalibrates it once more for itself: where an encoder takes one person's sneer
for a smile, valence falls there as its prediction of either dimension rises. Labels
of a track reach its other frames through time and appearance; those of other tracks
reach them through the shared part alone, but for what observations of both weigh.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from feltline.fewshot.gp.features import SMOOTHING_SCALES_S, TrackFeatures
from feltline.types import HyperParameters

__all__ = [
    "Distances",
    "Matrix",
    "as_similarity",
    "distances",
    "local_covariance",
    "local_variance",
    "own_covariance",
    "own_features",
    "own_gradients",
    "own_share",
    "prior_mean",
    "shared_features",
]

Matrix = Float[np.ndarray, "a b"]

_NEAR: Final = SMOOTHING_SCALES_S.index(0.1)
"""Scale of the zero-shot predictions that a track weighs for itself. On the rated clips
it beat the predictions as they are, and their mean over 0.3 s."""

APART: Final = 1e9
"""Distance of frames of different tracks: what depends on distance is exactly 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Distances of two groups of frames of a block, each (a, b).

    Computed once for a fit that then tries many hyper-parameters.

    Attributes:
        time_s: Absolute differences of time.
        appearance: Squared distances of appearance features.
    """

    time_s: Matrix
    appearance: Matrix


def distances(
    a: TrackFeatures, b: TrackFeatures, dtype: type = np.float32
) -> Distances:
    """Distances in time, and squared distances in appearance."""
    x: np.ndarray = a.appearance.astype(dtype)
    y: np.ndarray = b.appearance.astype(dtype)
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)[None]
    gap = np.subtract.outer(a.time_s, b.time_s, dtype=dtype, casting="same_kind")
    apart = Distances(np.abs(gap), np.maximum(squares - 2 * (x @ y.T), 0))
    if a.track is not None or b.track is not None:
        other = np.not_equal.outer(a.track_number, b.track_number)
        apart.time_s[other] = apart.appearance[other] = APART
    return apart


def _terms(
    hyper: HyperParameters, apart: Distances
) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """Scaled time gap, time term, scaled squared distance, appearance term."""
    number = apart.time_s.dtype.type  # a Python float would widen float32 arrays
    u = apart.time_s * number(np.sqrt(3) / hyper.time_scale_s)
    near = number(hyper.time_variance) * (1 + u) * np.exp(-u)
    q = apart.appearance / number(hyper.appearance_scale**2)
    return u, near, q, number(hyper.appearance_variance) * np.exp(-q / 2)


def local_covariance(hyper: HyperParameters, apart: Distances) -> Matrix:
    """The part of `own_covariance` that differs from frame to frame, (a, b)."""
    _, near, _, similar = _terms(hyper, apart)
    return np.asarray(near + similar)


def local_variance(hyper: HyperParameters) -> float:
    """The diagonal of `local_covariance` of a group of frames with itself."""
    return hyper.time_variance + hyper.appearance_variance


def own_features(
    hyper: HyperParameters, features: TrackFeatures
) -> Float32[np.ndarray, "a s"]:
    """Features whose products are the covariance of a track's offset and slopes.

    Columns: one for the offset, the zero-shot predictions of all dimensions; scaled as
    those of `shared_features` are, but with weights that each track has for itself.
    """
    offset, slope = np.sqrt(
        np.array([hyper.offset_variance, hyper.track_slope], np.float32)
    )
    every = slope * features.zero_shot[:, _NEAR]
    return np.insert(every, 0, offset, axis=1)


def own_covariance(
    hyper: HyperParameters, features: TrackFeatures, apart: Distances
) -> Matrix:
    """Covariance of the tracks' own parts, (a, a), of frames so far apart; no noise."""
    lines = own_features(hyper, features).astype(apart.time_s.dtype)
    same = apart.time_s < APART
    return np.asarray(local_covariance(hyper, apart) + same * (lines @ lines.T))


def own_share(
    hypers: Sequence[HyperParameters], features: TrackFeatures
) -> Float32[np.ndarray, " a"]:
    """Squared intraclass correlation of labels of a frame, averaged over dimensions.

    Of what labels say beyond the shared part, how much is the track's own and not noise
    or label ambiguity: near 1 where labels lie off the zero-shot prediction for whole
    stretches, near 0 where it is right but for noise.
    """
    total = np.zeros(len(features), np.float32)
    for j, hyper in enumerate(hypers):
        lines = own_features(hyper, features)
        own = local_variance(hyper) + (lines**2).sum(axis=1)
        noise = hyper.noise + hyper.ambiguity * features.ambiguity[:, j]
        total += np.square(own / (own + noise))
    return np.asarray(total / len(hypers), np.float32)


def own_gradients(
    hyper: HyperParameters, features: TrackFeatures, apart: Distances
) -> dict[str, Matrix]:
    """Derivatives of `own_covariance` by the logarithms of what it depends on."""
    u, near, q, similar = _terms(hyper, apart)
    same = (apart.time_s < APART).astype(apart.time_s.dtype)
    lines = features.zero_shot[:, _NEAR].astype(apart.time_s.dtype)
    return {
        "offset_variance": hyper.offset_variance * same,
        "track_slope": hyper.track_slope * same * (lines @ lines.T),
        "time_variance": near,
        # d/dlog(scale) of (1 + u) exp(-u) with u = sqrt(3) gap / scale is u^2 exp(-u).
        "time_scale_s": hyper.time_variance * u**2 * np.exp(-u),
        "appearance_variance": similar,
        "appearance_scale": similar * q,
    }


def shared_features(
    hyper: HyperParameters, features: TrackFeatures, dimension: int
) -> Float[np.ndarray, "a r"]:
    """Features whose products are the covariance of the shared part.

    Columns: appearance, one for the level, the zero-shot predictions; each scaled by
    its deviation, so that the weights are standard normal beforehand.
    """
    ridge, level, slope = np.sqrt(
        np.array([hyper.ridge, hyper.level, hyper.slope])
    ).astype(np.float32)
    return np.concatenate(
        [
            ridge * features.appearance,
            np.full((len(features), 1), level, np.float32),
            slope * features.zero_shot[:, :, dimension],
        ],
        axis=1,
    )


def prior_mean(
    hyper: HyperParameters, features: TrackFeatures, dimension: int
) -> Float[np.ndarray, " a"]:
    """What the zero-shot predictions say before any label is seen."""
    weights = [hyper.zero_shot_now, hyper.zero_shot_near, hyper.zero_shot_wide]
    return np.asarray(features.zero_shot[:, :, dimension] @ np.array(weights))


def as_similarity(hypers: Sequence[HyperParameters], parts: Sequence[Matrix]) -> Matrix:
    """How much frames have in common in time and appearance, in [0, 1], (a, b).

    `parts` are `local_covariance` per dimension; the shares of their largest values
    are averaged.
    """
    size = [len(parts) * local_variance(h) for h in hypers]
    total: np.ndarray = parts[0] * parts[0].dtype.type(1 / size[0])
    for part, one in zip(parts[1:], size[1:], strict=True):
        total += part * part.dtype.type(1 / one)
    return total
