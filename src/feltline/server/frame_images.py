"""Cached crops and thumbnails of video frames, made when they are asked for."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from feltline.errors import VideoError
from feltline.project import Originals
from feltline.server.crops import face_jpeg, frame_jpeg
from feltline.server.disk_cache import DiskCache, check_hash
from feltline.video import FrameIndex, read_some

__all__ = ["FrameImages"]

Rgb = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
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
        folder: Where to keep them, those of a video in `folder/<content hash>`.
        max_bytes: Of all files together; the longest unused are deleted.
        is_known: Whether a video of this content hash is still there; images of
            another are made, but not kept.
        originals: Tell whether a file is still the one that was added; asked before it
            is read. None trusts all.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        *,
        is_known: Callable[[str], bool] = lambda _: True,
        originals: Originals | None = None,
    ) -> None:
        self._originals = originals
        self._cache = DiskCache(folder, max_bytes)
        self._is_known = is_known
        self._orders: dict[str, _Orders] = {}
        self._lock = threading.Lock()

    def crop(
        self,
        path: Path,
        content_hash: str,
        frame: int,
        box_xyxy: Float[np.ndarray, " 4"],
        size: int,
        *,
        index: FrameIndex | None = None,
    ) -> bytes:
        """A square around a face with a margin of 25 % on each side.

        Args:
            path: The video.
            content_hash: Of what is in it.
            frame: 0-based number.
            box_xyxy: The face in pixels of the frame.
            size: Side in pixels.
            index: The table of the video's frames, where it is known: then its packets
                need not be read to find the frame.

        Returns:
            A JPEG file.

        Raises:
            VideoError: The video cannot be read, or that frame of it is missing.
            OriginalLostError: Another file is in its place.
            ShapeError: The box or the size is out of range.
        """
        box = np.asarray(box_xyxy, np.float64)
        box_key = hashlib.sha256(box.tobytes()).hexdigest()[:16]
        order = _Order(
            frame=frame, index=index, make=lambda rgb: face_jpeg(rgb, box, size)
        )
        return self._get(
            path, content_hash, f"{frame}-face-{box_key}-{size}.jpg", order
        )

    def thumbnail(
        self,
        path: Path,
        content_hash: str,
        frame: int,
        width: int,
        *,
        index: FrameIndex | None = None,
    ) -> bytes:
        """A whole frame, scaled down to a width in pixels; never up. As `crop` else."""
        order = _Order(
            frame=frame, index=index, make=lambda rgb: frame_jpeg(rgb, width)
        )
        return self._get(path, content_hash, f"{frame}-whole-{width}.jpg", order)

    def forget(self, content_hash: str) -> int:
        """Delete all images of a video, also those that are still being made.

        Returns:
            Bytes removed.
        """
        return self._cache.forget(content_hash)

    def _get(self, path: Path, content_hash: str, name: str, order: _Order) -> bytes:
        """The image of this name, made if it is not there."""
        check_hash(content_hash)
        cached = self._cache.get(content_hash, name)
        if cached is not None:
            return cached
        with self._lock:
            orders = self._orders.setdefault(content_hash, _Orders())
            order = orders.waiting.setdefault(name, order)
        with orders.turn:
            if not order.jpeg.done():
                with self._lock:
                    batch, orders.waiting = orders.waiting, {}
                self._make(path, content_hash, batch)
        return order.jpeg.result()

    def _make(self, path: Path, content_hash: str, batch: dict[str, _Order]) -> None:
        """Make all images of a batch; whoever waits gets an image or an error."""
        try:
            self._read(path, content_hash, batch)
        except Exception as error:  # noqa: BLE001 - whoever waits raises it
            _fail(batch, error)
        finally:
            lost = f"it is damaged, or {path} has no such frame; choose another"
            _fail(batch, VideoError(f"the frame cannot be shown: {lost}"))

    def _read(self, path: Path, content_hash: str, batch: dict[str, _Order]) -> None:
        """Read the frames of a batch from front to back, making what is wanted."""
        # In this order: what is purged after the question is forgotten after that.
        generation = self._cache.generation(content_hash)
        keep = self._is_known(content_hash)
        by_frame: dict[int, list[str]] = {}
        for name, order in batch.items():
            # It may have been made between the question and the wait for one's turn.
            cached = self._cache.get(content_hash, name)
            if cached is not None:
                order.jpeg.set_result(cached)
            else:
                by_frame.setdefault(order.frame, []).append(name)
        if not by_frame:
            return
        if self._originals is not None:
            self._originals.verify(path, content_hash)
        index = next(iter(batch.values())).index
        for found in read_some(path, list(by_frame), index=index):
            for name in by_frame[found.frame]:
                jpeg = _make_one(batch[name], found.rgb)
                if jpeg is not None and keep:
                    self._cache.put(content_hash, name, jpeg, generation=generation)


def _make_one(order: _Order, rgb: Rgb) -> bytes | None:
    """Make one image for whoever waits; None if that fails."""
    try:
        jpeg = order.make(rgb)
    except Exception as error:  # noqa: BLE001 - whoever waits raises it
        order.jpeg.set_exception(error)
        return None
    order.jpeg.set_result(jpeg)
    return jpeg


def _fail(batch: dict[str, _Order], error: Exception) -> None:
    """Give an error to those who still wait."""
    for order in batch.values():
        if not order.jpeg.done():
            order.jpeg.set_exception(error)
