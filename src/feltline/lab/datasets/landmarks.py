"""Face boxes from the 68 landmarks of corpora."""

from typing import Final

import numpy as np
from jaxtyping import Float

from feltline.lab.datasets.pictures import CropRegion

__all__ = ["LANDMARKS", "crop_of_box", "crop_of_landmarks"]

LANDMARKS: Final = 68
MARGIN: Final = 0.1
"""On each side, as a share of the side: that of our aligned crop."""
FOREHEAD: Final = 0.2
"""How far our mesh reaches above the brows, as a share of brows to chin.

The 68 landmarks end at the brows; this makes their crop ours. Measured: medians of
.18 to .22 on six clips of six people.
"""
LARGEST_SIDE: Final = 20_000.0
_RIGHT_EYE: Final = slice(36, 42)
_LEFT_EYE: Final = slice(42, 48)


def crop_of_landmarks(points: Float[np.ndarray, "68 2"]) -> CropRegion:
    """The aligned crop of `feltline.faces.aligned_crop`, from 68 landmarks.

    Args:
        points: In pixels, in the order of iBUG 300-W.

    Raises:
        ValueError: They show no face: not finite, or all in one place.
    """
    across = points[_LEFT_EYE].mean(axis=0) - points[_RIGHT_EYE].mean(axis=0)
    turn = float(np.arctan2(across[1], across[0]))
    cos, sin = np.cos(turn), np.sin(turn)
    upright = points @ np.array([[cos, -sin], [sin, cos]])
    low, high = upright.min(axis=0), upright.max(axis=0)
    low[1] -= FOREHEAD * (high[1] - low[1])
    x, y = np.array([[cos, -sin], [sin, cos]]) @ ((low + high) / 2)
    side = float((high - low).max()) * (1 + 2 * MARGIN)
    return _checked(CropRegion(float(x), float(y), side, turn))


def crop_of_box(left: float, top: float, width: float, height: float) -> CropRegion:
    """The square around a box of pixels.

    Raises:
        ValueError: It is none.
    """
    side = max(width, height)
    return _checked(CropRegion(left + width / 2, top + height / 2, side, 0.0))


def _checked(cut: CropRegion) -> CropRegion:
    if not np.isfinite(cut).all() or not 1 <= cut.side <= LARGEST_SIDE:
        raise ValueError(f"the face has no size: a side of {cut.side:g} pixels")
    return cut
