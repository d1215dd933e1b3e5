"""The encoder to evaluate: one that runs in ONNX, or a checkpoint of a training run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feltline.encoder import OnnxEncoder, OnnxPairHeads, find_card
from feltline.lab.training.evaluate import Compares
from feltline.types import Encoder

__all__ = ["CHECKPOINT", "Candidate", "load_candidate"]

CHECKPOINT: Final = ".safetensors"
"""Suffix of a checkpoint; to load one takes the packages of training."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """An encoder, and what is to be known to evaluate it.

    Attributes:
        encoder: Gives embeddings and zero-shot predictions.
        heads: Compare its embeddings; None if they were not asked for.
        corpora: Corpora that it was trained on.
    """

    encoder: Encoder
    heads: Compares | None
    corpora: tuple[str, ...]


def load_candidate(name: str, *, with_heads: bool) -> Candidate:
    """Load an encoder by its name, card or checkpoint.

    Raises:
        EncoderError: There is none, it cannot be used, or it lacks the heads.
        InputError: The checkpoint cannot be read.
    """
    if not name.endswith(CHECKPOINT):
        card = find_card(name)
        heads = OnnxPairHeads(card) if with_heads else None
        return Candidate(
            encoder=OnnxEncoder(card), heads=heads, corpora=card.training_data
        )
    import torch

    from feltline.lab.training.checkpoint import read_checkpoint
    from feltline.lab.training.export import network_of
    from feltline.lab.training.torch_encoder import TorchEncoder

    path = Path(name)
    found = read_checkpoint(path)
    network = TorchEncoder(network_of(found, path), torch.device("cpu"))
    return Candidate(
        encoder=network, heads=network if with_heads else None, corpora=found.corpora
    )
