"""`feltline train --recipe readout`: learn what reads valence and arousal."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feltline.cli.show import figures, print_json, progress
from feltline.errors import InputError

if TYPE_CHECKING:
    from feltline.encoder import EncoderCard, Readout
    from feltline.lab.bench.clips import Clip
    from feltline.types import Progress

CLIPS: Final = "clips"
"""KIND of a CSV of rated frames whose videos lie beside it."""


def train_readout(
    kind: str,
    path: Path,
    *,
    clips: Sequence[Path],
    encoder: str,
    split: str,
    folds: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Learn a readout for an encoder, and write the encoder's card with it.

    Args:
        kind: Layout of a corpus of rated faces, or `clips`.
        path: The corpus's folder, or a CSV of rated frames.
        clips: More CSVs of rated frames.
        encoder: Whose embedding is read.
        split: Which of the corpus is learnt from.
        folds: As `feltline train` takes it.
        out: Folder for the card, the readout and the encoder's files.
        as_json: Print JSON.

    Raises:
        InputError: The encoder is not a single network, or has no readout to build on;
            a table, the corpus or the folder cannot be used.
    """
    from feltline.encoder import check_readout_folder, put_readout
    from feltline.lab.bench.rated import rated_corpus
    from feltline.lab.bench.readout import persons_of, with_clips

    card = _network(encoder)
    out = Path(os.path.abspath(out))  # noqa: PTH100 - "." has a name; links stay
    check_readout_folder(out, out.name)
    tables = [path, *clips] if kind == CLIPS else list(clips)
    with progress("faces", quiet=as_json, unit="faces") as tell:
        photos = (
            _kept_statistics(card)
            if kind == CLIPS
            else _of_photos(card, kind, path, split, folds, tell)
        )
        rated: list[Clip] = [
            clip
            for table in tables
            for clip in rated_corpus(table, encoder, progress=tell).clips
        ]
    readout = with_clips(photos, rated)
    out.mkdir(parents=True, exist_ok=True)
    made = put_readout(
        card,
        readout.with_statistics_of(photos),
        persons_of(rated),
        folder=out,
        name=out.name,
    )
    result = {
        "card": str(made.path),
        "persons": len(made.readout_persons),
        "clips": len(rated),
        "rated_frames": sum(len(clip) for clip in rated),
    }
    if as_json:
        print_json(result)
    else:
        figures(made.name, result)


def _network(encoder: str) -> "EncoderCard":
    """The card of the one network whose embedding is read."""
    from feltline.encoder import GEOMETRY, encoder_parts, find_card

    if GEOMETRY in (parts := encoder_parts(encoder)) or len(parts) > 1:
        raise InputError(
            f"--encoder {encoder} is not a network alone, whose embedding a readout is "
            f"learnt from; name one, such as affect-s, and join {GEOMETRY} to what is "
            f"made of it: FOLDER/NAME.json+{GEOMETRY}"
        )
    return find_card(encoder)


def _kept_statistics(card: "EncoderCard") -> "Readout":
    """What the encoder's present readout knows of photos."""
    from feltline.encoder import Readout

    if card.readout is None:
        raise InputError(
            f"{card.name} has no readout whose knowledge of photos could be built on; "
            f"learn one from photos first: feltline train ferplus PATH --recipe "
            f"readout --encoder {card.name} --clips RATINGS.csv --out FOLDER"
        )
    return Readout.read(card.readout.path).of_statistics()


def _of_photos(
    card: "EncoderCard",
    kind: str,
    path: Path,
    split: str,
    folds: Path | None,
    tell: "Progress",
) -> "Readout":
    from feltline.encoder import OnnxEncoder
    from feltline.lab.bench.readout import readout_of_photos
    from feltline.lab.datasets import read_dataset

    faces = read_dataset(kind, path, split, folds=folds)
    return readout_of_photos(
        OnnxEncoder(card), faces, progress=partial(tell, faces.corpus)
    )
