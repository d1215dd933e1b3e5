"""The table of a video's frames: their times, and where decoding can start."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from jaxtyping import Bool, Float64, Int64

from feltline.errors import VideoError
from feltline.video.container import (
    check_file,
    decode_packet,
    demux,
    no_picture,
    opened,
)

__all__ = ["FrameIndex", "frame_index", "index_of"]

_log = logging.getLogger(__name__)

_HIDING_CODECS: Final = frozenset({"vp8"})
"""Codecs with packets that carry a time but are never shown."""

_MISSING_S: Final = 0.5
"""A file that ends this much before the length it claims was cut off."""

_TS_PACKET_SIZES: Final = (188, 192, 204)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameIndex:
    """All frames of a video file by number.

    Attributes:
        pts: Presentation time stamps of the frames in units of `time_base`, strictly
            increasing; a frame's number is its place in here.
        time_base: Length of one unit in seconds.
        packet_pts: Stamps of all packets in the order of decoding, all different, those
            of discarded packets too. Empty where packets do not tell the frames; such a
            file can only be decoded from its start.
        is_key: Which packets decoding can start at.
    """

    pts: Int64[np.ndarray, " n"]
    time_base: Fraction
    packet_pts: Int64[np.ndarray, " p"]
    is_key: Bool[np.ndarray, " p"]

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def time_s(self) -> Float64[np.ndarray, " n"]:
        """Times of the frames in seconds."""
        return self.pts * self.time_base.numerator / self.time_base.denominator

    def number_of(self, pts: int | None) -> int | None:
        """Number of the frame with this stamp; None if it is not in the table."""
        if pts is None:
            return None
        at = int(np.searchsorted(self.pts, pts))
        return at if at < len(self) and self.pts[at] == pts else None

    def order_of(self, pts: int | None) -> int | None:
        """Place of the packet with this stamp in the order of decoding."""
        if pts is None:
            return None
        found = np.flatnonzero(self.packet_pts == pts)
        return int(found[0]) if len(found) else None

    def start_for(self, number: int, *, further_back: int = 0) -> int | None:
        """Where to start decoding so that frame `number` comes out whole.

        A key packet qualifies if it comes before the frame both in decoding and in
        presentation: in an open group of pictures, frames that are decoded after a key
        packet but shown before it need the group before, too.

        Args:
            number: 0-based frame number.
            further_back: How many more key packets to go back.

        Returns:
            Place of the packet in the order of decoding; None = the start of the file.
        """
        target = int(self.pts[number])
        order = self.order_of(target)
        if order is None:
            return None
        before = slice(0, order + 1)
        fits = self.is_key[before] & (self.packet_pts[before] <= target)
        starts = np.flatnonzero(fits)[: -further_back or None]
        return int(starts[-1]) if len(starts) and starts[-1] > 0 else None


def frame_index(path: Path) -> FrameIndex:
    """The table of a video file's frames, by reading its packets without decoding.

    The last few tables are kept; a file that changed is read anew. Files whose packets
    do not tell when their frames are shown are decoded from end to end instead.

    Raises:
        VideoError: The file cannot be read, holds no frame, or has no time stamps.
    """
    check_file(path)
    stat = path.stat()
    return _cached(path.absolute(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=16)
def _cached(path: Path, _size: int, _mtime_ns: int) -> FrameIndex:
    """`frame_index`, kept for as long as size and time of change stay the same."""
    with opened(path) as (container, stream):
        return index_of(path, container, stream)


def index_of(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    on_packet: Callable[[Packet], None] | None = None,
) -> FrameIndex:
    """The table of an open video's frames; reads all its packets, from the start.

    `on_packet` is given every packet of the stream.

    Raises:
        VideoError: The file holds no frame, or has no time stamps.
    """
    index = _from_packets(path, container, stream, on_packet) or _from_frames(path)
    for array in (index.pts, index.packet_pts, index.is_key):
        array.setflags(write=False)
    return index


def _from_packets(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    on_packet: Callable[[Packet], None] | None,
) -> FrameIndex | None:
    """The table as the packets tell it, or None if they cannot be relied on."""
    rows: list[tuple[int | None, bool, bool]] = []
    end_s = 0.0
    try:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base:
                end = packet.pts + (packet.duration or 0)
                end_s = max(end_s, float(end * packet.time_base))
            if packet.stream_index == stream.index and packet.size:
                rows.append((packet.pts, packet.is_keyframe, packet.is_discard))
                if on_packet is not None:
                    on_packet(packet)
    except av.FFmpegError as error:
        _log.warning("%s cannot be read beyond %.3f s: %s", path, end_s, error.strerror)
    else:
        _warn_if_cut(path, container, len(rows) < stream.frames, end_s)
    if not rows:
        raise no_picture(path)
    pts = [stamp for stamp, _, _ in rows if stamp is not None]
    hides = stream.codec_context.codec.canonical_name in _HIDING_CODECS
    if hides or len(set(pts)) < len(rows) or not stream.time_base:
        return None
    packet_pts = np.array(pts, np.int64)
    is_key = np.array([key for _, key, _ in rows], bool)
    shown = np.sort(packet_pts[[not discarded for _, _, discarded in rows]])
    # Decoders drop what they meet before the first key packet, or show before it.
    if not is_key[0] or not len(shown) or shown[0] < packet_pts[0]:
        return None
    return FrameIndex(
        pts=shown, time_base=stream.time_base, packet_pts=packet_pts, is_key=is_key
    )


def _warn_if_cut(
    path: Path, container: InputContainer, lacks_packets: bool, end_s: float
) -> None:
    """Say so if the file ends before the end its header promises."""
    promised_s = (container.duration or 0) / av.time_base
    # A transport stream promises nothing, but is made of packets of equal size.
    is_torn = container.format.name == "mpegts" and all(
        container.size % size for size in _TS_PACKET_SIZES
    )
    if lacks_packets or is_torn or end_s < promised_s - _MISSING_S:
        _log.warning(
            "%s was cut off: it ends at %.3f s, and what is there is read; for the "
            "rest, copy or record it again",
            *(path, end_s),
        )


def _from_frames(path: Path) -> FrameIndex:
    """The table as a decoder without threads gives it, which is slow but sure."""
    shown: list[int] = []
    decoded = 0
    with opened(path, threaded=False) as (container, stream):
        for packet in demux(container, stream):
            for frame in decode_packet(stream, packet):
                decoded += 1
                if frame.pts is not None and (not shown or frame.pts > shown[-1]):
                    shown.append(frame.pts)
        time_base = stream.time_base
    if not decoded:
        raise no_picture(path)
    if time_base is None or len(shown) < decoded / 2:
        raise VideoError(
            f"the frames of {path} carry no usable time stamps; put them into an MP4 "
            f"file with ffmpeg, giving the frame rate, then use that"
        )
    return FrameIndex(
        pts=np.array(shown, np.int64),
        time_base=time_base,
        packet_pts=np.zeros(0, np.int64),
        is_key=np.zeros(0, bool),
    )
