"""Observations of the traces of a track, less what other answers take off them.

As with judgements (`labels`): a later trace of the same rater replaces what that rater
rated before of the same dimension and time; a later reject, whoever gives it, takes its
frames off; so does a resolution (adjudication), earlier or later, in the dimensions
that it gives. A frame or span that a rater judges takes nothing off a trace: the one
says what the face shows there, the other where the curve goes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from feltline.fewshot.labels import StoredLike
from feltline.fewshot.trace_observations import observations_from
from feltline.types import FaceTrack, Judgement, LabelSchema, Observation, Trace

__all__ = ["observations_of_traces"]


def observations_of_traces(
    track: FaceTrack,
    traces: Iterable[Trace],
    judgements: Sequence[StoredLike],
    schema: LabelSchema,
) -> list[Observation]:
    """What the engine learns from the traces of a track.

    Args:
        track: The track as it is now.
        traces: Those of this track in force, on the unit scale, with their lags.
            Relative ones have no zero, so nothing is learnt from them.
        judgements: Of this track in force, in order of event.
        schema: Whose dimensions the traces name.

    Returns:
        By trace, each in order of time.
    """
    made: list[list[Observation]] = []
    rated: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for trace in sorted(traces, key=lambda one: -one.trace_id):
        if trace.mode != "bounded":
            continue
        off = _taken_off(trace, track, judgements, schema)
        later = [rated.get((trace.rater, name), []) for name in trace.dimensions]
        own = observations_from(trace, track, schema)
        made.append([left for one in own for left in _left(one, off)])
        columns = [schema.dimension_names.index(name) for name in trace.dimensions]
        if any(later):
            made[-1] = _without(made[-1], dict(zip(columns, later, strict=True)))
        spoken_s = trace.time_s - trace.lag_s
        for name in trace.dimensions:
            ends = float(spoken_s[0]), float(spoken_s[-1])
            rated.setdefault((trace.rater, name), []).append(ends)
    return [one for own in reversed(made) for one in own]


def _taken_off(
    trace: Trace,
    track: FaceTrack,
    judgements: Sequence[StoredLike],
    schema: LabelSchema,
) -> Bool[np.ndarray, "n m"]:
    """Frames of which a trace says nothing any more, by dimension."""
    off = np.zeros((len(track), len(schema.dimensions)), bool)
    for stored in judgements:
        one = stored.judgement
        is_resolution = one.purpose == "resolve"
        if not one.teaches or not (is_resolution or stored.event_id > trace.trace_id):
            continue
        first, end = np.searchsorted(track.frame, (one.first_frame, one.last_frame + 1))
        off[first:end] |= _columns_off(one, off.shape[1], is_resolution=is_resolution)
    return off


def _columns_off(
    one: Judgement, m: int, *, is_resolution: bool
) -> Bool[np.ndarray, " m"]:
    if one.decision == "reject":
        return np.ones(m, bool)
    gives = [is_resolution and v is not None for v in one.value] or [False] * m
    return np.array(gives)


def _left(one: Observation, off: Bool[np.ndarray, "n m"]) -> Iterable[Observation]:
    """What is left of a stretch, for each set of frames that some dimensions keep."""
    parts: dict[bytes, list[int]] = {}
    for column in np.flatnonzero(np.isfinite(one.value)).tolist():
        keeps = ~off[one.position, column]
        if keeps.any():
            parts.setdefault(keeps.tobytes(), []).append(column)
    for mask, columns in parts.items():
        keeps = np.frombuffer(mask, bool)
        value = np.full_like(one.value, np.nan)
        value[columns] = one.value[columns]
        weight = one.weight[keeps] / one.weight[keeps].sum()
        yield replace(one, position=one.position[keeps], weight=weight, value=value)


def _without(
    own: Sequence[Observation], later: dict[int, list[tuple[float, float]]]
) -> list[Observation]:
    """Stretches without the dimensions that their rater rated once more there."""
    made = []
    for one in own:
        value, at = one.value.copy(), one.time_s
        for column, stretches in later.items():
            if at is not None and any(first <= at <= last for first, last in stretches):
                value[column] = np.nan
        if np.isfinite(value).any():
            made.append(replace(one, value=value))
    return made
