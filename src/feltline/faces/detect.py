"""Face detectors: MediaPipe's full-range model, or images that are one face each."""

from typing import Final

import numpy as np
from jaxtyping import UInt8

from feltline.faces.mesh import load_mediapipe, quiet_stderr
from feltline.types import Detections

__all__ = ["FullRangeDetector", "PreCropped"]

MIN_SCORE: Final = 0.5
"""Detections scored below this are not looked at."""


class FullRangeDetector:
    """MediaPipe's full-range model: finds faces up to some five metres away.

    Boxes reach from brow to chin and from cheek to cheek, as MediaPipe draws them.
    """

    detector_id = f"mediapipe-full-range-{MIN_SCORE:g}"

    def __init__(self) -> None:
        solutions = load_mediapipe().solutions
        with quiet_stderr():
            self._model = solutions.face_detection.FaceDetection(
                model_selection=1, min_detection_confidence=MIN_SCORE
            )
            # The model's delegate is made at the first image: let it log here.
            self._model.process(np.zeros((8, 8, 3), np.uint8))

    def close(self) -> None:
        """Free the model: 16 MiB and two threads."""
        self._model.close()

    def detect(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Detections:
        """Boxes of all faces in the image, best first."""
        height, width = rgb.shape[:2]
        found = self._model.process(rgb).detections or ()
        boxes = [d.location_data.relative_bounding_box for d in found]
        corners = np.array(
            [[b.xmin, b.ymin, b.xmin + b.width, b.ymin + b.height] for b in boxes],
            np.float32,
        ).reshape(-1, 4)
        score = np.array([d.score[0] for d in found], np.float32)
        order = np.argsort(-score, kind="stable")
        scale = np.array([width, height, width, height], np.float32)
        return Detections(box_xyxy=corners[order] * scale, score=score[order])


class PreCropped:
    """For folders of face crops (AFEW-VA, Aff-Wild2): each image is one face.

    The crop is taken to hold forehead and chin with some margin, as such corpora do;
    the mesh then finds the face's exact place inside.
    """

    detector_id = "pre-cropped"

    def detect(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Detections:
        """One box: the middle of the image, two thirds of its shorter side wide."""
        height, width = rgb.shape[:2]
        half = min(height, width) / 3
        x, y = width / 2, height / 2
        box = np.array([[x - half, y - half, x + half, y + half]], np.float32)
        return Detections(box_xyxy=box, score=np.ones(1, np.float32))
