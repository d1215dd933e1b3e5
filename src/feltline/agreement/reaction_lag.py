"""Reaction lag of raters: by how much a trace comes after what it speaks of.

The lag is where the correlation of levels is largest (Mariooryad and Busso 2015 look at
the same with mutual information); derivatives were tried and miss short lags. The
log-likelihood of a lag is -n/2 log(1 - r^2) with n the effective number of independent
samples, from the autocorrelation of what is left. Lags of several raters have a common
mean (empirical Bayes), around which they may lie far away: Student's t, three degrees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64

from feltline.agreement.traces import (
    GRID_S,
    check_traces,
    common_grid,
    resampled,
)
from feltline.errors import ShapeError
from feltline.types.traces import Trace

__all__ = ["LagPrior", "Lags", "estimate_lags"]

ROUNDS: Final = 4
"""Rounds of lags against the mean of the others; from then on they hardly move."""

LEAST_OVERLAP_S: Final = 5.0
"""Shifts that leave less in common are not looked at."""

DEGREES: Final = 3.0
"""Of Student's t, in which lags lie around their common mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LagPrior:
    """What is expected of lags before any trace is seen.

    Attributes:
        mean_s: Common mean of raters.
        mean_sd_s: Standard deviation of the common mean over tasks.
        sd_s: Scale of raters around it.
    """

    mean_s: float = 1.0
    mean_sd_s: float = 0.5
    sd_s: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lags:
    """Reaction lags, one per trace (r).

    Attributes:
        lag_s: Lag in [0, most_s]; NaN where the trace never moves, or moves with
            nothing else.
        low_s: Lower end of its 90 % interval.
        high_s: Upper end.
        relative_s: Lag less the mean of all.
        correlation: With the reference at that lag, mean over dimensions.
        moves: Whether the trace moves at all.
        mean_s: Common mean; that of the prior where no level was given.
        is_mean_known: Whether a level was given, so that the common mean was seen.
    """

    lag_s: Float64[np.ndarray, " r"]
    low_s: Float64[np.ndarray, " r"]
    high_s: Float64[np.ndarray, " r"]
    relative_s: Float64[np.ndarray, " r"]
    correlation: Float64[np.ndarray, " r"]
    moves: Bool[np.ndarray, " r"]
    mean_s: float
    is_mean_known: bool


def estimate_lags(
    traces: Sequence[Trace],
    *,
    level: Trace | None = None,
    most_s: float = 6.0,
    prior: LagPrior | None = None,
    within: Sequence[tuple[float, float]] | None = None,
) -> Lags:
    """Reaction lags of traces of one stretch of video.

    Args:
        traces: One per rater; all of the same dimensions.
        level: What was to be rated, where it is known. Without it, each trace is
            compared with the mean of the others: only differences between raters are
            seen, and their mean is taken to be that of the prior.
        most_s: Largest lag, and largest difference of two.
        prior: What is expected of lags.
        within: Stretches of the video, from and to in seconds, whose content alone is
            compared: what a lag was in each third of a trace, say. None = all.

    Raises:
        ShapeError: If there is no trace, only one without a level, or the dimensions
            differ.
    """
    prior = prior or LagPrior()
    check_traces(traces if level is None else [level, *traces])
    if level is None and len(traces) < 2:
        raise ShapeError(
            "the lag of a single trace can only be found against a known level; give "
            "the level, or traces of several raters"
        )
    time_s = common_grid(traces if level is None else [level, *traces])
    own = np.stack([resampled(trace, time_s) for trace in traces])
    moves = np.array([bool((np.ptp(t.value, axis=0) > 0).any()) for t in traces])
    is_used = _within(time_s, within)
    if level is not None:
        shifts = np.arange(round(most_s / GRID_S) + 1)
        known = np.where(is_used[:, None], resampled(level, time_s), np.nan)
        reference = np.broadcast_to(known, own.shape)
        return _against_level(own, reference, shifts, moves, prior)
    return _against_others(own, round(most_s / GRID_S), moves, is_used, prior)


