"""The aligned crop: one geometry for training and use.

Rotated so that the line between the irises is level, then a square around the mesh
with a margin, 10 % of the box's side on each side unless an encoder was trained on
faces cut more tightly.
"""

from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8

__all__ = ["aligned_crop", "face_box", "iris_distance", "upright_square"]

MARGIN: Final = 0.1
MAX_OVERSAMPLING: Final = 4
RIGHT_IRIS: Final = 468
LEFT_IRIS: Final = 473


def iris_distance(mesh: Float32[np.ndarray, "478 3"]) -> float:
    """Distance between the centres of the irises, in pixels."""
    return float(np.hypot(*(mesh[LEFT_IRIS, :2] - mesh[RIGHT_IRIS, :2])))


def face_box(mesh: Float32[np.ndarray, "478 3"]) -> Float32[np.ndarray, " 4"]:
    """The smallest upright box around the mesh: left, top, right, bottom in pixels."""
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    return np.asarray(np.concatenate([low, high]), np.float32)


def upright_square(
    mesh: Float32[np.ndarray, "478 3"], right: int, left: int
) -> tuple[Float32[np.ndarray, " 2"], float, float]:
    """The square around a mesh turned so that two of its points are level.

    Returns:
        Its centre in the turned picture, its side, and the angle that turns back
        (radians).
    """
    across = mesh[left, :2] - mesh[right, :2]
    angle = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(angle), np.sin(angle)
    upright = mesh[:, :2] @ np.array([[cos, -sin], [sin, cos]], np.float32)
    low, high = upright.min(axis=0), upright.max(axis=0)
    return np.asarray((low + high) / 2), float((high - low).max()), angle


def aligned_crop(
    rgb: UInt8[np.ndarray, "h w 3"],
    mesh: Float32[np.ndarray, "478 3"],
    size: int,
    *,
    margin: float = MARGIN,
    lift: float = 0.0,
) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """Cut the face upright and square.

    Args:
        rgb: The whole frame.
        mesh: The face's mesh in pixels of that frame.
        size: Side of the crop in pixels.
        margin: On each side of the mesh, as a share of the box's longer side.
        lift: How far the crop's centre lies above the mesh's, as a share of the same.

    Returns:
        The crop; what lies outside the frame repeats its border.
    """
    import cv2

    middle, longer, angle = upright_square(mesh, RIGHT_IRIS, LEFT_IRIS)
    cos, sin = np.cos(angle), np.sin(angle)
    raised = np.array([0, lift * longer], np.float32)
    centre: Float32[np.ndarray, " 2"] = middle - raised
    side = longer * (1 + 2 * margin)
    # A large face is first cut finer, then averaged down: sampling it straight to a
    # small crop would alias, and look sharper than it is.
    fine = size * int(np.clip(np.ceil(side / size / 2), 1, MAX_OVERSAMPLING))
    scale = fine / side
    turn = np.array([[cos, sin], [-sin, cos]]) * scale
    shift = fine / 2 - scale * centre
    matrix = np.column_stack([turn, shift])
    crop = cv2.warpAffine(
        rgb,
        matrix,
        (fine, fine),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if fine != size:
        crop = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8)
