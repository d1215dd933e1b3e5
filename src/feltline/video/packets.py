"""Packets and frames of an open video, with damage passed over."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

__all__ = ["VideoPacket", "decode_packet", "demux"]

if TYPE_CHECKING:
    VideoPacket = Packet[VideoStream]
else:
    VideoPacket = Packet  # generic only in the eyes of type checkers

_log = logging.getLogger(__name__)


def demux(
    container: InputContainer, stream: VideoStream
) -> Iterator[VideoPacket | None]:
    """Packets of the stream up to its end, or to where the file cannot be read.

    The last one is empty or None: decoding it gives the frames still held back.
    """
    try:
        yield from container.demux(stream)
    except av.FFmpegError as error:
        _log.debug("no more packets: %s", error)
        yield None


def decode_packet(
    stream: VideoStream, packet: VideoPacket | None
) -> list[av.VideoFrame]:
    """Frames that come out when the packet goes in; none if it is damaged."""
    try:
        return stream.decode(packet)
    except av.FFmpegError as error:
        _log.debug("a packet was dropped: %s", error)
        return []
