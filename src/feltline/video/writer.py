"""Writing H.264 videos with presentation times of one's own."""

import errno
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from jaxtyping import UInt8

from feltline.atomic import check_folder, replacing
from feltline.errors import SetupError, ShapeError, VideoError

__all__ = ["VideoWriter", "can_write_h264", "check_video_path"]

_ENCODER: Final = "libx264"
_QUALITY: Final = {"crf": "20", "preset": "fast"}
_SUFFIXES: Final = (".mp4", ".mov", ".mkv", ".m4v")
_TIME_BASE: Final = Fraction(1, 90_000)
"""Fine enough for every common frame rate to have whole stamps."""

_BT709: Final = 1
_LIMITED_RANGE: Final = 1


def check_video_path(path: Path) -> None:
    """Raise now if `VideoWriter` could not write there later.

    Raises:
        VideoError: The suffix is none that it writes.
        InputError: The folder does not exist.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise VideoError(
            f"cannot write a video as {path}; choose a name that ends in "
            f"{', '.join(_SUFFIXES)}"
        )
    check_folder(path)


def can_write_h264() -> bool:
    """Whether this build of PyAV has the encoder that `VideoWriter` needs."""
    return _ENCODER in av.codecs_available


class VideoWriter:
    """Writes RGB frames into a video file, which appears whole or not at all.

    ```
    with VideoWriter(path, width=640, height=360, rate=25) as writer:
        writer.write(rgb, time_s=0.0)
    ```

    The video is H.264 of 8 bit (yuv420p, BT.709). That format has even sides only: an
    odd side is made one pixel longer by repeating its last row or column.

    Args:
        path: Where to write: .mp4, .mov, .m4v or .mkv. A file there is replaced.
        width: Pixels across, from 1.
        height: Pixels down, from 1.
        rate: Frames per second, 0.01 to 1000: the distance of frames without a
            time, and what the encoder reckons with.
        key_every: For players that seek: a key frame at least every so many frames,
            from 1, and no frame that leans on a later one. Encodes faster, into a
            somewhat larger file. None = as the encoder likes.

    Raises:
        VideoError: The size, rate, distance of key frames or suffix is out of range.
        SetupError: This PyAV was built without libx264.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        rate: Fraction | float | int,
        key_every: int | None = None,
    ) -> None:
        if width < 1 or height < 1 or not 0.01 <= rate <= 1000:
            raise VideoError(
                f"cannot write {path} with {width} x {height} pixels at {rate} frames "
                f"per second; sizes are from 1, rates 0.01 to 1000"
            )
        if key_every is not None and key_every < 1:
            raise VideoError(
                f"cannot write {path} with a key frame every {key_every} frames; the "
                f"distance is from 1"
            )
        check_video_path(path)
        if not can_write_h264():
            raise SetupError(
                f"cannot write {path}: this PyAV has no {_ENCODER} encoder; install "
                f"PyAV from PyPI (pip install --force-reinstall av)"
            )
        self._path = path
        self._width = width
        self._height = height
        self._rate = Fraction(rate).limit_denominator(1001)
        self._options = dict(_QUALITY)
        if key_every is not None:
            self._options |= {"preset": "veryfast", "bf": "0", "g": f"{key_every}"}
        self._last_pts: int | None = None
        self._exit = ExitStack()
        self._output: tuple[OutputContainer, VideoStream] | None = None

    def __enter__(self) -> "VideoWriter":
        with ExitStack() as stack:
            scratch = stack.enter_context(replacing(self._path))
            try:
                container = av.open(
                    str(scratch.absolute()), "w", options={"movflags": "+faststart"}
                )
                self._output = container, self._add_stream(container)
            except av.FFmpegError as error:
                raise self._explained(error) from error
            self._exit = stack.pop_all()
        return self

    def _add_stream(self, container: OutputContainer) -> VideoStream:
        """The one stream of the file, set up for encoding."""
        stream = container.add_stream(_ENCODER, rate=self._rate, options=self._options)
        stream.width = self._width + self._width % 2
        stream.height = self._height + self._height % 2
        stream.pix_fmt = "yuv420p"
        stream.colorspace = _BT709
        stream.color_range = _LIMITED_RANGE
        stream.time_base = stream.codec_context.time_base = _TIME_BASE
        return stream

    def write(
        self, rgb: UInt8[np.ndarray, "h w 3"], time_s: float | None = None
    ) -> None:
        """Append a frame.

        Args:
            rgb: The picture, 0-255, of the size given when the writer was made.
            time_s: Its presentation time in seconds, from 0, later than the frame
                before by 1/90000 s at least. None = one frame distance after it.

        Raises:
            ShapeError: The picture is of another size or type.
            VideoError: The time does not come after the one before, the writer is not
                open, or the frame cannot be encoded.
            SetupError: The disk is full.
        """
        if self._output is None:
            raise VideoError(f"{self._path} is not open; write inside a `with` block")
        if rgb.shape != (self._height, self._width, 3) or rgb.dtype != np.uint8:
            raise ShapeError(
                f"a frame of {self._path} must be uint8 of shape "
                f"({self._height}, {self._width}, 3), but is {rgb.dtype} of shape "
                f"{rgb.shape}"
            )
        container, stream = self._output
        pts = self._next_pts(time_s)
        padded = np.pad(
            rgb, ((0, self._height % 2), (0, self._width % 2), (0, 0)), "edge"
        )
        try:
            frame = av.VideoFrame.from_ndarray(padded, format="rgb24").reformat(
                format="yuv420p", dst_colorspace=_BT709, dst_color_range=_LIMITED_RANGE
            )
            frame.pts, frame.time_base = pts, _TIME_BASE
            container.mux(stream.encode(frame))
        except av.FFmpegError as error:
            raise self._explained(error) from error
        self._last_pts = pts

    def _next_pts(self, time_s: float | None) -> int:
        """The stamp for this time, or for the next frame in line."""
        last = self._last_pts
        if time_s is None:
            return 0 if last is None else last + round(1 / (self._rate * _TIME_BASE))
        if not np.isfinite(time_s) or time_s < 0:
            raise VideoError(
                f"time {time_s} s cannot be written to {self._path}; times are from 0"
            )
        pts = round(time_s / _TIME_BASE)
        if last is not None and pts <= last:
            before_s = float(last * _TIME_BASE)
            raise VideoError(
                f"time {time_s:.6f} s does not come after {before_s:.6f} s, "
                f"that of the frame before in {self._path}; write frames in order"
            )
        return pts

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        # The error passes through the stack, so that the scratch file is removed.
        with self._exit:
            self._finish(is_whole=error is None)
            if error is not None:
                raise error

    def _finish(self, *, is_whole: bool) -> None:
        """Close the file, with what the encoder still holds back if it is to stay."""
        if self._output is None:
            return
        container, stream = self._output
        self._output = None
        try:
            if is_whole and self._last_pts is not None:
                container.mux(stream.encode(None))
                container.close()
        except av.FFmpegError as error:
            raise self._explained(error) from error
        finally:
            with suppress(av.FFmpegError, OSError):
                container.close()
        if is_whole and self._last_pts is None:
            raise VideoError(
                f"no frame was given for {self._path}, so it was not written; write "
                f"one frame at least"
            )

    def _explained(self, error: av.FFmpegError) -> SetupError | VideoError:
        """The same failure in words a user can act on."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return SetupError(
                f"the disk is full: {self._path} was not written; free some space "
                f"there, then run the same command again"
            )
        return VideoError(
            f"{self._path} could not be written ({error.strerror}); check the place "
            f"and the size of the frames, then try again"
        )
