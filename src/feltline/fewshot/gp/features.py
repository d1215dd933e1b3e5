"""Frames of a track as the kernel sees them: time, appearance, zero-shot prediction.

One zero-shot prediction is not enough: an encoder judges each frame by itself, so its
value jumps with every blink. Averaged over a tenth and three tenths of a second it is
steadier, and on real clips nearer to what people say; the engine weighs the three.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from feltline.errors import ShapeError
from feltline.types import (
    DIMENSIONS,
    EXPRESSION_AFFECT,
    EXPRESSIONS,
    FaceTrack,
    LabelSchema,
)

__all__ = [
    "ENOUGH_QUALITY",
    "SMOOTHING_SCALES_S",
    "TrackFeatures",
    "classes_of",
    "smoothed",
    "track_features",
    "trust_of",
]

SMOOTHING_SCALES_S: Final = (0.0, 0.1, 0.3)
"""Standard deviations of the Gaussians that the zero-shot prediction is averaged with,
in seconds; 0 = as it is."""

_RANGE: Final = 3.0
"""How far such a Gaussian is followed, in standard deviations."""

ENOUGH_QUALITY: Final = 0.3
"""Faces below this quality lose confidence in proportion."""

FAR_OUT: Final = 1.3
"""Out-of-distribution score from which a face has no confidence at all; it falls from 1
on. Of the rated clips' frames none reaches 1; of pictures that show no face nearly all
do, and noise and stripes reach 1.3 (docs/decisions/0008-engine.md)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackFeatures:
    """Frames of a track, or of a block of tracks, as the kernel sees them.

    s = `SMOOTHING_SCALES_S`.

    Attributes:
        frame: Their numbers in the video.
        time_s: When each is shown.
        appearance: Appearance features, centred on the track's mean.
        zero_shot: The encoder's own value at each scale, 0 where it has none.
        ambiguity: Variance of each dimension under the encoder's class probabilities
            (label ambiguity), 0 where it has none.
        trust: Factor in [0, 1] on confidence: 1 for a good and ordinary face.
        class_probability: The encoder's, mapped to the schema's classes; NaN where it
            has none.
        has_zero_shot: Dimensions of which the encoder says something.
        track: In a block, number of each frame's track, increasing; None = one track.
    """

    frame: Int64[np.ndarray, " n"]
    time_s: Float64[np.ndarray, " n"]
    appearance: Float32[np.ndarray, "n r"]
    zero_shot: Float32[np.ndarray, "n s m"]
    ambiguity: Float32[np.ndarray, "n m"]
    trust: Float32[np.ndarray, " n"]
    class_probability: Float32[np.ndarray, "n c"]
    has_zero_shot: Bool[np.ndarray, " m"]
    track: Int64[np.ndarray, " n"] | None = None

    def __len__(self) -> int:
        return len(self.time_s)

    def at(self, index: np.ndarray | slice) -> "TrackFeatures":
        """The chosen frames."""
        some = {
            f.name: getattr(self, f.name)[index]
            for f in fields(self)
            if f.name not in ("track", "has_zero_shot")
        }
        track = None if self.track is None else self.track[index]
        return TrackFeatures(has_zero_shot=self.has_zero_shot, track=track, **some)

    @property
    def track_number(self) -> Int64[np.ndarray, " n"]:
        """`track`, with the one track that is not named as 0."""
        return np.zeros(len(self), np.int64) if self.track is None else self.track

    @property
    def of_first(self) -> slice:
        """Which frames are of the first track."""
        if self.track is None:
            return slice(None)
        return slice(int(np.searchsorted(self.track, 0, side="right")))


