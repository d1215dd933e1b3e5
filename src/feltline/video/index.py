"""The table of a video's frames: their times, and where decoding can start."""

import logging
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from jaxtyping import Bool, Float64, Int64

from feltline.errors import VideoError
from feltline.video.clock import joined_up, player_times, start_of
from feltline.video.container import (
    check_file,
    decode_packet,
    demux,
    no_picture,
    opened,
    packets_of,
)
from feltline.video.picture import PictureMaker

__all__ = ["FrameIndex", "frame_index", "index_of"]

_log = logging.getLogger(__name__)

_HIDING_CODECS: Final = frozenset({"vp8"})
"""Codecs with packets that carry a time but are never shown."""

_MISSING_S: Final = 0.5
"""A file that ends this much before the length it claims was cut off."""

_TS_PACKET_SIZES: Final = (188, 192, 204)

_HEAD: Final = 8
"""Packets that are decoded to see whether stamps can be relied on."""

_FAR: Final = 1 << 63

_REORDERS: Final = 1 << 3
"""`AV_CODEC_PROP_REORDER`: frames may be decoded in another order than shown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameIndex:
    """All frames of a video file by number.

    Attributes:
        pts: Presentation time stamps of the frames in units of `time_base`, strictly
            increasing; a frame's number is its place in here. Where packets do not tell
            the frames, the numbers themselves.
        time_base: Length of one unit in seconds.
        packet_pts: Stamps of all packets in the order of decoding, all different, those
            of discarded packets too. Empty where packets do not tell the frames; such a
            file can only be decoded from its start, and its frames be counted.
        is_key: Which packets decoding can start at.
        time_s: Times of the frames in seconds by the clock of players (`clock`),
            strictly increasing.
        size: Width and height of the pictures, as shown: square pixels, upright.
    """

    pts: Int64[np.ndarray, " n"]
    time_base: Fraction
    packet_pts: Int64[np.ndarray, " p"]
    is_key: Bool[np.ndarray, " p"]
    time_s: Float64[np.ndarray, " n"]
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def is_counted(self) -> bool:
        """Whether frames are numbered by counting what a decoder gives."""
        return not len(self.packet_pts)

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


def index_of(path: Path, container: InputContainer, stream: VideoStream) -> FrameIndex:
    """The table of an open video's frames; reads all its packets, from the start.

    Raises:
        VideoError: The file holds no frame that can be decoded, or no time stamps.
    """
    head = _Head(stream)
    packets = _read_packets(path, container, stream, head)
    first = head.first()
    if first is None:
        raise no_picture(path)
    if stream.time_base is None:
        raise _no_stamps(path)
    maker = PictureMaker(path, pixel_shape=stream.sample_aspect_ratio)
    height, width, _ = maker.rgb(first).shape
    table = _shown_packets(packets)
    is_sure = table is not None and head.agrees and not _may_lie(container, stream)
    counted: list[int] | None = None
    if not is_sure:
        decoded = _decoded_stamps(path)
        if table is None or table.tolist() != decoded:
            is_avi = container.format.name == "avi"
            counted = _counted(path, decoded, packets if is_avi else [])
    try:
        shown = np.array(counted or table, np.int64)
        time_s = player_times(
            shown,
            stream.time_base,
            # Frames without stamps may come before the first that has one.
            min(start_of(container, stream), int(shown[0]) * stream.time_base),
            has_own_clocks=container.format.name == "mpegts",
        )
    except OverflowError as error:
        raise _no_stamps(path) from error
    if counted is not None and not _is_increasing(decoded):
        shown = np.arange(len(shown), dtype=np.int64)
    is_listed = counted is None
    index = FrameIndex(
        pts=shown,
        time_base=stream.time_base,
        packet_pts=np.array([p.pts for p in packets if is_listed], np.int64),
        is_key=np.array([p.is_key for p in packets if is_listed], bool),
        time_s=time_s,
        size=(width, height),
    )
    for array in (index.pts, index.packet_pts, index.is_key, index.time_s):
        array.setflags(write=False)
    return index


class _Row(NamedTuple):
    """What a packet says of itself."""

    pts: int | None
    dts: int | None
    is_key: bool
    is_discarded: bool


class _Head:
    """The first packets of a stream, decoded: do they tell when frames are shown?"""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._fed: list[int | None] = []
        self._first: av.VideoFrame | None = None
        self._stamps: list[int | None] = []
        self._is_hurt = self._is_done = False

    def feed(self, packet: Packet) -> None:
        """Decode a packet, unless what was decoded so far is enough."""
        if self._is_done:
            return
        if not packet.is_discard:
            self._fed.append(packet.pts)
        self._decode(packet)
        if len(self._fed) >= _HEAD and self._first is not None:
            self.end()

    def end(self) -> None:
        """Take what the decoder holds back."""
        if not self._is_done:
            self._decode(None)
            self._is_done = True

    def first(self) -> av.VideoFrame | None:
        """The first frame; None if none could be decoded."""
        self.end()
        return self._first

    @property
    def agrees(self) -> bool:
        """Whether each packet gave one frame, in the order of the stamps.

        Damage says nothing about the stamps.
        """
        self.end()
        if self._is_hurt or None in self._fed:
            return self._is_hurt
        return self._stamps == sorted(s for s in self._fed if s is not None)

    def _decode(self, packet: Any) -> None:  # noqa: ANN401 - or None
        try:
            frames = self._stream.decode(packet)
        except av.FFmpegError:
            self._is_hurt = True
            return
        self._stamps += [frame.pts for frame in frames]
        self._first = self._first or next(iter(frames), None)


def _read_packets(
    path: Path, container: InputContainer, stream: VideoStream, head: _Head
) -> list[_Row]:
    """All packets of the stream; says so if the file was cut off."""
    rows: list[_Row] = []
    n_packets, end_s = 0, 0.0
    start_s = max(0.0, float(start_of(container, stream)))
    try:
        for packet in packets_of(container):
            if packet.pts is not None and packet.time_base:
                end = packet.pts + (packet.duration or 0)
                end_s = max(end_s, float(end * packet.time_base) - start_s)
            if packet.stream_index != stream.index:
                continue
            # The last one is that which ends the stream.
            n_packets += packet.size > 0 or packet.dts is not None
            if packet.size:
                rows.append(
                    _Row(packet.pts, packet.dts, packet.is_keyframe, packet.is_discard)
                )
                head.feed(packet)
    except av.FFmpegError as error:
        _log.warning("%s cannot be read beyond %.3f s: %s", path, end_s, error.strerror)
    else:
        _warn_if_cut(path, container, n_packets < stream.frames, end_s)
    if not rows:
        raise no_picture(path)
    return rows


def _shown_packets(rows: list[_Row]) -> Int64[np.ndarray, " n"] | None:
    """Stamps of the frames as the packets tell them; None if they contradict."""
    pts = [row.pts for row in rows if row.pts is not None]
    if len(set(pts)) < len(rows):
        return None
    dts = [row.dts for row in rows if row.dts is not None]
    if any(later < sooner for sooner, later in pairwise(dts)):
        return None  # a second recording, with a clock that starts again
    shown = np.sort(
        np.array([row.pts for row in rows if not row.is_discarded], np.int64)
    )
    # Decoders drop what they meet before the first key packet, or show before it.
    if not rows[0].is_key or not len(shown) or shown[0] < pts[0]:
        return None
    return shown


def _may_lie(container: InputContainer, stream: VideoStream) -> bool:
    """Whether packets of this kind may claim frames or times that are not there."""
    codec = stream.codec_context.codec
    # AVI knows only the order of decoding.
    is_reordered = bool(codec.properties & _REORDERS)
    in_avi = container.format.name == "avi" and is_reordered
    return codec.canonical_name in _HIDING_CODECS or in_avi


def _warn_if_cut(
    path: Path, container: InputContainer, lacks_packets: bool, end_s: float
) -> None:
    """Say so if the file ends before the end its header promises."""
    kind, size = container.format.name, container.size
    promised_s = (container.duration or 0) / av.time_base
    if kind == "avi":
        # Recorders leave out frames, and count them; but the whole has a length.
        is_cut = size < _riff_size(path)
    elif kind == "mpegts":
        # A transport stream promises nothing, but is made of packets of equal size.
        is_cut = all(size % packet for packet in _TS_PACKET_SIZES)
    else:
        is_cut = lacks_packets or end_s < promised_s - _MISSING_S
    if is_cut:
        _log.warning(
            "%s was cut off: it ends at %.3f s, and what is there is read; for the "
            "rest, copy or record it again",
            *(path, end_s),
        )


def _riff_size(path: Path) -> int:
    """Bytes that the first RIFF chunk of a file claims, its head included."""
    with path.open("rb") as file:
        head = file.read(8)
    return int.from_bytes(head[4:], "little") + 8 if head[:4] == b"RIFF" else 0


def _decoded_stamps(path: Path) -> list[int | None]:
    """Stamps in order of presentation, by a decoder without threads: slow but sure."""
    with opened(path, threaded=False) as (container, stream):
        return [
            frame.pts
            for packet in demux(container, stream)
            for frame in decode_packet(stream, packet)
        ]


def _counted(path: Path, decoded: list[int | None], avi: list[_Row]) -> list[int]:
    """Increasing stamps for decoded frames whose own may lie.

    Raises:
        VideoError: There is no frame, or most of them carry no stamp.
    """
    known = [stamp for stamp in decoded if stamp is not None]
    if not decoded:
        raise no_picture(path)
    if len(known) < len(decoded) / 2:
        raise _no_stamps(path)
    if _is_increasing(decoded):
        return known
    places = _avi_places(avi)
    if len(places) == len(decoded):
        return places
    made, restarts = joined_up(decoded)
    if restarts:
        _log.warning(
            "%s holds %d recordings one after another, each with a clock of its own; "
            "they are read as one",
            *(path, restarts + 1),
        )
    return made


def _avi_places(rows: list[_Row]) -> list[int]:
    """Stamps of frames in order of presentation, from the packets of an AVI file.

    These have the places of frames, though not each that of its own, and late by as
    many as the decoder holds back.
    """
    pairs = [(r.pts, r.dts) for r in rows if r.pts is not None and r.dts is not None]
    places = sorted({pts for pts, _ in pairs})
    held_back = int(np.median([pts - dts for pts, dts in pairs])) if pairs else 0
    return [place - held_back for place in places]


def _is_increasing(stamps: list[int | None]) -> bool:
    """Whether all are there, each later than the one before."""
    return all(
        a is not None and b is not None and a < b for a, b in pairwise([-_FAR, *stamps])
    )


def _no_stamps(path: Path) -> VideoError:
    return VideoError(
        f"the frames of {path} carry no usable time stamps; put them into an MP4 "
        f"file with ffmpeg, giving the frame rate, then use that"
    )
