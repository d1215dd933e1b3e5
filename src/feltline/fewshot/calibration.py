"""Calibration: intervals that hold what they promise, confidence that is a share.

The engine's own standard deviation is right in shape but not in size, and its errors
have longer tails than a Gaussian. So **residual quantiles** are learnt: at each level
p, the size that a share p of the standardised residuals does not exceed. An interval at
coverage p is that quantile times the standard deviation; the confidence that an error
is within the tolerance is the level at which the quantile gets there. Both read one
monotone curve, so intervals nest and never contradict confidence.

From enough clips on, the curve is that of the project's own leave-one-judgement-out
residuals of frames judged blind (conformal ranks, Vovk et al. 2005, on jackknife
residuals); before, one learnt on walks through FER+ is used. Every result says which.
There are no bins of distance to the nearest observation: the standard deviation carries
it, and on walks intervals hold as often far from labels as near them (docs/results).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64
from scipy.special import ndtr, ndtri

from feltline.types import Calibration

__all__ = [
    "ENOUGH_CLIPS",
    "LEVELS",
    "SHIPPED_QUANTILES",
    "calibrate",
    "confidence",
    "half_width",
    "shipped_calibration",
]

ENOUGH_CLIPS: Final = 9
"""Clips from which the project's own residuals are used."""

LEVELS: Final = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
"""Shares at which residual quantiles are kept."""

SHIPPED_QUANTILES: Final = {
    "valence": [0, 0.12, 0.24, 0.36, 0.49, 0.62, 0.76, 0.93, 1.14, 1.48, 1.82, 2.60],
    "arousal": [0, 0.12, 0.23, 0.36, 0.49, 0.63, 0.79, 0.98, 1.21, 1.56, 1.86, 2.50],
}
"""Those of frames without labels on walks through FER+'s valid split at 1, 2, 4 and 10
labels per track, even and suggested; by `benchmarks/defaults.py`. Other dimensions take
the wider ones, valence's."""


def half_width(
    calibration: Calibration, variance: Float32[np.ndarray, "n m"], coverage: float
) -> Float32[np.ndarray, "n m"]:
    """Half the width of the interval that holds this share of the labels."""
    rows = calibration.residual_quantiles
    wide = np.array([_quantile_at(one, coverage) for one in rows])
    return np.asarray(np.sqrt(variance) * wide, np.float32)


def confidence(
    calibration: Calibration, variance: Float32[np.ndarray, "n m"], tolerance: float
) -> Float32[np.ndarray, " n"]:
    """Probability that all errors are within `tolerance`, taken as independent."""
    size = tolerance / np.sqrt(np.maximum(variance, 1e-12))
    rows = calibration.residual_quantiles
    share = [_level_at(one, size[:, j]) for j, one in enumerate(rows)]
    return np.asarray(np.prod(share, axis=0), np.float32)


def _quantile_at(quantiles: Float64[np.ndarray, " q"], level: float) -> float:
    """Quantile at any level; beyond the last one it grows as a Gaussian's does."""
    if level <= LEVELS[-1]:
        return float(np.interp(level, LEVELS, quantiles))
    last, asked = ndtri((1 + np.array([LEVELS[-1], level])) / 2)
    return float(quantiles[-1] * asked / last)


def _level_at(
    quantiles: Float64[np.ndarray, " q"], size: Float[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """The share of residuals up to this size: the inverse of `_quantile_at`."""
    within = np.interp(size, quantiles, LEVELS)
    beyond = size > quantiles[-1]
    tail = size[beyond] / quantiles[-1] * ndtri((1 + LEVELS[-1]) / 2)
    within[beyond] = 2 * ndtr(tail) - 1
    return np.asarray(within)


def shipped_calibration(
    dimensions: Sequence[str], n_judgements: int = 0, n_clips: int = 0
) -> Calibration:
    """The shipped quantiles, and how many judgements there are so far."""
    wider = SHIPPED_QUANTILES["valence"]
    return Calibration(
        residual_quantiles=np.array(
            [SHIPPED_QUANTILES.get(name, wider) for name in dimensions], np.float64
        ),
        source=f"shipped residuals of walks through FER+ ({n_judgements} blind "
        f"judgements of {n_clips} {'clip' if n_clips == 1 else 'clips'} here; the "
        f"project's own residuals serve from {ENOUGH_CLIPS} clips)",
        is_own=False,
        n_judgements=n_judgements,
        n_clips=n_clips,
    )


def calibrate(
    residual: Float64[np.ndarray, "k m"], clip: Sequence[str], dimensions: Sequence[str]
) -> Calibration:
    """Learn residual quantiles from the project, or fall back on the shipped ones.

    Args:
        residual: Standardised leave-one-judgement-out residuals of frames judged blind;
            NaN in dimensions that were not given.
        clip: Clip of each.
        dimensions: Names of the dimensions. One that too few clips speak of keeps the
            shipped quantiles.
    """
    there = np.isfinite(residual)
    every = np.array(clip, dtype=object)
    n_clips = len(set(every[there.any(axis=1)]))
    k = int(there.any(axis=1).sum())
    shipped = shipped_calibration(dimensions, k, n_clips)
    quantiles, own = shipped.residual_quantiles.copy(), []
    for j, name in enumerate(dimensions):
        if len(set(every[there[:, j]])) >= ENOUGH_CLIPS:
            quantiles[j] = conformal_quantiles(residual[there[:, j], j])
            own.append(name)
    if not own:
        return shipped
    rest = [name for name in dimensions if name not in own]
    others = f"; {', '.join(rest)}: {shipped.source}" if rest else ""
    return Calibration(
        residual_quantiles=quantiles,
        source=f"leave-one-judgement-out residuals of {k} blind judgements of "
        f"{n_clips} clips{others}",
        is_own=True,
        n_judgements=k,
        n_clips=n_clips,
    )


def conformal_quantiles(
    residual: Float64[np.ndarray, " k"],
) -> Float64[np.ndarray, " q"]:
    """Order statistics of the sizes at the conformal ranks ceil((k + 1) p).

    A rank beyond the last residual is not known from k residuals: from there on the
    curve goes on as a Gaussian's does.
    """
    size, k = np.sort(np.abs(residual)), len(residual)
    rank = np.ceil(np.round((k + 1) * LEVELS, 9)).astype(int)
    known = rank <= k
    quantiles = np.where(rank > 0, size[np.clip(rank, 1, k) - 1], 0.0)
    gaussian = ndtri((1 + LEVELS) / 2)
    last = np.flatnonzero(known)[-1]
    if last:
        quantiles[~known] = quantiles[last] * gaussian[~known] / gaussian[last]
    # Residuals may repeat or be 0: a hair's breadth keeps the curve invertible.
    hair = 1e-9 * np.arange(len(LEVELS))
    return np.asarray(np.maximum.accumulate(quantiles) + hair)
