"""How well a face can be judged: size, sharpness, pose and exposure.

Each term rises linearly from 0 (useless) to 1 (as good as it needs to be); the quality
is their product, so one bad term is enough for a low quality.
"""

from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8

from feltline.faces.align import iris_distance
from feltline.faces.mesh import EYE_CORNERS

__all__ = ["DESCRIPTOR_SIZE", "face_descriptor", "quality_of"]

DESCRIPTOR_SIZE: Final = 48
"""Side of the small aligned crop that sharpness, exposure and descriptor come from."""

_THUMB: Final = 12
_FOREHEAD, _CHIN = 10, 152

SIZE_PX: Final = (8.0, 28.0)
"""Iris distance: below 8 px lips and lids are a blur, above 28 px more adds little."""

SHARPNESS: Final = (0.01, 0.15)
"""Variance of the Laplacian over the variance of the crop. Clear faces lie above 0.4;
blurred by one pixel of the crop they lie at 0.05 to 0.1, by two at 0.01 to 0.03."""

TURN_DEG: Final = (60.0, 25.0)
"""Yaw or pitch away from the camera, whichever is larger."""

DARK: Final = (20.0, 60.0)
BRIGHT: Final = (250.0, 215.0)
"""Mean luminance of the face, 0 to 255."""


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """0 at the first end, 1 at the second, linear between."""
    zero, one = ends
    return float(np.clip((value - zero) / (one - zero), 0.0, 1.0))


def quality_of(
    mesh: Float32[np.ndarray, "478 3"], crop: UInt8[np.ndarray, "s s 3"]
) -> float:
    """Quality of one face in [0, 1].

    Its mesh is in pixels of the frame, its aligned crop `DESCRIPTOR_SIZE` pixels wide.
    """
    import cv2

    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    laplacian = cv2.Laplacian(grey, cv2.CV_32F)
    sharpness = float(laplacian.var()) / max(float(grey.var()), 1.0)
    light = float(grey.mean())
    return (
        _ramp(iris_distance(mesh), SIZE_PX)
        * _ramp(sharpness, SHARPNESS)
        * _ramp(_turn_degrees(mesh), TURN_DEG)
        * _ramp(light, DARK)
        * _ramp(light, BRIGHT)
    )


def _turn_degrees(mesh: Float32[np.ndarray, "478 3"]) -> float:
    """The larger of yaw and pitch, from the depths of eye corners, brow and chin."""
    across = mesh[EYE_CORNERS[1]] - mesh[EYE_CORNERS[0]]
    down = mesh[_CHIN] - mesh[_FOREHEAD]
    yaw = np.arctan2(abs(across[2]), np.hypot(across[0], across[1]))
    pitch = np.arctan2(abs(down[2]), np.hypot(down[0], down[1]))
    return float(np.degrees(max(yaw, pitch)))


def face_descriptor(crop: UInt8[np.ndarray, "s s 3"]) -> Float32[np.ndarray, " l"]:
    """Appearance descriptor: a tiny grey picture of zero mean and unit length.

    The dot product of two descriptors is their correlation in [-1, 1].
    """
    import cv2

    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(grey, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA).ravel()
    level = small - small.mean()
    return np.asarray(level / max(float(np.linalg.norm(level)), 1e-6), np.float32)
