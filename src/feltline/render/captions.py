"""Captions: text tags beside the face boxes, kept clear of one another.

Imports OpenCV through `drawing`; `feltline.render.annotators` uses it when it draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from feltline.render import drawing
from feltline.render.drawing import DARK, WHITE, Canvas, Colour

__all__ = ["Area", "Tag", "draw_badge", "draw_tags"]

Area = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""

_SMALLEST_CAP: Final = 8.0
"""Height in pixels below which capitals can no longer be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """What is written beside one face.

    Attributes:
        number: Which face it is; empty where there is only one.
        text: Value and confidence.
        box: The face.
        colour: Colour of the face's box.
    """

    number: str
    text: str
    box: Area
    colour: Colour


def draw_tags(canvas: Canvas, tags: Sequence[Tag], taken: Sequence[Area]) -> None:
    """Write each tag above its face, or where else it covers nothing `taken`."""
    covered = list(taken)
    for tag in tags:
        cap, wide = _fitted(canvas, tag)
        place = _place(canvas, tag.box, (wide, 2.1 * cap), covered)
        covered.append(place)
        _draw(canvas, tag, place, cap)


def draw_badge(
    canvas: Canvas, number: str, top_left: tuple[float, float], cap: float, on: Colour
) -> None:
    """Write a face's number, dark on the colour of its box."""
    left, top = round(top_left[0]), round(top_left[1])
    right, bottom = round(left + _badge_width(number, cap)), round(top + 2.1 * cap)
    canvas[top:bottom, left:right] = on
    drawing.write(canvas, number, (left + 0.6 * cap, top + 0.55 * cap), cap, DARK)


def _badge_width(number: str, cap: float) -> float:
    """Width of the coloured field; a mere stripe where there is no number."""
    if not number:
        return max(3.0, 0.35 * cap)
    return drawing.text_width(number, cap) + 1.1 * cap


def _fitted(canvas: Canvas, tag: Tag) -> tuple[float, float]:
    """Letter height and tag width, small enough for the canvas."""
    height, width = canvas.shape[:2]
    cap = max(_SMALLEST_CAP, min(height, width) / 44)

    def wide() -> float:
        text = drawing.text_width(tag.text, cap) + 1.4 * cap
        return _badge_width(tag.number, cap) + text

    if wide() > width:
        cap *= width / wide()
    return cap, min(wide(), float(width))


def _place(
    canvas: Canvas, box: Area, size: tuple[float, float], taken: Sequence[Area]
) -> Area:
    """Above the box if free, else below, else one line further; always in view."""
    height, width = canvas.shape[:2]
    wide, high = size
    left = max(0.0, min(box[0], float(width) - wide))
    gap = 0.25 * high
    tops = [box[1] - gap - high, box[3] + gap]
    tops += [tops[0] - high - gap, tops[1] + high + gap]
    for top in tops:
        area = (left, top, left + wide, top + high)
        clear = not any(_overlap(area, other) for other in taken)
        if clear and 0 <= top <= height - high:
            return area
    top = max(0.0, min(tops[0], height - high))
    return left, top, left + wide, top + high


def _overlap(one: Area, other: Area) -> bool:
    """Whether two areas share a pixel."""
    (a0, b0, a1, b1), (c0, d0, c1, d1) = one, other
    return a0 < c1 and c0 < a1 and b0 < d1 and d0 < b1


def _draw(canvas: Canvas, tag: Tag, place: Area, cap: float) -> None:
    """Dark ground, coloured field on the left, text."""
    left, top, right, bottom = (round(edge) for edge in place)
    drawing.darken(canvas[top:bottom, left:right], 0.8)
    draw_badge(canvas, tag.number, place[:2], cap, tag.colour)
    text_left = left + _badge_width(tag.number, cap) + 0.6 * cap
    drawing.write(canvas, tag.text, (text_left, top + 0.55 * cap), cap, WHITE)
