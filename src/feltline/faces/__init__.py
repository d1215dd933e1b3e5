"""Find faces, follow them through a video, and cut them out aligned."""

from feltline.faces.align import aligned_crop, face_box
from feltline.faces.detect import FullRangeDetector, PreCropped
from feltline.faces.mesh import N_LANDMARKS, MeshModel
from feltline.faces.tracking import Crowd, FaceDetection, FaceTracker

__all__ = [
    "N_LANDMARKS",
    "Crowd",
    "FaceDetection",
    "FaceTracker",
    "FullRangeDetector",
    "MeshModel",
    "PreCropped",
    "aligned_crop",
    "face_box",
]
