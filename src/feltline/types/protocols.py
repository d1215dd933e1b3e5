"""The only seams with more than one implementation: detectors and encoders."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from feltline.types.tracks import Detections, Embeddings, FaceBatch

__all__ = ["Encoder", "FaceDetector"]


@runtime_checkable
class FaceDetector(Protocol):
    """Finds the faces of one image."""

    @property
    def detector_id(self) -> str:
        """Names model and settings; part of the key of every cached result."""
        ...

    def detect(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Detections:
        """Boxes of all faces in the image, best first."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Turns faces into embeddings: geometry, or a network in ONNX."""

    @property
    def encoder_id(self) -> str:
        """Hash of weights and preprocessing."""
        ...

    @property
    def crop_size(self) -> int:
        """Side of the aligned crop it wants in pixels; 0 = the mesh is enough."""
        ...

    @property
    def crop_margin(self) -> float:
        """Margin of that crop around the mesh, as a share of the mesh's longer side."""
        ...

    @property
    def crop_lift(self) -> float:
        """How far the crop sits above the mesh's centre, as a share of the same."""
        ...

    def encode(self, faces: FaceBatch) -> Embeddings:
        """Embeddings of a batch of faces, in its order."""
        ...
