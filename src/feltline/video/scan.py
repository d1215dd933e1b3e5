"""Hash, facts and frame index of a video, in one pass of reading."""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from jaxtyping import Float64

from feltline.video.container import (
    check_file,
    no_picture,
    opened,
    upright,
    why_unreadable,
)
from feltline.video.frames import VideoInfo
from feltline.video.image_sequence import ImageSequence, is_picture
from feltline.video.index import FrameIndex, index_of
from feltline.video.packets import decode_packet
from feltline.video.reader import IMAGE_RATE_HZ, content_hash

__all__ = ["VideoScan", "scan_video"]

_GAP: Final = 1 << 20
"""Bytes that a demuxer may skip and that are hashed at once; more is left for later."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoScan:
    """All that is known of a video before its frames are decoded.

    Attributes:
        content_hash: As `content_hash` gives it.
        info: From its header and first frame.
        time_s: As `frame_times` gives it.
        index: For `read_frames`; None for pictures.
    """

    content_hash: str
    info: VideoInfo
    time_s: Float64[np.ndarray, " n"]
    index: FrameIndex | None

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last, taken to last as long as most.

        0 for a single frame.
        """
        if len(self.time_s) < 2:
            return 0.0
        span = self.time_s[-1] - self.time_s[0]
        return float(span + np.median(np.diff(self.time_s)))


def scan_video(path: Path, *, image_rate_hz: float = IMAGE_RATE_HZ) -> VideoScan:
    """Hash a video while its packets are read for the frame index.

    Args:
        path: A video, a picture, or a folder of pictures.
        image_rate_hz: Pictures per second of a folder, above 0; an assumption.

    Raises:
        VideoError: `path` cannot be read as a video, or its frames have no times.
        InputError: `image_rate_hz` is out of range.
    """
    if path.is_dir() or is_picture(path):
        images = ImageSequence(path, rate_hz=image_rate_hz)
        return VideoScan(
            content_hash=content_hash(path),
            info=images.info(),
            time_s=images.times(),
            index=None,
        )
    check_file(path)
    try:
        with HashedFile(path) as file:
            with opened(path, file=file) as (container, stream):
                first: list[av.VideoFrame] = []

                def decode_first(packet: Any) -> None:  # noqa: ANN401 - or None
                    if not first:
                        first.extend(decode_packet(stream, packet))

                index = index_of(path, container, stream, decode_first)
                decode_first(None)  # what the decoder holds back
                if not first:
                    raise no_picture(path)
                info = _info_of(path, container, stream, first[0])
            digest = file.hexdigest()
    except OSError as error:
        raise why_unreadable(path, error) from error
    return VideoScan(content_hash=digest, info=info, time_s=index.time_s, index=index)


def _info_of(
    path: Path, container: InputContainer, stream: VideoStream, first: av.VideoFrame
) -> VideoInfo:
    """Facts about an open video, given its first frame.

    Raises:
        VideoError: The pixel format cannot be turned into RGB.
    """
    duration_s: float | None = None
    if stream.duration is not None and stream.time_base is not None:
        duration_s = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        duration_s = container.duration / av.time_base
    height, width, _ = upright(path, first, VideoReformatter()).shape
    return VideoInfo(
        path=path,
        width=width,
        height=height,
        duration_s=duration_s,
        average_rate=stream.average_rate or None,
        time_base=stream.time_base,
        codec=stream.codec_context.codec.canonical_name,
        pixel_format=first.format.name,
        rotation=first.rotation,
    )


class HashedFile(io.RawIOBase):
    """A file that is hashed as it is read, whatever order it is read in.

    What is read from the first byte not hashed yet goes into the hash; a short gap
    before it is read and hashed too. `hexdigest` reads only what is left.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.name = str(path.absolute())  # FFmpeg guesses by its ending
        self._sha256, self._hashed = hashlib.sha256(), 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, as in any file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Position in the file."""
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """Read, and hash what was not hashed yet."""
        start = self._file.tell()
        if 0 < start - self._hashed <= _GAP:
            self._file.seek(self._hashed)
            self._hash(self._file.read(start - self._hashed) or b"")
            self._file.seek(start)
        data = self._file.read(size) or b""
        if start <= self._hashed < start + len(data):
            self._hash(data[self._hashed - start :])
        return data

    def hexdigest(self) -> str:
        """SHA-256 of the whole file in hex."""
        self._file.seek(self._hashed)
        while data := self._file.read(_CHUNK):
            self._hash(data)
        return self._sha256.hexdigest()

    def _hash(self, data: bytes) -> None:
        self._sha256.update(data)
        self._hashed += len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
