"""Walks: tracks made of photos, for evaluation where no labelled video is at hand.

A smooth random curve runs through the valence-arousal plane, and each of its frames is
given a photo whose label is near it, no photo twice. So faces and label noise are real,
but every frame is another person, and time is easier than in video: neighbours differ
in appearance far more, in label far less. Curves are cosine-eased between knots drawn
from the labels themselves; they owe nothing to the engine's kernel.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy.optimize import linear_sum_assignment

from feltline.lab.bench.clips import Clip
from feltline.types import Embeddings, FaceTrack

__all__ = ["LENGTH", "Photos", "curve_photos", "random_photos", "track_of"]

LENGTH: Final = 60
"""Frames per track; a clip of AFEW-VA has some 50."""
RATE_HZ: Final = 25.0
KNOTS: Final = (8.0, 24.0)
"""Least and most frames from one knot of a curve to the next."""
NEARNESS: Final = 0.1
"""Standard deviation by which a photo's label is meant to miss its curve."""
_FAR_APART_S: Final = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photos:
    """Labelled photos of one split as an encoder sees them. n = photos.

    Attributes:
        seen: What the encoder sees.
        value: Valence and arousal.
        expression: Class, -1 = none.
    """

    seen: Embeddings
    value: Float32[np.ndarray, "n 2"]
    expression: Int64[np.ndarray, " n"]

    def __len__(self) -> int:
        return len(self.value)


def curve_photos(
    value: Float32[np.ndarray, "n 2"], rng: np.random.Generator, length: int = LENGTH
) -> Int64[np.ndarray, "tracks length"]:
    """Which photo is which frame of which track; as many tracks as photos allow.

    All frames are given their photos at once, so that the squared distances between
    curves and labels are as small as can be in sum.
    """
    tracks = len(value) // length
    wanted = np.stack([_curve(value, rng, length) for _ in range(tracks)])
    wanted = wanted + NEARNESS * rng.standard_normal(wanted.shape)
    apart = wanted.reshape(-1, 1, 2) - value[None].astype(np.float64)
    _, photo = linear_sum_assignment((apart**2).sum(axis=2))
    return np.asarray(photo.reshape(tracks, length), np.int64)


def _curve(
    value: Float32[np.ndarray, "n 2"], rng: np.random.Generator, length: int
) -> Float64[np.ndarray, "length 2"]:
    at = [-rng.uniform(0, KNOTS[1])]
    while at[-1] < length:
        at.append(at[-1] + rng.uniform(*KNOTS))
    knots = value[rng.integers(len(value), size=len(at))].astype(np.float64)
    time, start = np.arange(length), np.array(at)
    before = np.searchsorted(start, time, side="right") - 1
    way = (time - start[before]) / (start[before + 1] - start[before])
    eased = ((1 - np.cos(np.pi * way)) / 2)[:, None]
    return np.asarray(knots[before] * (1 - eased) + knots[before + 1] * eased)


def random_photos(
    n: int, rng: np.random.Generator, length: int = LENGTH
) -> Int64[np.ndarray, "tracks length"]:
    """Photos in no order: static corpora, where time says nothing."""
    tracks = n // length
    return rng.permutation(n)[: tracks * length].reshape(tracks, length)


def track_of(
    photos: Photos, rows: Int64[np.ndarray, " f"], name: str, *, in_time: bool
) -> Clip:
    """One track of the given photos; `in_time` = frame by frame, else ages apart."""
    n = len(rows)
    step = 1 / RATE_HZ if in_time else _FAR_APART_S
    track = FaceTrack(
        video_id=name,
        track_id=0,
        frame=np.arange(n, dtype=np.int64),
        time_s=np.arange(n) * step,
        box_xyxy=np.tile(np.array([0, 0, 48, 48], np.float32), (n, 1)),
        quality=np.ones(n, np.float32),
    )
    seen = Embeddings(
        encoder_id=photos.seen.encoder_id,
        vector=photos.seen.vector[rows],
        zero_shot_value=photos.seen.zero_shot_value[rows],
        zero_shot_expression=photos.seen.zero_shot_expression[rows],
        views=photos.seen.views,
    )
    return Clip(
        track=track,
        seen=seen,
        person=name,
        at=np.arange(n, dtype=np.int64),
        value=photos.value[rows],
        expression=photos.expression[rows],
    )
