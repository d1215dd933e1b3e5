"""Warped portrait whose expression follows valence and arousal.

The pictures prove plumbing and speed. They say nothing about accuracy: one face, and
actions that were made to look right, not measured from people.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8

from feltline.errors import InputError
from feltline.lab.demo import mesh
from feltline.lab.demo.actions import ACTIONS, action_weights
from feltline.lab.demo.holes import Inlay, lining, sample
from feltline.lab.demo.mesh import FaceShape, find_face, load_photo
from feltline.lab.demo.movements import movements
from feltline.lab.demo.texture import paint
from feltline.lab.demo.warp import Box, HeadField, box_around, skin_map

__all__ = ["Portrait", "Pose"]

_FACE_SHARE: Final = 0.40  # hair line to chin, of the frame's height
_FACE_CENTER: Final = (0.5, 0.47)  # of the frame's width and height
_HEAD_RADII: Final = (0.76, 0.90)  # hair and all, in face heights
_HEAD_ABOVE: Final = 0.17  # how far the head's middle is above the face's
_DARK_GAP: Final = 0.022  # lips or lids closer than this show a shadow, in face heights
_LIP_LINE: Final = (112, 58, 54)  # RGB of the shadow between closed lips
_LASHES: Final = (84, 58, 46)
_MIN_SIDE: Final = 32  # pixels; below, the face is a blot


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Head and lids, apart from the affect.

    Attributes:
        shift_x: Of the head to the image's right, in face heights.
        shift_y: Of the head downwards, in face heights.
        roll: Clockwise tilt in the image plane, in radians.
        zoom: Size relative to the rest.
        yaw: Pretended turn to the image's right, about [-1, 1].
        blink: How far the lids are shut, in [0, 1].
    """

    shift_x: float = 0.0
    shift_y: float = 0.0
    roll: float = 0.0
    zoom: float = 1.0
    yaw: float = 0.0
    blink: float = 0.0


