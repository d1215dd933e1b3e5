"""Disk cache: small files in one folder, the least recently used of which go first."""

import logging
import os
import re
import shutil
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

from feltline.errors import ShapeError

__all__ = ["DiskCache", "check_hash"]

logger = logging.getLogger(__name__)

_HASH: Final = re.compile(r"[0-9a-f]{8,128}")
_KEPT_SHARE: Final = 0.9
"""Of the bound, what is left after files were deleted: the folder is read seldom."""


def check_hash(content_hash: str) -> None:
    """Raise unless this may name a folder.

    Raises:
        ShapeError: It is not hexadecimal.
    """
    if not _HASH.fullmatch(content_hash):
        raise ShapeError(f"a content hash is hexadecimal, but this is {content_hash!r}")


class DiskCache:
    """Keeps bytes by group and name, in `folder/group/name`; safe under threads.

    The folder is the only record, so that whoever purges a video deletes its group and
    nothing of it is left. What cannot be written is not kept, with a warning:
    everything here can be made again. Files are for their owner only.

    Args:
        folder: Where to keep them; made when something is.
        max_bytes: Of all files together.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._generations: Counter[str] = Counter()
        for part in folder.glob("*/.*.part"):  # of a process that was killed
            part.unlink(missing_ok=True)
        self._n_bytes = 0
        self._make_room()

    def get(self, group: str, name: str) -> bytes | None:
        """What is kept under this name; None if nothing is."""
        path = self._folder / group / name
        try:
            data = path.read_bytes()
            os.utime(path)  # the order of use outlives the process
        except OSError:
            return None
        return data

    def generation(self, group: str) -> int:
        """A number that changes when the group is forgotten."""
        with self._lock:
            return self._generations[group]

    def put(self, group: str, name: str, data: bytes, *, generation: int) -> None:
        """Keep bytes, unless their group was forgotten since they began to be made.

        Args:
            group: Such as the content hash of a video.
            name: Of the file.
            data: What to keep.
            generation: Of the group, from before the work on `data` began.
        """
        folder = self._folder / group
        try:
            part = _write_part(folder, data)
        except OSError as error:
            logger.warning("a picture cannot be kept in %s: %s", self._folder, error)
            return
        with self._lock, suppress(OSError):  # another process may purge the folder
            if self._generations[group] != generation:
                part.unlink()
                folder.rmdir()
                return
            part.replace(folder / name)
            self._n_bytes += len(data)
            if self._n_bytes > self._max_bytes:
                self._make_room()

    def forget(self, group: str) -> int:
        """Delete all files of a group, also those that are still being made.

        Returns:
            Bytes removed.
        """
        check_hash(group)
        with self._lock:
            self._generations[group] += 1
            removed = sum(size for _, size, _ in _files(self._folder / group))
            shutil.rmtree(self._folder / group, ignore_errors=True)
            self._n_bytes -= removed
        return removed

    def _make_room(self) -> None:
        """Count anew, and delete the longest unused if there is too much."""
        files = sorted(f for group in self._groups() for f in _files(group))
        self._n_bytes = sum(size for _, size, _ in files)
        bound = self._max_bytes
        for _, size, path in files:
            if self._n_bytes <= bound:
                break
            bound = int(_KEPT_SHARE * self._max_bytes)
            path.unlink(missing_ok=True)
            self._n_bytes -= size

    def _groups(self) -> list[Path]:
        return [path for path in self._folder.glob("*") if _HASH.fullmatch(path.name)]


def _write_part(folder: Path, data: bytes) -> Path:
    """The bytes in a file beside their place, which is nobody else's."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _files(group: Path) -> list[tuple[float, int, Path]]:
    """Time of last use, size and path of each file of a group."""
    found = []
    for path in group.glob("[!.]*"):
        with suppress(OSError):  # deleted meanwhile
            stat = path.stat()
            found.append((stat.st_mtime, stat.st_size, path))
    return found
