"""Where each pixel of a rendered frame comes from: the backward maps of the warp."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int64

__all__ = ["Box", "HeadField", "box_around", "skin_map"]

_FIXED_BITS = 4  # OpenCV's polygon corners in sixteenths of a pixel


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels, ends exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def within(self, outer: "Box") -> tuple[slice, slice]:
        """Rows and columns of this box in an array that covers `outer`."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )


def box_around(points: Float[np.ndarray, "p 2"], margin: int, limit: Box) -> Box:
    """The smallest box that holds all points and a margin, cut at `limit`.

    It is at least a pixel wide and high, even for points outside `limit`.
    """
    low = np.floor(points.min(axis=0)).astype(int) - margin
    high = np.ceil(points.max(axis=0)).astype(int) + margin + 1
    left = int(np.clip(low[0], limit.left, limit.right - 1))
    top = int(np.clip(low[1], limit.top, limit.bottom - 1))
    right = int(np.clip(high[0], left + 1, limit.right))
    return Box(left, top, right, int(np.clip(high[1], top + 1, limit.bottom)))


class HeadField:
    """Moves the head rigidly, and what is around it less and less, down to nothing.

    Args:
        center: Middle of the head in pixels.
        radii: Half width and half height of what moves rigidly.
        frame: The whole picture.
    """

    def __init__(
        self, center: Float32[np.ndarray, " 2"], radii: tuple[float, float], frame: Box
    ) -> None:
        self._reach = 1.75
        span = np.array(radii) * self._reach
        self.box = box_around(np.stack([center - span, center + span]), 0, frame)
        x = np.arange(self.box.left, self.box.right, dtype=np.float32)
        y = np.arange(self.box.top, self.box.bottom, dtype=np.float32)
        self._x, self._y = (np.ascontiguousarray(g) for g in np.meshgrid(x, y))
        far = np.hypot(
            (self._x - center[0]) / radii[0], (self._y - center[1]) / radii[1]
        )
        fall = np.clip((self._reach - far) / (self._reach - 1.05), 0, 1)
        self._share = (fall**2 * (3 - 2 * fall)).astype(np.float32)
        self._share_x = self._share * self._x
        self._share_y = self._share * self._y

    def backward(
        self, forward: Float32[np.ndarray, "2 3"]
    ) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
        """Source x and y of every pixel in `box`, given the head's affine motion."""
        back = cv2.invertAffineTransform(forward)
        maps = []
        for row, grid, axis in ((back[0], self._x, 0), (back[1], self._y, 1)):
            slope = np.array(row[:2], np.float64)
            slope[axis] -= 1
            out = cv2.scaleAdd(self._share_x, float(slope[0]), grid)
            cv2.scaleAdd(self._share_y, float(slope[1]), out, out)
            cv2.scaleAdd(self._share, float(row[2]), out, out)
            maps.append(np.asarray(out, np.float32))
        return maps[0], maps[1]


def skin_map(
    source: Float32[np.ndarray, "p 2"],
    target: Float32[np.ndarray, "p 2"],
    triangles: Int64[np.ndarray, "t 3"],
    box: Box,
    maps: tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]],
) -> None:
    """Overwrite backward maps of `box` where triangles cover it, each one affine.

    Args:
        source: Points in the texture.
        target: The same points in the rendered frame.
        triangles: Point numbers of each triangle; later ones lie above earlier ones.
        box: The part of the frame that `maps` covers.
        maps: Source x and y of every pixel, changed in place.
    """
    owner = np.zeros((box.bottom - box.top, box.right - box.left), np.uint16)
    corners = np.rint(
        (target - np.array([box.left, box.top], np.float32)) * (1 << _FIXED_BITS)
    ).astype(np.int32)[triangles]
    for number, corner in enumerate(corners, start=1):
        cv2.fillConvexPoly(owner, corner, (number,), cv2.LINE_8, _FIXED_BITS)
    rows, columns = np.nonzero(owner)
    which = owner[rows, columns] - np.uint16(1)
    x = columns.astype(np.float32) + box.left
    y = rows.astype(np.float32) + box.top
    for out, coefficients in zip(maps, _affine(source, target, triangles), strict=True):
        a, b, c = coefficients.T
        out[rows, columns] = a[which] * x + b[which] * y + c[which]


def _affine(
    source: Float32[np.ndarray, "p 2"],
    target: Float32[np.ndarray, "p 2"],
    triangles: Int64[np.ndarray, "t 3"],
) -> tuple[Float32[np.ndarray, "t 3"], Float32[np.ndarray, "t 3"]]:
    """Per triangle: source x and source y as a x + b y + c of the target pixel."""
    to, at = target[triangles].astype(np.float64), source[triangles].astype(np.float64)
    (ux, uy), (vx, vy) = (to[:, 1] - to[:, 0]).T, (to[:, 2] - to[:, 0]).T
    area = ux * vy - vx * uy
    # A collapsed triangle covers at most a line of pixels; any finite value will do.
    area = np.where(np.abs(area) < 1e-3, 1e-3, area)
    found = []
    for axis in (0, 1):
        du, dv = (at[:, k, axis] - at[:, 0, axis] for k in (1, 2))
        a, b = (du * vy - dv * uy) / area, (dv * ux - du * vx) / area
        c = at[:, 0, axis] - a * to[:, 0, 0] - b * to[:, 0, 1]
        found.append(np.stack([a, b, c], axis=1).astype(np.float32))
    return found[0], found[1]
