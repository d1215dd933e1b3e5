"""Live rating: traces in, their reaction lags, and what was given."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from fastapi import APIRouter, HTTPException

from feltline.project import PlacedTrace, as_unit
from feltline.review import first_lag, former_lags, lag_seen_by, model_level
from feltline.server.context import Here, Served
from feltline.server.requests import EventNumber, VideoName
from feltline.server.responses import ChangedBody
from feltline.server.trace_bodies import (
    LagBody,
    LagRequest,
    TraceBody,
    TraceRequest,
    TraceSavedBody,
)
from feltline.store import (
    GivenTrace,
    NewTrace,
    StoredLag,
    StoredTrace,
    TraceLag,
    check_trace,
)
from feltline.types import FaceTrack

router = APIRouter(tags=["traces"])


@router.post("/traces")
def give_trace(asked: TraceRequest, here: Here) -> TraceSavedBody:
    """Save what was rated of a face while it played; its reaction lag is estimated.

    The lag that is answered rests on what the rater may see: the model's curve of the
    face and the rater's own former lags, never on other raters' traces.
    """
    store = here.project.store
    if store.event_of_client(asked.client_id) is None:
        new = _new(asked, here)
    else:  # sent once more: saved already, though its track may be another one by now
        trace = _given(asked, here, 0, 0)  # compared with nothing
        new = NewTrace(trace=trace, found_track_id=0, client_id=asked.client_id)
    (saved,) = store.give_traces([new])
    if saved.is_new:
        given = new.trace
        here.activity.rated(here.rater, given.duration_s / given.speed)
        here.worker.changed(asked.video_id, saved.event_id, is_edit=False)
    lag = _lag_seen(here, saved.event_id, store.trace_lags(video_id=asked.video_id))
    return TraceSavedBody(event_id=saved.event_id, at=saved.at, lag=lag)


@router.put("/traces/{event_id}/lag")
def set_lag(event_id: EventNumber, asked: LagRequest, here: Here) -> ChangedBody:
    """Take another lag off a trace of your own; who leads, off anybody's.

    Undoing the event that is answered brings back the lag before it.
    """
    store = here.project.store
    sees_all = here.identity.sees_all
    rater = None if sees_all else here.rater
    if not (found := store.trace_heads(event_id=event_id, rater=rater)):
        raise HTTPException(
            404, f"there is no trace {event_id} for you; load the traces again"
        )
    lag_s = asked.lag_s
    lag = TraceLag(lag_s=lag_s, low_s=lag_s, high_s=lag_s, method="set")
    made = store.set_trace_lag(
        event_id, lag, rater=here.rater, client_id=asked.client_id
    )
    here.worker.changed(found[0].video_id, made, is_edit=False)
    return ChangedBody(event_id=made)


@router.get("/videos/{video_id}/traces")
def traces(video_id: VideoName, here: Here) -> list[TraceBody]:
    """Traces of a video in force, with their lags; only your own, if you do not lead.

    Of your own you see the lags that you set and those that rest on your trace alone;
    what was found against other raters' traces is for who leads.
    """
    here.record(video_id)
    store = here.project.store
    rater = None if here.identity.sees_all else here.rater
    given = store.traces(video_id=video_id, rater=rater)
    if not given:
        return []
    lags = store.trace_lags(video_id=video_id)
    video = here.live.readable(video_id)
    placed = {} if video is None else {p.stored.event_id: p for p in video.traces}
    return [
        _body(one, placed.get(one.event_id), _lag_seen(here, one.event_id, lags))
        for one in given
    ]


def _new(asked: TraceRequest, here: Served) -> NewTrace:
    """A trace on the found track that shows its face, with its first lag.

    Raises:
        HTTPException: The face is not seen while it was rated.
    """
    track = _track(here, asked)
    first, last = _frames(track, asked)
    given = _given(asked, here, first, last)
    trace = replace(given, active_s=_active_s(asked, here))
    check_trace(trace, here.project.schema)
    _check_face(asked, here)
    found = here.found_at(asked.video_id, asked.track_id, first)
    return NewTrace(
        trace=trace,
        found_track_id=found,
        client_id=asked.client_id,
        lag=_first_lag(trace, here),
    )


def _given(asked: TraceRequest, here: Served, first: int, last: int) -> GivenTrace:
    """The trace as the project keeps it.

    Raises:
        HTTPException: Times and values do not fit together.
    """
    if len(asked.time_s) != len(asked.value):
        raise HTTPException(
            422,
            f"the trace has {len(asked.time_s)} times and {len(asked.value)} values; "
            f"give one of each per sample",
        )
    if any(len(one) != len(asked.dimensions) for one in asked.value):
        at = [len(one) == len(asked.dimensions) for one in asked.value].index(False)
        raise HTTPException(
            422,
            f"value {at} of the trace has {len(asked.value[at])} numbers, but "
            f"{len(asked.dimensions)} dimensions are rated: "
            f"{', '.join(asked.dimensions)}",
        )
    number = asked.assignment_id
    return GivenTrace(
        video_id=asked.video_id,
        track_id=asked.track_id,
        first_frame=first,
        last_frame=last,
        dimensions=tuple(asked.dimensions),
        mode=asked.mode,
        device=asked.device,
        speed=asked.speed,
        time_s=np.array(asked.time_s, np.float64),
        value=np.array(asked.value, np.float64),
        rater=here.rater,
        assignment_id=None if number is None else str(number),
        active_s=asked.active_s,
    )


def _check_face(asked: TraceRequest, here: Served) -> None:
    """Raise unless a trace is of the face that its assignment is about, if it has one.

    That the assignment is the caller's, and open, is for the store to say.

    Raises:
        HTTPException: It is of another face.
    """
    number = asked.assignment_id
    found = None if number is None else here.project.store.assignment(number)
    if found is None or (found.rater_id, found.video_id) != (
        here.rater,
        asked.video_id,
    ):
        return
    where = here.live.tracks_of(asked.video_id).edited.where
    if asked.track_id not in where[found.found_track_id].tolist():
        raise HTTPException(
            422,
            f"assignment {number} is about another face than {asked.track_id} of "
            f"{asked.video_id}; load your work again",
        )


def _active_s(asked: TraceRequest, here: Served) -> float | None:
    """Seconds that it took: of who does not lead, at most those that passed."""
    if here.identity.sees_all:
        return asked.active_s
    return here.activity.answered(here.rater, asked.active_s)


def _track(here: Served, asked: TraceRequest) -> FaceTrack:
    """The face that was rated.

    Raises:
        HTTPException: There is none.
    """
    here.record(asked.video_id)
    for track in here.live.tracks_of(asked.video_id).tracks:
        if track.track_id == asked.track_id:
            return track
    raise HTTPException(
        404,
        f"{asked.video_id} has no face {asked.track_id}, or it is ignored; track edits "
        f"may have renumbered it: load the page again",
    )


def _frames(track: FaceTrack, asked: TraceRequest) -> tuple[int, int]:
    """First and last frame that show the face while it was rated.

    Raises:
        HTTPException: There is none.
    """
    first_s, last_s = min(asked.time_s), max(asked.time_s)
    at, end = np.searchsorted(track.time_s, (first_s, np.nextafter(last_s, np.inf)))
    if at >= end:
        raise HTTPException(
            422,
            f"face {track.track_id} of {track.video_id} is not seen from {first_s:g} "
            f"to {last_s:g} s, so nothing of it was rated; rate while it is seen",
        )
    return int(track.frame[at]), int(track.frame[end - 1])


def _first_lag(trace: GivenTrace, here: Served) -> TraceLag:
    store, schema = here.project.store, here.project.schema
    heads = store.trace_heads(rater=here.rater)
    lags = store.trace_lags(of_rater=here.rater) if heads else []
    seen = here.rater_view()
    level = None
    if seen is None or not seen.hides(trace.video_id, trace.track_id):
        view = here.view(trace.video_id, trace.track_id)
        level = model_level(view, trace.dimensions, schema)
    return first_lag(
        as_unit(trace, schema),
        speed=trace.speed,
        former=former_lags(here.rater, heads, lags),
        level=level,
    )


def _lag_seen(here: Served, event_id: int, lags: Sequence[StoredLag]) -> LagBody | None:
    """The lag of a trace as the caller may see it."""
    rater = None if here.identity.sees_all else here.rater
    found = lag_seen_by(rater, event_id, lags)
    if found is None:
        return None
    lag = found.lag
    return LagBody(
        event_id=found.event_id,
        lag_s=lag.lag_s,
        low_s=lag.low_s,
        high_s=lag.high_s,
        method=lag.method,
    )


def _body(
    stored: StoredTrace, placed: PlacedTrace | None, lag: LagBody | None
) -> TraceBody:
    given, number = stored.trace, stored.trace.assignment_id
    return TraceBody(
        event_id=stored.event_id,
        at=stored.at,
        rater=given.rater,
        track_id=None if placed is None else placed.track_id,
        dimensions=list(given.dimensions),
        mode=given.mode,
        device=given.device,
        speed=given.speed,
        first_frame=given.first_frame,
        last_frame=given.last_frame,
        time_s=np.round(given.time_s, 4).tolist(),
        value=np.round(given.value, 5).tolist(),
        assignment_id=None if number is None else int(number),
        active_s=given.active_s,
        lag=lag,
    )
