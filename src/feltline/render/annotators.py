"""Annotators of the overlay: boxes, tags and planes of valence and arousal.

Imports OpenCV at the top; `feltline.render.overlay` imports it when it draws. Every
function draws into the canvas it is given and copes with places outside of it.
"""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from jaxtyping import Float32

from feltline.render import drawing
from feltline.render.captions import Tag, draw_badge, draw_tags
from feltline.render.drawing import DARK, WHITE, Canvas, Colour
from feltline.render.frame_annotations import FaceAnnotation, Origin

__all__ = ["COLOURS", "draw_faces", "tag_text"]

COLOURS: Final[dict[Origin, Colour]] = {
    "human": (92, 184, 255),
    "accepted": (60, 214, 160),
    "doubtful": (255, 138, 48),
    "unrated": (214, 218, 224),
}
"""RGB by origin; blue, bluish green and orange stay apart for every kind of eye."""

_FAINT: Final[Colour] = (120, 126, 134)
_RIM: Final[Colour] = (176, 181, 188)

_NAMES: Final = ("V", "A")

_MOST_PLANES: Final = 4
_MOST_STEPS: Final = 32
"""Stretches of a trail; more of them look the same and take time."""


def draw_faces(
    canvas: Canvas,
    seen: Sequence[tuple[int, FaceAnnotation]],
    places: int,
    *,
    numbered: bool,
) -> None:
    """Draw boxes, planes and tags of all faces of a frame, tags on top.

    Each face comes with its place at the bottom, from 0, of as many `places` as the
    video needs. `numbered` writes which face is which.
    """
    for _, face in seen:
        _draw_corners(canvas, face)
    planes = []
    for slot, face in seen:
        area = _plane_area(canvas, slot, places)
        if area is not None and np.isfinite(face.value).all():
            left, top, right, bottom = area
            planes.append((float(left), float(top), float(right), float(bottom)))
            _draw_plane(canvas[top:bottom, left:right], face, numbered=numbered)
    tags = [
        Tag(
            number=str(face.track_id) if numbered else "",
            text=tag_text(face),
            box=_nearby(canvas, face.box_xyxy),
            colour=COLOURS[face.origin],
        )
        for _, face in seen
        if np.isfinite(face.box_xyxy).all() and np.isfinite(face.value).any()
    ]
    draw_tags(canvas, tags, planes)


def tag_text(face: FaceAnnotation) -> str:
    """Value and confidence of a face in words; the confidence where it has one."""
    parts = [
        f"{name} {value:+.2f}"
        for name, value in zip(_NAMES, face.value.tolist(), strict=True)
        if np.isfinite(value)
    ]
    if face.origin == "human":
        parts.append("by hand")
    elif np.isfinite(face.confidence):
        parts.append(f"{100 * face.confidence:.0f} %")
    return "  ".join(parts)


def _draw_corners(canvas: Canvas, face: FaceAnnotation) -> None:
    """Draw the four corners of the face box."""
    if not np.isfinite(face.box_xyxy).all():
        return
    x0, y0, x1, y1 = _nearby(canvas, face.box_xyxy)
    reach = 0.22 * min(x1 - x0, y1 - y0)
    stroke = max(2, round(min(canvas.shape[:2]) / 220))
    # A dark line below the coloured one keeps it visible on any skin and background.
    for colour, width in ((DARK, stroke + 2), (COLOURS[face.origin], stroke)):
        for x, dx in ((x0, reach), (x1, -reach)):
            for y, dy in ((y0, reach), (y1, -reach)):
                drawing.path(canvas, [(x, y + dy), (x, y), (x + dx, y)], colour, width)


