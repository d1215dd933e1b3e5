"""Appearance features: embeddings of a project in a few half-whitened dimensions.

People differ in their resting faces more than a face differs from itself, so each
track is centred on its own mean; then the directions in which faces of the project move
most are kept. Half-whitening (dividing by the fourth root of the variance instead of
the square root) lifts small but telling movements without lifting the noise: on the
rated clips it beat none and full.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from feltline.errors import EncoderError
from feltline.types import Embeddings

__all__ = ["RANK", "looks_of"]

RANK: Final = 8
"""How many dimensions are kept."""
WHITENING: Final = 0.5
"""0 keeps the variances as they are, 1 makes them equal."""
ENOUGH_FRAMES: Final = 1000
"""Frames of a track, evenly spread, that its directions are found from."""
_NEGLIGIBLE: Final = 1e-8
"""Share of the largest variance below which a direction is left out."""
_ROUNDING: Final = 1e-12
"""Share of the squared size of the vectors that float32 rounding alone can move."""


def looks_of(embeddings: Sequence[Embeddings]) -> list[Float32[np.ndarray, "_ r"]]:
    """Appearance features of each track of one project.

    Args:
        embeddings: One entry per track, all of one encoder.

    Returns:
        One array (n, r) per track, r at most `RANK` for each view of the face, with
        mean 0 within each track and mean squared length 1 over the project (less where
        a view never moves). Views count equally.

    Raises:
        EncoderError: The embeddings come from different encoders.
    """
    ids = sorted({e.encoder_id for e in embeddings})
    if len(ids) > 1:
        raise EncoderError(
            f"embeddings of different encoders cannot be compared: {', '.join(ids)}; "
            f"extract all videos of a project with one encoder"
        )
    views = embeddings[0].views or (embeddings[0].vector.shape[1],)
    edges = np.cumsum((0, *views))
    seen = [
        _looks_of_view([e.vector[:, low:high] for e in embeddings])
        for low, high in pairwise(edges)
    ]
    share = np.float32(1 / np.sqrt(len(views)))
    return [np.concatenate(parts, axis=1) * share for parts in zip(*seen, strict=True)]


def _looks_of_view(
    vectors: Sequence[Float32[np.ndarray, "_ d"]],
) -> list[Float32[np.ndarray, "_ r"]]:
    """Appearance features from one part of the embeddings, scaled to length 1."""
    width = vectors[0].shape[1]
    scatter, size = np.zeros((width, width)), 0.0
    for vector in vectors:  # one track at a time: a project may not fit in float64
        step = max(1, -(-len(vector) // ENOUGH_FRAMES))
        centred = _centred(vector)[::step]
        scatter += centred.T @ centred / len(centred) / len(vectors)
        size += float((vector**2).sum(axis=1).mean()) / len(vectors)
    variance, direction = np.linalg.eigh(scatter)
    variance, direction = variance[::-1][:RANK], direction[:, ::-1][:, :RANK]
    moves = variance > np.maximum(_NEGLIGIBLE * variance[0], _ROUNDING * size)
    if not moves.any():
        return [np.zeros((len(v), 1), np.float32) for v in vectors]
    variance, direction = variance[moves], direction[:, moves]
    scale = variance ** (-WHITENING / 2) / np.sqrt((variance ** (1 - WHITENING)).sum())
    return [np.asarray(_centred(v) @ (direction * scale), np.float32) for v in vectors]


def _centred(vector: Float32[np.ndarray, "n d"]) -> Float64[np.ndarray, "n d"]:
    whole = vector.astype(np.float64)
    return np.asarray(whole - whole.mean(axis=0))
