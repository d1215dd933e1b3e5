"""Image sources: arrays in memory, or picture files read on demand."""

from dataclasses import dataclass
from math import ceil, degrees, floor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image, ImageOps

from feltline.errors import InputError
from feltline.lab.datasets.faceset import Rows

__all__ = ["WHOLE", "CropRegion", "Files", "InMemory"]

_TURNED: Final = 0.75
"""Reach around a turned square's centre, in sides: more than half its diagonal."""


@dataclass(frozen=True, slots=True, eq=False)
class InMemory:
    """Grey faces that fit into memory, in their own size."""

    grey: UInt8[np.ndarray, "n s s"]

    def read(self, rows: Rows, size: int) -> UInt8[np.ndarray, "r t t 1"]:
        """See `ImageSource.read`."""
        faces = self.grey[rows]
        if faces.shape[1] != size:
            scaled = [Image.fromarray(f).resize((size, size)) for f in faces]
            faces = np.array(scaled, np.uint8).reshape(-1, size, size)
        return np.asarray(faces[..., None])


class CropRegion(NamedTuple):
    """A square of a picture, in its pixels."""

    x: float
    """Of the centre."""
    y: float
    side: float
    turn: float
    """Angle of the line between the eyes in radians; it will be level."""


WHOLE: Final = CropRegion(np.nan, np.nan, np.nan, 0.0)
"""All of a picture, widened to a square by its border where it is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """Faces in picture files, decoded when they are asked for and not kept.

    Attributes:
        folder: What the names are relative to.
        name: A file per face.
        cut: Where the face is in it: a `CropRegion` per row.
    """

    folder: Path
    name: tuple[str, ...]
    cut: Float32[np.ndarray, "n 4"]

    def read(self, rows: Rows, size: int) -> UInt8[np.ndarray, "r t t 3"]:
        """See `ImageSource.read`."""
        faces = [self._face(int(row), size) for row in rows]
        return np.array(faces, np.uint8).reshape(-1, size, size, 3)

    def _face(self, row: int, size: int) -> UInt8[np.ndarray, "t t 3"]:
        path, cut = self.folder / self.name[row], CropRegion(*self.cut[row].tolist())
        try:
            with Image.open(path) as picture:
                is_whole = not np.isfinite(cut.side)
                upright = ImageOps.exif_transpose(picture) if is_whole else picture
                pixels = np.asarray(upright.convert("RGB"))
        # Pillow's decoders raise more than OSError on damaged files.
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as bad:
            raise InputError(
                f"the picture {path} cannot be read ({bad}): replace it, or remove its "
                f"row; `feltline data check` finds all such pictures"
            ) from bad
        high, wide = pixels.shape[:2]
        if is_whole:
            cut = CropRegion(wide / 2, high / 2, max(wide, high), 0.0)
        elif not (0 <= cut.x <= wide and 0 <= cut.y <= high):
            raise InputError(
                f"the face in {path} would lie at {cut.x:.0f}, {cut.y:.0f}, outside "
                f"its {wide} x {high} pixels: the annotation is of another picture. "
                f"Remove its row; `feltline data check` finds all such pictures"
            )
        return _square(pixels, cut, size)


def _square(
    pixels: UInt8[np.ndarray, "h w 3"], cut: CropRegion, size: int
) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """A square cut out upright; what lies outside the picture repeats its border."""
    reach = cut.side * (_TURNED if cut.turn else 0.5)
    left, top = floor(cut.x - reach), floor(cut.y - reach)
    down = np.arange(top, max(ceil(cut.y + reach), top + 1))
    across = np.arange(left, max(ceil(cut.x + reach), left + 1))
    high, wide = pixels.shape[:2]
    near = pixels[down.clip(0, high - 1)[:, None], across.clip(0, wide - 1)]
    x, y, half = cut.x - left, cut.y - top, cut.side / 2
    patch = Image.fromarray(near)
    if cut.turn:
        patch = patch.rotate(
            degrees(cut.turn), Image.Resampling.BILINEAR, center=(x, y)
        )
    box = (
        max(x - half, 0.0),
        max(y - half, 0.0),
        min(x + half, float(len(across))),
        min(y + half, float(len(down))),
    )
    # Pillow's resize averages on the way down, so a large face does not alias.
    return np.asarray(patch.resize((size, size), Image.Resampling.BILINEAR, box=box))
