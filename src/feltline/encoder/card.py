"""Encoder cards: a JSON file that says how to feed a model, and where it comes from.

```json
{
  "name": "affect-s",
  "file": "affect-s.onnx",
  "sha256": "...",
  "input": {"size": 48, "colour": "grey", "standardise": true,
            "margin": 0.04, "lift": 0.05},
  "outputs": {"embedding": "embedding", "valence_arousal": "valence_arousal",
              "expression": "expression"},
  "pair_heads": {"file": "affect-s-pairs.onnx", "sha256": "..."},
  "readout": {"file": "affect-s-readout.npz", "sha256": "...",
              "persons": {"p02": ["rc_02.mp4"]}},
  "licence": "Apache-2.0",
  "training_data": ["FER+"]
}
```

`colour` is `rgb` or `grey`. With `standardise` each crop is brought to mean 0 and
standard deviation 1; otherwise pixels are scaled to [0, 1], then `mean` and `std` (one
number per channel) are applied. Inputs are float32 (batch, channel, size, size).
`margin` and `lift` say how the face is cut (`feltline.faces.aligned_crop`).

`embedding` is required among the outputs; `expression` gives logits in the order of
`feltline.types.EXPRESSIONS`. Where a graph gives several things at once, or in another
order, an output is written `{"name": "scores", "columns": [5, 4, 7, 6, 0, 2, 3, 1]}`.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from feltline.errors import EncoderError
from feltline.types import EXPRESSIONS

__all__ = ["OUTPUTS", "EncoderCard", "Output", "SideFile", "verified_bytes"]

OUTPUTS: Final = ("embedding", "valence_arousal", "expression")
"""What a card may name among the outputs of its graph."""
_COLUMNS: Final = {"valence_arousal": 2, "expression": len(EXPRESSIONS)}
_MARGIN: Final = 0.1
_LEAST_SIZE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output of a graph.

    Attributes:
        name: As the graph has it.
        columns: Which of its columns, in our order; empty = all, as they are.
    """

    name: str
    columns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFile:
    """A file that belongs to an encoder beside its graph.

    Attributes:
        path: The file.
        sha256: Hash that the file must have.
    """

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderCard:
    """What is known of an encoder: how to feed it, and where it comes from.

    Attributes:
        name: Short name.
        path: The card's own file.
        model_path: The ONNX file.
        sha256: Hash that the file must have; empty = no file has been added yet.
        size: Side of the aligned crop in pixels.
        margin: Margin of the crop around the mesh, of the mesh's longer side.
        lift: How far the crop sits above the mesh's centre, of the same.
        grey: Whether it wants one grey channel instead of RGB.
        standardise: Whether each crop is brought to mean 0 and deviation 1.
        mean: Per channel, subtracted from pixels in [0, 1] if not standardised.
        std: Per channel, divided by after `mean`.
        outputs: The graph's outputs, by `embedding`, `valence_arousal` and
            `expression`.
        pair_heads: The graph that compares embeddings, if there is one.
        reference_distribution: Embeddings of ordinary faces in few numbers
            (`feltline.encoder.ood`), if known.
        readout: What reads valence and arousal off its embedding instead of the graph
            (`feltline.encoder.readout`), if there is one.
        readout_persons: Whom the readout was learnt from: the videos of each person.
        licence: Licence of the weights.
        training_data: Corpora it has seen.
        source: Where the weights are to be had, or the command that made them.
        is_verified: Whether the file has been run by feltline.
        notes: Anything else worth knowing: figures, limits.
    """

    name: str
    path: Path
    model_path: Path
    sha256: str
    size: int
    margin: float
    lift: float
    grey: bool
    standardise: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]
    outputs: dict[str, Output]
    pair_heads: SideFile | None
    reference_distribution: SideFile | None
    readout: SideFile | None
    readout_persons: dict[str, tuple[str, ...]]
    licence: str
    training_data: tuple[str, ...]
    source: str
    is_verified: bool
    notes: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "EncoderCard":
        """Read a card from its JSON file.

        Raises:
            EncoderError: The file is missing, no JSON, or lacks a field.
        """
        try:
            card = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise EncoderError(
                f"there is no encoder card at {path}; give the path of a card (JSON), "
                f"'geometry', or another name that `feltline encoders list` shows"
            ) from None
        except (OSError, ValueError) as error:
            raise EncoderError(
                f"{path} cannot be read as a JSON card ({error}); docs/encoders.md "
                f"shows one"
            ) from error
        try:
            return cls._from_fields(path, card)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EncoderError(
                f"the card {path} lacks or misspells a field ({error!r}); "
                f"docs/encoders.md shows all of them"
            ) from error

    @classmethod
    def _from_fields(cls, path: Path, card: dict[str, Any]) -> "EncoderCard":
        fed = card["input"]
        if fed["colour"] not in ("rgb", "grey"):
            raise ValueError(f"colour must be rgb or grey, not {fed['colour']}")
        channels = 1 if fed["colour"] == "grey" else 3
        mean = tuple(float(v) for v in fed.get("mean", [0.0] * channels))
        std = tuple(float(v) for v in fed.get("std", [1.0] * channels))
        if len(mean) != channels or len(std) != channels or min(std) <= 0:
            raise ValueError(f"mean and std need {channels} numbers, std above 0")
        outputs = {str(k): _output(str(k), v) for k, v in card["outputs"].items()}
        if "embedding" not in outputs or not set(outputs) <= set(OUTPUTS):
            raise ValueError(f"outputs must name an embedding, and only {OUTPUTS}")
        if int(fed["size"]) < _LEAST_SIZE:
            raise ValueError(f"size must be at least 8 pixels, not {fed['size']}")
        return cls(
            name=str(card["name"]),
            path=path,
            model_path=path.parent / str(card["file"]),
            sha256=str(card["sha256"] or "").lower(),
            size=int(fed["size"]),
            margin=float(fed.get("margin", _MARGIN)),
            lift=float(fed.get("lift", 0.0)),
            grey=fed["colour"] == "grey",
            standardise=bool(fed.get("standardise", False)),
            mean=mean,
            std=std,
            outputs=outputs,
            pair_heads=_side_file(path, card.get("pair_heads")),
            # Cards of former versions say "typical".
            reference_distribution=_side_file(
                path, card.get("reference_distribution", card.get("typical"))
            ),
            readout=_side_file(path, card.get("readout")),
            readout_persons=_persons(card.get("readout")),
            licence=str(card["licence"]),
            training_data=tuple(str(name) for name in card["training_data"]),
            source=str(card.get("source", "")),
            is_verified=bool(card.get("verified", False)),
            notes=dict(card.get("notes", {})),
        )


