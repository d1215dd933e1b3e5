"""Turn faces into embeddings: geometry without weights, or a network in ONNX."""

from pathlib import Path

from feltline.encoder.geometry import GeometryEncoder
from feltline.encoder.onnx import EncoderCard, OnnxEncoder, available_providers
from feltline.types import Encoder

__all__ = [
    "EncoderCard",
    "GeometryEncoder",
    "OnnxEncoder",
    "available_providers",
    "load_encoder",
]


def load_encoder(name: str) -> Encoder:
    """The encoder that `name` stands for: `geometry`, or the path of a card.

    Raises:
        EncoderError: The card or its model cannot be used.
    """
    if name == "geometry":
        return GeometryEncoder()
    return OnnxEncoder(EncoderCard.read(Path(name)))
