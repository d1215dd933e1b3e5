"""Learning a readout from rated photos and clips, and again without a person.

A readout that saw a person knows their face: what it says of them is no measure of what
it says of others. So clips of persons whom the card of an encoder names are read by one
that is learnt anew for each person, from the photos' statistics that the readout keeps
and from the rated clips of everybody else.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.encoder import (
    GEOMETRY,
    EncoderCard,
    Readout,
    encoder_parts,
    find_card,
    readout_inputs,
)
from feltline.errors import InputError
from feltline.fewshot.gp.features import smoothed
from feltline.lab.bench.clips import Clip
from feltline.lab.datasets import FaceSet
from feltline.lab.training.evaluate import Progress, encode_faces
from feltline.project.encoder_extras import learnt_view
from feltline.types import Encoder

__all__ = [
    "STRENGTH",
    "crossfitted",
    "persons_of",
    "readout_knows",
    "readout_of_photos",
    "relearnt_readout",
    "with_clips",
]

STRENGTH: Final = 30.0
"""Penalty of the ridge regression, of standardised inputs of a sum over faces. On the
rated clips, each person left out, 3 to 300 were alike (docs/results/readout.md)."""
SMOOTHING_S: Final = 0.1
"""Inputs of a rated frame are averaged over its neighbours with a Gaussian of this
standard deviation: it was rated once, but does not stand alone."""


def readout_of_photos(
    encoder: Encoder, faces: FaceSet, *, progress: Progress | None = None
) -> Readout:
    """A readout learnt from the photos of a set that were rated directly.

    Raises:
        InputError: None was.
        EncoderError: The encoder looks at meshes, which a corpus does not have.
    """
    faces = faces.only(faces.has_affect & ~faces.is_weak)
    if not len(faces):
        raise InputError(
            f"{faces.corpus} {faces.split} has no faces whose valence and arousal were "
            f"rated directly (labels that follow from classes do not count); for FER+, "
            f"put affect.csv beside the mosaics"
        )
    seen = encode_faces(encoder, faces, progress=progress)
    inputs = readout_inputs(seen.vector, seen.expression)
    return Readout.of(inputs, faces.affect.astype(np.float64), strength=STRENGTH)


def with_clips(photos: Readout, clips: Sequence[Clip]) -> Readout:
    """The same having seen the rated frames of some clips."""
    if not clips:
        return photos
    inputs = np.concatenate([_inputs(clip) for clip in clips])
    value = np.concatenate([clip.value for clip in clips]).astype(np.float64)
    return photos.learning(inputs, value)


def persons_of(clips: Sequence[Clip]) -> dict[str, list[str]]:
    """The videos of each person, by name, as a card lists them."""
    found: dict[str, set[str]] = {}
    for clip in clips:
        found.setdefault(clip.person, set()).add(_video(clip))
    return {person: sorted(found[person]) for person in sorted(found)}


def crossfitted(
    clips: Sequence[Clip], card: EncoderCard, readout: Readout
) -> list[Clip]:
    """Clips as the readout sees persons whom it was not learnt from.

    Args:
        clips: Rated clips.
        card: Of the encoder, which names the videos that its readout was learnt from.
        readout: That readout.

    Returns:
        The same clips. Those of a person of whom the readout knows any video get the
        zero-shot values of one learnt from the photos, and from the clips of the
        others that it knows.
    """
    known = {v for videos in card.readout_persons.values() for v in videos}
    persons = {clip.person for clip in clips if _video(clip) in known}
    learnt_from = [clip for clip in clips if _video(clip) in known]
    by_person = {
        person: with_clips(
            readout.of_statistics(), [c for c in learnt_from if c.person != person]
        )
        for person in sorted(persons)
    }
    return [_read_by(by_person.get(clip.person), clip) for clip in clips]


def relearnt_readout(
    clips: Sequence[Clip], encoder: str
) -> tuple[list[Clip], str] | None:
    """`crossfitted` with the readout of an encoder, and what is to be said of it.

    Args:
        clips: Rated clips.
        encoder: Names of encoders joined by +.

    Returns:
        None where the encoder has no readout, or it knows none of the persons.
    """
    first = encoder_parts(encoder)[0]
    card = None if first == GEOMETRY else find_card(first)
    if card is None or card.readout is None:
        return None
    made = crossfitted(clips, card, Readout.read(card.readout.path))
    again = sum(new is not old for new, old in zip(made, clips, strict=True))
    if not again:
        return None
    return made, (
        f"The readout of {card.name} was learnt from persons of {again} of these "
        f"clips; each of these clips is read by one learnt anew without its person."
    )


def readout_knows(encoder: str, clips: Sequence[Clip]) -> bool:
    """Whether a readout of any part of an encoder was learnt from any of these."""
    cards = [find_card(part) for part in encoder_parts(encoder) if part != GEOMETRY]
    known = {
        video
        for card in cards
        for videos in card.readout_persons.values()
        for video in videos
    }
    return any(_video(clip) in known for clip in clips)


def _read_by(readout: Readout | None, clip: Clip) -> Clip:
    if readout is None:
        return clip
    seen = clip.seen
    value = readout.value(learnt_view(seen), seen.zero_shot_expression)
    return replace(clip, seen=replace(seen, zero_shot_value=value))


def _video(clip: Clip) -> str:
    return PurePath(clip.track.video_id).name


def _inputs(clip: Clip) -> Float64[np.ndarray, "m f"]:
    seen = clip.seen
    whole = readout_inputs(learnt_view(seen), seen.zero_shot_expression)
    near = smoothed(clip.track.time_s, whole.astype(np.float32), SMOOTHING_S)
    return np.asarray(near[clip.at], np.float64)
