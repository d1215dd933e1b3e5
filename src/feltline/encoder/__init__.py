"""Turn faces into embeddings: geometry without weights, or a network in ONNX."""

from feltline.encoder.card import EncoderCard, Output, PairFile
from feltline.encoder.catalogue import (
    GEOMETRY,
    add_encoder,
    find_card,
    known_cards,
    load_encoder,
)
from feltline.encoder.geometry import GeometryEncoder
from feltline.encoder.joint import JointEncoder
from feltline.encoder.onnx import (
    Comparison,
    OnnxEncoder,
    OnnxPairHeads,
    available_providers,
)

__all__ = [
    "GEOMETRY",
    "Comparison",
    "EncoderCard",
    "GeometryEncoder",
    "JointEncoder",
    "OnnxEncoder",
    "OnnxPairHeads",
    "Output",
    "PairFile",
    "add_encoder",
    "available_providers",
    "find_card",
    "known_cards",
    "load_encoder",
]
