"""Identity of a video: whether the file where it lies is still the one of its content.

A video is its content hash. Size and times of the file are compared first with those it
had when it was hashed last; where they differ, it is hashed anew. What is kept of that
is a cache, and may be deleted at any time:

```
originals/<content_hash>.json    path, size and times of the file that had this hash
```
"""

import hashlib
import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from feltline.atomic import replacing
from feltline.errors import FeltlineError, OriginalLostError, VideoError
from feltline.video import content_hash, pictures_in

__all__ = ["FileStamp", "Originals", "stamp_of"]

FileStamp = tuple[str, ...]
"""Size and times of a file, or a hash of those of a folder's pictures."""

SETTLED_NS: Final = 2_000_000_000
"""A file that was changed this shortly before it was looked at may change again within
the same tick of its clock (that of FAT has two seconds): its times prove nothing."""
_UNSETTLED: Final = "changed just before it was looked at"


def stamp_of(path: Path) -> FileStamp:
    """Size and times of a file or a folder of pictures, to tell whether it changed.

    Raises:
        VideoError: It is missing, or cannot be looked at.
    """
    try:
        if not path.is_dir():
            return _stamp(path.stat())
        whole = hashlib.sha256()
        for picture in pictures_in(path):
            whole.update(f"{picture.name}/{_stamp(picture.stat())}/".encode())
        return ("folder", whole.hexdigest())
    except FileNotFoundError as error:
        raise VideoError(
            f"there is no video at {path}; check the path and the name"
        ) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise VideoError(f"{path} cannot be looked at ({why})") from error


def _stamp(stat: os.stat_result) -> FileStamp:
    return (str(stat.st_size), str(stat.st_mtime_ns), str(stat.st_ctime_ns))


class Originals:
    """The files of a project's videos, each hashed once per change; thread-safe.

    Args:
        folder: Where to keep what was verified.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[list[str], bool]] = {}
        """By content: what was looked at last, and whether it had that content."""
        self._hashing = threading.Lock()

    def is_quick(self, path: Path, content: str) -> bool:
        """Whether `verify` needs not hash the file: it is gone, or has not changed."""
        try:
            return self._verdict(content, _key(path, stamp_of(path))) is not None
        except VideoError:
            return True

    def is_new(self, path: Path, content: str) -> bool:
        """Whether a file that is there was never verified."""
        is_kept = content in self._seen or self._file(content).is_file()
        return not is_kept and os.path.lexists(path)

    def verify(self, path: Path, content: str) -> None:
        """Raise unless the file at `path` has this content.

        Args:
            path: Where the video lies.
            content: Its SHA-256 in hex.

        Raises:
            OriginalLostError: It is missing, cannot be read, or is another file.
        """
        if not os.path.lexists(path):
            raise OriginalLostError(
                f"{path} is not there any more; if it was moved, run feltline "
                f"relocate {path} NEW, or feltline add it at its new place: labels stay"
            )
        try:
            is_same = self._is_same(path, content)
        except VideoError as error:
            raise OriginalLostError(
                f"{path} cannot be read to see whether it is still the video that was "
                f"added ({error}); make it readable, or put it back"
            ) from error
        if not is_same:
            raise OriginalLostError(
                f"{path} is not the video that was added: another file, or pictures in "
                f"another order, stand in its place, and are not shown under its "
                f"labels; put the video back, or run feltline relocate {path} NEW with "
                f"the place where it is now; feltline add takes the file there as a "
                f"video of its own"
            )

    def trust(self, path: Path, content: str, stamp: FileStamp) -> None:
        """Keep that a file has this content.

        Args:
            path: The file.
            content: Its SHA-256 in hex.
            stamp: What `stamp_of` gave before it was hashed.
        """
        key = _key(path, stamp)
        self._seen[content] = key, True
        times = [int(one) for one in stamp[1:] if one.isdigit()]
        if times and time.time_ns() - max(times) < SETTLED_NS:
            key = [*key, _UNSETTLED]
        # It is a cache: where it cannot be written, files are hashed once more.
        with suppress(OSError, FeltlineError):
            self._folder.mkdir(exist_ok=True)
            with replacing(self._file(content)) as scratch:
                scratch.write_text(json.dumps(key), encoding="utf-8")

    def forget(self, content: str) -> None:
        """Delete what is kept of a video."""
        self._seen.pop(content, None)
        self._file(content).unlink(missing_ok=True)

    def _is_same(self, path: Path, content: str) -> bool:
        stamp = stamp_of(path)
        verdict = self._verdict(content, _key(path, stamp))
        if verdict is not None:
            return verdict
        with self._hashing:  # whoever asks meanwhile waits for the same answer
            stamp = stamp_of(path)
            verdict = self._verdict(content, _key(path, stamp))
            if verdict is None:
                verdict = content_hash(path) == content
                self._seen[content] = _key(path, stamp), verdict
                if verdict:
                    self.trust(path, content, stamp)
        return verdict

    def _verdict(self, content: str, key: list[str]) -> bool | None:
        """Whether a file that looks like this has the content; None: hash it."""
        seen, is_same = self._seen.get(content, (None, False))
        if seen == key:
            return is_same
        try:
            kept = json.loads(self._file(content).read_text(encoding="utf-8"))
            was, now = (kept[1], key[1])
        except (OSError, ValueError, LookupError, TypeError):
            return None
        if kept == key:
            return True
        # One content has one size: nothing needs to be hashed to tell others from it.
        return False if was != now and was.isdigit() and now.isdigit() else None

    def _file(self, content: str) -> Path:
        return self._folder / f"{content}.json"


def _key(path: Path, stamp: FileStamp) -> list[str]:
    return [str(path.absolute()), *stamp]
