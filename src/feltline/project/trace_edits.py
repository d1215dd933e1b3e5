"""Where traces lie after track edits, and what the engine takes them to say."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from feltline.project.placement import judgements_now
from feltline.project.track_edits import EditedTracks
from feltline.store import (
    GivenTrace,
    StoredJudgement,
    StoredLag,
    StoredTrace,
    StoredTrackEdit,
)
from feltline.types import FaceTrack, Judgement, LabelSchema, Trace

__all__ = ["PlacedTrace", "as_unit", "traces_now", "unit_trace"]

APART_S: Final = 1e-6
"""Samples that are nearer to an end of a trace are that end."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedTrace:
    """A trace in force, on the track that has it now.

    Attributes:
        stored: The trace as it was given.
        track_id: Number of its track now.
        first_frame: First frame of that track that it speaks of.
        last_frame: Last one.
        lag: Reaction lag in force; None = none.
    """

    stored: StoredTrace
    track_id: int
    first_frame: int
    last_frame: int
    lag: StoredLag | None

    @property
    def events(self) -> tuple[int, ...]:
        """Events that made it what it is."""
        own = (self.stored.event_id,)
        return own if self.lag is None else (*own, self.lag.event_id)


def traces_now(
    tracks: EditedTracks,
    edits: Sequence[StoredTrackEdit],
    traces: Sequence[StoredTrace],
    lags: Sequence[StoredLag],
) -> list[PlacedTrace]:
    """Where traces of one video lie after all edits; on ignored tracks none do.

    They go as spans do: with the frames that their track had when they were given, and
    onto the track that shows most of these. What they say of others is left out.

    Args:
        tracks: After the edits.
        edits: In force.
        traces: In force.
        lags: In force, in order; the last one of a trace counts.
    """
    lag_of = {one.trace_event_id: one for one in lags}
    by_event = {one.event_id: one for one in traces}
    return [
        PlacedTrace(
            stored=by_event[now.event_id],
            track_id=now.judgement.track_id,
            first_frame=now.judgement.first_frame,
            last_frame=now.judgement.last_frame,
            lag=lag_of.get(now.event_id),
        )
        for now in judgements_now(tracks, edits, [_as_span(one) for one in traces])
    ]


def _as_span(stored: StoredTrace) -> StoredJudgement:
    """A judgement of the frames of a trace, whatever it says of them."""
    trace = stored.trace
    judgement = Judgement(
        video_id=trace.video_id,
        track_id=trace.track_id,
        scope="span",
        first_frame=trace.first_frame,
        last_frame=trace.last_frame,
        value=(0.0,),
        rater=trace.rater,
    )
    return StoredJudgement(
        event_id=stored.event_id,
        at=stored.at,
        found_track_id=stored.found_track_id,
        judgement=judgement,
    )


def unit_trace(
    placed: PlacedTrace, track: FaceTrack, schema: LabelSchema
) -> Trace | None:
    """A trace on the unit scale with its lag, cut to the frames that it speaks of.

    None where nothing is left.

    Args:
        placed: The trace.
        track: Its track as it is now.
        schema: Of the project.
    """
    lag = placed.lag
    unit = replace(
        as_unit(placed.stored.trace, schema),
        trace_id=placed.stored.event_id,
        lag_s=0.0 if lag is None else lag.lag.lag_s,
    )
    return _cut(unit, placed, track)


def as_unit(given: GivenTrace, schema: LabelSchema) -> Trace:
    """A trace on the unit scale, its lag still in it; relative values as they are."""
    value = given.value
    if given.mode == "bounded":
        columns = [schema.dimension_names.index(name) for name in given.dimensions]
        whole = np.full((len(value), len(schema.dimensions)), np.nan)
        whole[:, columns] = value
        # Kept in single precision: the ends of a scale may have come out beyond it.
        value = np.clip(schema.to_unit(whole)[:, columns], -1.0, 1.0)
    return Trace(
        trace_id=0,
        rater=given.rater,
        time_s=given.time_s,
        value=value,
        dimensions=given.dimensions,
        mode=given.mode,
    )


def _cut(trace: Trace, placed: PlacedTrace, track: FaceTrack) -> Trace | None:
    """What a trace says of its frames.

    What was given before the hand could follow the first of them is of none, and track
    edits may have taken frames off.
    """
    ends = np.searchsorted(track.frame, (placed.first_frame, placed.last_frame))
    spoken_s = trace.time_s - trace.lag_s
    first_s = max(float(track.time_s[ends[0]]), float(spoken_s[0]))
    last_s = min(float(track.time_s[ends[1]]), float(spoken_s[-1]))
    if first_s + APART_S >= last_s:
        return None
    is_inside = (spoken_s > first_s + APART_S) & (spoken_s < last_s - APART_S)
    inside = spoken_s[is_inside]
    at_s = np.concatenate([[first_s], inside, [last_s]])
    if trace.mode == "relative":  # has a sample per change, and holds until the next
        value = trace.value[np.searchsorted(spoken_s, at_s, side="right") - 1]
    else:
        value = np.stack(
            [np.interp(at_s, spoken_s, own) for own in trace.value.T], axis=1
        )
    return replace(trace, time_s=at_s + trace.lag_s, value=value)
