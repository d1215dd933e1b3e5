"""From a decoded frame to the picture as it is meant to be seen, as RGB.

In one scaling step: square pixels (the sample aspect ratio applied), the size of the
video's first frame, and 8 bit. Before it, where a frame needs that: one field of two
(deinterlacing) and tone mapping of HDR. After it: the display matrix, with mirroring.
"""

import struct
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple, cast

import av
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.reformatter import VideoReformatter
from jaxtyping import UInt8

from feltline.errors import VideoError
from feltline.video.hdr import ToneMap, is_hdr

__all__ = ["MOST_PIXELS", "PictureMaker", "Turn", "too_large", "turn_of"]

MOST_PIXELS: Final = 1 << 26
"""Of a picture, 8192 x 8192: 11K of a camera for all directions is read. A few bytes
may claim pictures of gigabytes."""

_NO_TIME: Final = Fraction(1, 1)

_COMB: Final = 12
"""Levels of 256 by which a line differs from both its neighbours where fields comb."""
_COMBED_SHARE: Final = 0.002
"""Share of the picture that must comb for the frame to be deinterlaced: a mouth."""

_MOST_STRETCH: Final = 16
"""Pixel shapes beyond this are taken to be nonsense, as players do."""


class Turn(NamedTuple):
    """A display matrix to the nearest quarter: transposed first, then flipped."""

    transposed: bool = False
    flip_x: bool = False
    flip_y: bool = False


_QUARTERS: Final = (
    Turn(),
    Turn(transposed=True, flip_y=True),
    Turn(flip_x=True, flip_y=True),
    Turn(transposed=True, flip_x=True),
)
"""Counterclockwise."""


def turn_of(frame: av.VideoFrame) -> Turn:
    """How the display matrix of a frame turns and mirrors it."""
    try:
        # PyAV's stubs know of motion vectors only.
        side_data = cast(SideDataContainer, frame.side_data)
    except ValueError:
        # PyAV does not know each kind of side data (EXIF), and then gives none.
        return _QUARTERS[round(frame.rotation / 90) % 4]
    if Type.DISPLAYMATRIX not in side_data:
        return Turn()
    # x' = a x + c y, y' = b x + d y.
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(side_data[Type.DISPLAYMATRIX]))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turn(flip_x=a < 0, flip_y=d < 0)
    return Turn(transposed=True, flip_x=c < 0, flip_y=b < 0)