def _within(
    time_s: np.ndarray, stretches: Sequence[tuple[float, float]] | None
) -> np.ndarray:
    if stretches is None:
        return np.ones(len(time_s), bool)
    made = np.zeros(len(time_s), bool)
    for first, last in stretches:
        made |= (time_s >= first) & (time_s < last)
    return made


def _against_level(
    own: np.ndarray,
    reference: np.ndarray,
    shifts: np.ndarray,
    moves: np.ndarray,
    prior: LagPrior,
) -> Lags:
    fits = [_fit(mine, ref, shifts) for mine, ref in zip(own, reference, strict=True)]
    likelihood = np.stack([fit for fit, _ in fits])
    seen = moves & np.isfinite(likelihood).any(axis=1)
    lag_s = shifts * GRID_S
    mean_s = prior.mean_s
    if seen.any():
        mean_s = _common_mean(likelihood[seen], lag_s, prior)
    around = _student(lag_s, mean_s, prior.sd_s)
    best, low, high = _posterior(likelihood + around, lag_s)
    return _lags(
        (best, low, high),
        _correlation_at([r for _, r in fits], best, lag_s),
        moves=seen,
        mean_s=mean_s,
        is_mean_known=True,
    )


def _against_others(
    own: np.ndarray,
    most: int,
    moves: np.ndarray,
    is_used: np.ndarray,
    prior: LagPrior,
) -> Lags:
    shifts = np.arange(-most, most + 1)
    lag_s = shifts * GRID_S
    r = len(own)
    relative = np.zeros(r)
    around = _student(lag_s, 0.0, prior.sd_s)
    fits: list[tuple[np.ndarray, np.ndarray]] = []
    ends = (relative, relative, relative)
    for _ in range(ROUNDS):
        aligned = _standard(_shifted_back(own, np.round(relative / GRID_S)))
        aligned[:, ~is_used] = np.nan
        fits = [
            _fit(own[i], _mean_of_others(aligned, moves, i), shifts) for i in range(r)
        ]
        ends = _posterior(np.stack([fit for fit, _ in fits]) + around, lag_s)
        seen = moves & np.isfinite(ends[0])
        centre = float(ends[0][seen].mean()) if seen.any() else 0.0
        relative = np.where(seen, ends[0] - centre, 0.0)
    seen = moves & np.isfinite(ends[0])
    correlation = _correlation_at([r for _, r in fits], ends[0], lag_s)
    shift = prior.mean_s - centre
    within = [np.clip(end + shift, 0.0, most * GRID_S) for end in ends]
    return _lags(
        (within[0], within[1], within[2]),
        correlation,
        moves=seen,
        mean_s=prior.mean_s,
        is_mean_known=False,
        relative_s=ends[0] - centre,
    )


def _lags(
    ends: tuple[np.ndarray, np.ndarray, np.ndarray],
    correlation: np.ndarray,
    *,
    moves: np.ndarray,
    mean_s: float,
    is_mean_known: bool,
    relative_s: np.ndarray | None = None,
) -> Lags:
    best, low, high = (np.where(moves, end, np.nan) for end in ends)
    if relative_s is None:
        relative_s = best - (best[moves].mean() if moves.any() else 0.0)
    return Lags(
        lag_s=best,
        low_s=low,
        high_s=high,
        relative_s=np.where(moves, relative_s, np.nan),
        correlation=np.where(moves, correlation, np.nan),
        moves=moves,
        mean_s=mean_s,
        is_mean_known=is_mean_known,
    )


