"""Opening files with PyAV, its errors in words, and its packets.

Damaged packets are passed over.
"""

import errno
import io
import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from feltline.errors import VideoError
from feltline.video.picture import MOST_PIXELS, too_large

__all__ = [
    "LIMITS",
    "OpenFile",
    "VideoPacket",
    "check_file",
    "decode_packet",
    "demux",
    "has_decoder",
    "in_short",
    "no_picture",
    "opened",
    "packets_of",
    "why_unreadable",
]

if TYPE_CHECKING:
    VideoPacket = Packet[VideoStream]
    _AnyPacket = Packet[Any]
else:
    # Generic only in the eyes of type checkers.
    VideoPacket = _AnyPacket = Packet

_log = logging.getLogger(__name__)

# FFmpeg writes to stderr what feltline says in errors and log records of its own.
av.logging.set_level(None)

_TEXT_FORMATS: Final = frozenset({"tty", "bin", "xbin", "adf", "idf"})
"""FFmpeg draws any text file as a picture of letters; here that is no video."""

_NO_FILM: Final = (
    Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
)
"""Streams of pictures that accompany a film or a sound."""

LIMITS: Final = {"max_pixels": str(MOST_PIXELS)}
"""For FFmpeg, which decodes the first pictures while it opens a file."""

_TRY: Final = "check that it plays, or convert it to MP4 (H.264), then try again"


def check_file(path: Path) -> None:
    """Raise unless `path` is a file with something in it.

    Raises:
        VideoError: There is no such file, it is a folder, or it is empty.
    """
    try:
        is_missing, is_folder = not path.exists(), path.is_dir()
        size = 0 if is_missing else path.stat().st_size
    except (OSError, ValueError) as error:
        raise why_unreadable(path, error) from error
    if is_missing:
        raise VideoError(f"there is no video at {path}; check the path and the name")
    if is_folder:
        raise VideoError(f"{path} is a folder where a video file was expected")
    if size == 0:
        raise VideoError(
            f"{path} is empty (0 bytes) where a video was expected; copy or download "
            f"it again"
        )


class OpenFile(io.FileIO):
    """A file for FFmpeg to read through Python."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path.absolute()))  # FFmpeg guesses by its ending

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; a number below 0 if there is none.

        As with files that FFmpeg opens itself: where a damaged file points to a place
        before its start, it goes on without. An error would end the reading.
        """
        try:
            return super().seek(offset, whence)
        except OSError as error:
            return -(error.errno or errno.EINVAL)