class PictureMaker:
    """Turns the decoded frames of one file into RGB pictures of one size.

    Keeps what is costly to set up from frame to frame; not safe under threads.

    Args:
        path: The file, for messages.
        pixel_shape: Width of a stored pixel over its height.
        size: Width and height of all pictures, as shown; None = those of the first.
        is_sequence: Whether pictures keep their own sizes (a folder of pictures).
    """

    def __init__(
        self,
        path: Path,
        *,
        pixel_shape: Fraction | None = None,
        size: tuple[int, int] | None = None,
        is_sequence: bool = False,
    ) -> None:
        self._path, self.size, self._is_sequence = path, size, is_sequence
        shape = float(pixel_shape or 1)
        is_sane = 1 / _MOST_STRETCH <= shape <= _MOST_STRETCH
        self._pixel_shape = shape if is_sane else 1.0
        self._reformatter = VideoReformatter()
        self._tone_map = ToneMap()
        self._field: tuple[tuple[object, ...], Graph] | None = None
        self._n_pushed = 0
        self._turns: dict[int, Turn] = {}

    def rgb(
        self, frame: av.VideoFrame, turn: Turn | None = None
    ) -> UInt8[np.ndarray, "h w 3"]:
        """The picture, upright, C-contiguous.

        Args:
            frame: As decoded.
            turn: How it is to be turned; None = by its display matrix.

        Raises:
            VideoError: The pixel format cannot be turned into RGB, or with square
                pixels, the picture would be too large.
        """
        try:
            return self._rgb(frame, self._turn(frame) if turn is None else turn)
        except (av.FFmpegError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise VideoError(
                f"the pixel format {frame.format.name} of {self._path} cannot be "
                f"turned into RGB ({reason}); check that it plays, or convert it to "
                f"MP4 (H.264), then try again"
            ) from error

    def _turn(self, frame: av.VideoFrame) -> Turn:
        """As `turn_of`, looked up once for each rotation.

        Asked for its side data, a PyAV frame refers to itself, and stays in memory
        until Python looks for such circles: hundreds of megabytes later.
        """
        if frame.rotation not in self._turns:
            self._turns[frame.rotation] = turn_of(frame)
        return self._turns[frame.rotation]

    def _rgb(self, frame: av.VideoFrame, turn: Turn) -> UInt8[np.ndarray, "h w 3"]:
        width, height = self._stored_size(frame, turn)
        if frame.interlaced_frame and _is_combed(frame):
            frame = self._one_field(frame)
        if is_hdr(frame):
            frame = self._tone_map.apply(frame, self._reformatter)
        if (frame.width, frame.height) == (width, height):
            made = self._reformatter.reformat(frame, format="rgb24")
        else:
            made = self._reformatter.reformat(
                frame, width, height, "rgb24", interpolation="BILINEAR"
            )
        rgb = made.to_ndarray()
        if turn.transposed:
            rgb = rgb.transpose(1, 0, 2)
        if turn.flip_x:
            rgb = rgb[:, ::-1]
        if turn.flip_y:
            rgb = rgb[::-1]
        return np.ascontiguousarray(rgb, dtype=np.uint8)

    def _stored_size(self, frame: av.VideoFrame, turn: Turn) -> tuple[int, int]:
        """Width and height to scale to before the picture is turned."""
        if self.size is None or self._is_sequence:
            width, height = _square(frame.width, frame.height, self._pixel_shape)
            if width * height > MOST_PIXELS:
                raise too_large(self._path)
            self.size = (height, width) if turn.transposed else (width, height)
            return width, height
        shown_width, shown_height = self.size
        if turn.transposed:
            return shown_height, shown_width
        return shown_width, shown_height

    def _one_field(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The first of both fields, its missing lines drawn along edges.

        From this frame alone, so that it looks the same however it was reached.
        """
        key = (frame.width, frame.height, frame.format.name)
        if self._field is None or self._field[0] != key:
            graph = Graph()
            graph.threads = 1
            source = graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=_NO_TIME,
            )
            field, sink = graph.add("estdif", "mode=frame"), graph.add("buffersink")
            graph.link_nodes(source, field, sink)
            graph.configure()
            self._field = key, graph
        graph = self._field[1]
        # The filter gives each frame when the next one comes.
        frame.time_base = _NO_TIME
        found = frame
        for _ in range(2):
            self._n_pushed += 1
            frame.pts = self._n_pushed
            graph.vpush(frame)
            with suppress(BlockingIOError):
                found = graph.vpull()
        return found


def too_large(path: Path) -> VideoError:
    """The error for pictures of more than `MOST_PIXELS`."""
    return VideoError(
        f"the pictures of {path} have more than {MOST_PIXELS / 1e6:.0f} million pixels "
        f"(with square pixels), the most that are read; scale it down, then try again"
    )


def _square(width: int, height: int, pixel_shape: float) -> tuple[int, int]:
    """The size with square pixels: the longer way is stretched, as in browsers."""
    if pixel_shape >= 1:
        return max(1, round(width * pixel_shape)), height
    return width, max(1, round(height / pixel_shape))


def _is_combed(frame: av.VideoFrame) -> bool:
    """Whether the two fields of a frame show different moments.

    Recorders mark all they write as interlaced, so the mark alone means little. Where
    something moved between the fields, lines differ from both of their neighbours.
    """
    plane = frame.planes[0]
    depth = frame.format.components[0].bits
    n_bytes = 1 if depth <= 8 else 2
    if not frame.format.is_planar or frame.format.is_rgb or frame.height < 4:
        return not frame.format.is_rgb
    lines = np.frombuffer(memoryview(plane), np.uint8 if n_bytes == 1 else "<u2")
    lines = lines.reshape(plane.height, plane.line_size // n_bytes)
    some = lines[:, : frame.width : 2].astype(np.int32)
    if depth > 8:
        some >>= depth - 8
    up, down = some[1:-1] - some[:-2], some[1:-1] - some[2:]
    combs = ((up > _COMB) & (down > _COMB)) | ((up < -_COMB) & (down < -_COMB))
    return bool(combs.mean() > _COMBED_SHARE)
