"""Hyper-parameters from observations: penalised type-II maximum likelihood.

Shared by the whole project, each dimension by itself, with a log-normal prior around
shipped defaults: never fitted to one clip's two labels alone.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float64
from scipy.optimize import minimize

from feltline.fewshot.gp.kernel import own_gradients
from feltline.fewshot.gp.observed import Observed
from feltline.fewshot.gp.shipped import NOISE_FLOOR
from feltline.fewshot.gp.solve import block_of, precision_of, shared_of, weights_of
from feltline.types import HyperParameters

__all__ = ["fit_hyperparameters"]

STIFFNESS: Final = {
    "offset_variance": 1.0,
    "track_slope": 1.0,
    "time_variance": 1.0,
    "time_scale_s": 0.7,
    "appearance_variance": 1.0,
    "appearance_scale": 0.5,
    "ridge": 1.0,
    "level": 0.5,
    "slope": 0.5,
    "noise": 0.7,
    "ambiguity": 0.7,
    "zero_shot_now": 0.3,
    "zero_shot_near": 0.3,
    "zero_shot_wide": 0.3,
}
"""Standard deviations of the prior around the shipped hyper-parameters, log-normal but
for the three weights."""

TRUST: Final = 0.05
"""Standard deviation of the prior around the sum of these three weights, on the same
scale. How to average the zero-shot prediction, a project may learn; learnt freely, the
sum gave up a third of a prediction that was right before the first label."""

FARTHEST: Final = 6.0
"""Farthest that learnt hyper-parameters may lie, in such standard deviations."""

MOST_OBSERVATIONS: Final = 600
"""Observations used to learn hyper-parameters; more cost time and change little."""

Vector = Float64[np.ndarray, " 14"]

DIGITS: Final = 9
"""So many digits after the point are kept of what was fitted: far fewer are known."""


def fit_hyperparameters(
    stretches: Sequence[Observed],
    around: Sequence[HyperParameters],
    *,
    rater_variance: Sequence[float | None],
    freedom: float = 1.0,
) -> tuple[HyperParameters, ...]:
    """The likeliest hyper-parameters near the given ones.

    `around` is the centre of the prior and `freedom` scales its standard deviations,
    `STIFFNESS`. Where several raters show the variance of one, the noise is that.
    Traces are left out: their many stretches would outweigh all judgements, and their
    errors are not those of a judgement.
    """
    some = _thinned([_judgements(own) for own in stretches])
    return tuple(
        _fitted(some, j, centre, rater_variance[j], freedom)
        for j, centre in enumerate(around)
    )


def _fitted(
    stretches: Sequence[Observed],
    dimension: int,
    around: HyperParameters,
    rater_variance: float | None,
    freedom: float,
) -> HyperParameters:
    """The same for one dimension; what nothing was said of stays as it is."""
    if not any(len(own.rows_with(dimension)) for own in stretches):
        return around
    stiffness = freedom * HyperParameters.in_order(STIFFNESS)
    centre = around.to_vector()
    # A line search may try steps at which the exponential overflows.
    low, high = centre - FARTHEST * stiffness, centre + FARTHEST * stiffness
    noise = HyperParameters.names().index("noise")
    low[noise] = np.log(NOISE_FLOOR)
    if rater_variance is not None:
        centre[noise] = low[noise] = high[noise] = np.log(rater_variance)

    weights = np.isin(HyperParameters.names(), _WEIGHTS)
    trust = freedom * TRUST

    def cost(vector: Vector) -> tuple[float, Vector]:
        away = (vector - centre) / stiffness
        astray = float((vector - centre)[weights].sum()) / trust
        value, slope = evidence(
            HyperParameters.from_vector(vector), stretches, dimension
        )
        slopes = HyperParameters.in_order(slope) + away / stiffness
        slopes += astray / trust * weights
        return value + (float(away @ away) + astray**2) / 2, slopes

    bounds = list(zip(low, np.maximum(high, low), strict=True))
    start = np.clip(centre, low, np.maximum(high, low))
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds)
    # The last bits depend on where in memory arrays lie; a model's name must not.
    return HyperParameters.from_vector(np.round(found.x, DIGITS))


def evidence(
    hyper: HyperParameters, stretches: Sequence[Observed], dimension: int
) -> tuple[float, dict[str, float]]:
    """Negative log likelihood of a project's observations, and its gradient.

    Rasmussen and Williams 2006, eqs. 5.8 and 5.9, block by block; of the shared part
    F' K^-1 F = I - A^-1 and F' K^-1 y = beta are used (both follow from eq. A.9).

    Returns:
        Value without its constant, and by name the derivatives: by the logarithms of
        positive hyper-parameters, and by the weights themselves.
    """
    rows = [own.rows_with(dimension) for own in stretches]
    stretches = [own for own, some in zip(stretches, rows, strict=True) if len(some)]
    blocks = [block_of(hyper, own, dimension) for own in stretches]
    width = blocks[0].features.shape[1]
    shared = shared_of(blocks, width)
    value = -float(shared.projection @ shared.mean) / 2
    value -= float(np.log(np.diag(shared.inverse_root)).sum())
    slope = dict.fromkeys(HyperParameters.names(), 0.0)
    for own, block in zip(stretches, blocks, strict=True):
        value += float(block.target @ block.target) / 2 + block.log_det
        weights = weights_of(block, shared)
        outer = precision_of(block, shared) - np.outer(weights, weights)
        _add_slopes(slope, hyper, own, dimension, outer)
        pull = weights if own.weight is None else own.weight[block.rows].T @ weights
        frames = own.features.zero_shot[:, :, dimension]
        if own.weight is None:
            frames = frames[block.rows]
        for name, more in zip(_WEIGHTS, frames.T @ pull, strict=True):
            slope[name] -= float(more)
    left = (shared.inverse_root**2).sum(axis=0)
    moved = 1 - left - shared.mean**2
    r = stretches[0].features.appearance.shape[1]  # columns of `shared_features`
    groups = {"ridge": moved[:r], "level": moved[r : r + 1], "slope": moved[r + 1 :]}
    for name, some in groups.items():
        slope[name] += float(some.sum()) / 2
    return value, slope


_WEIGHTS: Final = ("zero_shot_now", "zero_shot_near", "zero_shot_wide")


def _add_slopes(
    slope: dict[str, float],
    hyper: HyperParameters,
    own: Observed,
    dimension: int,
    outer: Float64[np.ndarray, "k k"],
) -> None:
    """Add one block's tr((K^-1 - w w') dK / d log h) / 2 per hyper-parameter h.

    For K = W C W' this is the trace with W' (K^-1 - w w') W of what C varies by.
    """
    rows, per_frame, some = own.rows_with(dimension), outer, own
    if own.weight is not None:
        per_frame = own.weight[rows].T @ outer @ own.weight[rows]
    elif len(rows) < len(own):
        some = own.some(rows)
    ambiguity = some.features.ambiguity[:, dimension]
    for name, matrix in own_gradients(hyper, some.features, some.apart).items():
        slope[name] += float((per_frame * matrix).sum()) / 2
    by_rater = hyper.noise * own.noise_factor[rows, dimension]
    slope["noise"] += float(np.diag(outer) @ by_rater) / 2
    slope["ambiguity"] += float(np.diag(per_frame) @ (hyper.ambiguity * ambiguity)) / 2


def _judgements(own: Observed) -> Observed:
    """Without the stretches of traces."""
    traced = own.trace >= 0
    return own.some(np.flatnonzero(~traced)) if traced.any() else own


def _thinned(stretches: Sequence[Observed]) -> list[Observed]:
    """At most `MOST_OBSERVATIONS`, evenly spread over tracks and times."""
    every = sum(len(own) for own in stretches)
    if every <= MOST_OBSERVATIONS:
        return list(stretches)
    at = np.linspace(0, every - 1, MOST_OBSERVATIONS).round().astype(np.int64)
    made, before = [], 0
    for own in stretches:
        here = at[(at >= before) & (at < before + len(own))] - before
        before += len(own)
        if len(here):
            made.append(own.some(here))
    return made
