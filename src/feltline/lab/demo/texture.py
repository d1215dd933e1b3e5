"""The painted layers of the portrait: skin, the inside of the mouth, frown lines."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from feltline.lab.demo import mesh

__all__ = ["Textures", "paint"]

_THROAT: Final = (38, 14, 16)  # RGB of the dark behind the teeth
_TONGUE: Final = (104, 46, 48)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Textures:
    """Layers as large as the frame.

    Attributes:
        skin: The photograph, placed and scaled.
        mouth: The photograph's teeth; dark and a hint of tongue elsewhere.
        frown: The skin with upright lines between the brows.
    """

    skin: UInt8[np.ndarray, "h w 3"]
    mouth: UInt8[np.ndarray, "h w 3"]
    frown: UInt8[np.ndarray, "h w 3"]
    brow_rows: slice
    brow_columns: slice

    def creased(self, furrow: float) -> UInt8[np.ndarray, "h w 3"]:
        """The skin with frown lines of a strength in [0, 1]."""
        part = (self.brow_rows, self.brow_columns)
        share = min(max(furrow, 0.0), 1.0)
        out = self.skin.copy()
        out[part] = cv2.addWeighted(
            self.skin[part], 1 - share, self.frown[part], share, 0
        )
        return out


def paint(
    photo: UInt8[np.ndarray, "r c 3"],
    fit: Float32[np.ndarray, "2 3"],
    points: Float32[np.ndarray, "p 2"],
    size: tuple[int, int],
) -> Textures:
    """Paint all layers.

    Args:
        photo: The photograph.
        fit: Affine map from its pixels to those of the frame.
        points: Mesh points in the frame.
        size: Width and height of the frame in pixels.
    """
    scale = float(fit[0, 0])
    if scale < 1:  # or shrinking would alias
        photo = np.asarray(cv2.GaussianBlur(photo, (0, 0), 0.4 / scale), np.uint8)
    skin = cv2.warpAffine(
        photo, fit, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    skin = np.asarray(skin, np.uint8)
    frown, rows, columns = _frown_lines(skin, points)
    return Textures(
        skin=skin,
        mouth=_mouth(skin, points),
        frown=frown,
        brow_rows=rows,
        brow_columns=columns,
    )


def _soft_mask(
    shape: tuple[int, ...], outline: Float32[np.ndarray, "k 2"], blur: float
) -> Float32[np.ndarray, "h w 1"]:
    """1 within an outline, 0 outside, `blur` pixels soft."""
    mask = np.zeros(shape[:2], np.uint8)
    corners = np.rint(outline * 16).astype(np.int32)
    cv2.fillPoly(mask, [corners], (255,), cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), max(blur, 0.3))
    return np.asarray(soft[..., None] / np.float32(255), np.float32)


def _mouth(
    skin: UInt8[np.ndarray, "h w 3"], points: Float32[np.ndarray, "p 2"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Teeth as photographed, the throat around them, the tongue low down."""
    width = float(np.ptp(points[[78, 308], 0]))
    outline = points[[*mesh.UPPER_INNER, *mesh.LOWER_INNER[::-1]]]
    teeth = _soft_mask(skin.shape, outline, 0.012 * width)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    circle = np.stack([np.cos(angle) * 0.27, np.sin(angle) * 0.16], axis=1) * width
    low = points[14] + np.array([0, 0.36 * width])
    tongue = _soft_mask(skin.shape, (circle + low).astype(np.float32), 0.06 * width)
    inside = np.array(_THROAT) * (1 - tongue) + np.array(_TONGUE) * tongue
    return np.asarray(np.rint(inside * (1 - teeth) + skin * teeth), np.uint8)


def _frown_lines(
    skin: UInt8[np.ndarray, "h w 3"], points: Float32[np.ndarray, "p 2"]
) -> tuple[UInt8[np.ndarray, "h w 3"], slice, slice]:
    """Two short lines between the brows, and the part of the frame they take."""
    inner = points[[107, 55, 336, 285]]
    gap = float(inner[2:, 0].mean() - inner[:2, 0].mean())
    middle = inner.mean(axis=0)
    mask = np.zeros(skin.shape[:2], np.uint8)
    for side in (-0.24, 0.24):
        top = middle + np.array([side * 1.1, -0.42]) * gap
        end = middle + np.array([side * 0.8, 0.30]) * gap
        a, b = (np.rint(p * 16).astype(int).tolist() for p in (top, end))
        thick = max(1, round(0.07 * gap))
        cv2.line(mask, a, b, (255,), thick, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.06 * gap, 0.5))
    ink = soft.astype(np.float32) / 255
    shade = 1 - ink[..., None] * np.array([0.24, 0.36, 0.40], np.float32)  # skin tone
    dark = np.rint(skin * shade).astype(np.uint8)
    low = np.maximum(np.floor(middle - gap), 0).astype(int)
    high = np.ceil(middle + gap).astype(int) + 1
    return dark, slice(low[1], high[1]), slice(low[0], high[0])
