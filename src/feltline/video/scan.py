"""Hash, facts and frame index of a video, in one pass of reading."""

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.video.container import OpenFile, check_file, opened, why_unreadable
from feltline.video.frames import VideoFacts
from feltline.video.image_sequence import ImageSequence
from feltline.video.index import FrameIndex, index_of
from feltline.video.kinds import is_picture
from feltline.video.reader import IMAGE_RATE_HZ, content_hash

__all__ = ["VideoScan", "scan_video"]

_GAP: Final = 1 << 20
"""Bytes that a demuxer may skip and that are hashed at once; more is left for later."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoScan:
    """All that is known of a video before its frames are decoded.

    Attributes:
        facts: About the file.
        time_s: As `frame_times` gives it.
        index: For `read_frames`; None for pictures.
    """

    facts: VideoFacts
    time_s: Float64[np.ndarray, " n"]
    index: FrameIndex | None


def scan_video(path: Path, *, image_rate_hz: float = IMAGE_RATE_HZ) -> VideoScan:
    """Hash a video while its packets are read for the frame index.

    Args:
        path: A video, a picture, or a folder of pictures.
        image_rate_hz: Pictures per second of a folder, above 0; an assumption.

    Raises:
        VideoError: `path` cannot be read as a video, its frames have no times, or its
            pixel format cannot be turned into RGB.
        InputError: `image_rate_hz` is out of range.
    """
    if path.is_dir() or is_picture(path):
        images = ImageSequence(path, rate_hz=image_rate_hz)
        time_s, shape = images.times(), images.shape()
        facts = _facts(content_hash(path), shape, time_s, None, images.rate)
        return VideoScan(facts=facts, time_s=time_s, index=None)
    check_file(path)
    try:
        with HashedFile(path) as file, opened(path, file=file) as (container, stream):
            index = index_of(path, container, stream)
            facts = _facts(
                file.hexdigest(),
                (*index.size, stream.codec_context.codec.canonical_name),
                index.time_s,
                stream.time_base,
                stream.average_rate,
            )
            return VideoScan(facts=facts, time_s=index.time_s, index=index)
    except OSError as error:
        raise why_unreadable(path, error) from error


def _facts(
    digest: str,
    shape: tuple[int, int, str],
    time_s: Float64[np.ndarray, " n"],
    time_base: Fraction | None,
    average_rate: Fraction | None,
) -> VideoFacts:
    steps = np.diff(time_s)
    length = time_s[-1] - time_s[0] + np.median(steps) if len(steps) else 0.0
    return VideoFacts(
        content_hash=digest,
        width=shape[0],
        height=shape[1],
        n_frames=len(time_s),
        duration_s=float(length),
        time_base=str(time_base or ""),
        codec=shape[2],
        average_rate=str(average_rate or ""),
    )


class HashedFile(OpenFile):
    """A file that is hashed as it is read, whatever order it is read in.

    What is read from the first byte not hashed yet goes into the hash; a short gap
    before it is read and hashed too. `hexdigest` reads only what is left.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._sha256, self._hashed = hashlib.sha256(), 0

    def read(self, size: int | None = -1) -> bytes:
        """Read, and hash what was not hashed yet."""
        start = self.tell()
        if 0 < start - self._hashed <= _GAP:
            self.seek(self._hashed)
            self._hash(super().read(start - self._hashed) or b"")
            self.seek(start)
        data = super().read(size) or b""
        if start <= self._hashed < start + len(data):
            self._hash(data[self._hashed - start :])
        return data

    def hexdigest(self) -> str:
        """SHA-256 of the whole file in hex."""
        self.seek(self._hashed)
        while self.read(_GAP):
            pass
        return self._sha256.hexdigest()

    def _hash(self, data: bytes) -> None:
        self._sha256.update(data)
        self._hashed += len(data)
