"""Rendering of the demo clip.

Its curves are the truth by construction, which makes it fit to show that the stages
work together and how fast they are. It is no evidence of accuracy on real people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from feltline.errors import InputError
from feltline.lab.demo.curves import affect_curves, blink_curve, wander
from feltline.lab.demo.portrait import Portrait, Pose

__all__ = ["PortraitClip", "portrait_clip"]

_NOISE: Final = 2.5  # standard deviation of the sensor's noise in grey levels
_NOISE_MARGIN: Final = 64  # pixels by which the stored noise may be shifted
_SHARPEST: Final = 0.05  # share of each neighbour in a pixel of a sharp picture
_SMEAR: Final = 0.05  # added per pixel of motion from one frame to the next
_BLURRIEST: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shot:
    """What changes from frame to frame apart from the affect; all of length n.

    Attributes:
        pose: shift_x, shift_y, roll, zoom, yaw and blink, as in `Pose`.
        light: Gain of red, green and blue.
        defocus: Share that each neighbour adds to a pixel by lack of focus.
    """

    pose: Float32[np.ndarray, "n 6"]
    light: Float32[np.ndarray, "n 3"]
    defocus: Float32[np.ndarray, " n"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PortraitClip:
    """A generated clip of one talking-head portrait with known affect.

    Attributes:
        affect: Valence and arousal in [-1, 1] that each frame shows.
        rate_hz: Frames per second.
        portrait: What renders the frames.
        shot: Motion, light and focus of each frame.
        seed: Of the noise.
    """

    affect: Float32[np.ndarray, "n 2"]
    rate_hz: float
    portrait: Portrait
    shot: _Shot
    seed: int

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.affect)

    def frames(self) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
        """RGB frames in order, rendered one by one and not kept.

        Every call starts anew and gives the same frames.
        """
        rng = np.random.default_rng([self.seed, 1])
        noise = _Noise(self.portrait.width, self.portrait.height, rng)
        unit = self.portrait.unit
        pose = self.shot.pose
        speed = np.abs(np.diff(pose[:, :2], axis=0, prepend=pose[:1, :2])) * unit
        for i, (valence, arousal) in enumerate(self.affect.tolist()):
            clean = self.portrait.render(valence, arousal, _pose(pose[i]))
            blurred = _blur(clean, self.shot.defocus[i] + _SMEAR * speed[i])
            yield noise.over(_lit(blurred, self.shot.light[i]))


def portrait_clip(
    *,
    seconds: float = 12.0,
    rate_hz: float = 25.0,
    width: int = 640,
    height: int = 480,
    seed: int = 0,
) -> PortraitClip:
    """A clip of the demo portrait; equal arguments give equal frames.

    Only the curves are made at once (about 50 bytes per frame); the frames follow on
    demand, so that length costs no memory.

    Args:
        seconds: Length; from 8 s on all four quadrants of the affect plane are visited.
        rate_hz: Frames per second.
        width: Of a frame in pixels, at least 32.
        height: Of a frame in pixels, at least 32.
        seed: Of everything random, at least 0.

    Raises:
        InputError: An argument is out of range.
        SetupError: MediaPipe or scikit-image is missing.
    """
    if not (0 < rate_hz < np.inf and 1 <= seconds * rate_hz < np.inf):
        raise InputError(
            f"a demo clip needs at least one frame, but {seconds:g} s at {rate_hz:g} "
            "frames per second were asked for; give a longer time or a higher rate"
        )
    if seed < 0:
        raise InputError(f"the seed of a demo clip must be 0 or more, but is {seed}")
    portrait = Portrait.load(width, height)
    n_frames = round(seconds * rate_hz)
    rng = np.random.default_rng([seed, 0])
    return PortraitClip(
        affect=affect_curves(n_frames, rate_hz, rng),
        rate_hz=rate_hz,
        portrait=portrait,
        shot=_shot(n_frames, rate_hz, rng),
        seed=seed,
    )


def _shot(n_frames: int, rate_hz: float, rng: np.random.Generator) -> _Shot:
    """Random but gentle motion, light and focus."""

    def slow(period_s: float, size: float) -> Float32[np.ndarray, " n"]:
        return size * wander(n_frames, rate_hz, period_s, rng)

    pose = (
        slow(4.0, 0.09),
        slow(5.0, 0.05),
        slow(5.0, 0.09),
        1 + slow(7.0, 0.06),
        slow(4.0, 0.9),
        blink_curve(n_frames, rate_hz, rng),
    )
    brightness, warmth = slow(9.0, 0.16), slow(13.0, 0.05)
    gain = np.stack(
        [1 + brightness + warmth, 1 + brightness, 1 + brightness - warmth], axis=1
    )
    return _Shot(
        pose=np.stack(pose, axis=1).astype(np.float32),
        light=gain.astype(np.float32),
        defocus=np.asarray(_SHARPEST + np.maximum(slow(6.0, 0.15), 0), np.float32),
    )


def _pose(row: Float32[np.ndarray, " 6"]) -> Pose:
    """One row of a shot's `pose`."""
    shift_x, shift_y, roll, zoom, yaw, blink = row.tolist()
    return Pose(
        shift_x=shift_x, shift_y=shift_y, roll=roll, zoom=zoom, yaw=yaw, blink=blink
    )


def _blur(
    rgb: UInt8[np.ndarray, "h w 3"], side: Float32[np.ndarray, " 2"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Mix each pixel with its neighbours: these shares in x and in y."""
    across, down = np.minimum(side, _BLURRIEST).tolist()
    in_x, in_y = (np.array([k, 1 - 2 * k, k], np.float32) for k in (across, down))
    return np.asarray(cv2.sepFilter2D(rgb, -1, in_x, in_y), np.uint8)


def _lit(
    rgb: UInt8[np.ndarray, "h w 3"], gain: Float32[np.ndarray, " 3"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Multiply the channels, cut at white."""
    table = np.arange(256, dtype=np.float32)[:, None] * gain
    lookup = np.clip(np.rint(table), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(rgb, lookup[None]), np.uint8)


class _Noise:
    """Sensor noise: one stored field, shifted at random for every frame.

    Drawing new noise would take longer than all the rest of a frame.
    """

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self._rng, self._size = rng, (height, width)
        shape = (height + _NOISE_MARGIN, width + _NOISE_MARGIN, 3)
        field = np.rint(_NOISE * rng.standard_normal(shape, np.float32))
        self._more = np.maximum(field, 0).astype(np.uint8)
        self._less = np.maximum(-field, 0).astype(np.uint8)

    def over(self, rgb: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
        """The picture with noise, cut at black and white."""
        top, left = self._rng.integers(0, _NOISE_MARGIN, 2).tolist()
        part = (slice(top, top + self._size[0]), slice(left, left + self._size[1]))
        return np.asarray(
            cv2.subtract(cv2.add(rgb, self._more[part]), self._less[part]), np.uint8
        )
