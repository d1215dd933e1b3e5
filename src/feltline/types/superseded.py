"""Values of the former engine and store; they go when nothing uses them any more."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64

from feltline.errors import ShapeError
from feltline.types.checks import check_array, check_within
from feltline.types.schema import DIMENSIONS, EXPRESSIONS, Method
from feltline.types.tracks import FaceTrack

__all__ = ["Estimate", "HumanLabel", "SupportSet"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SupportSet:
    """The human labels that the machine learns from, one entry per label.

    Attributes:
        video_id: Video of each label.
        track_id: Face of each label.
        frame: Frame of each label.
        affect: Valence and arousal in [-1, 1].
        expression: Index into `EXPRESSIONS`, or -1 where no class was given.
        rater: Who gave each label.
    """

    video_id: tuple[str, ...]
    track_id: Int64[np.ndarray, " k"]
    frame: Int64[np.ndarray, " k"]
    affect: Float32[np.ndarray, "k 2"]
    expression: Int64[np.ndarray, " k"]
    rater: tuple[str, ...]

    def __post_init__(self) -> None:
        k = len(self.video_id)
        check_array("track_id", self.track_id, np.int64, (k,))
        check_array("frame", self.frame, np.int64, (k,))
        check_array("affect", self.affect, np.float32, (k, 2))
        check_array("expression", self.expression, np.int64, (k,))
        if not np.isfinite(self.affect).all():
            raise ShapeError("affect of a support set must be finite")
        check_within("affect", self.affect, -1.0, 1.0)
        check_within("expression", self.expression, -1.0, len(EXPRESSIONS) - 1.0)
        if len(self.rater) != k:
            raise ShapeError(f"rater must name {k} raters, but names {len(self.rater)}")

    def __len__(self) -> int:
        return len(self.video_id)

    def of_track(self, track: FaceTrack) -> Bool[np.ndarray, " k"]:
        """Which labels belong to this track."""
        same_video = np.array([name == track.video_id for name in self.video_id], bool)
        return np.asarray(same_video & (self.track_id == track.track_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanLabel:
    """What one person said of one face: of a frame, a span, or the whole track.

    Attributes:
        video_id: Video that was judged.
        track_id: Face, by the number that the rater saw.
        scope: What it speaks of; `clip` is the whole track.
        first_frame: First frame it speaks of.
        last_frame: Last one; the same for the scope `frame`.
        valence: In [-1, 1]; given together with `arousal`, or neither is.
        arousal: Likewise.
        expression: One of `EXPRESSIONS`; None = none given.
        rater: Who judged.
        active_s: Seconds spent on it; None = not measured.
        shown_run_id: Run whose estimate was in sight; None = judged blind.
        comment: The rater's own words.
        decision: Given freely, or as answer to an estimate.
        origin: Given in feltline, or imported.
    """

    video_id: str
    track_id: int
    scope: Literal["frame", "span", "clip"]
    first_frame: int
    last_frame: int
    valence: float | None
    arousal: float | None
    expression: str | None
    rater: str
    active_s: float | None
    shown_run_id: str | None
    comment: str = ""
    decision: Literal["label", "accept", "edit"] = "label"
    origin: Literal["human", "import"] = "human"

    def __post_init__(self) -> None:
        first, last, affect = self.first_frame, self.last_frame, self.valence
        if not 0 <= first <= last or (self.scope == "frame" and first != last):
            raise ShapeError(f"a {self.scope} cannot reach from {first} to {last}")
        if (affect is None) != (self.arousal is None):
            raise ShapeError("give both valence and arousal, or neither")
        if affect is None and self.expression is None:
            raise ShapeError("a label needs valence and arousal, or an expression")
        for name in DIMENSIONS:
            value = getattr(self, name)
            if value is not None and not -1 <= value <= 1:
                raise ShapeError(f"{name} must lie in [-1, 1], but is {value:g}")
        if self.expression is not None and self.expression not in EXPRESSIONS:
            raise ShapeError(f"there is no expression {self.expression!r}")
        if self.active_s is not None and not 0 <= self.active_s < math.inf:
            raise ShapeError(f"active_s must be at least 0, but is {self.active_s:g}")
        if self.track_id < 0 or not self.rater:
            raise ShapeError("a label needs a track from 0 and the name of its rater")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """Machine labels of one track, with how sure the machine is of each.

    Attributes:
        run_id: Names the run: equal inputs, settings and version give an equal id.
        method: How labels were carried over; `import` = another model made it.
        affect: Valence and arousal in [-1, 1]; a human label's own frame keeps it.
        low: Lower end of the interval at `coverage`; NaN where the method has none.
        high: Upper end of that interval.
        coverage: The share of intervals meant to hold the project's own label.
        tolerance: The error that `confidence` speaks of.
        confidence: Calibrated probability that the error of valence and of arousal
            are both at most `tolerance`; NaN where the method has none.
        expression: Class probabilities, NaN where there are none.
        is_human: Frames whose value is a person's own label.
        evidence: Support frames that carried each value, most important first;
            -1 fills up.
        calibration: What interval and confidence rest on, in words.
    """

    run_id: str
    method: Method | Literal["import"]
    affect: Float32[np.ndarray, "n 2"]
    low: Float32[np.ndarray, "n 2"]
    high: Float32[np.ndarray, "n 2"]
    coverage: float
    tolerance: float
    confidence: Float32[np.ndarray, " n"]
    expression: Float32[np.ndarray, "n 8"]
    is_human: Bool[np.ndarray, " n"]
    evidence: Int32[np.ndarray, "n e"]
    calibration: str

    def __post_init__(self) -> None:
        n = len(self.affect)
        for name in ("affect", "low", "high"):
            check_array(name, getattr(self, name), np.float32, (n, 2))
            check_within(name, getattr(self, name), -1.0, 1.0)
        check_array("confidence", self.confidence, np.float32, (n,))
        check_within("confidence", self.confidence, 0.0, 1.0)
        check_array("expression", self.expression, np.float32, (n, 8))
        check_array("is_human", self.is_human, np.bool_, (n,))
        check_array("evidence", self.evidence, np.int32, (n, -1))

    def __len__(self) -> int:
        return len(self.affect)
