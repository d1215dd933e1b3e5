"""Video sources: fetching those that are remote, and names within a project."""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from feltline.atomic import replacing
from feltline.errors import VideoError

__all__ = [
    "FreeNames",
    "check_name",
    "fetch_remote",
    "is_remote",
    "nth_of",
    "plain_name",
]


def is_remote(source: str) -> bool:
    """Whether a source is a URL."""
    return "://" in source


def check_name(source: str) -> None:
    """Refuse a name that could not be kept, before the long work.

    Raises:
        VideoError: It is no text.
    """
    if any(ord(c) < 32 or ord(c) == 127 or "\ud800" <= c <= "\udfff" for c in source):
        raise VideoError(
            f"{source!a} has characters in its name that are no text; rename it"
        )


def fetch_remote(source: str, copy: Path) -> None:
    """Copy a remote video, whole or not at all, unless the copy is there already.

    Raises:
        VideoError: It cannot be fetched.
    """
    import fsspec

    if copy.exists():
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            replacing(copy) as scratch,
            fsspec.open(source, "rb") as remote,
            scratch.open("wb") as file,
        ):
            shutil.copyfileobj(remote, file)
    except Exception as error:
        # fsspec's backends raise what they like; whatever it is, this video failed.
        raise VideoError(
            f"{source} cannot be fetched ({error}); check the address, and that the "
            f"fsspec package for it is installed"
        ) from error


def plain_name(path: Path) -> str:
    """The name of a file or folder, of "." and ".." too.

    A link gives its own name, not that of what it leads to.
    """
    plain = os.path.abspath(path)  # noqa: PTH100 - `resolve` would follow links
    return Path(plain).name or "pictures"


def nth_of(name: str) -> str:
    """Of a name that `FreeNames` gave: "second" of talk~2.mp4, and so on."""
    found = re.search(r"~(\d+)$", os.path.splitext(name)[0])  # noqa: PTH122
    number = int(found[1]) if found else 1
    words = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}
    return words.get(number, f"number {number}")


class FreeNames:
    """Names that no other video of a project has: talk.mp4, then talk~2.mp4.

    Args:
        taken: Names of the videos that are there.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}  # so that n of one name cost n steps

    def take(self, path: Path) -> str:
        """A free name for the video at a path; it counts as taken from now on."""
        name = free = plain_name(path)
        stem, suffix = os.path.splitext(name)  # noqa: PTH122 - of a name, not a path
        number = self._last.get(name, 1)
        while free in self._taken:
            number += 1
            free = f"{stem}~{number}{suffix}"
        self._last[name] = number
        self._taken.add(free)
        return free
