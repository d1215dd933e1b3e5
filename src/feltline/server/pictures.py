"""Crops of faces and thumbnails of frames, made when they are asked for, and kept."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from feltline.errors import VideoError
from feltline.server.crops import face_jpeg, frame_jpeg
from feltline.server.disk_cache import Shelf, check_hash
from feltline.video import read_some

__all__ = ["Pictures"]

Rgb = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A picture that somebody waits for.

    Attributes:
        frame: The frame it shows.
        make: Makes it from that frame.
        made: Becomes the JPEG.
    """

    frame: int
    make: Callable[[Rgb], bytes]
    made: Future[bytes]


@dataclass(slots=True)
class _Desk:
    """What is wanted of one video, by name; one thread at a time works on it."""

    wanted: dict[str, _Wanted] = field(default_factory=dict)
    at_work: threading.Lock = field(default_factory=threading.Lock)


class Pictures:
    """Makes pictures of frames as JPEG; safe under threads.

    Those who ask for pictures of one video while it is being read wait, and the next
    of them reads the frames of all in one go, in order.

    Args:
        folder: Where to keep them, those of a video in `folder/<content hash>`.
        most_bytes: Of all files together; the longest unused are deleted.
        is_known: Whether a video of this content hash is still there; pictures of
            another are made, but not kept. All are kept if absent.
    """

    def __init__(
        self,
        folder: Path,
        most_bytes: int,
        *,
        is_known: Callable[[str], bool] | None = None,
    ) -> None:
        self._shelf = Shelf(folder, most_bytes)
        self._is_known = is_known
        self._desks: dict[str, _Desk] = {}
        self._lock = threading.Lock()

    def crop(
        self,
        path: Path,
        content_hash: str,
        frame: int,
        box_xyxy: Float[np.ndarray, " 4"],
        size: int,
    ) -> bytes:
        """A square around a face with a margin of 25 % on each side.

        Args:
            path: The video.
            content_hash: Of what is in it.
            frame: 0-based number.
            box_xyxy: The face in pixels of the frame.
            size: Side in pixels.

        Returns:
            A JPEG file.

        Raises:
            VideoError: The video cannot be read, or that frame of it is missing.
            ShapeError: The box or the size is out of range.
        """
        box = np.asarray(box_xyxy, np.float64)
        where = hashlib.sha256(box.tobytes()).hexdigest()[:16]
        name = f"{frame}-face-{where}-{size}.jpg"
        return self._get(
            path, content_hash, name, frame, lambda rgb: face_jpeg(rgb, box, size)
        )

    def thumbnail(self, path: Path, content_hash: str, frame: int, width: int) -> bytes:
        """A whole frame, scaled down to a width; never up.

        Args:
            path: The video.
            content_hash: Of what is in it.
            frame: 0-based number.
            width: Pixels across at most.

        Returns:
            A JPEG file.

        Raises:
            VideoError: The video cannot be read, or that frame of it is missing.
            ShapeError: The width is out of range.
        """
        name = f"{frame}-whole-{width}.jpg"
        return self._get(
            path, content_hash, name, frame, lambda rgb: frame_jpeg(rgb, width)
        )

    def forget(self, content_hash: str) -> int:
        """Delete all pictures of a video, also those that are still being made.

        Returns:
            Bytes removed.
        """
        return self._shelf.forget(content_hash)

    def _get(
        self,
        path: Path,
        content_hash: str,
        name: str,
        frame: int,
        make: Callable[[Rgb], bytes],
    ) -> bytes:
        """The picture of this name, made if it is not there."""
        check_hash(content_hash)
        kept = self._shelf.get(content_hash, name)
        if kept is not None:
            return kept
        wanted = _Wanted(frame=frame, make=make, made=Future())
        with self._lock:
            desk = self._desks.setdefault(content_hash, _Desk())
            wanted = desk.wanted.setdefault(name, wanted)
        with desk.at_work:
            if not wanted.made.done():
                with self._lock:
                    batch, desk.wanted = desk.wanted, {}
                self._make(path, content_hash, batch)
        return wanted.made.result()

    def _make(self, path: Path, content_hash: str, batch: dict[str, _Wanted]) -> None:
        """Make all pictures of a batch; whoever waits gets a picture or an error."""
        try:
            self._read(path, content_hash, batch)
        except Exception as error:  # noqa: BLE001 - whoever waits raises it
            _give_up(batch, error)
        finally:
            lost = f"it is damaged, or {path} has no such frame; choose another"
            _give_up(batch, VideoError(f"the frame cannot be shown: {lost}"))

    def _read(self, path: Path, content_hash: str, batch: dict[str, _Wanted]) -> None:
        """Read the frames of a batch from front to back, making what is wanted."""
        # In this order: what is purged after the question is forgotten after the era.
        era = self._shelf.era(content_hash)
        keep = self._is_known is None or self._is_known(content_hash)
        by_frame: dict[int, list[str]] = {}
        for name, wanted in batch.items():
            # It may have been made between the question and the wait for one's turn.
            kept = self._shelf.get(content_hash, name)
            if kept is not None:
                wanted.made.set_result(kept)
            else:
                by_frame.setdefault(wanted.frame, []).append(name)
        if not by_frame:
            return
        for found in read_some(path, list(by_frame)):
            for name in by_frame[found.frame]:
                jpeg = _make_one(batch[name], found.rgb)
                if jpeg is not None and keep:
                    self._shelf.put(content_hash, name, jpeg, era=era)


def _make_one(wanted: _Wanted, rgb: Rgb) -> bytes | None:
    """Make one picture for whoever waits; None if that fails."""
    try:
        jpeg = wanted.make(rgb)
    except Exception as error:  # noqa: BLE001 - whoever waits raises it
        wanted.made.set_exception(error)
        return None
    wanted.made.set_result(jpeg)
    return jpeg


def _give_up(batch: dict[str, _Wanted], error: Exception) -> None:
    """Give an error to those who still wait."""
    for wanted in batch.values():
        if not wanted.made.done():
            wanted.made.set_exception(error)
