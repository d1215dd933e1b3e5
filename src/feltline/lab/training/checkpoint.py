"""Checkpoints: weights, their average, the optimizer's state, the epoch.

One safetensors file: named arrays and a JSON header, nothing that could run code. It
replaces the one before in one move, so that a full disk or a kill leaves the last good
one.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from torch import Tensor

from feltline.atomic import replacing
from feltline.errors import InputError
from feltline.lab.training.options import TrainOptions

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]

_LAYOUT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What is needed to go on, or to use the network.

    Attributes:
        options: Of the run.
        corpora: What it is trained on.
        tensors: By name: `average.*`, and to go on `trainee.*` and `optimizer.*`.
        state: The rest: what each epoch came to.
    """

    options: TrainOptions
    corpora: tuple[str, ...]
    tensors: dict[str, Tensor]
    state: dict[str, Any] = field(default_factory=dict)

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors of one part, without its prefix."""
        dot = f"{name}."
        return {
            key.removeprefix(dot): value
            for key, value in self.tensors.items()
            if key.startswith(dot)
        }


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write it whole or not at all.

    Raises:
        SetupError: The disk is full or read-only; the file before stands.
    """
    from safetensors.torch import save_file

    header = {
        "feltline": str(_LAYOUT),
        "options": checkpoint.options.to_json(),
        "corpora": json.dumps(checkpoint.corpora),
        "state": json.dumps(checkpoint.state),
    }
    tensors = {name: t.contiguous() for name, t in checkpoint.tensors.items()}
    with replacing(path) as scratch:
        save_file(tensors, scratch, metadata=header)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote.

    Raises:
        InputError: The file is missing or is no checkpoint of feltline.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as opened:
            header = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no mapping
    except FileNotFoundError:
        raise InputError(
            f"there is no checkpoint {path}; give the .safetensors file of a run"
        ) from None
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} is no checkpoint of feltline: {error}") from error
    if header.get("feltline") != str(_LAYOUT):
        raise InputError(
            f"{path} holds tensors, but is no checkpoint of this version of feltline"
        )
    return Checkpoint(
        options=TrainOptions.from_json(header["options"]),
        corpora=tuple(json.loads(header["corpora"])),
        tensors=tensors,
        state=json.loads(header["state"]),
    )
