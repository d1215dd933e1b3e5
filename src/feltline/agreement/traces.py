"""Traces on one time grid: resampling, shifting back by lags, standardising."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.errors import ShapeError
from feltline.types.traces import Trace

__all__ = [
    "GRID_S",
    "check_traces",
    "common_grid",
    "expected_values",
    "resampled",
    "standardised",
]

GRID_S: Final = 0.05
"""Step of the grid on which traces are compared, in seconds."""

MOST_POINTS: Final = 200_000
"""Points of a grid: 2 hours 46 minutes at `GRID_S`."""

LAG_NODES: Final = np.linspace(-2.5, 2.5, 25)
"""Lags over which an expectation is taken, in standard deviations from their mean."""

Curve = Float64[np.ndarray, "n d"]


def resampled(
    trace: Trace, time_s: Float64[np.ndarray, " n"], *, lag_s: float = 0.0
) -> Curve:
    """What a trace said of each time, its lag removed.

    A bounded trace is linear between its samples and NaN outside them. A relative one
    has a sample per change, so it keeps its value until the next one, and before the
    first and after the last.

    Args:
        trace: The trace.
        time_s: Times in the video to speak of.
        lag_s: Seconds by which it came late; what is said of t was given at t + lag.
    """
    when = time_s + lag_s
    if trace.mode == "relative":
        last = np.searchsorted(trace.time_s, when, side="right") - 1
        return np.asarray(trace.value[np.maximum(last, 0)])
    made = np.stack(
        [
            np.interp(when, trace.time_s, own, left=np.nan, right=np.nan)
            for own in trace.value.T
        ],
        axis=1,
    )
    return np.asarray(made)


def expected_values(
    trace: Trace,
    time_s: Float64[np.ndarray, " n"],
    *,
    lag_s: float,
    lag_sd_s: float,
) -> Curve:
    """What a trace is expected to say of each time if its lag is not known for sure.

    The mean over a Gaussian lag: what comes and goes faster than the lag is known
    cannot be dated, so it is spread over the times that it may speak of.
    """
    if lag_sd_s == 0:
        return resampled(trace, time_s, lag_s=lag_s)
    weights = np.exp(-(LAG_NODES**2) / 2)
    total = np.zeros((len(time_s), len(trace.dimensions)))
    weight = np.zeros_like(total)
    for node, share in zip(LAG_NODES, weights, strict=True):
        own = resampled(trace, time_s, lag_s=float(lag_s + node * lag_sd_s))
        known = np.isfinite(own)
        total += np.where(known, share * np.where(known, own, 0.0), 0.0)
        weight += share * known
    return np.divide(total, weight, out=np.full_like(total, np.nan), where=weight > 0)


def common_grid(
    traces: Sequence[Trace], *, step_s: float = GRID_S
) -> Float64[np.ndarray, " n"]:
    """Times from the first to the last sample of any trace."""
    check_traces(traces)
    first = min(float(t.time_s[0]) for t in traces)
    last = max(float(t.time_s[-1]) for t in traces)
    n = int((last - first) / step_s) + 1
    if n > MOST_POINTS:
        raise ShapeError(
            f"the traces span {last - first:g} s, of which {n} points of {step_s:g} s "
            f"would be made, over {MOST_POINTS}; compare them in parts"
        )
    return first + step_s * np.arange(n)


def check_traces(traces: Sequence[Trace]) -> None:
    """Raise unless there are traces, all of the same dimensions."""
    if not traces:
        raise ShapeError("there is no trace to compare")
    for trace in traces[1:]:
        if trace.dimensions != traces[0].dimensions:
            raise ShapeError(
                f"trace {trace.trace_id} rates {trace.dimensions}, trace "
                f"{traces[0].trace_id} {traces[0].dimensions}; compare traces of the "
                f"same dimensions"
            )


def standardised(curves: Float64[np.ndarray, "r n"]) -> Float64[np.ndarray, "r n"]:
    """Each row with mean 0 and standard deviation 1; one that never moves is 0."""
    known = np.isfinite(curves)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    filled = np.where(known, curves, 0.0)
    apart = np.where(known, curves - filled.sum(axis=1, keepdims=True) / count, np.nan)
    spread = np.sqrt(np.where(known, apart**2, 0).sum(axis=1, keepdims=True) / count)
    still = np.nanmax(np.where(known, np.abs(apart), 0), axis=1, keepdims=True) < 1e-9
    return np.where(still & known, 0.0, apart / np.where(still, 1.0, spread))
