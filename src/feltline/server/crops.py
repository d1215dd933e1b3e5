"""Crops of faces and thumbnails of frames as JPEG."""

import io
import math
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from feltline.errors import ShapeError

__all__ = ["face_jpeg", "frame_jpeg"]

Rgb = UInt8[np.ndarray, "h w 3"]

MARGIN: Final = 0.25
"""On each side of the box, as a share of its longer side."""

_QUALITY: Final = 85


def face_jpeg(rgb: Rgb, box_xyxy: Float[np.ndarray, " 4"], size: int) -> bytes:
    """A square around a box; where it leaves the frame, the frame's edge is repeated.

    Args:
        rgb: The frame.
        box_xyxy: Left, top, right, bottom in pixels of the frame.
        size: Side of the picture in pixels.

    Raises:
        ShapeError: The box is not finite.
    """
    left, top, side = _square(rgb, box_xyxy)
    height, width, _ = rgb.shape
    # Of what lies outside, one row or column stands for all.
    x = np.clip(np.arange(left, left + side), 0, width - 1)
    y = np.clip(np.arange(top, top + side), 0, height - 1)
    return _jpeg(np.ascontiguousarray(rgb[y][:, x]), size, size)


def frame_jpeg(rgb: Rgb, width: int) -> bytes:
    """The whole frame, scaled down to a width in pixels; never up."""
    whole_height, whole_width, _ = rgb.shape
    width = min(width, whole_width)
    height = max(1, round(whole_height * width / whole_width))
    return _jpeg(rgb, width, height)


def _square(rgb: Rgb, box: Float[np.ndarray, " 4"]) -> tuple[int, int, int]:
    """Left, top and side of the square to cut, in whole pixels."""
    left, top, right, bottom = (float(value) for value in box)
    if not all(map(math.isfinite, (left, top, right, bottom))):
        raise ShapeError(f"the box of a face must be finite, but is {box.tolist()}")
    height, width, _ = rgb.shape
    longer = max(right - left, bottom - top, 1.0) * (1 + 2 * MARGIN)
    # A box far out of the frame has nothing to show, and must not fill the memory.
    side = min(math.ceil(longer), 2 * max(width, height))
    middle_x = min(max((left + right) / 2, 0.0), float(width))
    middle_y = min(max((top + bottom) / 2, 0.0), float(height))
    return round(middle_x - side / 2), round(middle_y - side / 2), side


def _jpeg(rgb: Rgb, width: int, height: int) -> bytes:
    """The picture at this size."""
    scaled = Image.fromarray(rgb).resize(
        (width, height), Image.Resampling.BICUBIC, reducing_gap=3.0
    )
    data = io.BytesIO()
    scaled.save(data, "JPEG", quality=_QUALITY)
    return data.getvalue()