def track_features(
    track: FaceTrack,
    *,
    zero_shot_value: Float32[np.ndarray, "n v"],
    zero_shot_expression: Float32[np.ndarray, "n e"],
    appearance: Float[np.ndarray, "n r"],
    ood_score: Float32[np.ndarray, " n"] | None,
    schema: LabelSchema,
) -> TrackFeatures:
    """Frames of a track as the kernel sees them, mapped to the schema by name.

    Args:
        track: Its frames, times and quality.
        zero_shot_value: The encoder's own `DIMENSIONS` on the unit scale, NaN where it
            has none. A dimension that lacks any is not used at all.
        zero_shot_expression: Its probabilities of `EXPRESSIONS`, NaN where it has none.
        appearance: Appearance features, centred (`appearance.centred`).
        ood_score: How unlike the faces that the encoder knows each is (1 = the edge of
            the ordinary); None = all ordinary.
        schema: Dimensions and classes of the project.

    Raises:
        ShapeError: A column is not one per frame, or not one per name.
    """
    n, names = len(track), schema.dimension_names
    lengths = {
        "zero_shot_value": len(zero_shot_value),
        "zero_shot_expression": len(zero_shot_expression),
        "appearance": len(appearance),
        "ood_score": n if ood_score is None else len(ood_score),
    }
    if set(lengths.values()) != {n} or zero_shot_value.shape[1] != len(DIMENSIONS):
        raise ShapeError(
            f"track {track.track_id} of {track.video_id} has {n} frames and values of "
            f"{', '.join(DIMENSIONS)}, but its features have {lengths} rows and "
            f"{zero_shot_value.shape[1]} values"
        )
    value = _by_name(zero_shot_value, DIMENSIONS, names)
    has = np.isfinite(value).all(axis=0) if n else np.zeros(len(names), bool)
    value = np.where(has, value, np.float32(0))
    # Columns of a mapped file lie apart and unaligned, which costs at each step.
    time_s = np.ascontiguousarray(track.time_s)
    scales = [smoothed(time_s, value, scale) for scale in SMOOTHING_SCALES_S]
    ambiguity = _by_name(_ambiguity(zero_shot_expression), DIMENSIONS, names)
    return TrackFeatures(
        frame=np.ascontiguousarray(track.frame),
        time_s=time_s,
        appearance=appearance.astype(np.float32),
        zero_shot=np.stack(scales, axis=1),
        ambiguity=np.where(has & np.isfinite(ambiguity), ambiguity, np.float32(0)),
        trust=trust_of(track.quality, ood_score),
        class_probability=classes_of(zero_shot_expression, schema.class_names),
        has_zero_shot=has,
    )


def trust_of(
    quality: Float32[np.ndarray, " n"], ood_score: Float32[np.ndarray, " n"] | None
) -> Float32[np.ndarray, " n"]:
    """Factor on confidence: 1 for a good and ordinary face, else less."""
    trust = np.minimum(quality / np.float32(ENOUGH_QUALITY), 1)
    if ood_score is not None:
        trust = trust * np.clip((FAR_OUT - ood_score) / (FAR_OUT - 1), 0, 1)
    return np.asarray(trust, np.float32)


def _by_name(
    column: Float32[np.ndarray, "n v"], given: Sequence[str], wanted: Sequence[str]
) -> Float32[np.ndarray, "n m"]:
    """Columns put in another order; NaN where there is none of that name."""
    out = np.full((len(column), len(wanted)), np.nan, np.float32)
    for at, name in enumerate(wanted):
        if name in given:
            out[:, at] = column[:, list(given).index(name)]
    return out


def classes_of(
    probability: Float32[np.ndarray, "n e"], wanted: Sequence[str]
) -> Float32[np.ndarray, "n c"]:
    """The encoder's probabilities of the schema's classes.

    Classes that both know keep theirs; what the encoder gives to others is spread
    evenly over those that it does not know, or left out where it knows all.
    """
    out = _by_name(probability, EXPRESSIONS, wanted)
    unknown = np.array([name not in EXPRESSIONS for name in wanted], bool)
    if unknown.all():
        return out
    shared = out[:, ~unknown].sum(axis=1, keepdims=True)
    if unknown.any():
        out[:, unknown] = np.maximum(1 - shared, 0) / unknown.sum()
        return out
    return np.asarray(out / np.maximum(shared, np.float32(1e-6)), np.float32)


def smoothed(
    time_s: Float64[np.ndarray, " n"], value: Float32[np.ndarray, "n m"], scale_s: float
) -> Float32[np.ndarray, "n m"]:
    """Gaussian mean over the neighbours in time; frames need not be evenly spaced."""
    if not scale_s:
        return value
    # Dimensions first: neighbours in time then lie side by side.
    rows = np.ascontiguousarray(value.T, np.float32)
    total, weight = rows.copy(), np.ones(len(value), np.float32)
    for step in range(1, len(value)):
        gap = (time_s[step:] - time_s[:-step]) / scale_s
        if gap.min() > _RANGE:
            break
        share = np.exp(-(gap**2) / 2).astype(np.float32)
        total[:, step:] += share * rows[:, :-step]
        total[:, :-step] += share * rows[:, step:]
        weight[step:] += share
        weight[:-step] += share
    return np.asarray((total / weight).T, np.float32)


def _ambiguity(
    probability: Float32[np.ndarray, "n e"],
) -> Float32[np.ndarray, "n 2"]:
    """Variance of valence and arousal under the encoder's class probabilities."""
    mean = probability @ EXPRESSION_AFFECT
    squares = probability @ EXPRESSION_AFFECT**2
    return np.asarray(np.maximum(squares - mean**2, 0), np.float32)
