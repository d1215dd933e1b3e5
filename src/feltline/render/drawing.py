"""Anti-aliased strokes and text with OpenCV, at fractions of a pixel.

Imports OpenCV at the top; only what is drawn on demand may import this module. Every
function draws into the canvas it is given and copes with places outside of it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from jaxtyping import UInt8

__all__ = [
    "DARK",
    "WHITE",
    "Canvas",
    "Colour",
    "darken",
    "disc",
    "ellipse",
    "path",
    "text_width",
    "write",
]

Canvas = UInt8[np.ndarray, "_ _ 3"]
Colour = tuple[int, int, int]

DARK: Final[Colour] = (16, 19, 24)
WHITE: Final[Colour] = (255, 255, 255)

_SUB: Final = 4
"""Binary places of a pixel that coordinates are given in, for smooth motion."""

_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_CAP: Final = 21.0
"""Height of a capital letter of that font at scale 1, in pixels."""


def path(
    canvas: Canvas, points: Sequence[Sequence[float]], colour: Colour, width: int
) -> None:
    """Draw an open line through points (x, y) in pixels."""
    corners = np.array([[_fixed(x), _fixed(y)] for x, y in points], np.int32)
    cv2.polylines(canvas, [corners], False, colour, width, cv2.LINE_AA, _SUB)


def disc(
    canvas: Canvas, centre: tuple[float, float], radius: float, colour: Colour
) -> None:
    """Fill a circle."""
    at = (_fixed(centre[0]), _fixed(centre[1]))
    cv2.circle(canvas, at, _fixed(radius), colour, -1, cv2.LINE_AA, _SUB)


def ellipse(
    canvas: Canvas, box: tuple[float, float, float, float], colour: Colour, width: int
) -> None:
    """Draw the ellipse inside a box (left, top, right, bottom); width -1 fills it."""
    x0, y0, x1, y1 = box
    centre = (_fixed((x0 + x1) / 2), _fixed((y0 + y1) / 2))
    axes = (_fixed((x1 - x0) / 2), _fixed((y1 - y0) / 2))
    cv2.ellipse(canvas, centre, axes, 0, 0, 360, colour, width, cv2.LINE_AA, _SUB)


def darken(canvas: Canvas, share: float) -> None:
    """Lay a dark veil over the whole canvas that hides `share` of it, 0 to 1."""
    if canvas.size:
        canvas[:] = cv2.convertScaleAbs(canvas, alpha=1 - share, beta=share * DARK[1])


def write(
    canvas: Canvas, text: str, top_left: tuple[float, float], cap: float, colour: Colour
) -> None:
    """Write with capitals `cap` pixels high, from the top left corner on."""
    cover = _cover(text, round(cap, 1))
    x, y = max(0, round(top_left[0])), max(0, round(top_left[1]))
    under = canvas[y : y + cover.shape[0], x : x + cover.shape[1]]
    if under.size:
        share = cover[: under.shape[0], : under.shape[1], None].astype(np.uint16)
        ink = np.array(colour, np.uint16)
        under[:] = ((255 - share) * under + share * ink) // 255


def text_width(text: str, cap: float) -> int:
    """Width in pixels of what `write` would write."""
    return int(_cover(text, round(cap, 1)).shape[1])


@lru_cache(maxsize=256)
def _cover(text: str, cap: float) -> UInt8[np.ndarray, "h w"]:
    """How much of each pixel the text covers, 0 to 255.

    Written twice as large and shrunk: strokes of this font are otherwise at least a
    whole pixel wide, which is too coarse for small letters.
    """
    scale, width = 2 * cap / _CAP, max(1, round(cap / 4))
    (wide, high), below = cv2.getTextSize(text, _FONT, scale, width)
    big = np.zeros((high + below + width, wide + width), np.uint8)
    cv2.putText(big, text, (0, high), _FONT, scale, (255,), width, cv2.LINE_AA)
    size = (max(1, big.shape[1] // 2), max(1, big.shape[0] // 2))
    return cv2.resize(big, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _fixed(pixels: float) -> int:
    """A coordinate as OpenCV wants it; pixel centres lie at whole numbers."""
    return round(pixels * (1 << _SUB))