class Portrait:
    """The animated portrait at one frame size; make it with `load`.

    Rendering is deterministic, keeps no state between calls, and leaves out whatever a
    camera adds (light, blur, noise): `portrait_clip` adds these.

    Attributes:
        width: Of a frame in pixels.
        height: Of a frame in pixels.
        unit: Height of the face, hair line to chin, in pixels.
    """

    def __init__(
        self,
        photo: UInt8[np.ndarray, "r c 3"],
        face: FaceShape,
        width: int,
        height: int,
    ) -> None:
        self.width, self.height = width, height
        scale = _FACE_SHARE * height / face.height
        place = np.array([width, height]) * _FACE_CENTER - scale * face.center
        self._fit = np.array([[scale, 0, place[0]], [0, scale, place[1]]], np.float32)
        self._rest = (face.points * scale + place).astype(np.float32)
        self._moves = movements(face) * np.float32(scale)
        self._lining, closing = lining(len(face.points))
        self._triangles = np.concatenate([closing, face.triangles])
        self.unit = scale * face.height
        self._frame = Box(0, 0, width, height)
        middle = np.array(_FACE_CENTER) * (width, height)
        self._center = (middle - (0, _HEAD_ABOVE * self.unit)).astype(np.float32)
        radii = (_HEAD_RADII[0] * self.unit, _HEAD_RADII[1] * self.unit)
        self._head = HeadField(self._center, radii, self._frame)
        self._textures = paint(photo, self._fit, self._rest, (width, height))

    @classmethod
    def load(cls, width: int = 640, height: int = 480) -> "Portrait":
        """Prepare the portrait for frames of this size.

        Args:
            width: In pixels, at least 32.
            height: In pixels, at least 32.

        Raises:
            SetupError: MediaPipe or scikit-image is missing.
            InputError: The frame is too small.
        """
        if min(width, height) < _MIN_SIDE:
            raise InputError(
                f"a frame of the demo must be at least {_MIN_SIDE} pixels wide and "
                f"high, but {width} x {height} was asked for"
            )
        photo, face = _photo_and_face()
        return cls(photo, face, width, height)

    def landmarks(
        self, valence: float, arousal: float, pose: Pose | None = None
    ) -> Float32[np.ndarray, "p 2"]:
        """Where `render` puts the mesh points (468 of MediaPipe's, then a still ring).

        Returns:
            x and y in pixels of the frame.
        """
        pose = pose or Pose()
        return _moved(self._expression(valence, arousal, pose), self._motion(pose))

    def render(
        self, valence: float, arousal: float, pose: Pose | None = None
    ) -> UInt8[np.ndarray, "h w 3"]:
        """One RGB frame that shows this affect; values beyond the range exaggerate it.

        Args:
            valence: In [-1, 1].
            arousal: In [-1, 1].
            pose: Head and lids; upright, centred and open-eyed if left out.
        """
        pose = pose or Pose()
        motion = self._motion(pose)
        target = _moved(self._expression(valence, arousal, pose), motion)
        head = self._head.box
        map_x, map_y = self._head.backward(motion)
        box = box_around(target, 1, head)
        part = box.within(head)
        bare = (map_x[part].copy(), map_y[part].copy())
        skin_map(
            np.concatenate([self._rest, self._rest[self._lining[0]]]),
            np.concatenate([target, target[self._lining[1]]]),
            self._triangles,
            box,
            (map_x[part], map_y[part]),
        )
        weights = action_weights(valence, arousal)
        out = self._textures.skin.copy()
        out[head.within(self._frame)] = sample(
            self._textures.creased(float(weights[ACTIONS.index("furrow")])),
            map_x,
            map_y,
        )
        self._fill_holes(out, target, pose.yaw, bare, box)
        return out

    def _expression(
        self, valence: float, arousal: float, pose: Pose
    ) -> Float32[np.ndarray, "p 2"]:
        """Mesh points with this affect, before the head moves."""
        weights = action_weights(valence, arousal, blink=pose.blink, yaw=pose.yaw)
        return self._rest + np.tensordot(weights, self._moves, 1).astype(np.float32)

    def _motion(self, pose: Pose) -> Float32[np.ndarray, "2 3"]:
        """The head's affine motion in pixels."""
        cos, sin = np.cos(pose.roll) * pose.zoom, np.sin(pose.roll) * pose.zoom
        linear = np.array([[cos, -sin], [sin, cos]])
        shift = np.array([pose.shift_x, pose.shift_y]) * self.unit
        offset = self._center - linear @ self._center + shift
        return np.asarray(np.column_stack([linear, offset]), np.float32)

    def _fill_holes(
        self,
        out: UInt8[np.ndarray, "h w 3"],
        target: Float32[np.ndarray, "p 2"],
        yaw: float,
        bare: tuple[Float32[np.ndarray, "r c"], Float32[np.ndarray, "r c"]],
        box: Box,
    ) -> None:
        """Put eyeballs and the inside of the mouth, which lids and lips only cover."""
        for (upper, lower), image, shadow in (
            *((eye, self._textures.skin, _LASHES) for eye in mesh.EYES),
            ((mesh.UPPER_INNER, mesh.LOWER_INNER), self._textures.mouth, _LIP_LINE),
        ):
            outline = [*upper, *lower[::-1]]
            rest, now = (_opening(p, upper, lower) for p in (self._rest, target))
            middle = float(self._rest[outline, 1].mean())
            # Wide eyes show more of the ball than the photograph has, so stretch it.
            shrink = 1.0 if image is self._textures.mouth else rest / max(rest, now)
            turn = yaw * self._moves[ACTIONS.index("turn"), outline, 0].mean()
            maps = (
                bare[0] - np.float32(turn),
                bare[1] * np.float32(shrink) + np.float32(middle * (1 - shrink)),
            )
            lit = min(1.0, max(0.0, now / (_DARK_GAP * self.unit)))
            inlay = Inlay(image, target[outline], shadow, lit)
            inlay.into(out, maps, box)


@lru_cache(maxsize=1)
def _photo_and_face() -> tuple[UInt8[np.ndarray, "r c 3"], FaceShape]:
    """The photograph and its mesh, found once per process."""
    photo = load_photo()
    return photo, find_face(photo)


def _moved(
    points: Float32[np.ndarray, "p 2"], motion: Float32[np.ndarray, "2 3"]
) -> Float32[np.ndarray, "p 2"]:
    """Points after an affine motion."""
    return np.asarray(points @ motion[:, :2].T + motion[:, 2], np.float32)


def _opening(
    points: Float32[np.ndarray, "p 2"], upper: tuple[int, ...], lower: tuple[int, ...]
) -> float:
    """Mean height between two lids in pixels."""
    return float((points[list(lower), 1] - points[list(upper), 1]).mean())
