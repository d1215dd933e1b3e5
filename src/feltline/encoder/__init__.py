"""Turn faces into embeddings: geometry without weights, or a network in ONNX."""

from feltline.encoder.card import EncoderCard, Output, SideFile
from feltline.encoder.catalogue import (
    GEOMETRY,
    add_encoder,
    check_readout_folder,
    encoder_parts,
    find_card,
    known_cards,
    load_encoder,
    put_readout,
    reference_distribution_of,
)
from feltline.encoder.concatenated import ConcatenatedEncoder
from feltline.encoder.geometry import GeometryEncoder
from feltline.encoder.onnx import (
    Comparison,
    OnnxEncoder,
    OnnxPairHeads,
    available_providers,
)
from feltline.encoder.readout import Readout, readout_inputs

__all__ = [
    "GEOMETRY",
    "Comparison",
    "ConcatenatedEncoder",
    "EncoderCard",
    "GeometryEncoder",
    "OnnxEncoder",
    "OnnxPairHeads",
    "Output",
    "Readout",
    "SideFile",
    "add_encoder",
    "available_providers",
    "check_readout_folder",
    "encoder_parts",
    "find_card",
    "known_cards",
    "load_encoder",
    "put_readout",
    "readout_inputs",
    "reference_distribution_of",
]
