"""A stand-in for a video that a browser cannot play: the same frames by number."""

import itertools
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from jaxtyping import Float64, Int64, UInt8

from feltline.atomic import replacing
from feltline.errors import FeltlineError, VideoError
from feltline.video.reader import IMAGE_RATE_HZ, frame_times, read_frames
from feltline.video.writer import VideoWriter

__all__ = ["StoppedError", "write_proxy"]

Rgb = UInt8[np.ndarray, "h w 3"]

_TICKS_PER_S: Final = 90_000
_LONGEST_GROUP: Final = 30
"""Frames between key frames at most, so that a seek decodes no more than these."""
_MOST_RATE_HZ: Final = 1000.0
_LEAST_RATE_HZ: Final = 0.01


class StoppedError(FeltlineError):
    """The work was asked to end before it was done; nothing of it stays."""


def write_proxy(
    path: Path,
    out: Path,
    *,
    image_rate_hz: float = IMAGE_RATE_HZ,
    most_height: int = 720,
    progress: Callable[[int, int], None] | None = None,
    stopped: threading.Event | None = None,
) -> Float64[np.ndarray, " n"]:
    """Write a video without sound that browsers play and seek in quickly.

    Its frame k is frame k of the original, upright and scaled to even sides. A frame
    that cannot be decoded repeats the one before it (at the start, the first that can
    be), so that numbers stay exact. Times are those of the original less its first.

    Args:
        path: A video, a picture, or a folder of pictures.
        out: The .mp4 to write; it appears whole or not at all.
        image_rate_hz: Pictures per second of a folder, above 0; an assumption.
        most_height: Pixels down at most, from 2; smaller videos keep their size.
        progress: Told (frames done, frames to do).
        stopped: Set from another thread to end early.

    Returns:
        The time in seconds of each frame as read back from the proxy: the original's
        less its first, rounded to 1/90000 s (frames closer than that are set apart).

    Raises:
        VideoError: The original cannot be read, or the proxy reads back with other
            times.
        InputError: `image_rate_hz` is out of range, or there is no such folder.
        SetupError: The disk is full, or this PyAV cannot write H.264.
        StoppedError: `stopped` was set.
    """
    if most_height < 2 or out.suffix.lower() != ".mp4":
        raise VideoError(
            f"cannot write the proxy {out} of at most {most_height} pixels down; its "
            f"name must end in .mp4, its height is from 2"
        )
    ticks = _ticks(frame_times(path, image_rate_hz=image_rate_hz))

    def tell(done: int) -> None:
        if stopped is not None and stopped.is_set():
            raise StoppedError(f"the proxy of {path} was not finished")
        if progress is not None:
            progress(done, len(ticks))

    with replacing(out) as scratch:
        with closing(_each(path, len(ticks), image_rate_hz)) as pictures:
            _encode(pictures, scratch, ticks, most_height, tell)
        return _read_back(path, scratch, ticks)


def _ticks(time_s: Float64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Times from the first on, in units of 1/90000 s, no two of them the same."""
    ticks = np.rint((time_s - time_s[0]) * _TICKS_PER_S).astype(np.int64)
    place = np.arange(len(ticks))
    return np.asarray(np.maximum.accumulate(ticks - place) + place, np.int64)


def _each(path: Path, count: int, image_rate_hz: float) -> Generator[Rgb, None, None]:
    """One picture for each frame number, also for those that cannot be decoded."""
    number, last = 0, None
    with closing(read_frames(path, image_rate_hz=image_rate_hz)) as frames:
        for frame in frames:
            for _ in range(number, frame.frame):
                yield frame.rgb if last is None else last
            number, last = frame.frame + 1, frame.rgb
            yield frame.rgb
    if last is not None:
        for _ in range(number, count):
            yield last


def _encode(
    pictures: Iterator[Rgb],
    out: Path,
    ticks: Int64[np.ndarray, " n"],
    most_height: int,
    tell: Callable[[int], None],
) -> None:
    """Write the pictures, telling before each how many are done, and at the end."""
    first = next(pictures)
    width, height = _even_size(first, most_height)
    reformatter = VideoReformatter()
    length_s = float(ticks[-1]) / _TICKS_PER_S
    rate = (len(ticks) - 1) / length_s if length_s else IMAGE_RATE_HZ
    rate = min(max(rate, _LEAST_RATE_HZ), _MOST_RATE_HZ)
    key_every = min(max(int(rate), 1), _LONGEST_GROUP)
    with VideoWriter(
        out, width=width, height=height, rate=rate, key_every=key_every
    ) as writer:
        for done, rgb in enumerate(itertools.chain([first], pictures)):
            tell(done)
            scaled = _scaled(rgb, width, height, reformatter)
            writer.write(scaled, float(ticks[done]) / _TICKS_PER_S)
        tell(len(ticks))


def _even_size(rgb: Rgb, most_height: int) -> tuple[int, int]:
    """Width and height of the proxy: even, at most so high, of about the same shape."""
    height, width, _ = rgb.shape
    scale = min(1.0, most_height / height)
    even = [max(2, 2 * round(side * scale / 2)) for side in (width, height)]
    return even[0], even[1]


def _scaled(
    rgb: Rgb, width: int, height: int, reformatter: VideoReformatter
) -> UInt8[np.ndarray, "{height} {width} 3"]:
    """The picture at the size of the proxy."""
    if rgb.shape == (height, width, 3):
        return rgb
    scaled = reformatter.reformat(
        av.VideoFrame.from_ndarray(rgb, format="rgb24"),
        *(width, height, "rgb24"),
        interpolation="BICUBIC",
    )
    return np.asarray(scaled.to_ndarray(), np.uint8)


def _read_back(
    path: Path, proxy: Path, ticks: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Times of the frames in the proxy, held against those that were to be written."""
    played = frame_times(proxy)
    wanted = ticks / _TICKS_PER_S
    slack = 1.01 / _TICKS_PER_S
    if played.shape != wanted.shape or np.any(np.abs(played - wanted) > slack):
        raise VideoError(
            f"the proxy of {path} reads back with {len(played)} frames where "
            f"{len(wanted)} were written, or at other times; report this with the "
            f"version of PyAV ({av.__version__})"
        )
    return played
