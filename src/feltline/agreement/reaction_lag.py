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

from feltline.agreement.lag_likelihood import lag_likelihood
from feltline.agreement.traces import (
    GRID_S,
    check_traces,
    common_grid,
    resampled,
)
from feltline.errors import ShapeError
from feltline.types.traces import Trace

__all__ = ["LagPrior", "Lags", "estimate_lags", "prior_of"]

ROUNDS: Final = 4
"""Rounds of lags against the mean of the others; from then on they hardly move."""

DEGREES: Final = 3.0
"""Of Student's t, in which lags lie around their common mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LagPrior:
    """What is expected of lags before any trace is seen.

    Of two tasks with a known level, one has a mean of 1.5 s, the other of .4 s. Of
    relative traces half of that is expected (`prior_of`): a key that follows a rise or
    fall is a choice reaction, which takes .3 to .5 s, and no level has to be found.

    Attributes:
        mean_s: Common mean of raters.
        mean_sd_s: Standard deviation of the common mean over tasks.
        sd_s: Scale of raters around it.
    """

    mean_s: float = 1.0
    mean_sd_s: float = 0.5
    sd_s: float = 0.8


def prior_of(traces: Sequence[Trace]) -> LagPrior:
    """What is expected of the lags of these traces, by their mode."""
    if all(trace.mode == "relative" for trace in traces):
        return LagPrior(mean_s=0.5)
    return LagPrior()


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
        prior: What was expected.
    """

    lag_s: Float64[np.ndarray, " r"]
    low_s: Float64[np.ndarray, " r"]
    high_s: Float64[np.ndarray, " r"]
    relative_s: Float64[np.ndarray, " r"]
    correlation: Float64[np.ndarray, " r"]
    moves: Bool[np.ndarray, " r"]
    mean_s: float
    is_mean_known: bool
    prior: LagPrior


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
        prior: What is expected of lags; None = by the mode of the traces.
        within: Stretches of the video, from and to in seconds, whose content alone is
            compared: what a lag was in each third of a trace, say. None = all.

    Raises:
        ShapeError: If there is no trace, only one without a level, or the dimensions
            differ.
    """
    prior = prior or prior_of(traces)
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
    fits = [
        lag_likelihood(mine, ref, shifts)
        for mine, ref in zip(own, reference, strict=True)
    ]
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
        prior=prior,
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
            lag_likelihood(own[i], _mean_of_others(aligned, moves, i), shifts)
            for i in range(r)
        ]
        ends = _posterior(np.stack([fit for fit, _ in fits]) + around, lag_s)
        seen = moves & np.isfinite(ends[0])
        centre = float(ends[0][seen].mean()) if seen.any() else 0.0
        # Against the mean of n - 1 others, a lag looks n / (n - 1) times what it is
        # against the mean of all; without the factor, two traces swing for ever.
        step = (seen.sum() - 1) / max(seen.sum(), 1)
        relative = np.where(seen, relative + step * (ends[0] - centre - relative), 0.0)
    seen = moves & np.isfinite(ends[0])
    correlation = _correlation_at([r for _, r in fits], ends[0], lag_s)
    shift = prior.mean_s + relative - ends[0]
    within = [np.clip(end + shift, 0.0, most * GRID_S) for end in ends]
    return _lags(
        (within[0], within[1], within[2]),
        correlation,
        moves=seen,
        mean_s=None,
        prior=prior,
        relative_s=relative,
    )


def _lags(
    ends: tuple[np.ndarray, np.ndarray, np.ndarray],
    correlation: np.ndarray,
    *,
    moves: np.ndarray,
    mean_s: float | None,
    prior: LagPrior,
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
        mean_s=prior.mean_s if mean_s is None else mean_s,
        is_mean_known=mean_s is not None,
        prior=prior,
    )


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
        # The share of a point lies half a step to each side of it.
        cumulative = np.append(0.0, np.cumsum(share)) / share.sum()
        edges = np.append(lag_s[0], lag_s + GRID_S / 2)
        made[1:, i] = np.interp([0.05, 0.95], cumulative, edges)
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
        left = max(n - abs(step), 0)
        if step >= 0:
            made[i, :left] = own[i, step:]
        else:
            made[i, -step:] = own[i, :left]
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
