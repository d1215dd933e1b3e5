"""Traces: continuous ratings, given while a video plays."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from feltline.errors import ShapeError
from feltline.types.checks import check_array, check_within

__all__ = ["Trace", "TraceMode"]

TraceMode = Literal["bounded", "relative"]
"""`bounded`: on the unit scale; `relative`: without bounds and with a zero of its own,
where only rise and fall mean something (as in PAGAN)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """A continuous rating of one face by one rater; k samples, d dimensions.

    Attributes:
        trace_id: Event of the trace.
        rater: Who rated.
        time_s: Time in the video of each sample, increasing; not the time of day.
        value: What was rated at that time, NaN nowhere.
        dimensions: Names of the dimensions of the label schema, in order.
        mode: What the values are measured on.
        lag_s: Reaction lag: so many seconds after what it speaks of a sample was
            given. 0 = not known, or removed already.
    """

    trace_id: int
    rater: str
    time_s: Float64[np.ndarray, " k"]
    value: Float64[np.ndarray, "k d"]
    dimensions: tuple[str, ...]
    mode: TraceMode
    lag_s: float = 0.0

    def __post_init__(self) -> None:
        k, d = len(self.time_s), len(self.dimensions)
        check_array("time_s", self.time_s, np.float64, (k,))
        check_array("value", self.value, np.float64, (k, d))
        if not k or not d or len(set(self.dimensions)) != d:
            raise ShapeError(
                f"trace {self.trace_id} has {k} samples of the dimensions "
                f"{self.dimensions}; a trace has at least one sample, and names each "
                f"dimension once"
            )
        numbers = (self.time_s, self.value)
        if not all(np.isfinite(one).all() for one in numbers) or not math.isfinite(
            self.lag_s
        ):
            raise ShapeError(
                f"trace {self.trace_id} has a time, value or lag that is not finite; "
                f"leave such samples out"
            )
        if (np.diff(self.time_s) <= 0).any():
            raise ShapeError(
                f"the times of trace {self.trace_id} do not increase; a seek or a "
                f"second run begins a new trace"
            )
        if self.mode == "bounded":
            check_within("value", self.value, -1.0, 1.0)
