"""How sure the machine is: intervals that hold what they promise.

The engine's own variance is right in shape but not always in size. One factor per
dimension corrects it: the quantile of the standardised leave-one-label-out residuals at
the wanted coverage, over the quantile a Gaussian would have (split conformal, Vovk et
al. 2005, on jackknife residuals). It is learnt from the project's own labels once they
come from enough clips; before that, shipped factors are used, and every result says so.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64
from scipy.special import erf
from scipy.stats import norm

__all__ = ["ENOUGH_CLIPS", "SHIPPED_FACTOR", "Calibration", "calibrate"]

ENOUGH_CLIPS: Final = 9
"""Clips from which the project's own residuals are used."""

SHIPPED_FACTOR: Final = np.array([0.9, 0.95])
"""What 90 % intervals needed on the held-out frames of the rated clips, all else learnt
from the other clips (`benchmarks/rated_clips.py`): 0.46 to 0.87 for valence, 0.69 to
0.93 for arousal, from 2 to 6 suggested labels per clip, by the default encoder and by
geometry alone. Rounded up, to err on the wide side."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What the engine's standard deviations are multiplied by.

    Attributes:
        factor: Per dimension.
        coverage: The share of intervals meant to hold the label.
        words: What the factor rests on.
    """

    factor: Float64[np.ndarray, " 2"]
    coverage: float
    words: str

    def half_width(
        self, variance: Float32[np.ndarray, "n 2"]
    ) -> Float32[np.ndarray, "n 2"]:
        """Half the width of the interval at `coverage`."""
        wide = float(norm.ppf((1 + self.coverage) / 2))
        return np.asarray(wide * np.sqrt(variance) * self.factor, np.float32)

    def confidence(
        self, variance: Float32[np.ndarray, "n 2"], tolerance: float
    ) -> Float32[np.ndarray, " n"]:
        """Probability that both errors are within `tolerance`, taken as independent."""
        spread = np.sqrt(variance) * self.factor
        within = erf(tolerance / np.maximum(spread, 1e-6) / np.sqrt(2))
        return np.asarray(within.prod(axis=1), np.float32)


def calibrate(
    residual: Float64[np.ndarray, "k 2"], n_clips: int, coverage: float
) -> Calibration:
    """Learn the factor from the project's labels, or fall back on the shipped one.

    Args:
        residual: Standardised leave-one-label-out residuals.
        n_clips: From how many clips the labels come.
        coverage: Wanted share of intervals that hold the label, in (0, 1).
    """
    k = len(residual)
    rank = int(np.ceil((k + 1) * coverage))
    if n_clips < ENOUGH_CLIPS or rank > k:
        return Calibration(
            factor=SHIPPED_FACTOR,
            coverage=coverage,
            words=f"shipped factors ({k} labels of {n_clips} "
            f"{'clip' if n_clips == 1 else 'clips'} here; the project's own residuals "
            f"serve from {ENOUGH_CLIPS} clips)",
        )
    reach = np.sort(np.abs(residual), axis=0)[rank - 1]
    return Calibration(
        factor=reach / norm.ppf((1 + coverage) / 2),
        coverage=coverage,
        words=f"leave-one-label-out residuals of {k} labels of {n_clips} clips",
    )
