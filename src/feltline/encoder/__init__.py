"""Turn faces into embeddings: geometry without weights, or a network in ONNX."""

from feltline.encoder.card import EncoderCard, Output, SideFile
from feltline.encoder.catalogue import (
    GEOMETRY,
    add_encoder,
    find_card,
    known_cards,
    load_encoder,
    typical_of,
)
from feltline.encoder.concatenated import JointEncoder
from feltline.encoder.geometry import GeometryEncoder
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
    "SideFile",
    "add_encoder",
    "available_providers",
    "find_card",
    "known_cards",
    "load_encoder",
    "typical_of",
]
