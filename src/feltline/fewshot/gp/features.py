"""What the engine sees of a frame: its time, its looks, the encoder's opinion.

One opinion is not enough: an encoder judges each frame by itself, so its value jumps
with every blink. Averaged over a tenth and three tenths of a second it is steadier, and
on real clips nearer to what people say; the engine weighs the three against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from feltline.errors import ShapeError
from feltline.fewshot.gp.appearance import looks_of
from feltline.types import EXPRESSION_AFFECT, Embeddings, FaceTrack

__all__ = ["OPINION_SCALES_S", "Points", "has_opinions", "points_of"]

OPINION_SCALES_S: Final = (0.0, 0.1, 0.3)
"""Standard deviations of the Gaussians that the opinion is averaged with, in seconds;
0 = as it is."""

_REACH: Final = 3.0
"""How far such a Gaussian is followed, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Frames of one track as the kernel sees them. s = `OPINION_SCALES_S`.

    Attributes:
        time_s: When each is shown.
        look: Its appearance features.
        opinion: The encoder's own valence and arousal at each scale, 0 where it has
            none.
        doubt: How torn the encoder is: the variance of valence and arousal under its
            class probabilities, 0 where it has none.
    """

    time_s: Float64[np.ndarray, " a"]
    look: Float32[np.ndarray, "a r"]
    opinion: Float32[np.ndarray, "a s 2"]
    doubt: Float32[np.ndarray, "a 2"]

    def __len__(self) -> int:
        return len(self.time_s)

    def at(self, index: np.ndarray | slice) -> "Points":
        """The chosen frames."""
        return Points(
            time_s=self.time_s[index],
            look=self.look[index],
            opinion=self.opinion[index],
            doubt=self.doubt[index],
        )


def points_of(
    tracks: Sequence[FaceTrack], embeddings: Sequence[Embeddings]
) -> list[Points]:
    """Each track's frames as the kernel sees them.

    Raises:
        ShapeError: Tracks and embeddings differ in number or length.
        EncoderError: The embeddings come from different encoders.
    """
    lengths = [len(track) for track in tracks], [len(e) for e in embeddings]
    if lengths[0] != lengths[1]:
        raise ShapeError(
            f"each track needs its embeddings: tracks have {lengths[0]} frames, "
            f"embeddings {lengths[1]}"
        )
    speaks = has_opinions(embeddings)
    return [
        Points(
            time_s=track.time_s,
            look=look,
            opinion=_opinion(track.time_s, seen.zero_shot_value if speaks else None),
            doubt=_doubt(seen.zero_shot_expression, speaks=speaks),
        )
        for track, seen, look in zip(
            tracks, embeddings, looks_of(embeddings), strict=True
        )
    ]


def has_opinions(embeddings: Sequence[Embeddings]) -> bool:
    """Whether the encoder says something of every face; else of none it is used."""
    return all(seen.has_zero_shot for seen in embeddings)


def _opinion(
    time_s: Float64[np.ndarray, " n"], prior: Float32[np.ndarray, "n 2"] | None
) -> Float32[np.ndarray, "n s 2"]:
    if prior is None:
        return np.zeros((len(time_s), len(OPINION_SCALES_S), 2), np.float32)
    scales = [smoothed(time_s, prior, scale) for scale in OPINION_SCALES_S]
    return np.stack(scales, axis=1)


def smoothed(
    time_s: Float64[np.ndarray, " n"], value: Float32[np.ndarray, "n 2"], scale_s: float
) -> Float32[np.ndarray, "n 2"]:
    """Gaussian mean over the neighbours in time; frames need not be evenly spaced.

    Args:
        time_s: Strictly increasing.
        value: Per frame.
        scale_s: Standard deviation of the Gaussian; 0 leaves values as they are.
    """
    if not scale_s:
        return value
    total, weight = value.astype(np.float32), np.ones((len(value), 1), np.float32)
    for step in range(1, len(value)):
        gap = (time_s[step:] - time_s[:-step]) / scale_s
        if gap.min() > _REACH:
            break
        share = np.exp(-(gap**2) / 2).astype(np.float32)[:, None]
        total[step:] += share * value[:-step]
        total[:-step] += share * value[step:]
        weight[step:] += share
        weight[:-step] += share
    return np.asarray(total / weight, np.float32)


def _doubt(
    probability: Float32[np.ndarray, "n 8"], *, speaks: bool
) -> Float32[np.ndarray, "n 2"]:
    """Variance of valence and arousal under the encoder's class probabilities."""
    share = np.where(np.isfinite(probability) & speaks, probability, 0)
    mean = share @ EXPRESSION_AFFECT
    squares = share @ EXPRESSION_AFFECT**2
    return np.asarray(np.maximum(squares - mean**2, 0), np.float32)
