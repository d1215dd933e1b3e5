"""Traces: continuous ratings kept as they were given, and their reaction lags."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.assignments import answer_trace
from feltline.store.event_log import (
    EventLog,
    NewEvent,
    append,
    append_one,
    in_force,
    saved_before,
    with_events,
)
from feltline.store.integrity import References
from feltline.store.label_schemas import schema_in_force
from feltline.store.rows import columns_of, pack, unpack, value_of
from feltline.store.schema import Columns, events, videos
from feltline.store.team_schema import trace_lags, traces
from feltline.store.trace_values import (
    GivenTrace,
    NewTrace,
    StoredLag,
    StoredTrace,
    TraceCount,
    TraceHead,
    TraceLag,
)
from feltline.store.transactions import Transaction
from feltline.store.values import SavedEvent
from feltline.types import LabelSchema


class Traces(EventLog):
    """What people say of faces while a video plays; append-only."""

    def give_traces(self, given: Sequence[NewTrace]) -> list[SavedEvent]:
        """Save traces, all or none; an event each, and one for each lag.

        Raises:
            StoreError: There is no such video, frame or found track, a trace does not
                fit the label schema, an assignment that it answers is not this
                rater's or not open, or a client_id stands for another change.
        """
        made = []
        with self._writing() as tx:
            for one in given:
                event = _event_of(one)
                known = saved_before(tx, [event])
                if one.client_id is not None and one.client_id in known:
                    made.append(known[one.client_id])
                    continue
                _check(tx, one)
                (saved,) = append(tx, [event])
                made.append(saved)
                answer_trace(tx, saved.event_id, one.trace.rater)
                if one.lag is not None:
                    video_id = one.trace.video_id
                    append(tx, [_lag_event(video_id, saved.event_id, one.lag)])
        return made

    def set_trace_lag(
        self,
        event_id: int,
        lag: TraceLag,
        *,
        rater: str = "",
        client_id: str | None = None,
    ) -> int:
        """Take another lag off a trace; returns the event's number.

        Args:
            event_id: The trace.
            lag: The lag.
            rater: Who sets it; empty = feltline itself, which estimated it.
            client_id: Name that the browser gave the change.

        Raises:
            StoreError: There is no such trace in force.
        """
        with self._writing() as tx:
            row = tx.find(events, event_id=event_id, kind="trace")
            if row is None:
                raise no_such_trace(event_id)
            made = (row["video_id"], event_id, lag)
            event = _lag_event(*made, rater=rater, client_id=client_id)
            return append_one(tx, event, lambda: _check_in_force(tx, event_id))

    def traces(
        self,
        *,
        video_id: str | None = None,
        at: int | None = None,
        rater: str | None = None,
    ) -> list[StoredTrace]:
        """Traces in force, in the order in which they were given.

        Args:
            video_id: Only of this video.
            at: As the log stood when this was its last event; None = now.
            rater: Only of this rater.
        """
        with self._reading() as tx:
            asked = in_force(tx, traces, at=at, video_id=video_id)
            if rater is not None:
                asked = asked.where(events.c.rater == rater)
            return [_stored(row) for row in tx.rows(asked)]

    def trace_heads(
        self,
        *,
        video_id: str | None = None,
        at: int | None = None,
        rater: str | None = None,
        event_id: int | None = None,
    ) -> list[TraceHead]:
        """What `traces` gives, or one of them, without what was rated.

        No array is read.
        """
        with self._reading() as tx:
            asked = in_force(tx, traces, at=at, video_id=video_id)
            if event_id is not None:
                asked = asked.where(traces.c.event_id == event_id)
            if rater is not None:
                asked = asked.where(events.c.rater == rater)
            names = ("event_id", "video_id", "mode", "speed")
            columns = (*(traces.c[name] for name in names), events.c.rater)
            return tx.read(TraceHead, asked.with_only_columns(*columns))

    def trace_lags(
        self,
        *,
        video_id: str | None = None,
        at: int | None = None,
        of_rater: str | None = None,
        with_undone: bool = False,
    ) -> list[StoredLag]:
        """Lags in force, in the order in which they were given; the last one counts.

        Args:
            video_id: Only of traces of this video.
            at: As the log stood when this was its last event; None = now.
            of_rater: Only of traces that this rater gave, whoever found the lag.
            with_undone: Whether lags that were taken back are listed, too.
        """
        with self._reading() as tx:
            asked = in_force(tx, trace_lags, at=at, video_id=video_id)
            if with_undone:
                asked = with_events(tx, trace_lags, video_id=video_id)
            if of_rater is not None:
                own = tx.select(events.c.event_id, rater=of_rater, kind="trace")
                asked = asked.where(trace_lags.c.trace_event_id.in_(own))
            return [
                value_of(StoredLag, row, lag=value_of(TraceLag, row))
                for row in tx.rows(asked)
            ]

    def trace_counts(self) -> list[TraceCount]:
        """Traces in force by video and rater, and the seconds that they speak of."""
        by = (traces.c.video_id, events.c.rater)
        n_frames = traces.c.last_frame - traces.c.first_frame + 1
        seconds = n_frames * videos.c.duration_s / videos.c.n_frames
        with self._reading() as tx:
            asked = (
                in_force(tx, traces)
                .join(
                    videos,
                    sa.and_(
                        videos.c.project_id == traces.c.project_id,
                        videos.c.video_id == traces.c.video_id,
                    ),
                )
                .with_only_columns(
                    *by,
                    sa.func.count().label("count"),
                    sa.func.sum(seconds).label("seconds"),
                )
                .group_by(*by)
                .order_by(None)
                .order_by(*by)
            )
            return tx.read(TraceCount, asked)


def no_such_trace(event_id: int) -> StoreError:
    """The error of naming a trace that is not there."""
    return StoreError(
        f"there is no trace {event_id} in this project, or it was taken back; load the "
        f"traces again"
    )


def _event_of(one: NewTrace) -> NewEvent:
    trace = one.trace
    arrays = {"time_s": trace.time_s, "value": trace.value.astype(np.float32)}
    detail: Mapping[str, Any] = columns_of(trace, traces) | {
        "dimensions": list(trace.dimensions),
        "found_track_id": one.found_track_id,
        "shown": None,  # nothing of the machine is in sight during live rating
        "arrays": pack(arrays),
    }
    return NewEvent(
        rater=trace.rater,
        kind="trace",
        client_id=one.client_id,
        video_id=trace.video_id,
        detail=detail,
    )


def _lag_event(
    video_id: str,
    event_id: int,
    lag: TraceLag,
    *,
    rater: str = "",
    client_id: str | None = None,
) -> NewEvent:
    """A lag of a trace; one that was estimated is feltline's own, and nobody's undo."""
    detail = columns_of(lag, trace_lags) | {"trace_event_id": event_id}
    return NewEvent(
        rater=rater,
        kind="trace-lag",
        client_id=client_id,
        video_id=video_id,
        detail=detail | {"video_id": video_id},
    )


def _check_in_force(tx: Transaction, event_id: int) -> None:
    """Raise `StoreError` unless a trace is there and was not taken back."""
    asked = in_force(tx, traces).where(traces.c.event_id == event_id)
    if tx.row(asked.with_only_columns(traces.c.event_id)) is None:
        raise no_such_trace(event_id)


def _check(tx: Transaction, one: NewTrace) -> None:
    """Raise `StoreError` unless a trace fits the label schema, video and track."""
    trace = one.trace
    check_trace(trace, schema_in_force(tx))
    references = References(tx, [trace.video_id])
    references.check_frame(trace.video_id, trace.last_frame)
    ends = trace.first_frame, trace.last_frame
    references.check_span(trace.video_id, one.found_track_id, *ends)


def check_trace(trace: GivenTrace, schema: LabelSchema) -> None:
    """Raise `StoreError` unless a trace fits the label schema."""
    what = f"the trace of {trace.rater} on {trace.video_id}"
    by_name = {dimension.name: dimension for dimension in schema.dimensions}
    for name, value in zip(trace.dimensions, trace.value.T, strict=True):
        if name not in by_name:
            raise StoreError(
                f"{what} rates {name!r}; this project's label schema has "
                f"{', '.join(schema.dimension_names)}"
            )
        low, high = by_name[name].low, by_name[name].high
        beyond = np.flatnonzero((value < low) | (value > high))
        if trace.mode == "bounded" and len(beyond):
            at = int(beyond[0])
            raise StoreError(
                f"{what} has {name} {value[at]:g} at {trace.time_s[at]:g} s, but it "
                f"runs from {low:g} to {high:g}"
            )


def _stored(row: Columns) -> StoredTrace:
    arrays = unpack(row["arrays"], f"trace {row['event_id']}")
    trace = value_of(
        GivenTrace,
        row,
        dimensions=tuple(row["dimensions"]),
        time_s=np.asarray(arrays["time_s"], np.float64),
        value=np.asarray(arrays["value"], np.float64),
    )
    return value_of(StoredTrace, row, trace=trace)
