"""What reading a video gives: frames, and places in it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

__all__ = ["Frame", "FramePosition"]


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
