"""A video file: its times and its frames."""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from feltline.video.container import no_picture
from feltline.video.decode import decoded
from feltline.video.frames import Frame
from feltline.video.index import FrameIndex, frame_index
from feltline.video.picture import PictureMaker

__all__ = ["VideoFile"]

_log = logging.getLogger(__name__)


class VideoFile:
    """A video file; reads nothing until asked.

    Args:
        path: The file.
        index: The table of its frames, where it is known.
    """

    def __init__(self, path: Path, index: FrameIndex | None = None) -> None:
        self._path, self._known = path, index

    @property
    def _index(self) -> FrameIndex:
        return self._known or frame_index(self._path)

    def times(self) -> Float64[np.ndarray, " n"]:
        """Presentation time stamp of each frame in seconds, strictly increasing.

        Raises:
            VideoError: The file cannot be read as a video.
        """
        return self._index.time_s.copy()

    def frames(
        self, wanted: Int64[np.ndarray, " w"], stopped: threading.Event
    ) -> Iterator[Frame]:
        """The wanted frames, by increasing 0-based numbers, until `stopped` is set.

        Those that cannot be decoded are passed over.

        Raises:
            VideoError: The video was read from its start and none can be decoded.
        """
        if not len(wanted):
            return
        index = self._index
        times, is_wanted = index.time_s, np.zeros(len(index), bool)
        is_wanted[wanted] = True
        first, last = int(wanted[0]), int(wanted[-1])
        expected, is_any = first, False
        maker = PictureMaker(self._path, size=index.size)
        with closing(decoded(self._path, index, first, stopped)) as frames:
            for number, frame in frames:
                self._warn_of_gap(expected, min(number, last + 1))
                expected, is_any = number + 1, True
                if number <= last and is_wanted[number]:
                    rgb = maker.rgb(frame)
                    yield Frame(frame=number, time_s=float(times[number]), rgb=rgb)
                if number >= last or stopped.is_set():
                    break
        if stopped.is_set():
            return
        self._warn_of_gap(expected, last + 1)
        if not is_any and first == 0:
            raise no_picture(self._path)

    def groups(self, wanted: Int64[np.ndarray, " w"]) -> list[Int64[np.ndarray, " g"]]:
        """The wanted frames in parts: between two parts, a seek saves decoding."""
        index = self._index
        cuts = []
        for at in range(1, len(wanted)):
            start = index.start_for(int(wanted[at]))
            before = index.order_of(int(index.pts[wanted[at - 1]]))
            if start is not None and before is not None and start > before:
                cuts.append(at)
        return np.split(wanted, cuts)

    def _warn_of_gap(self, expected: int, number: int) -> None:
        """Name the frames from `expected` up to before `number`, if there are any."""
        if number > expected:
            lost = f"frame {expected}"
            if number - expected > 1:
                lost = f"frames {expected}-{number - 1}"
            _log.warning("%s of %s cannot be decoded; left out", lost, self._path)
