"""Corpora of single faces as tracks: walks through FER+, or faces in no order."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from feltline.encoder import load_encoder
from feltline.errors import InputError
from feltline.lab.bench.clips import N_FOLDS, Clip, Corpus
from feltline.lab.bench.walks import (
    LENGTH,
    Photos,
    curve_photos,
    random_photos,
    track_of,
)
from feltline.lab.datasets import FaceSet, read_dataset
from feltline.lab.training.evaluate import encode_faces
from feltline.types import Embeddings

__all__ = ["PHOTO_CORPORA", "encode_set", "photo_corpus"]

MOST_PHOTOS: Final = 6000
"""Faces taken of a split; more are drawn from at random."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where photos come from, and what becomes of them."""

    corpus: str
    judged: str
    learn: str
    in_time: bool
    note: str


_STRANGERS: Final = (
    "Faces in no order: time says nothing, and every face is a stranger."
)
_SOURCES: Final = {
    "walks": _Source(
        corpus="ferplus",
        judged="test",
        learn="valid",
        in_time=True,
        note="Walks through FER+: every frame is another person and neighbours in time "
        "are close in label; harder than video in appearance, easier in time. All "
        "else is learnt on the valid split; the encoder may have seen the train split.",
    ),
    "photos": _Source(
        corpus="ferplus",
        judged="test",
        learn="valid",
        in_time=False,
        note=_STRANGERS,
    ),
    "affectnet": _Source(
        corpus="affectnet",
        judged="test",
        learn="train",
        in_time=False,
        note=_STRANGERS,
    ),
}

PHOTO_CORPORA: Final = tuple(_SOURCES)
"""Kinds of benchmark that are made of single faces."""


def photo_corpus(
    kind: str,
    path: Path,
    encoder: str,
    has_seen: tuple[str, ...],
    seed: int,
    progress: Progress | None,
) -> Corpus:
    """Tracks of the photos of one split, to be learnt for on another.

    Args:
        kind: One of `PHOTO_CORPORA`.
        path: The corpus's folder.
        encoder: One that looks at pixels.
        has_seen: Corpora that it was trained on.
        seed: Of curves, order, and which faces are taken.
        progress: Called with what is looked at, how much is done, and of how much.

    Raises:
        InputError: The corpus cannot be read, or has too few labelled faces.
    """
    source = _SOURCES[kind]
    judged, name = _tracks(source, source.judged, path, encoder, seed, progress)
    learn, _ = _tracks(source, source.learn, path, encoder, seed, progress)
    return Corpus(
        name=f"{name} {'walks' if source.in_time else 'faces'}, seed {seed}",
        clips=judged,
        learn=learn,
        fold=tuple(i % N_FOLDS for i in range(len(judged))),
        encoder=encoder,
        has_seen=name in has_seen,
        note=source.note,
    )


def _tracks(
    source: _Source,
    split: str,
    path: Path,
    encoder: str,
    seed: int,
    progress: Progress | None,
) -> tuple[tuple[Clip, ...], str]:
    rng = np.random.default_rng(seed)
    faces = read_dataset(source.corpus, path, split)
    faces = faces.only(faces.has_affect & faces.has_expression)
    if len(faces) > MOST_PHOTOS:
        taken = rng.choice(len(faces), MOST_PHOTOS, replace=False)
        faces = faces.only(np.isin(np.arange(len(faces)), taken))
    if len(faces) < LENGTH:
        raise InputError(
            f"{faces.corpus} {split} in {path} has {len(faces)} photos with a label; a "
            f"track takes {LENGTH}"
        )
    photos = Photos(
        seen=encode_set(encoder, faces, progress),
        value=faces.affect,
        expression=faces.expression,
    )
    rows = (
        curve_photos(photos.value, rng)
        if source.in_time
        else random_photos(len(photos), rng)
    )
    made = tuple(
        track_of(photos, some, f"{split}-{number:02d}", in_time=source.in_time)
        for number, some in enumerate(rows)
    )
    return made, faces.corpus


def encode_set(encoder: str, faces: FaceSet, progress: Progress | None) -> Embeddings:
    """What an encoder sees in the faces of a set."""
    loaded = load_encoder(encoder)
    name = f"{faces.corpus} {faces.split}"

    def tell(done: int, of: int) -> None:
        if progress is not None:
            progress(name, done, of)

    predicted = encode_faces(loaded, faces, progress=tell)
    return Embeddings(
        encoder_id=loaded.encoder_id,
        vector=predicted.vector,
        zero_shot_value=predicted.affect,
        zero_shot_expression=predicted.expression,
    )
