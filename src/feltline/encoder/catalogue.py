"""Which encoders there are: those that come with feltline, and those the user adds.

A card may stand without weights: feltline knows how to feed the model and where it is
to be had, and fetches nothing. `add_encoder` puts a file to a card.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np

from feltline.atomic import replacing
from feltline.encoder.card import EncoderCard, SideFile, verified_bytes
from feltline.encoder.concatenated import ConcatenatedEncoder
from feltline.encoder.geometry import GeometryEncoder
from feltline.encoder.onnx import OnnxEncoder, OnnxPairHeads
from feltline.encoder.ood import ReferenceDistribution
from feltline.encoder.readout import Readout
from feltline.errors import EncoderError, SetupError, ShapeError
from feltline.settings import encoders_folder
from feltline.types import Encoder, FaceBatch

__all__ = [
    "GEOMETRY",
    "add_encoder",
    "check_readout_folder",
    "encoder_parts",
    "find_card",
    "known_cards",
    "load_encoder",
    "put_readout",
    "reference_distribution_of",
]

GEOMETRY: Final = "geometry"
JOINED_BY: Final = "+"
_PROBES: Final = 3
SIDE_FILES: Final = ("pair_heads", "reference_distribution", "readout")
"""Fields of a card that name a file beside the graph."""


def load_encoder(name: str) -> Encoder:
    """The encoder that `name` stands for.

    Args:
        name: `geometry`, the name of a known encoder, the path of a card, or several
            of them joined by `+`.

    Raises:
        EncoderError: There is none of that name, or its card or model cannot be used.
    """
    parts = encoder_parts(name)
    if len(parts) > 1:
        return ConcatenatedEncoder([load_encoder(part) for part in parts])
    if name == GEOMETRY:
        return GeometryEncoder()
    return OnnxEncoder(find_card(name))


def encoder_parts(name: str) -> list[str]:
    """Names of the encoders that `name` concatenates; card paths may hold a `+`.

    At each place the longest stretch that is the path of a card is taken whole:
    `/a+b/card.json+geometry` is two parts.
    """
    pieces = name.split(JOINED_BY)
    parts: list[str] = []
    while pieces:
        lengths = range(len(pieces), 1, -1)
        n = next((n for n in lengths if Path(JOINED_BY.join(pieces[:n])).is_file()), 1)
        parts.append(JOINED_BY.join(pieces[:n]))
        pieces = pieces[n:]
    return parts


def find_card(name: str) -> EncoderCard:
    """The card of a known encoder, or the one at a path.

    Raises:
        EncoderError: There is none, or it cannot be read.
    """
    path = Path(name)
    if path.suffix == ".json" or path.exists():
        return EncoderCard.read(path)
    found = {card.name: card for card in known_cards()}
    if name not in found:
        raise EncoderError(
            f"there is no encoder {name}; there are {GEOMETRY}, "
            f"{', '.join(found)}, or give the path of a card (JSON)"
        )
    return found[name]


def known_cards() -> list[EncoderCard]:
    """Cards that come with feltline, then those added; an added one replaces ours."""
    cards = {card.name: card for path in _paths() for card in [EncoderCard.read(path)]}
    return list(cards.values())


def _paths() -> Iterator[Path]:
    shipped = resources.files("feltline.encoder") / "models"
    for folder in (Path(str(shipped)), encoders_folder()):
        if folder.is_dir():
            yield from sorted(folder.glob("*.json"))


def reference_distribution_of(name: str) -> ReferenceDistribution | None:
    """Reference distribution of the network that an encoder begins with.

    Args:
        name: Names of encoders joined by +.

    Returns:
        None where there is no network, or its card names no such file.

    Raises:
        EncoderError: The file is missing, or is not the one of the card.
    """
    first = encoder_parts(name)[0]
    if first == GEOMETRY:
        return None
    card = find_card(first)
    file = card.reference_distribution
    if file is None:
        return None
    verified_bytes(file.path, file.sha256, card.name)
    return ReferenceDistribution.read(file.path)


def add_encoder(model: Path, card: EncoderCard) -> EncoderCard:
    """Put a model file to a card, run it once, and keep both for later commands.

    Files beside the graph that the card names are kept with it.

    Args:
        model: The ONNX file; copied, never changed.
        card: How to feed it. A hash in it must be that of the file.

    Returns:
        The card as it is kept: with the hash, marked as verified.

    Raises:
        EncoderError: The file is missing, has another hash, keeps weights in a second
            file, or does not do what the card says; or the card's name is no name of
            a file.
        SetupError: The folder of encoders cannot be written.
    """
    _check_name(card.name, f"in {card.path} ")
    content = verified_bytes(model, card.sha256 or None, card.name)
    digest = hashlib.sha256(content).hexdigest()
    _run_once(
        replace(
            card,
            model_path=model,
            sha256=digest,
            pair_heads=None,
            reference_distribution=None,
        )
    )
    if card.pair_heads is not None:
        OnnxPairHeads(card)  # raises if they cannot be used
    written = json.loads(card.path.read_text(encoding="utf-8"))
    written |= {"file": f"{card.name}.onnx", "sha256": digest, "verified": True}
    folder = encoders_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"the folder {folder} cannot be made ({error.strerror}); set "
            f"FELTLINE_ENCODERS to one that can be written to"
        ) from error
    written |= _side_files_kept(card, written, folder)
    with replacing(folder / f"{card.name}.onnx") as copy:
        copy.write_bytes(content)
    kept = folder / f"{card.name}.json"
    with replacing(kept) as draft:
        draft.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    return EncoderCard.read(kept)


def _check_name(name: str, where: str = "") -> None:
    is_plain = name and Path(name).name == name
    if not is_plain or name.startswith("."):
        raise EncoderError(
            f"the name {name!r} {where}is no plain name, and files are named by it; "
            f"use letters, digits and dashes"
        )


def _side_files_kept(
    card: EncoderCard, given: dict[str, Any], folder: Path
) -> dict[str, dict[str, Any]]:
    """Copy the files beside the graph, and say in the card where they are.

    What the card as `given` says of such a file beside its name stays.

    Raises:
        EncoderError: One is missing or not the one of the card.
    """
    written = {}
    for kind in SIDE_FILES:
        file: SideFile | None = getattr(card, kind)
        if file is None:
            continue
        content = verified_bytes(file.path, file.sha256, card.name)
        name = f"{card.name}-{kind.replace('_', '-')}{file.path.suffix}"
        with replacing(folder / name) as copy:
            copy.write_bytes(content)
        written[kind] = given.get(kind, {}) | {"file": name, "sha256": file.sha256}
    return written


def check_readout_folder(folder: Path, name: str) -> None:
    """Refuse a folder into which `put_readout` would not write.

    Raises:
        EncoderError: It is a file, the encoder's name is no name of a file, or there is
            an encoder of that name in it: projects may hold features by it.
    """
    _check_name(name)
    if folder.exists() and not folder.is_dir():
        raise EncoderError(f"{folder} is a file; give the path of a folder")
    for path in (folder / f"{name}.json", folder / f"{name}-readout.npz"):
        if path.exists():
            raise EncoderError(
                f"{path} is there already, and what was extracted with it belongs to "
                f"it; give another folder, or remove it"
            )


def put_readout(
    card: EncoderCard,
    readout: Readout,
    persons: Mapping[str, Sequence[str]],
    *,
    folder: Path,
    name: str,
) -> EncoderCard:
    """Write `NAME.json` and `NAME-readout.npz`: an encoder with another readout.

    Args:
        card: Of the encoder; its graphs are copied where they do not lie yet.
        readout: What reads valence and arousal off its embedding.
        persons: Whom it was learnt from: the videos of each person.
        folder: Where to.
        name: Of the encoder as it is then.

    Raises:
        EncoderError: A file of the encoder is missing or not the one of its card, or
            another file is in its place (see also `check_readout_folder`).
    """
    check_readout_folder(folder, name)
    written: dict[str, Any] = json.loads(card.path.read_text(encoding="utf-8"))
    written |= {"file": _copied(card.model_path, card.sha256, card.name, folder)}
    for kind in SIDE_FILES:
        file: SideFile | None = getattr(card, kind)
        if file is not None and kind != "readout":
            copied = _copied(file.path, file.sha256, card.name, folder)
            written[kind] = written.get(kind, {}) | {
                "file": copied,
                "sha256": file.sha256,
            }
    path = folder / f"{name}-readout.npz"
    with replacing(path) as scratch:
        readout.write(scratch)
    written["name"] = name
    written["readout"] = {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "persons": {person: list(videos) for person, videos in persons.items()},
    }
    target = folder / f"{name}.json"
    with replacing(target) as draft:
        draft.write_text(
            json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return EncoderCard.read(target)


def _copied(path: Path, sha256: str, card: str, folder: Path) -> str:
    """Copy a file of an encoder; return the name that it has in the folder.

    Raises:
        EncoderError: It is not the one of the card, or another lies in its place.
    """
    content, target = verified_bytes(path, sha256, card), folder / path.name
    if not target.exists():
        with replacing(target) as copy:
            copy.write_bytes(content)
    elif target.read_bytes() != content:
        raise EncoderError(
            f"{target} is there already and is another file than {path}; give another "
            f"folder"
        )
    return path.name


def _run_once(card: EncoderCard) -> None:
    """Encode a few random faces.

    Raises:
        EncoderError: The model cannot be run as the card says, or gives nonsense.
    """
    rng = np.random.default_rng(0)
    crop = rng.integers(256, size=(_PROBES, card.size, card.size, 3), dtype=np.uint8)
    mesh = np.zeros((_PROBES, 478, 3), np.float32)
    try:
        seen = OnnxEncoder(card).encode(FaceBatch(mesh=mesh, crop=crop))
    except ShapeError as error:
        raise EncoderError(
            f"{card.model_path} gives no usable output: {error}"
        ) from error
    if np.allclose(seen.vector[0], seen.vector[1]):
        raise EncoderError(
            f"{card.model_path} gives one embedding for different faces; check `input` "
            f"and `outputs` in the card"
        )
