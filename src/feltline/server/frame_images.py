"""Cached crops and thumbnails of video frames, made when they are asked for."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8

from feltline.errors import VideoError
from feltline.project import Originals
from feltline.server.crops import face_jpeg, frame_jpeg
from feltline.server.disk_cache import DiskCache
from feltline.server.video_folders import Original
from feltline.video import FrameIndex, read_some

__all__ = ["FrameImages"]

Rgb = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True)
class _Order:
    """An image that somebody waits for: of which frame, how made, and what came."""

    frame: int
    index: FrameIndex | None
    make: Callable[[Rgb], bytes]
    jpeg: Future[bytes] = field(default_factory=Future)


@dataclass(slots=True)
class _Orders:
    """What is wanted of one video, by name; one thread at a time works on it."""

    waiting: dict[str, _Order] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)


class FrameImages:
    """Makes images of frames as JPEG; safe under threads.

    Those who ask for images of one video while it is being read wait, and the next
    of them reads the frames of all in one go, in order.

    Args:
        cache: Where to keep them.
        originals: Tell whether a file is still the one that was added; asked before it
            is read. None trusts all.
    """

    def __init__(self, cache: DiskCache, originals: Originals | None = None) -> None:
        self._cache, self._originals = cache, originals
        self._orders: dict[str, _Orders] = {}
        self._lock = threading.Lock()

    def crop(
        self,
        video: Original,
        frame: int,
        box_xyxy: Float[np.ndarray, " 4"],
        size: int,
        *,
        index: FrameIndex | None = None,
    ) -> bytes:
        """A square around a face with a margin of 25 % on each side, as a JPEG file.

        Args:
            video: Where the face is seen.
            frame: 0-based number.
            box_xyxy: The face in pixels of the frame.
            size: Side in pixels.
            index: The table of the video's frames, where it is known: then its packets
                need not be read to find the frame.

        Raises:
            VideoError: The video cannot be read, or that frame of it is missing.
            OriginalLostError: Another file is in its place.
            ShapeError: The box is not finite.
        """
        box = np.asarray(box_xyxy, np.float64)
        box_key = hashlib.sha256(box.tobytes()).hexdigest()[:16]
        order = _Order(frame, index, lambda rgb: face_jpeg(rgb, box, size))
        return self._get(video, f"{frame}-face-{box_key}-{size}.jpg", order)

    def thumbnail(
        self,
        video: Original,
        frame: int,
        width: int,
        *,
        index: FrameIndex | None = None,
    ) -> bytes:
        """A whole frame, scaled down to a width in pixels; never up. As `crop` else."""
        order = _Order(frame, index, lambda rgb: frame_jpeg(rgb, width))
        return self._get(video, f"{frame}-whole-{width}.jpg", order)

    def _get(self, video: Original, name: str, order: _Order) -> bytes:
        """The image of this name, made if it is not there."""
        key = video.content_hash
        cached = self._cache.get(key, name)
        if cached is not None:
            return cached
        with self._lock:
            orders = self._orders.setdefault(key, _Orders())
            order = orders.waiting.setdefault(name, order)
        with orders.turn:
            if not order.jpeg.done():
                with self._lock:
                    batch, orders.waiting = orders.waiting, {}
                self._make(video, batch)
        return order.jpeg.result()

    def _make(self, video: Original, batch: dict[str, _Order]) -> None:
        """Make all images of a batch; whoever waits gets an image or an error."""
        try:
            self._read(video, batch)
        except Exception as error:  # noqa: BLE001 - whoever waits raises it
            _fail(batch, error)
        lost = f"it is damaged, or {video.path} has no such frame; choose another"
        _fail(batch, VideoError(f"the frame cannot be shown: {lost}"))
        self._cache.written(video.content_hash)

    def _read(self, video: Original, batch: dict[str, _Order]) -> None:
        """Read the frames of a batch from front to back, making what is wanted."""
        by_frame: dict[int, list[str]] = {}
        for name, order in batch.items():
            # It may have been made between the question and the wait for one's turn.
            cached = self._cache.get(video.content_hash, name)
            if cached is not None:
                order.jpeg.set_result(cached)
            else:
                by_frame.setdefault(order.frame, []).append(name)
        if not by_frame:
            return
        if self._originals is not None:
            self._originals.verify(video.path, video.content_hash)
        index = next(iter(batch.values())).index
        for found in read_some(video.path, list(by_frame), index=index):
            for name in by_frame[found.frame]:
                order = batch[name]
                try:
                    jpeg = order.make(found.rgb)
                except Exception as error:  # noqa: BLE001 - whoever waits raises it
                    order.jpeg.set_exception(error)
                else:
                    order.jpeg.set_result(jpeg)
                    self._cache.put(video.content_hash, name, jpeg)


def _fail(batch: dict[str, _Order], error: Exception) -> None:
    """Give an error to those who still wait."""
    for order in batch.values():
        if not order.jpeg.done():
            order.jpeg.set_exception(error)