def _plane_area(
    canvas: Canvas, slot: int, places: int
) -> tuple[int, int, int, int] | None:
    """Where the plane of a place goes; None for the fifth and on, or with no room."""
    height, width = canvas.shape[:2]
    margin = max(4, round(min(height, width) / 48))
    room = (width - margin) // min(places, _MOST_PLANES) - margin
    size = min(max(64, round(0.25 * min(height, width))), room, height // 2)
    if slot >= _MOST_PLANES or size < 24:
        return None
    left, top = margin + slot * (size + margin), height - margin - size
    return left, top, left + size, top + size


def _draw_plane(pad: Canvas, face: FaceAnnotation, *, numbered: bool) -> None:
    """Draw valence to the right, arousal up: the value and how it came."""
    size, colour = len(pad), COLOURS[face.origin]
    _draw_plane_ground(pad)
    _draw_interval(pad, face, colour)
    _draw_trail(pad, face)
    x, y = _on_plane(pad, face.value[None])[0].tolist()
    drawing.disc(pad, (x, y), size / 17, WHITE)
    drawing.disc(pad, (x, y), size / 17 - max(1.0, size / 75), colour)
    if numbered:
        draw_badge(pad, str(face.track_id), (0.0, 0.0), max(6.5, size / 18), colour)


def _draw_plane_ground(pad: Canvas) -> None:
    """Dark backing, unit circle, axes, and their names where they can be read."""
    size = len(pad)
    drawing.darken(pad, 0.7)
    middle, radius = size / 2, _radius(pad)
    stroke = max(1, round(size / 110))
    drawing.path(pad, [(middle - radius, middle), (middle + radius, middle)], _FAINT, 1)
    drawing.path(pad, [(middle, middle - radius), (middle, middle + radius)], _FAINT, 1)
    rim = (middle - radius, middle - radius, middle + radius, middle + radius)
    drawing.ellipse(pad, rim, _RIM, stroke)
    if size >= 84:
        cap = size / 17
        above, beside = middle - radius + cap * 0.6, middle + radius - cap * 1.5
        drawing.write(pad, _NAMES[1], (middle + cap * 0.5, above), cap, WHITE)
        drawing.write(pad, _NAMES[0], (beside, middle - cap * 1.5), cap, WHITE)


def _draw_interval(pad: Canvas, face: FaceAnnotation, colour: Colour) -> None:
    """The interval as an ellipse, each half as wide as its end is far."""
    ends = _on_plane(pad, np.stack([face.low, face.high]))
    if not np.isfinite(ends).all():
        return
    (x0, y1), (x1, y0) = ends.tolist()
    if max(x1 - x0, y1 - y0) < 2:
        return
    filled = pad.copy()
    drawing.ellipse(filled, (x0, y0, x1, y1), colour, -1)
    pad[:] = cv2.addWeighted(pad, 0.72, filled, 0.28, 0)
    drawing.ellipse(pad, (x0, y0, x1, y1), colour, 1)


def _draw_trail(pad: Canvas, face: FaceAnnotation) -> None:
    """The way the value came, fading with age."""
    # Counted back from now, so that the newest stretch is always there.
    every = slice(None, None, -math.ceil(len(face.trail) / _MOST_STEPS))
    points = _on_plane(pad, face.trail)[every][::-1]
    age = face.age[every][::-1]
    stroke = max(1, round(len(pad) / 70))
    for at in range(1, len(points)):
        if np.isfinite(points[at - 1 : at + 1]).all():
            shine = 1.0 - 0.85 * float(age[at])
            drawing.path(pad, points[at - 1 : at + 1].tolist(), _mixed(shine), stroke)


def _mixed(shine: float) -> Colour:
    """A grey between the dark backing (0) and white (1)."""
    red, green, blue = (
        round(dark + shine * (white - dark))
        for dark, white in zip(DARK, WHITE, strict=True)
    )
    return red, green, blue


def _radius(pad: Canvas) -> float:
    """Radius of the unit circle; dots at the corners of the plane still fit."""
    return 0.42 * len(pad)


def _on_plane(
    pad: Canvas, value: Float32[np.ndarray, "t 2"]
) -> Float32[np.ndarray, "t 2"]:
    """Pixels (x, y) of valence (to the right) and arousal (up)."""
    turned = value * np.array([1.0, -1.0], np.float32)
    return turned * np.float32(_radius(pad)) + np.float32(len(pad) / 2)


def _nearby(
    canvas: Canvas, box_xyxy: Float32[np.ndarray, " 4"]
) -> tuple[float, float, float, float]:
    """The box, cut off one picture beyond each border, where nothing shows anyway.

    Coordinates of any size would overflow those of the drawing functions.
    """
    height, width = canvas.shape[:2]
    x0, x1 = np.clip(box_xyxy[[0, 2]], -width, 2 * width).tolist()
    y0, y1 = np.clip(box_xyxy[[1, 3]], -height, 2 * height).tolist()
    return x0, y0, x1, y1
