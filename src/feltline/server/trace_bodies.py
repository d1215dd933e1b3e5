"""Bodies of live rating: traces, and their reaction lags.

Times are seconds of the video, also those of lags: at double speed, a lag is twice as
long as the rater's. Bounded values are in the units of the label schema, relative ones
in units of their own.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from feltline.server.requests import (
    EventNumber,
    Finite,
    Plain,
    Seconds,
    TrackNumber,
    VideoName,
    WithClient,
)
from feltline.store import MOST_LAG_S, SPEEDS, LagMethod, TraceDevice
from feltline.types import TraceMode

MAX_TRACE_BYTES = 4 * 2**20
MOST_SAMPLES = 200_000

DimensionName = Annotated[str, Field(min_length=1, max_length=200), Plain]
Samples = Annotated[list[Finite], Field(min_length=2, max_length=MOST_SAMPLES)]
Rated = Annotated[tuple[Finite, ...], Field(min_length=1, max_length=8)]


class TraceRequest(WithClient):
    """What a person rated of one face while the video played.

    A seek, a pause or a second run begins a new trace. Nothing of the machine may have
    been in sight.

    Attributes:
        video_id: Video that was rated.
        track_id: Face, by the number that the rater saw.
        dimensions: Names of the dimensions of the label schema that were rated.
        mode: `bounded`: on the dimension's scale; `relative`: rise and fall only, from
            a zero of its own.
        device: What it was rated with.
        speed: Of playback.
        time_s: Time in the video of each sample, increasing.
        value: Per sample, a number for each of `dimensions`.
        assignment_id: Assignment that it answers.
        active_s: Seconds spent on it; null = not measured.
    """

    video_id: VideoName
    track_id: TrackNumber
    dimensions: Annotated[list[DimensionName], Field(min_length=1, max_length=8)]
    mode: TraceMode = "bounded"
    device: TraceDevice
    speed: Annotated[float, Field(ge=SPEEDS[0], le=SPEEDS[1], allow_inf_nan=False)] = (
        1.0
    )
    time_s: Samples
    value: Annotated[list[Rated], Field(min_length=2, max_length=MOST_SAMPLES)]
    assignment_id: EventNumber | None = None
    active_s: Seconds | None = None


class LagRequest(WithClient):
    """Another reaction lag of a trace; 0 = none is taken off."""

    lag_s: Annotated[float, Field(ge=0, le=MOST_LAG_S, allow_inf_nan=False)]


class LagBody(BaseModel):
    """The reaction lag that is taken off a trace, and its 90 % interval.

    Attributes:
        event_id: Event that gave it; undoing that brings the one before back.
        lag_s: The lag.
        low_s: Lower end.
        high_s: Upper end.
        method: How it was found; see `feltline.store.LagMethod`.
    """

    event_id: int
    lag_s: float
    low_s: float
    high_s: float
    method: LagMethod


class TraceSavedBody(BaseModel):
    """A trace is kept; `lag` is what the rater may see of it."""

    event_id: int
    at: datetime
    lag: LagBody | None


class TraceBody(BaseModel):
    """A trace in force.

    Attributes:
        event_id: Its event.
        at: When it was given.
        rater: Who rated.
        track_id: Face that has it now; null where that is ignored.
        dimensions: What was rated.
        mode: What the values are measured on.
        device: What it was rated with.
        speed: Of playback.
        first_frame: First frame that shows the face while it was rated.
        last_frame: Last one.
        time_s: Time in the video of each sample, as it was given: the lag is in it.
        value: Per sample, a number for each dimension.
        assignment_id: Assignment that it answers.
        active_s: Seconds spent on it.
        lag: Reaction lag; null where none is in force.
    """

    event_id: int
    at: datetime
    rater: str
    track_id: int | None
    dimensions: list[str]
    mode: TraceMode
    device: TraceDevice
    speed: float
    first_frame: int
    last_frame: int
    time_s: list[float]
    value: list[list[float]]
    assignment_id: int | None
    active_s: float | None
    lag: LagBody | None
