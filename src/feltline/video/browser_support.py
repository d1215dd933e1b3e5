"""What a browser can play, exact to the frame.

A page shows frame k by seeking to a time between that frame's stamp and the next. So
an original may be played as it is only where a browser counts the very frames that
`frame_times` counts, at the very same times. Where that is not certain, the page plays
a proxy.
"""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from jaxtyping import Int64

from feltline.video.container import decode_packet, demux, opened
from feltline.video.hdr import is_hdr
from feltline.video.index import FrameIndex, frame_index
from feltline.video.kinds import is_picture

__all__ = ["browser_plays"]

_CODECS: Final = {
    ".mp4": frozenset({"h264", "vp9", "av1"}),
    ".m4v": frozenset({"h264"}),
    ".mov": frozenset({"h264"}),
    ".webm": frozenset({"vp8", "vp9", "av1"}),
}
_PIXELS: Final = frozenset({"yuv420p", "yuvj420p"})
_MP4: Final = "mov,mp4"
_WEBM: Final = "matroska,webm"
_FIRST_S: Final = 0.001
"""How far from 0 the first frame of an original may be."""


_ONE: Final = 1 << 16
_TURNS: Final = frozenset(
    {(_ONE, 0, 0, _ONE), (0, _ONE, -_ONE, 0), (-_ONE, 0, 0, -_ONE), (0, -_ONE, _ONE, 0)}
)
"""Display matrices that turn by quarters and do not mirror, as 16.16 fixed point."""


def browser_plays(path: Path) -> bool:
    """Whether browsers play this video as it is, exact to the frame.

    That is H.264, VP8, VP9 or AV1 of 8 bit (4:2:0) in MP4, MOV (H.264 only) or WebM,
    with square pixels, whose first frame is at 0 within 1 ms. Everything that browsers
    and feltline might count differently is a no: frames hidden or repeated by an edit
    list, frames without a key frame before them (open groups of pictures), mirrored
    pictures, fields, fragments, damage at the front, a second picture.

    A no costs no more than the making of a proxy.

    Raises:
        VideoError: The file cannot be read as a video.
    """
    suffix = path.suffix.lower()
    if path.is_dir() or is_picture(path) or suffix not in _CODECS:
        return False
    return _is_plain(path, suffix) and _is_plainly_timed(path, suffix)


def _is_plain(path: Path, suffix: str) -> bool:
    """Whether container, codec and picture are of a kind that browsers show."""
    with opened(path, threaded=False) as (container, stream):
        family = _WEBM if suffix == ".webm" else _MP4
        codec = stream.codec_context.codec.canonical_name
        if not container.format.name.startswith(family) or codec not in _CODECS[suffix]:
            return False
        if len(container.streams.video) != 1:
            return False
        for packet in demux(container, stream):
            for frame in decode_packet(stream, packet):
                return _is_plain_picture(frame, stream.sample_aspect_ratio or 1)
    return False


def _is_plain_picture(frame: av.VideoFrame, pixel_shape: Fraction | int) -> bool:
    """Whether browsers show this frame as `upright` does."""
    if frame.format.name not in _PIXELS or frame.interlaced_frame or pixel_shape != 1:
        return False
    if is_hdr(frame):
        return False
    # PyAV's stubs know of motion vectors only.
    side_data = cast(SideDataContainer, frame.side_data)
    if Type.DISPLAYMATRIX not in side_data:
        return True
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(side_data[Type.DISPLAYMATRIX]))
    return (a, b, c, d) in _TURNS


def _is_plainly_timed(path: Path, suffix: str) -> bool:
    """Whether browsers find the same frames at the same times as `frame_times`."""
    index = frame_index(path)
    # A browser keeps the stamps of the file, where `time_s` begins at its start.
    time_s = index.pts * float(index.time_base)
    with opened(path) as (container, stream):
        end_s = (container.duration or 0) / av.time_base
        n_frames = stream.frames
        dts = np.array([entry.timestamp for entry in stream.index_entries], np.int64)
    # A browser does not seek beyond the length that the file claims.
    if abs(time_s[0]) > _FIRST_S or time_s[-1] >= end_s or _has_open_group(index):
        return False
    if suffix == ".webm":
        # Where VP8 hides frames, the table comes from decoding, as a browser's does.
        return len(index.packet_pts) in (0, len(index))
    # If an edit list hides or repeats frames, or the file was cut, the counts differ.
    is_whole = n_frames == len(dts) == len(index.packet_pts) == len(index)
    return is_whole and not _has_late_key(index, dts)


def _has_open_group(index: FrameIndex) -> bool:
    """Whether a frame is shown before the key frame that it is decoded after.

    A browser that seeks to such a frame starts decoding at that key frame, and fails.
    """
    if not len(index.packet_pts):
        return False
    earliest_after = np.minimum.accumulate(index.packet_pts[::-1])[::-1]
    return bool(np.any(earliest_after[index.is_key] < index.packet_pts[index.is_key]))


def _has_late_key(index: FrameIndex, dts: Int64[np.ndarray, " n"]) -> bool:
    """Whether a seek to the frame before a key frame may land on that key frame.

    In MP4, FFmpeg (and with it the browser) seeks by the time of decoding, less the lag
    of the file's first frame. A key frame that lags more is taken too early. That takes
    reordered frames at a variable rate. `dts` are in units of the index.
    """
    lag = index.packet_pts - dts
    return bool(np.any(lag[index.is_key] > lag[0]))
