"""Banded dynamic time warping of traces onto their mean (Sakoe and Chiba 1978).

Warping always makes traces more alike, chance likeness included. So agreement is given
before and after, and after the same was done to traces that can have nothing in common:
each shifted around by a part of its own length.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.agreement.pairs_of_raters import mean_pair, pairwise
from feltline.agreement.traces import standardised
from feltline.errors import ShapeError

__all__ = ["Aligned", "dtw_align", "warping_path"]

MOST_CELLS: Final = 4_000_000
"""Times by width of the band; beyond it, take a coarser grid."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aligned:
    """Traces warped onto their mean. r traces, n times.

    Attributes:
        value: Aligned values, in the units they came in.
        shift_s: By how much later than the mean each trace says what it says of each
            time.
        ccc_before: Mean concordance of two traces as they came.
        ccc_after: The same after warping.
        ccc_by_chance: The same after warping traces that were shifted around, so that
            they have nothing in common.
    """

    value: Float64[np.ndarray, "r n"]
    shift_s: Float64[np.ndarray, "r n"]
    ccc_before: float
    ccc_after: float
    ccc_by_chance: float


def dtw_align(
    values: Float64[np.ndarray, "r n"],
    *,
    band_s: float,
    time_s: Float64[np.ndarray, " n"],
) -> Aligned:
    """Align traces on an even grid of times.

    Args:
        values: Two traces or more, without gaps, on one grid.
        band_s: Most that a time may be moved.
        time_s: The grid, in seconds.

    Raises:
        ShapeError: If a value is missing, or the band makes the problem too large.
    """
    if not np.isfinite(values).all():
        raise ShapeError(
            "warping needs traces without gaps: cut them to the times that all have"
        )
    r, n = values.shape
    step = float(time_s[1] - time_s[0]) if n > 1 else 1.0
    band = round(band_s / step)
    if n * (2 * band + 1) > MOST_CELLS:
        raise ShapeError(
            f"{n} times and a band of {band} steps are too many to warp; resample to "
            f"a coarser grid, or take a narrower band"
        )
    aligned, shift = _warped(values, band)
    around = np.stack([np.roll(own, i * n // r) for i, own in enumerate(values)])
    return Aligned(
        value=aligned,
        shift_s=shift * step,
        ccc_before=mean_pair(pairwise(values).ccc),
        ccc_after=mean_pair(pairwise(aligned).ccc),
        ccc_by_chance=mean_pair(pairwise(_warped(around, band)[0]).ccc),
    )


def _warped(values: np.ndarray, band: int) -> tuple[np.ndarray, np.ndarray]:
    """Values and shifts in steps, each trace on the mean of the standardised."""
    z = standardised(values)
    reference = z.mean(axis=0)
    aligned, shift = np.empty_like(values), np.empty_like(values)
    for i, own in enumerate(z):
        path = warping_path(own, reference, band)
        at = np.arange(len(reference))
        count = np.bincount(path[:, 1], minlength=len(at))
        aligned[i] = np.bincount(path[:, 1], values[i, path[:, 0]], len(at)) / count
        shift[i] = np.bincount(path[:, 1], path[:, 0], len(at)) / count - at
    return aligned, shift


def warping_path(
    own: Float64[np.ndarray, " n"], reference: Float64[np.ndarray, " n"], band: int
) -> np.ndarray:
    """Pairs (own, reference) of least squared difference within a band, (p, 2)."""
    n = len(own)
    width = 2 * band + 1
    # cost[i, k]: own[i] against reference[i + k - band]; inf outside.
    at = np.arange(n)[:, None] + np.arange(width) - band
    inside = (at >= 0) & (at < n)
    apart = (own[:, None] - reference[np.clip(at, 0, n - 1)]) ** 2
    apart = np.where(inside, apart, np.inf)
    total = np.full((n, width), np.inf)
    for i in range(n):
        row = apart[i]
        if i == 0:
            before = np.full(width, np.inf)
            before[band] = 0.0
        else:  # from (i - 1, j - 1) or (i - 1, j): the same place or one on
            before = np.minimum(total[i - 1], np.append(total[i - 1, 1:], np.inf))
        best = np.inf
        own_row = total[i]
        for k in range(width):  # or from (i, j - 1), so one after the other
            best = min(best, float(before[k])) + float(row[k])
            own_row[k] = best
    return _traced(total, band)


def _traced(total: np.ndarray, band: int) -> np.ndarray:
    """The path back from the end, the shorter way where two cost the same."""
    i, k = len(total) - 1, band
    width = total.shape[1]
    path = [(i, i)]
    while i > 0 or i + k - band > 0:
        ways = []
        if i > 0:
            ways.append((total[i - 1, k], (i - 1, k)))
            if k + 1 < width:
                ways.append((total[i - 1, k + 1], (i - 1, k + 1)))
        if k > 0:
            ways.append((total[i, k - 1], (i, k - 1)))
        i, k = min(ways, key=lambda way: way[0])[1]
        path.append((i, i + k - band))
    return np.array(path[::-1])
