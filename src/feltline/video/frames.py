"""What reading a video gives: facts about it, frames, and places in it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

__all__ = ["Frame", "FramePosition", "VideoFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """Facts about a video, a picture, or a folder of pictures.

    Attributes:
        content_hash: SHA-256 of its content, in hex.
        width: Pixels across, as shown (after rotation).
        height: Pixels down, as shown.
        n_frames: How many frames the file has.
        duration_s: From its first frame to the end of the last, taken to last as long
            as most; 0 for a single frame.
        time_base: Length of one unit of its time stamps in seconds, as a fraction;
            empty for pictures.
        codec: Name of the codec, such as `h264`.
        average_rate: Frames per second on average, as a fraction; empty = unknown.
            Never a way from frame numbers to times.
    """

    content_hash: str
    width: int
    height: int
    n_frames: int
    duration_s: float
    time_base: str
    codec: str
    average_rate: str = ""

    @property
    def rate(self) -> Fraction | None:
        """Frames per second on average; None = unknown."""
        return Fraction(self.average_rate) if self.average_rate else None


class FramePosition(NamedTuple):
    """A frame's place in its video, enough to go on reading after it."""

    frame: int
    """0-based position in presentation order."""
    time_s: float
    """Presentation time stamp in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One decoded frame.

    Attributes:
        frame: 0-based position in presentation order, counted over the whole video.
        time_s: Presentation time stamp in seconds, as the file has it.
        rgb: The picture, upright, 0-255, C-contiguous.
    """

    frame: int
    time_s: float
    rgb: UInt8[np.ndarray, "h w 3"]

    @property
    def position(self) -> FramePosition:
        """Where to resume reading after this frame."""
        return FramePosition(frame=self.frame, time_s=self.time_s)
