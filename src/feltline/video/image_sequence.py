"""A picture as a video of one frame, and a folder of pictures as a video."""

import logging
import math
import os
import threading
import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from jaxtyping import Float64, Int64, UInt8
from PIL import Image

from feltline.errors import InputError, VideoError
from feltline.video.container import (
    LIMITS,
    OpenFile,
    check_file,
    has_decoder,
    in_short,
    no_picture,
    why_unreadable,
)
from feltline.video.frames import Frame
from feltline.video.kinds import (
    PICTURE_SUFFIXES,
    is_picture,
    is_system,
    is_video,
    natural_key,
)
from feltline.video.picture import MOST_PIXELS, PictureMaker, Turn, too_large

__all__ = ["ImageSequence", "pictures_in"]

_log = logging.getLogger(__name__)


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """The pictures right inside a folder, in natural order of their names: 1, 2, 10.

    Raises:
        VideoError: The folder cannot be read, holds no picture, or holds videos too:
            then its pictures are thumbnails or the like, and no sequence.
    """
    try:
        with os.scandir(folder) as entries:
            names = [e.name for e in entries if not is_system(Path(e.name)) and _is(e)]
    except OSError as error:
        raise why_unreadable(folder, error) from error
    names.sort(key=natural_key)
    files = [folder / name for name in names]
    found = tuple(file for file in files if is_picture(file))
    videos = [file.name for file in files if is_video(file)]
    if videos:
        raise VideoError(
            f"the folder {folder} holds videos ({', '.join(videos[:3])}), so it is no "
            f"picture sequence; give the videos, or move the pictures to a folder of "
            f"their own"
        )
    if not found:
        raise VideoError(
            f"the folder {folder} holds no pictures ({', '.join(PICTURE_SUFFIXES)}); "
            f"give a folder of pictures or a video file"
        )
    return found


def _is(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry of a folder is a file; a link that leads nowhere is none."""
    try:
        return entry.is_file()
    except OSError:
        return False


class ImageSequence:
    """One picture at time 0, or the pictures of a folder at an assumed rate.

    Args:
        path: A picture or a folder.
        rate_hz: Pictures per second of a folder, above 0.

    Raises:
        VideoError: Missing or empty file, or a folder without pictures.
        InputError: The rate is out of range.
    """

    def __init__(self, path: Path, *, rate_hz: float) -> None:
        if not 0 < rate_hz < math.inf:
            raise InputError(
                f"image_rate_hz must be above 0, but is {rate_hz}; say how many "
                f"pictures of {path} make a second"
            )
        self._path = path
        self._rate_hz = rate_hz
        self._is_folder = path.is_dir()
        if self._is_folder:
            self._files = pictures_in(path)
        else:
            check_file(path)
            self._files = (path,)

    def times(self) -> Float64[np.ndarray, " n"]:
        """Time of each picture in seconds: its place in the folder / rate."""
        return np.arange(len(self._files), dtype=np.float64) / self._rate_hz

    @property
    def rate(self) -> Fraction | None:
        """Pictures per second; None for a single one."""
        return (
            Fraction(self._rate_hz).limit_denominator(1001) if self._is_folder else None
        )

    def shape(self) -> tuple[int, int, str]:
        """Width, height and codec of the first picture.

        Raises:
            VideoError: It cannot be decoded.
        """
        picture, codec, turn = _load(self._files[0])
        height, width, _ = PictureMaker(self._files[0]).rgb(picture, turn).shape
        return width, height, codec

    def frames(
        self, wanted: Int64[np.ndarray, " w"], stopped: threading.Event
    ) -> Iterator[Frame]:
        """The wanted pictures, by increasing 0-based numbers, until `stopped` is set.

        Those that cannot be decoded are passed over.

        Raises:
            VideoError: None of them can be decoded.
        """
        times = self.times()
        maker = PictureMaker(self._path, is_sequence=True)
        is_any = False
        for number in wanted.tolist():
            if stopped.is_set():
                return
            rgb = self._rgb(number, maker)
            if rgb is not None:
                is_any = True
                yield Frame(frame=number, time_s=float(times[number]), rgb=rgb)
        if len(wanted) and not is_any:
            raise no_picture(self._path)

    def groups(self, wanted: Int64[np.ndarray, " w"]) -> list[Int64[np.ndarray, " g"]]:
        """The wanted pictures in one part: each is a file of its own anyway."""
        return [wanted]

    def _rgb(
        self, number: int, maker: PictureMaker
    ) -> UInt8[np.ndarray, "h w 3"] | None:
        """One picture; None with a warning if it cannot be decoded."""
        try:
            picture, _, turn = _load(self._files[number])
            return maker.rgb(picture, turn)
        except VideoError as error:
            if not self._is_folder:
                raise
            _log.warning("frame %d of %s left out: %s", number, self._path, error)
            return None


_TURNS: Final = (
    *(Turn(), Turn(flip_x=True), Turn(flip_x=True, flip_y=True), Turn(flip_y=True)),
    *(Turn(transposed=True), Turn(transposed=True, flip_x=True)),
    Turn(transposed=True, flip_x=True, flip_y=True),
    Turn(transposed=True, flip_y=True),
)
"""By EXIF orientation, from 1."""
_ORIENTATION: Final = 0x112


def _load(path: Path) -> tuple[av.VideoFrame, str, Turn]:
    """The picture in a file, the name of its codec, and how it is to be turned."""
    check_file(path)
    try:
        # Given a name, FFmpeg would take "%03d" in it for a numbered sequence.
        with (
            OpenFile(path) as file,
            av.open(file, "r", options=dict(LIMITS)) as container,
        ):
            stream = container.streams.video[0]
            if not has_decoder(stream):
                raise _no_image(path, "this FFmpeg has no decoder for it")
            stream.codec_context.options = dict(LIMITS)
            codec = stream.codec_context.codec.canonical_name
            for picture in container.decode(video=0):
                return picture, codec, _turn(path)
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        if _is_too_large(path):
            raise too_large(path) from error
        raise _no_image(path, in_short(error)) from error
    raise _no_image(path, "it holds no picture")


def _is_too_large(path: Path) -> bool:
    """Whether the head of a picture claims too many pixels, as far as Pillow knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as image:
                return image.width * image.height > MOST_PIXELS
        except Image.DecompressionBombError:
            return True
        except (OSError, ValueError, SyntaxError):
            return False


def _turn(path: Path) -> Turn:
    """As EXIF says; a picture that Pillow cannot open is not turned."""
    try:
        with Image.open(path) as image:
            orientation = image.getexif().get(_ORIENTATION, 1)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return _TURNS[0]
    is_known = isinstance(orientation, int) and 1 <= orientation <= len(_TURNS)
    return _TURNS[orientation - 1] if is_known else _TURNS[0]


def _no_image(path: Path, reason: str) -> VideoError:
    """The error for a picture that cannot be decoded."""
    return VideoError(
        f"the picture {path} cannot be read ({reason}); open and save it anew as PNG "
        f"or JPEG, or take it away"
    )
