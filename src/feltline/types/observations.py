"""Observations: the one quantity that the engine learns from a judgement."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from feltline.errors import ShapeError
from feltline.types.checks import check_array, check_within

__all__ = ["NoiseKind", "Observation"]

NoiseKind = Literal["blind", "span", "clip", "accept", "edit", "trace"]
"""Which noise an observation has. `blind`: a frame judged with nothing of the machine
in sight; `span` and `clip`: the mean of a span or of the whole track; `accept` and
`edit`: the machine's value was shown, and kept or moved; `trace`: a stretch of a
continuous rating, whose errors are correlated within the trace."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """A linear functional of curves, with a noise model (one per judgement).

    value = sum over p of weight[p] * curve(position[p]) + noise. A frame has one
    position of weight 1, the mean of a span several that sum to 1, a difference of two
    frames -1 and 1, be they of one track or of two. m dimensions.

    Attributes:
        judgement_id: Event of the judgement; orders and names observations. A judgement
            that was replaced in one dimension alone, or edited in one alone, makes an
            observation for each part.
        position: Positions in the track that it weighs, increasing; in several tracks,
            one track's after another's.
        weight: Weight of each.
        value: On the unit scale, NaN in dimensions that were not given.
        expression: Index of the class, -1 = none.
        rater: Who judged.
        noise: Which noise it has.
        unsure: Whether the rater said to be unsure.
        accepted: Value that the same rater accepted at this very frame before judging
            it blind, NaN where none: what accepts are worth shows in it. None = none.
        shown_confidence: Confidence of the machine's value that was in sight; None
            where none was, or it had none.
        track: Number of the track that each position is in, among those that it is
            given with; None = all in the one that it is an observation of.
        trace: Event of the trace that it is a stretch of; observations of one trace
            share their rater's wandering error. None = of none.
        time_s: Time of the stretch, in seconds of the video; None = of no trace.
    """

    judgement_id: int
    position: Int64[np.ndarray, " p"]
    weight: Float64[np.ndarray, " p"]
    value: Float64[np.ndarray, " m"]
    expression: int
    rater: str
    noise: NoiseKind
    unsure: bool = False
    accepted: Float64[np.ndarray, " m"] | None = None
    shown_confidence: float | None = None
    track: Int64[np.ndarray, " p"] | None = None
    trace: int | None = None
    time_s: float | None = None

    def __post_init__(self) -> None:
        p = len(self.position)
        check_array("position", self.position, np.int64, (-1,))
        check_array("weight", self.weight, np.float64, (p,))
        check_array("value", self.value, np.float64, (-1,))
        check_within("value", self.value, -2.0, 2.0)
        if self.accepted is not None:
            check_array("accepted", self.accepted, np.float64, self.value.shape)
        if self.track is not None:
            check_array("track", self.track, np.int64, (p,))
        if not p:
            raise ShapeError("an observation weighs at least one frame")
        if self.expression >= 0 and len(self.tracks) > 1:
            raise ShapeError(
                f"judgement {self.judgement_id} gives a class to tracks {self.tracks} "
                f"at once; a class is said of one track"
            )
        has_trace, has_time = self.trace is not None, self.time_s is not None
        if not (self.noise == "trace") == has_trace == has_time:
            raise ShapeError(
                f"observation {self.judgement_id} of noise {self.noise!r} "
                f"{'names' if has_trace else 'lacks'} a trace and "
                f"{'has' if has_time else 'lacks'} a time; those of a trace have both, "
                f"others neither"
            )

    @property
    def is_blind_frame(self) -> bool:
        """Whether one frame was judged by itself, with nothing of the machine shown."""
        return self.noise == "blind" and len(self.position) == 1

    @property
    def calibrates(self) -> bool:
        """Whether its residual may serve calibration: a blind frame, not unsure."""
        return self.is_blind_frame and not self.unsure

    @property
    def track_number(self) -> Int64[np.ndarray, " p"]:
        """`track`, with the one track that is not named as 0."""
        return np.zeros_like(self.position) if self.track is None else self.track

    @property
    def tracks(self) -> tuple[int, ...]:
        """Numbers of the tracks that it weighs, increasing."""
        return (0,) if self.track is None else tuple(np.unique(self.track).tolist())

    @property
    def middle(self) -> int:
        """Position that names it: the middle one of those that it weighs."""
        return int(self.position[(len(self.position) - 1) // 2])
