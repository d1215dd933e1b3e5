"""Eye and mouth openings of the portrait."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from feltline.lab.demo import mesh
from feltline.lab.demo.warp import Box, box_around

__all__ = ["Inlay", "lining", "sample"]


def lining(
    count: int,
) -> tuple[tuple[list[int], list[int]], Int64[np.ndarray, "t 3"]]:
    """Triangles that close eyes and mouth with the colour of the upper lid and lip.

    The holes' own content is laid over them, but where lids or lips meet its soft edge
    would let the eyeball or the teeth of the unmoved photograph shine through.

    Args:
        count: Number of points of the mesh; the lining's points are appended to it.

    Returns:
        Mesh points where the appended points take their colour and where they go, and
        the triangles.
    """
    colour: list[int] = []
    place: list[int] = []
    triangles = []
    for upper, lower in (*mesh.EYES, (mesh.UPPER_INNER, mesh.LOWER_INNER)):
        first, n = count + len(colour), len(upper)
        colour += [*upper, *upper]
        place += [*upper, *lower]
        for i in range(first, first + n - 1):
            triangles += [(i, i + 1, i + n), (i + 1, i + n + 1, i + n)]
    return (colour, place), np.array(triangles, np.int64)


@dataclass(frozen=True, slots=True)
class Inlay:
    """Part of a layer that shows through a hole in the skin.

    Attributes:
        image: The layer.
        outline: Of the hole, in pixels of the frame.
        shadow: RGB of what is seen through a slit.
        lit: How far the layer itself is seen rather than its shadow, in [0, 1].
    """

    image: UInt8[np.ndarray, "h w 3"]
    outline: Float32[np.ndarray, "k 2"]
    shadow: tuple[int, int, int]
    lit: float

    def into(
        self,
        out: UInt8[np.ndarray, "h w 3"],
        maps: tuple[Float32[np.ndarray, "r c"], Float32[np.ndarray, "r c"]],
        box: Box,
    ) -> None:
        """Lay it into `out`, its edge softened; `maps` cover `box`."""
        hole = box_around(self.outline, 3, box)
        part = hole.within(box)
        patch = sample(self.image, maps[0][part], maps[1][part])
        seen = self.lit * patch + (1 - self.lit) * np.array(self.shadow)
        corners = (self.outline - np.array([hole.left, hole.top], np.float32)) * 16
        mask = np.zeros(patch.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], (255,), cv2.LINE_AA, 4)
        share = cv2.GaussianBlur(mask, (3, 3), 0).astype(np.float32)[..., None] / 255
        under = out[hole.top : hole.bottom, hole.left : hole.right]
        under[:] = np.rint(under * (1 - share) + seen * share)


def sample(
    image: UInt8[np.ndarray, "h w 3"],
    map_x: Float32[np.ndarray, "r c"],
    map_y: Float32[np.ndarray, "r c"],
) -> UInt8[np.ndarray, "r c 3"]:
    """The image at these places, mirrored beyond its edge."""
    return np.asarray(
        cv2.remap(
            image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        ),
        np.uint8,
    )
