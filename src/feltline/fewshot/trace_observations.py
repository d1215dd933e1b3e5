"""Observations of a trace: what the engine learns from continuous rating.

A trace is cut into stretches of at least half a second, and each is one observation of
the curve's mean there. However often it was sampled, the stretches are the same. They
are many, but not so many opinions: their noise is correlated (`gp.solve`), so a trace
of five minutes is worth about as many labels as its rater's error is forgotten and
begun anew.
"""

from typing import Final

import numpy as np
from jaxtyping import Float64, Int64
from scipy.integrate import cumulative_trapezoid

from feltline.errors import InputError
from feltline.types import FaceTrack, LabelSchema, Observation
from feltline.types.traces import Trace

__all__ = ["observations_from"]

STRETCH_S: Final = 0.5
"""Least length of a stretch; a rating hand is slower."""

MOST_STRETCHES: Final = 600
"""Stretches of one trace: five minutes of half a second. Those of longer traces are
longer, since solving costs the cube of their number."""

MOST_POSITIONS: Final = 2
"""Frames that stand for a stretch; the zero-shot prediction of each is an average over
more than lie between them."""


def observations_from(
    trace: Trace, track: FaceTrack, schema: LabelSchema
) -> list[Observation]:
    """One observation per stretch of a trace that shows the track.

    Args:
        trace: Of the track, bounded; on the unit scale. Its lag is taken off.
        track: The track as it is now.
        schema: Whose dimensions the trace names, one or several of them.

    Returns:
        In order of time; none where trace and track have no time in common. A stretch
        of which the trace speaks less than half says nothing.

    Raises:
        InputError: The trace is relative, or names a dimension that is not there.
    """
    columns = _columns(trace, schema)
    spoken_s = trace.time_s - trace.lag_s
    length = _length(spoken_s, track.time_s)
    first, last = np.floor(spoken_s[[0, -1]] / length).astype(np.int64).tolist()
    edge = np.clip(np.arange(first, last + 2) * length, spoken_s[0], spoken_s[-1])
    mean = _means(spoken_s, trace.value, edge)
    stretch = np.floor(track.time_s / length).astype(np.int64) - first
    made = []
    for at in np.flatnonzero(np.diff(edge) >= length / 2).tolist():
        there = (stretch == at) & (track.time_s >= edge[at])
        position = np.flatnonzero(there & (track.time_s <= edge[at + 1]))
        if not len(position):
            continue
        value = np.full(len(schema.dimensions), np.nan)
        value[columns] = mean[at]
        some = _spread(position)
        made.append(
            Observation(
                judgement_id=trace.trace_id,
                position=some,
                weight=np.full(len(some), 1 / len(some)),
                value=value,
                expression=-1,
                rater=trace.rater,
                noise="trace",
                trace=trace.trace_id,
                time_s=float(edge[at : at + 2].mean()),
            )
        )
    return made


def _columns(trace: Trace, schema: LabelSchema) -> list[int]:
    """Which dimensions of the schema a trace speaks of."""
    names = schema.dimension_names
    unknown = [name for name in trace.dimensions if name not in names]
    if unknown:
        raise InputError(
            f"trace {trace.trace_id} of {trace.rater} rates {', '.join(unknown)}; the "
            f"label schema has {', '.join(names)}: rate one of these"
        )
    if trace.mode != "bounded":
        raise InputError(
            f"trace {trace.trace_id} of {trace.rater} is relative: it says what rises "
            f"and falls, but on no scale, so the engine cannot learn from it; rate "
            f"bounded, or use it for agreement alone"
        )
    return [names.index(name) for name in trace.dimensions]


def _length(
    spoken_s: Float64[np.ndarray, " k"], frame_s: Float64[np.ndarray, " n"]
) -> float:
    """Length of a stretch: long enough to hold a frame, and for there to be few."""
    between = float(np.median(np.diff(frame_s))) if len(frame_s) > 1 else 0.0
    whole = float(spoken_s[-1] - spoken_s[0])
    return max(STRETCH_S, between, whole / MOST_STRETCHES)


def _means(
    spoken_s: Float64[np.ndarray, " k"],
    value: Float64[np.ndarray, "k d"],
    edge: Float64[np.ndarray, " e"],
) -> Float64[np.ndarray, "e-1 d"]:
    """Mean of a trace, linear between its samples, from edge to edge."""
    every = np.union1d(spoken_s, edge)
    line = np.stack([np.interp(every, spoken_s, one) for one in value.T], axis=1)
    area = cumulative_trapezoid(line, every, axis=0, initial=0)
    at = np.searchsorted(every, edge)
    length = np.diff(edge)[:, None]
    return np.divide(
        np.diff(area[at], axis=0),
        length,
        out=np.full((len(length), value.shape[1]), np.nan),
        where=length > 0,
    )


def _spread(position: Int64[np.ndarray, " p"]) -> Int64[np.ndarray, " s"]:
    """A few evenly spread ones: the middles of as many equal parts."""
    if len(position) <= MOST_POSITIONS:
        return position
    middle = (np.arange(MOST_POSITIONS) + 0.5) * len(position) / MOST_POSITIONS
    return position[middle.astype(np.int64)]
