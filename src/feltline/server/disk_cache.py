"""Disk cache: small files of videos, the least recently used of which go first."""

import logging
import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from feltline.server.video_folders import VideoFolders

__all__ = ["DiskCache"]

logger = logging.getLogger(__name__)

_KEPT_SHARE: Final = 0.9
"""Of the bound, what is left after files were deleted: the folder is read seldom."""


class DiskCache(VideoFolders):
    """Keeps bytes by video and name, in `folder/<content hash>/name`.

    The folder is the only record, so that whoever purges a video deletes its folder
    and nothing is left. What cannot be written is not kept, with a warning: everything
    here can be made again. Files are for their owner only.

    Args:
        folder: Where to keep them; made when something is.
        max_bytes: Of all files together.
        is_known: Whether a video of this content hash is in the project.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        is_known: Callable[[str], bool] = lambda _: True,
    ) -> None:
        super().__init__(folder, is_known)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        for one in self.all():
            for part in one.glob(".*.part"):  # of a process that was killed
                part.unlink(missing_ok=True)
        self._make_room()

    def get(self, content_hash: str, name: str) -> bytes | None:
        """What is kept under this name; None if nothing is."""
        path = self.of(content_hash) / name
        try:
            data = path.read_bytes()
            os.utime(path)  # the order of use outlives the process
        except OSError:
            return None
        return data

    def put(self, content_hash: str, name: str, data: bytes) -> None:
        """Keep bytes; call `written` after the last of several."""
        folder = self.of(content_hash)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(part).replace(folder / name)
            except OSError:
                Path(part).unlink(missing_ok=True)
                raise
        except OSError as error:  # also where another process purges the video
            logger.warning("a picture cannot be kept in %s: %s", self.folder, error)
            return
        with self._lock:
            self._n_bytes += len(data)
            if self._n_bytes > self._max_bytes:
                self._make_room()

    def _make_room(self) -> None:
        """Count anew, and delete the longest unused if there is too much."""
        files = sorted(file for folder in self.all() for file in _files(folder))
        self._n_bytes = sum(size for _, size, _ in files)
        bound = self._max_bytes
        for _, size, path in files:
            if self._n_bytes <= bound:
                break
            bound = int(_KEPT_SHARE * self._max_bytes)
            path.unlink(missing_ok=True)
            self._n_bytes -= size


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    """Time of last use, size and path of each file of a video."""
    found = []
    for path in folder.glob("[!.]*"):
        with suppress(OSError):  # deleted meanwhile
            stat = path.stat()
            found.append((stat.st_mtime, stat.st_size, path))
    return found
