"""The central types: frozen values that every stage takes and returns.

Shapes, types and ranges are checked when a value is made. Values are per track, never
per frame.
"""

from feltline.types.judgements import (
    PRACTICE,
    Decision,
    Judgement,
    Purpose,
    Scope,
    Shown,
)
from feltline.types.models import (
    Basis,
    Calibration,
    HyperParameters,
    Model,
    Prediction,
    RaterEffect,
    SharedWeights,
)
from feltline.types.observations import NoiseKind, Observation
from feltline.types.people import ROLE_PERMISSIONS, Permission, Role, TokenScope
from feltline.types.protocols import Encoder, FaceDetector
from feltline.types.schema import (
    DEFAULT_SCHEMA,
    DIMENSIONS,
    EXPRESSION_AFFECT,
    EXPRESSIONS,
    Dimension,
    ExpressionClass,
    LabelSchema,
    Method,
    Progress,
)
from feltline.types.traces import Trace, TraceMode
from feltline.types.tracks import (
    Detections,
    Embeddings,
    FaceBatch,
    FaceTrack,
    track_names,
)

__all__ = [
    "DEFAULT_SCHEMA",
    "DIMENSIONS",
    "EXPRESSIONS",
    "EXPRESSION_AFFECT",
    "PRACTICE",
    "ROLE_PERMISSIONS",
    "Basis",
    "Calibration",
    "Decision",
    "Detections",
    "Dimension",
    "Embeddings",
    "Encoder",
    "ExpressionClass",
    "FaceBatch",
    "FaceDetector",
    "FaceTrack",
    "HyperParameters",
    "Judgement",
    "LabelSchema",
    "Method",
    "Model",
    "NoiseKind",
    "Observation",
    "Permission",
    "Prediction",
    "Progress",
    "Purpose",
    "RaterEffect",
    "Role",
    "Scope",
    "SharedWeights",
    "Shown",
    "TokenScope",
    "Trace",
    "TraceMode",
    "track_names",
]
