"""What reading a video gives: facts about the file, frames, and places in it."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

__all__ = ["Frame", "FramePosition", "VideoInfo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """Facts about a video, a picture, or a folder of pictures.

    Attributes:
        path: The file or folder.
        width: Pixels across, as shown (after rotation).
        height: Pixels down, as shown (after rotation).
        duration_s: Length in seconds as the file claims; None where it claims none.
        average_rate: Frames per second on average; None where unknown. Never a way
            from frame numbers to times: use `frame_times` for that.
        time_base: Length of one unit of the file's time stamps in seconds; None where
            it has none (pictures).
        codec: Name of the codec, such as `h264` or `hevc`.
        pixel_format: Name of the pixel format, such as `yuv420p10le`.
        rotation: Degrees counterclockwise by which frames are turned upright.
    """

    path: Path
    width: int
    height: int
    duration_s: float | None
    average_rate: Fraction | None
    time_base: Fraction | None
    codec: str
    pixel_format: str
    rotation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePosition:
    """A frame's place in its video, enough to go on reading after it.

    Attributes:
        frame: 0-based position in presentation order.
        time_s: Presentation time stamp in seconds.
    """

    frame: int
    time_s: float


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
