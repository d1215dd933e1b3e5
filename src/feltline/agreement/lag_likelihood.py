"""Likelihood of a lag between two curves, from their correlation at each shift."""

from typing import Final

import numpy as np

from feltline.agreement.traces import GRID_S

__all__ = ["lag_likelihood"]

LEAST_OVERLAP_S: Final = 5.0
"""Shifts that leave less in common are not looked at."""


def lag_likelihood(
    own: np.ndarray, reference: np.ndarray, shifts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Log-likelihood and mean correlation of each shift; -inf where too little is left.

    All -inf and NaN where own or reference never move.
    """
    n, d = own.shape
    r = np.full((len(shifts), d), np.nan)
    least = max(2, min(round(LEAST_OVERLAP_S / GRID_S), n // 2))
    for at, shift in enumerate(shifts):
        mine, ref = _overlap(own, reference, int(shift))
        for j in range(d):
            r[at, j] = _correlation(mine[:, j], ref[:, j], least)
    total = np.zeros(len(shifts))
    for j in range(d):
        if np.isfinite(r[:, j]).any():
            best = int(np.nanargmax(r[:, j]))
            count = _effective(own[:, j], reference[:, j], int(shifts[best]))
            share = np.clip(r[:, j], 0, 1 - 1e-9)
            total += np.where(np.isfinite(share), -count / 2 * np.log1p(-(share**2)), 0)
    known = np.isfinite(r)
    mean = np.where(known, r, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    none = ~known.any(axis=1)
    return np.where(none, -np.inf, total), np.where(none, np.nan, mean)


def _overlap(
    own: np.ndarray, reference: np.ndarray, shift: int
) -> tuple[np.ndarray, np.ndarray]:
    """What was given `shift` points after what it is compared with."""
    left = max(len(own) - abs(shift), 0)  # none of a curve shorter than the shift
    if shift >= 0:
        return own[shift:], reference[:left]
    return own[:left], reference[-shift:]


def _correlation(x: np.ndarray, y: np.ndarray, least: int) -> float:
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < least:
        return float("nan")
    x, y = x[both] - x[both].mean(), y[both] - y[both].mean()
    spread = float((x @ x) * (y @ y))
    return float(x @ y) / spread**0.5 if spread > 1e-18 else float("nan")


def _effective(own: np.ndarray, reference: np.ndarray, shift: int) -> float:
    """Effective number of independent samples of a correlation (Bartlett 1946).

    n over the sum of the products of the autocorrelations of the reference and of what
    it leaves of the trace, up to where either is first not positive.
    """
    x, y = _overlap(own[:, None], reference[:, None], shift)
    both = np.isfinite(x[:, 0]) & np.isfinite(y[:, 0])
    x, y = x[both, 0] - x[both].mean(), y[both, 0] - y[both].mean()
    left = x - y * float(x @ y) / float(y @ y)
    n = len(left)
    products = _autocorrelation(left) * _autocorrelation(y)
    ends = np.flatnonzero(products <= 0)
    width = 2 * products[: ends[0] if len(ends) else n].sum() - 1
    return float(max(n / max(width, 1.0), 2.0))


def _autocorrelation(x: np.ndarray) -> np.ndarray:
    """At distances 0, 1, ..., 0 from where it is first not positive."""
    n = len(x)
    power = np.abs(np.fft.rfft(x, 2 * n)) ** 2
    rho = np.fft.irfft(power)[:n]
    if rho[0] < 1e-18:
        return np.asarray(np.eye(1, n)[0])
    rho = rho / rho[0]
    ends = np.flatnonzero(rho <= 0)
    if len(ends):
        rho[ends[0] :] = 0
    return np.asarray(rho)
