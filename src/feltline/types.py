"""The central types: frozen values that every stage takes and returns.

Letters in shapes: **n** frames of a track, **k** support examples, **d** embedding
width, **e** evidence frames, **2** = (valence, arousal) in [-1, 1], **8** =
`EXPRESSIONS`. Values are per track, never per frame. Shapes, types and ranges are
checked when a value is made.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64, UInt8

from feltline.errors import ShapeError

__all__ = [
    "DIMENSIONS",
    "EXPRESSIONS",
    "EXPRESSION_AFFECT",
    "AffectArray",
    "Detections",
    "Embeddings",
    "Encoder",
    "Estimate",
    "FaceBatch",
    "FaceDetector",
    "FaceTrack",
    "HumanLabel",
    "Method",
    "SupportSet",
]

DIMENSIONS: Final = ("valence", "arousal")
"""Order of the last axis of every affect array."""

EXPRESSIONS: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
"""Order of the last axis of every expression array (the FER+ order)."""

EXPRESSION_AFFECT: Final = np.array(
    [
        [0.0, 0.0],
        [0.81, 0.51],
        [0.40, 0.67],
        [-0.63, -0.27],
        [-0.51, 0.59],
        [-0.60, 0.35],
        [-0.64, 0.60],
        [-0.23, 0.31],
    ],
    np.float32,
)
"""Pleasure and arousal of each of `EXPRESSIONS` (Russell and Mehrabian 1977)."""

Method = Literal["gp", "mt-clar", "linear", "pchip", "nearest", "hold-last"]
"""Ways to carry labels to the other frames; `gp` is the engine."""

AffectArray = Float32[np.ndarray, "n 2"]


def _check(name: str, array: np.ndarray, dtype: type, shape: tuple[int, ...]) -> None:
    """Raise unless `array` has this dtype and shape (-1 = any length)."""
    fits = len(array.shape) == len(shape) and all(
        want in (-1, got) for want, got in zip(shape, array.shape, strict=True)
    )
    if array.dtype != dtype or not fits:
        wanted = tuple("any" if want == -1 else want for want in shape)
        raise ShapeError(
            f"{name} must be {np.dtype(dtype)} of shape {wanted}, "
            f"but is {array.dtype} of shape {array.shape}"
        )


def _check_within(name: str, array: np.ndarray, low: float, high: float) -> None:
    """Raise if any finite value lies outside [low, high]; NaN is left alone."""
    outside = array[(array < low) | (array > high)]
    if outside.size:
        raise ShapeError(
            f"{name} must lie in [{low:g}, {high:g}], but holds {outside[0]:g}"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceTrack:
    """One face followed through one video.

    Attributes:
        video_id: Name of the video within the project or command.
        track_id: Number of the face in the video, from 0 in order of appearance.
        frame: 0-based positions in presentation order, strictly increasing.
        time_s: Presentation time stamps in seconds, strictly increasing.
        box_xyxy: Face boxes in pixels of the upright frame: left, top, right, bottom.
        quality: How well each face can be judged, in [0, 1].
    """

    video_id: str
    track_id: int
    frame: Int64[np.ndarray, " n"]
    time_s: Float64[np.ndarray, " n"]
    box_xyxy: Float32[np.ndarray, "n 4"]
    quality: Float32[np.ndarray, " n"]

    def __post_init__(self) -> None:
        n = len(self.frame)
        _check("frame", self.frame, np.int64, (-1,))
        _check("time_s", self.time_s, np.float64, (n,))
        _check("box_xyxy", self.box_xyxy, np.float32, (n, 4))
        _check("quality", self.quality, np.float32, (n,))
        _check_within("quality", self.quality, 0.0, 1.0)
        for name, array in (("frame", self.frame), ("time_s", self.time_s)):
            if n > 1 and not np.all(np.diff(array) > 0):
                at = int(np.argmin(np.diff(array) > 0)) + 1
                raise ShapeError(
                    f"{name} of track {self.track_id} in {self.video_id} must be "
                    f"strictly increasing, but {array[at - 1]} is followed by "
                    f"{array[at]} at position {at}"
                )

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embeddings:
    """What an encoder sees in the faces of one track, frame by frame.

    Attributes:
        encoder_id: Hash of the encoder's weights and preprocessing; embeddings with
            different ids are never compared.
        vector: Embedding per face.
        prior_va: The encoder's own zero-shot valence and arousal in [-1, 1], NaN where
            it has none.
        prior_expression: Its own class probabilities, NaN where it has none.
        views: Widths of the parts that `vector` is joined from, where it shows a face
            in several ways; empty = one part.
    """

    encoder_id: str
    vector: Float32[np.ndarray, "n d"]
    prior_va: Float32[np.ndarray, "n 2"]
    prior_expression: Float32[np.ndarray, "n 8"]
    views: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.vector)
        _check("vector", self.vector, np.float32, (-1, -1))
        _check("prior_va", self.prior_va, np.float32, (n, 2))
        _check("prior_expression", self.prior_expression, np.float32, (n, 8))
        if not np.isfinite(self.vector).all():
            bad = int(np.argmin(np.isfinite(self.vector).all(axis=1)))
            raise ShapeError(f"vector must be finite, but row {bad} is not")
        if self.views and sum(self.views) != self.vector.shape[1]:
            raise ShapeError(
                f"views of widths {self.views} do not make up a vector of "
                f"{self.vector.shape[1]}"
            )

    def __len__(self) -> int:
        return len(self.vector)

    @property
    def has_prior(self) -> bool:
        """Whether the encoder gives a valence and arousal of its own for every face."""
        return bool(np.isfinite(self.prior_va).all())


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
        _check("track_id", self.track_id, np.int64, (k,))
        _check("frame", self.frame, np.int64, (k,))
        _check("affect", self.affect, np.float32, (k, 2))
        _check("expression", self.expression, np.int64, (k,))
        if not np.isfinite(self.affect).all():
            raise ShapeError("affect of a support set must be finite")
        _check_within("affect", self.affect, -1.0, 1.0)
        _check_within("expression", self.expression, -1.0, len(EXPRESSIONS) - 1.0)
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
            _check(name, getattr(self, name), np.float32, (n, 2))
            _check_within(name, getattr(self, name), -1.0, 1.0)
        _check("confidence", self.confidence, np.float32, (n,))
        _check_within("confidence", self.confidence, 0.0, 1.0)
        _check("expression", self.expression, np.float32, (n, 8))
        _check("is_human", self.is_human, np.bool_, (n,))
        _check("evidence", self.evidence, np.int32, (n, -1))

    def __len__(self) -> int:
        return len(self.affect)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detections:
    """Faces found in one image.

    Attributes:
        box_xyxy: Boxes in pixels: left, top, right, bottom.
        score: Detector's confidence in [0, 1], best first.
    """

    box_xyxy: Float32[np.ndarray, "m 4"]
    score: Float32[np.ndarray, " m"]


@runtime_checkable
class FaceDetector(Protocol):
    """Finds the faces of one image."""

    @property
    def detector_id(self) -> str:
        """Names model and settings; part of the key of every cached result."""
        ...

    def detect(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Detections:
        """Boxes of all faces in the image, best first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceBatch:
    """Faces on their way into an encoder.

    Attributes:
        mesh: MediaPipe face mesh (468 points and 10 of the irises) in pixels; z in
            pixels too, smaller is nearer.
        crop: Aligned RGB crops, or width 0 where the encoder asks for none.
    """

    mesh: Float32[np.ndarray, "b 478 3"]
    crop: UInt8[np.ndarray, "b s s 3"]


@runtime_checkable
class Encoder(Protocol):
    """Turns faces into embeddings: geometry, or a network in ONNX."""

    @property
    def encoder_id(self) -> str:
        """Hash of weights and preprocessing."""
        ...

    @property
    def crop_size(self) -> int:
        """Side of the aligned crop it wants in pixels; 0 = the mesh is enough."""
        ...

    @property
    def crop_margin(self) -> float:
        """Margin of that crop around the mesh, as a share of the mesh's longer side."""
        ...

    @property
    def crop_lift(self) -> float:
        """How far the crop sits above the mesh's centre, as a share of the same."""
        ...

    def encode(self, faces: FaceBatch) -> Embeddings:
        """Embeddings of a batch of faces, in its order."""
        ...


def track_names(tracks: Sequence[FaceTrack]) -> str:
    """Tracks of one video in words, for messages: `0 (frames 0-71), 1 (...)`."""
    return ", ".join(
        f"{t.track_id} (frames {t.frame[0]}-{t.frame[-1]})" for t in tracks
    )