@contextmanager
def opened(
    path: Path, *, threaded: bool = True, file: io.RawIOBase | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file and its first video stream, ready to read; closed at the end.

    Args:
        path: A video file.
        threaded: Whether the decoder may use threads. Without, a damaged packet costs
            no frames but its own.
        file: What to read the bytes of `path` through; None = the file itself.

    Raises:
        VideoError: The file is missing, empty, no video, cut off, or without pictures.
    """
    check_file(path)
    try:
        # An absolute path cannot be taken for a protocol ("a:b.mp4").
        container = av.open(
            file or str(path.absolute()),
            "r",
            options=dict(LIMITS),
            metadata_errors="replace",
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise why_unreadable(path, error) from error
    with container:
        stream = _video_stream(path, container)
        stream.codec_context.options = dict(LIMITS)
        stream.thread_type = "AUTO" if threaded else "NONE"
        if not threaded:
            stream.thread_count = 1
        yield container, stream


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    """The stream that has the film: no cover of an album, no single picture."""
    if container.format.name in _TEXT_FORMATS:
        raise VideoError(f"{path} is a text file, not a video; give a video file")
    films = [
        stream
        for stream in container.streams.video
        if not stream.disposition & _NO_FILM
    ]
    decodable = [stream for stream in films if has_decoder(stream)]
    if len(decodable) > 1:
        stat = path.stat()
        film = _best_stream(path.absolute(), stat.st_size, stat.st_mtime_ns)
        decodable = [s for s in decodable if s.index == film]
    if decodable:
        context = decodable[0].codec_context
        if context.width * context.height > MOST_PIXELS:
            raise too_large(path)
        return decodable[0]
    if films:
        raise VideoError(
            f"{path} is a video in a format this FFmpeg cannot decode; convert "
            f"it to MP4 (H.264), then try again"
        )
    if container.streams.audio:
        raise VideoError(
            f"{path} holds sound only, no picture; give the file with the picture"
        )
    raise VideoError(f"{path} holds no video; {_TRY}")


def has_decoder(stream: VideoStream) -> bool:
    """Whether this FFmpeg can decode the stream."""
    context: object = stream.codec_context  # None where there is no decoder
    return context is not None


@lru_cache(maxsize=64)
def _best_stream(path: Path, _size: int, _mtime_ns: int) -> int:
    """Which of several video streams to show, by its place in the file.

    Of those that have at least half as many packets as the fullest: the one that is
    marked as the default, else the largest, else the first.
    """
    with av.open(
        str(path), "r", options=dict(LIMITS), metadata_errors="replace"
    ) as container:
        streams = [
            stream
            for stream in container.streams.video
            if not stream.disposition & _NO_FILM and has_decoder(stream)
        ]
        count: Counter[int] = Counter()
        with suppress(av.FFmpegError):  # what can be read is counted
            for packet in packets_of(container, streams):
                count[packet.stream_index] += packet.size > 0
        fullest = max(count.values(), default=0)  # none in a file that was cut off
        return max(
            (s for s in streams if 2 * count[s.index] >= fullest),
            key=lambda s: (
                bool(s.disposition & Disposition.default),
                s.codec_context.width * s.codec_context.height,
                -s.index,
            ),
        ).index


def why_unreadable(path: Path, error: Exception) -> VideoError:
    """The same failure to open or read `path`, in words a user can act on."""
    if isinstance(error, PermissionError):
        return VideoError(f"no permission to read {path}; change its rights")
    if _is_mp4(path):
        return VideoError(
            f"{path} is an MP4 or MOV file that cannot be opened, most likely cut off: "
            f"its index (the 'moov' atom) is missing or damaged; copy or record it "
            f"again, or restore it with a repair tool"
        )
    return VideoError(f"{path} cannot be read as a video ({in_short(error)}); {_TRY}")


def in_short(error: Exception) -> str:
    """What went wrong, without the number and file name that PyAV adds."""
    return getattr(error, "strerror", None) or str(error)


def _is_mp4(path: Path) -> bool:
    """Whether the file starts as an MP4 or MOV does."""
    try:
        with path.open("rb") as file:
            return file.read(8)[4:] in (b"ftyp", b"moov", b"mdat", b"wide")
    except (OSError, ValueError):
        return False


def no_picture(path: Path) -> VideoError:
    """The error for a video of which no frame at all could be decoded."""
    return VideoError(
        f"not one frame of {path} could be decoded: it is damaged, or its pictures "
        f"have more than {MOST_PIXELS / 1e6:.0f} million pixels; {_TRY}"
    )


def packets_of(
    container: InputContainer, streams: Sequence[VideoStream] | None = None
) -> Iterator[_AnyPacket]:
    """Packets of these streams in the order of the file; None = of all streams.

    Raises:
        av.FFmpegError: The file cannot be read any further.
    """
    try:
        yield from container.demux(*([] if streams is None else [streams]))
    except IndexError:
        # After the last packet, PyAV ends each stream there is by then. It does not
        # know those that first came up while it read (a sound that begins late).
        _log.debug("a stream came up after the beginning")


def demux(
    container: InputContainer, stream: VideoStream
) -> Iterator[VideoPacket | None]:
    """Packets of the stream up to its end, or to where the file cannot be read.

    The last one is empty or None: decoding it gives the frames still held back.
    """
    try:
        yield from packets_of(container, [stream])
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