def verified_bytes(path: Path, sha256: str | None, name: str) -> bytes:
    """Content of a file that the card `name` speaks of; None takes any.

    Raises:
        EncoderError: It cannot be read, or has another hash.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderError(
            f"{path} cannot be read ({error.strerror}), but the card {name} needs it; "
            f"put the file there"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if sha256 not in (None, digest):
        raise EncoderError(
            f"{path} is not the file of the card {name}: its sha256 is {digest}, the "
            f"card says {sha256}. Get the right file, or write a card for this one"
        )
    return content


def _side_file(card: Path, written: dict[str, Any] | None) -> SideFile | None:
    if written is None:
        return None
    path = card.parent / str(written["file"])
    return SideFile(path=path, sha256=str(written["sha256"]).lower())


def _persons(readout: dict[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """Videos of each person whom a readout was learnt from.

    A video's name in the place of a list would be read as letters, and no benchmark
    would know the person again.
    """
    persons = (readout or {}).get("persons", {})
    for person, videos in persons.items():
        if not isinstance(videos, list) or not all(isinstance(v, str) for v in videos):
            raise ValueError(f"persons: expected a list of videos for {person}")
    return {person: tuple(videos) for person, videos in persons.items()}


def _output(kind: str, written: str | dict[str, Any]) -> Output:
    if isinstance(written, str):
        return Output(name=written)
    columns = tuple(int(c) for c in written["columns"])
    if kind not in _COLUMNS or len(columns) != _COLUMNS[kind] or min(columns) < 0:
        raise ValueError(
            f"columns of {kind}: expected {_COLUMNS.get(kind, 'no')} whole numbers "
            f"from 0"
        )
    return Output(name=str(written["name"]), columns=columns)
