"""Values of live rating: traces as they are given, their lags, and how many."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import numpy as np
from jaxtyping import Float64

from feltline.errors import ShapeError
from feltline.types import TraceMode

__all__ = [
    "MOST_LAG_S",
    "SPEEDS",
    "GivenTrace",
    "LagMethod",
    "NewTrace",
    "StoredLag",
    "StoredTrace",
    "TraceCount",
    "TraceDevice",
    "TraceHead",
    "TraceLag",
]

TraceDevice = Literal["mouse", "keys", "touch", "gamepad"]
"""What a trace was given with."""

LagMethod = Literal["expected", "model", "raters", "set"]
"""How a lag was found. `expected`: of lags in general, and of the rater's former ones;
`model`: against the model's curve; `raters`: against other raters' traces of the same
stretch; `set`: a person chose it."""

SPEEDS: Final = (0.25, 2.0)
"""Slowest and fastest playback at which is rated."""

MOST_LAG_S: Final = 12.0
"""Largest lag in seconds of the video: six seconds of a person's, at double speed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GivenTrace:
    """A continuous rating as it was given; k samples, d dimensions.

    Attributes:
        video_id: Its video.
        track_id: Face, by the number that the rater saw.
        first_frame: First frame that shows the face while it was rated.
        last_frame: Last one.
        dimensions: Names of the dimensions of the label schema that were rated.
        mode: `bounded`: in the units of the label schema; `relative`: in units of its
            own, from a zero of its own.
        device: What it was given with.
        speed: Of playback; 1 = as it was filmed.
        time_s: Time in the video of each sample, increasing.
        value: What was rated at that time.
        rater: Who rated.
        assignment_id: Assignment that it answers; None = none.
        active_s: Seconds spent on it; None = not measured.
    """

    video_id: str
    track_id: int
    first_frame: int
    last_frame: int
    dimensions: tuple[str, ...]
    mode: TraceMode
    device: TraceDevice
    speed: float
    time_s: Float64[np.ndarray, " k"]
    value: Float64[np.ndarray, "k d"]
    rater: str
    assignment_id: str | None = None
    active_s: float | None = None

    def __post_init__(self) -> None:
        what = f"the trace of {self.rater} on {self.video_id}"
        k, d = len(self.time_s), len(self.dimensions)
        if k < 2 or not d or self.value.shape != (k, d):
            raise ShapeError(
                f"{what} has {k} times and values of shape {self.value.shape} for the "
                f"dimensions {self.dimensions}; give at least two samples, and of each "
                f"a value per dimension"
            )
        if len(set(self.dimensions)) != d:
            raise ShapeError(f"{what} names a dimension twice: {self.dimensions}")
        if not (np.isfinite(self.time_s).all() and np.isfinite(self.value).all()):
            raise ShapeError(
                f"{what} has a time or value that is no number; leave such samples out"
            )
        back = np.flatnonzero(np.diff(self.time_s) <= 0)
        if len(back):
            at = int(back[0])
            raise ShapeError(
                f"{what} is out of order: sample {at + 1} is at "
                f"{self.time_s[at + 1]:g} s, after {self.time_s[at]:g} s; a seek or a "
                f"second run begins a new trace"
            )
        if not SPEEDS[0] <= self.speed <= SPEEDS[1]:
            raise ShapeError(
                f"{what} was given at a speed of {self.speed:g}; rate at "
                f"{SPEEDS[0]:g} to {SPEEDS[1]:g}"
            )

    @property
    def duration_s(self) -> float:
        """Seconds of the video from the first sample to the last."""
        return float(self.time_s[-1] - self.time_s[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLag:
    """Reaction lag of a trace, in seconds of the video: at double speed twice as long.

    Attributes:
        lag_s: By so much a sample comes after what it speaks of.
        low_s: Lower end of its 90 % interval.
        high_s: Upper end.
        method: How it was found.
    """

    lag_s: float
    low_s: float
    high_s: float
    method: LagMethod

    def __post_init__(self) -> None:
        if not 0 <= self.low_s <= self.lag_s <= self.high_s <= MOST_LAG_S:
            raise ShapeError(
                f"a lag of {self.lag_s:g} s ({self.low_s:g} to {self.high_s:g}) is "
                f"none; it lies from 0 to {MOST_LAG_S:g} s, within its interval"
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NewTrace:
    """A trace to be saved.

    Attributes:
        trace: The trace.
        found_track_id: Found track that shows the face first while it was rated.
        client_id: Name that the browser gave it.
        lag: Reaction lag to save with it, as an event of its own; None = none yet.
    """

    trace: GivenTrace
    found_track_id: int
    client_id: str | None = None
    lag: TraceLag | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredTrace:
    """A trace with its place in the log; attributes as in `StoredJudgement`."""

    event_id: int
    at: datetime
    found_track_id: int
    trace: GivenTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHead:
    """A trace in force without what was rated; attributes as in `GivenTrace`."""

    event_id: int
    rater: str
    video_id: str
    mode: TraceMode
    speed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLag:
    """A reaction lag with its place in the log.

    Attributes:
        event_id: Event that gave it.
        at: When, in UTC.
        rater: Who set it; empty where it was estimated.
        trace_event_id: The trace that it is of.
        lag: The lag.
    """

    event_id: int
    at: datetime
    rater: str
    trace_event_id: int
    lag: TraceLag


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceCount:
    """Traces in force of one rater in one video.

    Attributes:
        video_id: The video.
        rater: The rater.
        count: How many there are; at least 1.
        seconds: Seconds of the video that they speak of; twice rated counts twice.
    """

    video_id: str
    rater: str
    count: int
    seconds: float
