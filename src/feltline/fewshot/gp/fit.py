"""Hyper-parameters from labels: penalised type-II maximum likelihood.

Shared by the whole project, each dimension by itself, with a log-normal prior around
shipped defaults: never fitted to one clip's two labels alone.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float64
from scipy.optimize import minimize

from feltline.fewshot.gp.kernel import (
    N_LOGS,
    NAMES,
    NOISE,
    HyperParameters,
    Theta,
    label_noise,
    own_gradients,
    shared_groups,
)
from feltline.fewshot.gp.solve import (
    Labelled,
    block_of,
    labelled,
    precision_of,
    shared_of,
    weights_of,
)
from feltline.types import DIMENSIONS

__all__ = ["NOISE_FLOOR", "fit_hyperparameters"]

NOISE_FLOOR: Final = 0.05**2
"""Least variance of one rater's label. A rater who judges the same frame again differs
by about 0.07, so no label is exact, however well one clip's labels happen to agree."""

STIFFNESS: Final = np.array(
    [1.0, 1.0, 0.7, 1.0, 0.5, 1.0, 0.5, 0.5, 0.7, 0.7, 0.3, 0.3, 0.3]
)
"""Standard deviations of the prior around the shipped hyper-parameters, log-normal but
for the three weights."""

REACH: Final = 6.0
"""Farthest that learnt hyper-parameters may lie, in such standard deviations."""

MOST_LABELS: Final = 600
"""Labels used to learn hyper-parameters; more cost time and change little."""

Grouped = Sequence[Sequence[Labelled]]


def fit_hyperparameters(
    projects: Grouped,
    around: HyperParameters,
    *,
    rater_variance: Float64[np.ndarray, " 2"] | None = None,
    freedom: float = 1.0,
) -> HyperParameters:
    """The likeliest hyper-parameters near the given ones.

    Args:
        projects: Labels by project and track. Projects share hyper-parameters but not
            the shared weights; usually there is one.
        around: Centre of the prior.
        rater_variance: Of one rater's label, where several raters tell; else the noise
            is learnt too.
        freedom: Scales the prior's standard deviations, `STIFFNESS`.
    """
    stiffness = freedom * STIFFNESS
    projects = _thinned(projects)
    learnt = []
    for j in range(len(DIMENSIONS)):
        centre = around[j].copy()
        # A line search may try steps at which the exponential overflows.
        low, high = centre - REACH * stiffness, centre + REACH * stiffness
        low[NOISE] = np.log(NOISE_FLOOR)
        if rater_variance is not None:
            centre[NOISE] = low[NOISE] = high[NOISE] = np.log(rater_variance[j])

        def cost(
            theta: Theta, j: int = j, centre: Theta = centre
        ) -> tuple[float, Theta]:
            away = (theta - centre) / stiffness
            value, slope = float(away @ away) / 2, away / stiffness
            for labels in projects:
                more, steeper = evidence(theta, labels, j)
                value, slope = value + more, slope + steeper
            return value, slope

        bounds = list(zip(low, np.maximum(high, low), strict=True))
        start = np.clip(centre, low, np.maximum(high, low))
        found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds)
        learnt.append(found.x)
    return np.stack(learnt)


def evidence(
    theta: Theta, labels: Sequence[Labelled], dimension: int
) -> tuple[float, Theta]:
    """Negative log likelihood of one project's labels, and its gradient.

    Rasmussen and Williams 2006, eqs. 5.8 and 5.9, block by block; of the shared part
    F' K^-1 F = I - A^-1 and F' K^-1 y = beta are used.
    """
    blocks = [block_of(theta, own, dimension) for own in labels]
    width = blocks[0].features.shape[1]
    shared = shared_of(blocks, width)
    value = -float(shared.told @ shared.mean) / 2
    value -= float(np.log(np.diag(shared.inverse_root)).sum())
    slope = np.zeros(len(NAMES))
    for own, block in zip(labels, blocks, strict=True):
        value += float(block.target @ block.target) / 2 + block.log_det
        weights = weights_of(block, shared)
        outer = precision_of(block, shared) - np.outer(weights, weights)
        for at, matrix in enumerate(own_gradients(theta, own.pairs)):
            slope[at] += float((outer * matrix).sum()) / 2
        diagonal = np.diag(outer)
        by_rater = np.exp(theta[NOISE]) / own.raters
        every = label_noise(theta, own.points, dimension, own.raters)
        slope[NOISE] += float(diagonal @ by_rater) / 2
        slope[NOISE + 1] += float(diagonal @ (every - by_rater)) / 2
        slope[N_LOGS:] -= own.points.opinion[:, :, dimension].T @ weights
    left = (shared.inverse_root**2).sum(axis=0)
    moved = 1 - left - shared.mean**2
    for at, columns in enumerate(shared_groups(width)):
        slope[5 + at] += float(moved[columns].sum()) / 2
    return value, slope


def _thinned(projects: Grouped) -> Grouped:
    """At most `MOST_LABELS`, evenly spread over tracks and times."""
    every = sum(len(own) for labels in projects for own in labels)
    if every <= MOST_LABELS:
        return projects
    at = np.linspace(0, every - 1, MOST_LABELS).round().astype(np.int64)
    made, before = [], 0
    for labels in projects:
        some = []
        for own in labels:
            here = at[(at >= before) & (at < before + len(own))] - before
            before += len(own)
            if len(here):
                points = own.points.at(here)
                some.append(labelled(points, own.affect[here], own.raters[here]))
        if some:
            made.append(some)
    return made
