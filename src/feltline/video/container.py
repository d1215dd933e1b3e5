"""Opening files with PyAV, its errors in words, its packets, and its frames as RGB.

Damaged packets are passed over.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import UInt8

from feltline.errors import VideoError

__all__ = [
    "VideoPacket",
    "check_file",
    "decode_packet",
    "demux",
    "in_short",
    "no_picture",
    "opened",
    "upright",
    "why_unreadable",
]

if TYPE_CHECKING:
    VideoPacket = Packet[VideoStream]
else:
    VideoPacket = Packet  # generic only in the eyes of type checkers

_log = logging.getLogger(__name__)

# FFmpeg writes to stderr what feltline says in errors and log records of its own.
av.logging.set_level(None)

_TEXT_FORMATS: Final = frozenset({"tty", "bin", "xbin", "adf", "idf"})
"""FFmpeg draws any text file as a picture of letters; here that is no video."""

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
            file or str(path.absolute()), "r", metadata_errors="replace"
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise why_unreadable(path, error) from error
    with container:
        stream = _video_stream(path, container)
        stream.thread_type = "AUTO" if threaded else "NONE"
        if not threaded:
            stream.thread_count = 1
        yield container, stream


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first stream that is a video and not the cover of an album."""
    if container.format.name in _TEXT_FORMATS:
        raise VideoError(f"{path} is a text file, not a video; give a video file")
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            context: object = stream.codec_context  # None where there is no decoder
            if context is None:
                raise VideoError(
                    f"{path} is a video in a format this FFmpeg cannot decode; convert "
                    f"it to MP4 (H.264), then try again"
                )
            return stream
    if container.streams.audio:
        raise VideoError(
            f"{path} holds sound only, no picture; give the file with the picture"
        )
    raise VideoError(f"{path} holds no video; {_TRY}")


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
    return VideoError(f"not one frame of {path} could be decoded; {_TRY}")


def upright(
    path: Path, frame: av.VideoFrame, reformatter: VideoReformatter
) -> UInt8[np.ndarray, "h w 3"]:
    """The picture as it is meant to be seen, C-contiguous.

    Args:
        path: The file it is from, for the message.
        frame: As decoded, of any pixel format.
        reformatter: Kept from frame to frame, since setting one up takes time.

    Raises:
        VideoError: The pixel format cannot be turned into RGB.
    """
    try:
        rgb = reformatter.reformat(frame, format="rgb24").to_ndarray()
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(
            f"the pixel format {frame.format.name} of {path} cannot be turned into "
            f"RGB ({in_short(error)}); {_TRY}"
        ) from error
    turned = np.rot90(rgb, round(frame.rotation / 90))
    return np.ascontiguousarray(turned, dtype=np.uint8)


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