def _fit(
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
    n = len(own)
    if shift >= 0:
        return own[shift:], reference[: n - shift]
    return own[: n + shift], reference[-shift:]


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
    return max(n / max(width, 1.0), 2.0)


def _autocorrelation(x: np.ndarray) -> np.ndarray:
    """At distances 0, 1, ..., 0 from where it is first not positive."""
    n = len(x)
    power = np.abs(np.fft.rfft(x, 2 * n)) ** 2
    rho = np.fft.irfft(power)[:n]
    if rho[0] < 1e-18:
        return np.eye(1, n)[0]
    rho = rho / rho[0]
    ends = np.flatnonzero(rho <= 0)
    if len(ends):
        rho[ends[0] :] = 0
    return np.asarray(rho)


def _common_mean(likelihood: np.ndarray, lag_s: np.ndarray, prior: LagPrior) -> float:
    """Most probable common mean, the lags of the raters integrated out."""
    around = np.exp(_student(lag_s[:, None], lag_s[None, :], prior.sd_s))
    around /= around.sum(axis=0)
    scaled = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    evidence = np.log(scaled @ around).sum(axis=0)
    evidence -= 0.5 * ((lag_s - prior.mean_s) / prior.mean_sd_s) ** 2
    return float(lag_s[evidence.argmax()])


def _student(
    x: np.ndarray, middle: float | np.ndarray, scale: float
) -> Float64[np.ndarray, "..."]:
    """Log density of Student's t, up to a constant."""
    return np.asarray(
        -(DEGREES + 1) / 2 * np.log1p(((x - middle) / scale) ** 2 / DEGREES)
    )


def _posterior(
    log: np.ndarray, lag_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mode (by a parabola through the top) and 90 % interval of each row."""
    made = np.full((3, len(log)), np.nan)
    for i, row in enumerate(log):
        if not np.isfinite(row).any():
            continue
        top = int(row.argmax())
        made[0, i] = lag_s[top] + GRID_S * _vertex(row, top)
        share = np.exp(row - row[top])
        cumulative = np.cumsum(share) / share.sum()
        made[1:, i] = np.interp([0.05, 0.95], cumulative, lag_s)
    return made[0], np.minimum(made[1], made[0]), np.maximum(made[2], made[0])


def _vertex(row: np.ndarray, top: int) -> float:
    """Where the parabola through the top and its neighbours is highest, in steps."""
    if not 0 < top < len(row) - 1:
        return 0.0
    left, middle, right = row[top - 1 : top + 2]
    bend = left - 2 * middle + right
    if not np.isfinite(bend) or bend >= 0:
        return 0.0
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5))


def _correlation_at(
    rows: Sequence[np.ndarray], best: np.ndarray, lag_s: np.ndarray
) -> np.ndarray:
    made = np.full(len(best), np.nan)
    for i, (row, at) in enumerate(zip(rows, best, strict=True)):
        if np.isfinite(at):
            made[i] = row[int(np.abs(lag_s - at).argmin())]
    return made


def _shifted_back(own: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Each trace (r, n, d) taken back by its steps; NaN where nothing is left."""
    made = np.full(own.shape, np.nan)
    n = own.shape[1]
    for i, step in enumerate(steps.astype(int)):
        if step >= 0:
            made[i, : n - step] = own[i, step:]
        else:
            made[i, -step:] = own[i, : n + step]
    return made


def _standard(curves: np.ndarray) -> np.ndarray:
    """Each trace (r, n, d) on one scale."""
    centred = curves - np.nanmean(curves, axis=1, keepdims=True)
    spread = np.sqrt(np.nanmean(centred**2, axis=1, keepdims=True))
    return np.asarray(centred / np.where(spread > 1e-9, spread, np.inf))


def _mean_of_others(aligned: np.ndarray, moves: np.ndarray, i: int) -> np.ndarray:
    """Mean of the moving traces but one, NaN where none has a value."""
    use = moves.copy()
    use[i] = False
    values = aligned[use]
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0)
    return np.divide(
        total, count, out=np.full(aligned.shape[1:], np.nan), where=count > 0
    )
