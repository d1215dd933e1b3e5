"""How sure the machine is: intervals that hold what they promise.

The engine's own standard deviation is right in shape but not in size, and its errors
have longer tails than a Gaussian. So what is learnt is the **reach** of standardised
residuals: at each level p, the size that a share p of them does not exceed. An interval
at coverage p is the reach at p times the standard deviation; the confidence that an
error is within the tolerance is the level at which the reach gets there. Both read one
monotone curve, so intervals nest and never contradict confidence.

From enough clips on, the curve is that of the project's own leave-one-label-out
residuals (conformal ranks, Vovk et al. 2005, on jackknife residuals); before, one
learnt on walks through FER+ is used. Every result says which. There are no bins of
distance to the nearest label: the standard deviation carries it, and on walks intervals
hold as often far from labels as near them (docs/results), while labels that are left
out lie farther from the next label than most frames do.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64
from scipy.special import ndtr, ndtri

__all__ = ["ENOUGH_CLIPS", "LEVELS", "SHIPPED_REACH", "Calibration", "calibrate"]

ENOUGH_CLIPS: Final = 9
"""Clips from which the project's own residuals are used."""

LEVELS: Final = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
"""Shares at which reach is kept."""

SHIPPED_REACH: Final = np.array(
    [
        [0, 0.11, 0.22, 0.34, 0.47, 0.61, 0.76, 0.95, 1.18, 1.54, 1.89, 2.82],
        [0, 0.08, 0.17, 0.26, 0.37, 0.49, 0.64, 0.82, 1.06, 1.43, 1.76, 2.62],
    ]
)
"""Reach of the residuals of frames without labels on walks through FER+'s valid split
at 2, 4 and 10 labels per track, even and suggested; by `benchmarks/defaults.py`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """How far errors go, in the engine's standard deviations. q = `LEVELS`.

    Attributes:
        reach: Per dimension and level, strictly increasing.
        words: What it rests on.
    """

    reach: Float64[np.ndarray, "2 q"]
    words: str

    def half_width(
        self, variance: Float32[np.ndarray, "n 2"], coverage: float
    ) -> Float32[np.ndarray, "n 2"]:
        """Half the width of the interval that holds this share of the labels."""
        wide = np.array([_reach_at(one, coverage) for one in self.reach])
        return np.asarray(np.sqrt(variance) * wide, np.float32)

    def confidence(
        self, variance: Float32[np.ndarray, "n 2"], tolerance: float
    ) -> Float32[np.ndarray, " n"]:
        """Probability that both errors are within `tolerance`, taken as independent."""
        size = tolerance / np.sqrt(np.maximum(variance, 1e-12))
        share = [_level_at(one, size[:, j]) for j, one in enumerate(self.reach)]
        return np.asarray(np.prod(share, axis=0), np.float32)


def _reach_at(reach: Float64[np.ndarray, " q"], level: float) -> float:
    """Reach at any level; beyond the last one it grows as a Gaussian's does."""
    if level <= LEVELS[-1]:
        return float(np.interp(level, LEVELS, reach))
    last, asked = ndtri((1 + np.array([LEVELS[-1], level])) / 2)
    return float(reach[-1] * asked / last)


def _level_at(
    reach: Float64[np.ndarray, " q"], size: Float[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """The share of residuals up to this size: the inverse of `_reach_at`."""
    within = np.interp(size, reach, LEVELS)
    beyond = size > reach[-1]
    tail = size[beyond] / reach[-1] * ndtri((1 + LEVELS[-1]) / 2)
    within[beyond] = 2 * ndtr(tail) - 1
    return np.asarray(within)


def calibrate(residual: Float64[np.ndarray, "k 2"], n_clips: int) -> Calibration:
    """Learn the reach from the project's labels, or fall back on the shipped one.

    Args:
        residual: Standardised leave-one-label-out residuals.
        n_clips: From how many clips the labels come.
    """
    k = len(residual)
    if n_clips < ENOUGH_CLIPS:
        return Calibration(
            reach=SHIPPED_REACH,
            words=f"shipped residuals of walks through FER+ ({k} labels of {n_clips} "
            f"{'clip' if n_clips == 1 else 'clips'} here; the project's own residuals "
            f"serve from {ENOUGH_CLIPS} clips)",
        )
    return Calibration(
        reach=np.stack([conformal_reach(column) for column in residual.T]),
        words=f"leave-one-label-out residuals of {k} labels of {n_clips} clips",
    )


def conformal_reach(residual: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " q"]:
    """Order statistics of the sizes at the conformal ranks ceil((k + 1) p).

    A rank beyond the last residual is not known from k residuals: from there on the
    curve goes on as a Gaussian's does.
    """
    size, k = np.sort(np.abs(residual)), len(residual)
    rank = np.ceil(np.round((k + 1) * LEVELS, 9)).astype(int)
    known = rank <= k
    reach = np.where(rank > 0, size[np.clip(rank, 1, k) - 1], 0.0)
    gaussian = ndtri((1 + LEVELS) / 2)
    last = np.flatnonzero(known)[-1]
    if last:
        reach[~known] = reach[last] * gaussian[~known] / gaussian[last]
    # Residuals may repeat or be 0: a hair's breadth keeps the curve invertible.
    return np.asarray(np.maximum.accumulate(reach) + 1e-9 * np.arange(len(LEVELS)))
