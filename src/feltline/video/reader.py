"""Reading videos: times, a stream of frames, one frame, a hash.

Everywhere, `path` is a file, or a folder of pictures (one picture is one frame at time
0); `image_rate_hz` is how many pictures of a folder make a second, above 0, an
assumption; `index` is the table of a video's frames, where it is known (`scan_video`).
"""

import hashlib
import threading
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.errors import VideoError
from feltline.video.container import check_file, why_unreadable
from feltline.video.frames import Frame, FramePosition
from feltline.video.image_sequence import ImageSequence, pictures_in
from feltline.video.index import FrameIndex
from feltline.video.kinds import is_picture
from feltline.video.prefetch import prefetched
from feltline.video.sampling import EVERY_FRAME, FrameSampling
from feltline.video.video_file import VideoFile

__all__ = ["content_hash", "frame_times", "read_frame", "read_frames", "read_some"]

IMAGE_RATE_HZ: Final = 25.0
"""Pictures carry no time; a folder of them is taken to be filmed at this rate."""

_SAME_TIME_S: Final = 1e-6


def frame_times(
    path: Path, *, image_rate_hz: float = IMAGE_RATE_HZ
) -> Float64[np.ndarray, " n"]:
    """Presentation time stamp in seconds of each frame, strictly increasing.

    The place in this array is the frame's number everywhere in feltline. Reads the
    whole file, but mostly without decoding it.

    Raises:
        VideoError: `path` cannot be read as a video, or its frames have no times.
        InputError: `image_rate_hz` is out of range.
    """
    return _source(path, image_rate_hz).times()


def read_frames(  # noqa: PLR0913 - keyword-only, each a choice of its own
    path: Path,
    *,
    every: FrameSampling = EVERY_FRAME,
    start_s: float | None = None,
    end_s: float | None = None,
    after: FramePosition | None = None,
    image_rate_hz: float = IMAGE_RATE_HZ,
    index: FrameIndex | None = None,
) -> Generator[Frame, None, None]:
    """Frames in presentation order, in constant memory, decoded a few frames ahead.

    Which frames `every` takes is settled on the whole video; `start_s`, `end_s` and
    `after` then leave some of these out. So reading in parts gives the same frames as
    reading at once. Frames that cannot be decoded are left out and logged as a warning;
    near them, frames may show what the decoder made up for missing parts.

    A thread decodes and converts to RGB. It ends with the last frame, or when the
    generator is closed: put it into `contextlib.closing` where you may stop early.

    Args:
        path: The file or folder.
        every: Which frames to take.
        start_s: Leaves out frames before the one on screen at this time in seconds.
        end_s: Leaves out frames at or after this time in seconds.
        after: Leaves out this frame and all before it, by seeking.
        image_rate_hz: Pictures per second of a folder.
        index: The table of its frames.

    Raises:
        VideoError: `path` cannot be read as a video, `after` is no frame of it, or,
            later, not one frame of it can be decoded.
        InputError: `image_rate_hz` is out of range.
    """
    source = _source(path, image_rate_hz, index)
    times = source.times()
    wanted = every.pick(times, start_s=start_s, end_s=end_s)
    if after is not None:
        _check_position(path, times, after)
        wanted = wanted[wanted > after.frame]
    return prefetched(lambda stopped: source.frames(wanted, stopped))


def read_frame(
    path: Path,
    frame: int,
    *,
    image_rate_hz: float = IMAGE_RATE_HZ,
    index: FrameIndex | None = None,
) -> Frame:
    """One frame by its 0-based number, the same as `read_frames` gives for it.

    Raises:
        VideoError: `path` cannot be read as a video, has no such frame, or that frame
            cannot be decoded.
        InputError: `image_rate_hz` is out of range.
    """
    source = _source(path, image_rate_hz, index)
    _check_number(path, len(source.times()), frame)
    wanted: Int64[np.ndarray, " w"] = np.array([frame], np.int64)
    for found in source.frames(wanted, threading.Event()):
        return found
    raise VideoError(
        f"frame {frame} of {path} is damaged and cannot be decoded; choose another "
        f"frame, or copy the file again"
    )


def read_some(
    path: Path,
    frames: Iterable[int],
    *,
    image_rate_hz: float = IMAGE_RATE_HZ,
    index: FrameIndex | None = None,
) -> Generator[Frame, None, None]:
    """Some frames by their 0-based numbers, in presentation order, each once.

    Frames near one another are decoded in one go; to others, the reader seeks. Those
    that the video lacks, or that cannot be decoded, are left out.

    Raises:
        VideoError: `path` cannot be read as a video.
        InputError: `image_rate_hz` is out of range.
    """
    source = _source(path, image_rate_hz, index)
    wanted = np.unique(np.array(list(frames), np.int64))
    wanted = wanted[(wanted >= 0) & (wanted < len(source.times()))]
    for group in source.groups(wanted):
        yield from source.frames(group, threading.Event())


def content_hash(path: Path) -> str:
    """SHA-256 in hex of what is in the file, wherever it lies and whatever its name.

    Of a folder, the names and bytes of its pictures, in their order, are hashed.

    Raises:
        VideoError: The file is missing, empty or unreadable, or the folder holds no
            pictures.
    """
    if not path.is_dir():
        return _file_hash(path).hex()
    whole = hashlib.sha256()
    for picture in pictures_in(path):
        whole.update(hashlib.sha256(picture.name.encode()).digest())
        whole.update(_file_hash(picture))
    return whole.hexdigest()


def _file_hash(path: Path) -> bytes:
    """SHA-256 of the bytes of a file, read in chunks."""
    check_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise why_unreadable(path, error) from error


def _source(
    path: Path, image_rate_hz: float, index: FrameIndex | None = None
) -> VideoFile | ImageSequence:
    """What reads this path."""
    if path.is_dir() or is_picture(path):
        return ImageSequence(path, rate_hz=image_rate_hz)
    return VideoFile(path, index)


def _check_number(path: Path, count: int, frame: int) -> None:
    """Raise unless the video has this frame."""
    if not 0 <= frame < count:
        raise VideoError(
            f"{path} has no frame {frame}: its frames are 0-{count - 1}; choose one of "
            f"these"
        )


def _check_position(
    path: Path, times: Float64[np.ndarray, " n"], position: FramePosition
) -> None:
    """Raise unless the video has a frame of this number at this time."""
    _check_number(path, len(times), position.frame)
    found_s = float(times[position.frame])
    if abs(found_s - position.time_s) > _SAME_TIME_S:
        raise VideoError(
            f"cannot go on after frame {position.frame} of {path}: it was at "
            f"{position.time_s:.6f} s and is now at {found_s:.6f} s, so the file has "
            f"changed; read it from its start again"
        )
