"""Decoding a video file from any frame on, frame-exact."""

import itertools
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from feltline.video.container import VideoPacket, decode_packet, demux, opened
from feltline.video.index import FrameIndex

__all__ = ["decoded"]

_STEPS_BACK_S: Final = (0, 1, 10, 60)
"""How much further before a key packet to seek when a seek landed behind it."""

_Packets = Iterator[VideoPacket | None]


def decoded(
    path: Path, index: FrameIndex, first: int, stopped: threading.Event
) -> Generator[tuple[int, av.VideoFrame], None, None]:
    """Frames from number `first` to the end, each with its number.

    The numbers increase by one, except that frames which cannot be decoded are missing.
    It ends early when `stopped` is set.

    Raises:
        VideoError: The file can no longer be opened.
    """
    if index.is_counted:
        yield from _counted(path, first, stopped)
        return
    expected = first
    start = index.start_for(first)
    for number, frame in _from(path, index, start, stopped, threaded=True):
        if number < expected:
            continue
        if number > expected:
            break
        yield number, frame
        expected += 1
    if expected >= len(index) or stopped.is_set():
        return
    # A frame is missing. With several threads, one damaged packet also costs frames
    # around it, and after a seek the decoder may need a longer run-up than the key
    # packet promised: take the rest without threads, from one key packet further back.
    start = index.start_for(expected, further_back=1)
    for number, frame in _from(path, index, start, stopped, threaded=False):
        if number >= expected:
            yield number, frame
            expected = number + 1


def _counted(
    path: Path, first: int, stopped: threading.Event
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frames from number `first` on, numbered as they come out of the decoder."""
    expected = first
    # With several threads, one damaged packet may cost frames beside its own: then all
    # is counted anew without, as it was when the table was made.
    for threaded in (True, False):
        with opened(path, threaded=threaded) as (container, stream):
            number = 0
            for packet in demux(container, stream):
                if stopped.is_set():
                    return
                try:
                    frames = stream.decode(packet)
                except av.FFmpegError:
                    if threaded:
                        break
                    continue
                for frame in frames:
                    if number >= expected:
                        yield number, frame
                        expected = number + 1
                    number += 1
            else:
                return


def _from(
    path: Path,
    index: FrameIndex,
    start: int | None,
    stopped: threading.Event,
    *,
    threaded: bool,
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frames that decoding from packet `start` gives, in presentation order."""
    with opened(path, threaded=threaded) as (container, stream):
        packets = _seek(container, stream, index, start)
        if packets is not None:
            yield from _numbered(stream, packets, index, stopped)
            return
    with opened(path, threaded=threaded) as (container, stream):
        yield from _numbered(stream, demux(container, stream), index, stopped)


def _numbered(
    stream: VideoStream, packets: _Packets, index: FrameIndex, stopped: threading.Event
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frames of the packets, each with its number; those not in the table left out."""
    for packet in packets:
        if stopped.is_set():
            return
        for frame in decode_packet(stream, packet):
            number = index.number_of(frame.pts)
            if number is not None:
                yield number, frame


def _seek(
    container: InputContainer, stream: VideoStream, index: FrameIndex, start: int | None
) -> _Packets | None:
    """Packets from number `start` on; None if no seek lands at or before it."""
    if start is None:
        return demux(container, stream)
    for seconds in _STEPS_BACK_S:
        back = round(seconds / index.time_base)
        try:
            container.seek(int(index.packet_pts[start]) - back, stream=stream)
        except av.FFmpegError:
            continue
        packets = _skipped(demux(container, stream), index, start)
        if packets is not None:
            return packets
    return None


def _skipped(packets: _Packets, index: FrameIndex, start: int) -> _Packets | None:
    """The same packets without those before `start`; None if it is not among them.

    Some containers land on any packet, so what comes is held against the table.
    """
    for packet in packets:
        order = index.order_of(packet.pts) if packet else None
        if order is not None and order > start:
            return None
        if order == start:
            return itertools.chain([packet], packets)
    return None
