"""Downsampling of curves with more points than a picture has columns.

Letters in shapes: **n** points of a track, **m** points that are drawn, **r** runs.
"""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

__all__ = ["band", "doubtful_spans", "gap_seconds", "line", "runs"]

_GAP_S = 1.0
"""A face missing for longer than this is not bridged by a line."""


def gap_seconds(time_s: Float64[np.ndarray, " n"]) -> float:
    """Seconds between two neighbours beyond which a curve is broken.

    One second, or more where the track was sampled more sparsely than that: otherwise
    a slow sampling rate would leave no line at all.
    """
    return max(_GAP_S, 1.5 * _step(time_s))


def runs(
    keep: Bool[np.ndarray, " n"], time_s: Float64[np.ndarray, " n"], gap_s: float
) -> Int64[np.ndarray, "r 2"]:
    """Stretches of kept points with no gap inside, as [first, one past last]."""
    broken = np.diff(time_s) > gap_s
    first, last = keep.copy(), keep.copy()
    first[1:] &= ~keep[:-1] | broken
    last[:-1] &= ~keep[1:] | broken
    return np.stack([np.flatnonzero(first), np.flatnonzero(last) + 1], axis=1)


def line(
    time_s: Float64[np.ndarray, " n"], value: Float[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
    """Points of a line, with NaN where the face was away; matplotlib thins it out."""
    at = np.flatnonzero(np.diff(time_s) > gap_seconds(time_s)) + 1
    return (
        np.insert(time_s, at, np.nan),
        np.insert(value.astype(np.float64), at, np.nan),
    )


def band(
    time_s: Float64[np.ndarray, " n"],
    low: Float[np.ndarray, " n"],
    high: Float[np.ndarray, " n"],
    column_s: float,
) -> tuple[
    Float64[np.ndarray, " m"], Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]
]:
    """Outline of a band as times, lower and upper heights; NaN where it is broken.

    The points of a picture column (`column_s` seconds wide) become one block from the
    lowest low to the highest high.
    """
    at = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    if len(at) == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    shown_s = time_s[at]
    is_apart = np.diff(shown_s, prepend=-np.inf) > gap_seconds(time_s)
    begins = is_apart | (np.diff(at, prepend=-2) > 1)
    column = np.floor((shown_s - time_s[0]) / column_s)
    opens = np.flatnonzero(begins | (np.diff(column, prepend=-1.0) != 0))
    closes = np.append(opens[1:], len(at)) - 1
    breaks = 2 * np.flatnonzero(begins[opens])[1:]
    corners = (
        np.stack([shown_s[opens], shown_s[closes]], 1).ravel(),
        np.repeat(np.minimum.reduceat(low[at].astype(np.float64), opens), 2),
        np.repeat(np.maximum.reduceat(high[at].astype(np.float64), opens), 2),
    )
    times, lowest, highest = (np.insert(one, breaks, np.nan) for one in corners)
    return times, lowest, highest


def doubtful_spans(
    doubtful: Bool[np.ndarray, " n"], time_s: Float64[np.ndarray, " n"], column_s: float
) -> Float64[np.ndarray, "r 2"]:
    """Spans of doubtful points as [from, to] in seconds, apart and in order.

    A point reaches half way to its neighbours. Spans are at least one picture column
    wide, so that a single doubtful frame in an hour still shows, and spans less than a
    column apart are one.
    """
    if not doubtful.any():
        return np.zeros((0, 2))
    gap_s = gap_seconds(time_s)
    # At a gap, and at both ends, there is no neighbour to go half way to.
    alone = 0.5 * (_step(time_s) or column_s)
    half = np.where(np.diff(time_s) > gap_s, alone, 0.5 * np.diff(time_s))
    left = time_s - np.insert(half, 0, alone)
    right = time_s + np.append(half, alone)
    stretches = runs(doubtful, time_s, gap_s)
    begin, end = left[stretches[:, 0]], right[stretches[:, 1] - 1]
    grow = np.maximum(0.0, column_s - (end - begin)) / 2
    begin, end = begin - grow, np.maximum.accumulate(end + grow)
    apart = np.flatnonzero(begin[1:] - end[:-1] >= column_s)
    return np.stack([begin[np.insert(apart + 1, 0, 0)], end[np.append(apart, -1)]], 1)


def _step(time_s: Float64[np.ndarray, " n"]) -> float:
    """The usual time between neighbours in seconds; 0 where there are none."""
    return float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
