"""Evaluation of an encoder on a labelled set: single faces, and pairs of them.

Faces are read and encoded some at a time, so a corpus of any size fits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int64

from feltline.encoder import Comparison
from feltline.errors import EncoderError
from feltline.lab.datasets import FaceSet
from feltline.lab.training.pairs import PairSampler
from feltline.lab.training.scores import (
    FaceScores,
    PairScores,
    score_faces,
    score_pairs,
)
from feltline.types import EXPRESSIONS, Embeddings, Encoder, FaceBatch

__all__ = ["Compares", "encode_faces", "evaluate_faces", "evaluate_pairs"]

AT_ONCE: Final = 64
_LANDMARKS: Final = 478

Progress = Callable[[int, int], None]


@runtime_checkable
class Compares(Protocol):
    """Heads that compare two embeddings."""

    def compare(
        self, first: Float32[np.ndarray, "p d"], second: Float32[np.ndarray, "p d"]
    ) -> Comparison:
        """Compare embeddings row by row."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _ZeroShot:
    """What an encoder says of faces, without the embeddings unless they are wanted."""

    affect: Float32[np.ndarray, "n 2"]
    expression: Float32[np.ndarray, "n 8"]
    vector: Float32[np.ndarray, "n d"]


def encode_faces(
    encoder: Encoder,
    faces: FaceSet,
    rows: Int64[np.ndarray, " r"] | None = None,
    *,
    keep_vectors: bool = True,
    progress: Progress | None = None,
) -> _ZeroShot:
    """Encode faces of a set, some at a time.

    Args:
        encoder: One that looks at pixels.
        faces: The set.
        rows: Which of its faces; all if absent.
        keep_vectors: Whether to keep the embeddings: with a million faces of 256
            numbers they take a gigabyte.
        progress: Told faces done and faces in all.

    Raises:
        EncoderError: The encoder looks at meshes, which a corpus does not have.
    """
    if not encoder.crop_size:
        raise EncoderError(
            f"{encoder.encoder_id} looks at meshes, which a corpus of pictures does "
            f"not have; evaluate an encoder that looks at pixels"
        )
    rows = np.arange(len(faces)) if rows is None else rows
    n = len(rows)
    affect = np.full((n, 2), np.nan, np.float32)
    expression = np.full((n, len(EXPRESSIONS)), np.nan, np.float32)
    vectors: list[np.ndarray] = []
    for start in range(0, n, AT_ONCE):
        here = slice(start, start + AT_ONCE)
        seen = _encode(encoder, faces, rows[here])
        affect[here], expression[here] = seen.zero_shot_value, seen.zero_shot_expression
        if keep_vectors:
            vectors.append(seen.vector)
        if progress is not None:
            progress(min(start + AT_ONCE, n), n)
    empty = np.empty((n, 0), np.float32)
    return _ZeroShot(affect, expression, np.concatenate(vectors) if vectors else empty)


def _encode(
    encoder: Encoder, faces: FaceSet, rows: Int64[np.ndarray, " r"]
) -> Embeddings:
    pixels = faces.pictures.read(rows, encoder.crop_size)
    crop = np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:3], 3)))
    mesh = np.zeros((len(rows), _LANDMARKS, 3), np.float32)
    return encoder.encode(FaceBatch(mesh=mesh, crop=crop))


def evaluate_faces(
    encoder: Encoder, faces: FaceSet, *, progress: Progress | None = None
) -> FaceScores:
    """Score what an encoder says of single faces.

    Raises:
        EncoderError: See `encode_faces`.
    """
    said = encode_faces(encoder, faces, keep_vectors=False, progress=progress)
    return score_faces(
        affect=said.affect,
        told_affect=faces.trusted_affect,
        expression=said.expression,
        told_expression=faces.expression,
    )


def evaluate_pairs(
    encoder: Encoder,
    heads: Compares,
    faces: FaceSet,
    *,
    pairs: int,
    seed: int = 0,
    progress: Progress | None = None,
) -> PairScores:
    """Score what pair heads say of pairs drawn by the paper's sampler.

    Args:
        encoder: Gives the embeddings, and the two single predictions.
        heads: Compare them.
        faces: Where pairs are drawn from.
        pairs: How many.
        seed: Of the draw.
        progress: Told faces done and faces in all.

    Raises:
        InputError: The expressions of the set allow no pairs.
        EncoderError: See `encode_faces`.
    """
    drawn = PairSampler(faces.expression).draw(pairs, np.random.default_rng(seed))
    rows, place = np.unique([drawn.first, drawn.second], return_inverse=True)
    first, second = place.reshape(2, -1)
    said = encode_faces(encoder, faces, rows, progress=progress)
    compared = heads.compare(said.vector[first], said.vector[second])
    told = faces.trusted_affect[rows]
    return score_pairs(
        alike=compared.alike,
        told_alike=drawn.alike,
        difference=compared.difference,
        single=said.affect[second] - said.affect[first],
        told=told[second] - told[first],
    )
