"""Small files in one folder, so many bytes at most; the longest unused go first."""

import logging
import os
import re
import shutil
import tempfile
import threading
from collections import Counter, OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Final

from feltline.errors import ShapeError

__all__ = ["Shelf", "check_hash"]

logger = logging.getLogger(__name__)

_HASH: Final = re.compile(r"[0-9a-f]{8,128}")
_NAME: Final = re.compile(r"[0-9a-z-]+\.jpg")


def check_hash(content_hash: str) -> None:
    """Raise unless this may name a folder.

    Raises:
        ShapeError: It is not hexadecimal.
    """
    if not _HASH.fullmatch(content_hash):
        raise ShapeError(f"a content hash is hexadecimal, but this is {content_hash!r}")


class Shelf:
    """Keeps bytes by group and name, in `folder/group/name`; safe under threads.

    What cannot be written is not kept, with a warning: everything here can be made
    again. Files are for their owner only.

    Args:
        folder: Where to keep them; made when something is.
        most_bytes: Of all files together.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._bytes = 0
        self._forgotten: Counter[str] = Counter()
        with self._lock:
            self._take_stock()

    @property
    def n_bytes(self) -> int:
        """Bytes of all files."""
        return self._bytes

    def get(self, group: str, name: str) -> bytes | None:
        """What is kept under this name; None if nothing is."""
        key = group, name
        with self._lock:
            if key not in self._sizes:
                return None
            self._sizes.move_to_end(key)
        path = self._folder / group / name
        try:
            data = path.read_bytes()
            os.utime(path)  # the order of use outlives the process
        except OSError:
            with self._lock:
                self._drop(key)
            return None
        return data

    def era(self, group: str) -> int:
        """A number that changes when the group is forgotten."""
        with self._lock:
            return self._forgotten[group]

    def put(self, group: str, name: str, data: bytes, *, era: int) -> None:
        """Keep bytes, unless their group was forgotten since they began to be made.

        Args:
            group: Such as the content hash of a video.
            name: Lower-case letters, digits and hyphens, then `.jpg`.
            data: What to keep.
            era: Of the group, from before the work on `data` began.
        """
        try:
            scratch = self._write_scratch(group, data)
        except OSError as error:
            logger.warning("a picture cannot be kept in %s: %s", self._folder, error)
            return
        with self._lock:
            if self._forgotten[group] != era:
                scratch.unlink(missing_ok=True)
                with suppress(OSError):
                    scratch.parent.rmdir()
                return
            self._drop((group, name))
            with suppress(OSError):  # the folder may be gone by another process
                scratch.replace(self._folder / group / name)
                self._sizes[group, name] = len(data)
                self._bytes += len(data)
            self._make_room()

    def forget(self, group: str) -> int:
        """Delete all files of a group, also those that are still being made.

        Returns:
            Bytes removed.
        """
        check_hash(group)
        with self._lock:
            self._forgotten[group] += 1
            removed = 0
            for key in [key for key in self._sizes if key[0] == group]:
                removed += self._sizes[key]
                self._drop(key)
            shutil.rmtree(self._folder / group, ignore_errors=True)
        return removed

    def _write_scratch(self, group: str, data: bytes) -> Path:
        """The bytes in a file beside their place."""
        folder = self._folder / group
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
        scratch = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
        except OSError:
            scratch.unlink(missing_ok=True)
            raise
        return scratch

    def _drop(self, key: tuple[str, str]) -> None:
        """Delete one file; the lock is held."""
        self._bytes -= self._sizes.pop(key, 0)
        with suppress(OSError):
            (self._folder / key[0] / key[1]).unlink()

    def _make_room(self) -> None:
        """Delete the longest unused until the rest is within bounds."""
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._sizes)))

    def _take_stock(self) -> None:
        """Find what an earlier process has kept, and delete what it left half-done."""
        found: list[tuple[float, tuple[str, str], int]] = []
        for path in self._folder.glob("*/*"):
            with suppress(OSError):
                if path.suffix == ".part":
                    path.unlink()
                elif _NAME.fullmatch(path.name) and _HASH.fullmatch(path.parent.name):
                    stat = path.stat()
                    key = path.parent.name, path.name
                    found.append((stat.st_mtime, key, stat.st_size))
        for _, key, size in sorted(found):
            self._sizes[key] = size
            self._bytes += size
        self._make_room()
