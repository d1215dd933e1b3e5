"""Video sources: files, folders and URLs, and their names within a project."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from feltline.atomic import replacing
from feltline.errors import InputError, VideoError

__all__ = ["FreeNames", "check_name", "expand_sources", "fetch_remote", "is_remote"]

VIDEO_SUFFIXES: Final = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"),
    *(".mpg", ".mts", ".ts", ".webm", ".wmv"),
)
PICTURE_SUFFIXES: Final = (".bmp", ".jpeg", ".jpg", ".png", ".webp")


def is_remote(source: str) -> bool:
    """Whether a source is a URL."""
    return "://" in source


def expand_sources(sources: Sequence[str], *, may_be_empty: bool = False) -> list[str]:
    """The videos that are meant: files, URLs, and what lies in folders.

    A folder of pictures is one video; of any other folder, its videos are taken, those
    of folders inside it too, in the order of their names.

    Args:
        sources: Files, folders or URLs.
        may_be_empty: Whether a folder may hold nothing yet.

    Raises:
        InputError: A file or folder does not exist, or a folder holds no video.
    """
    found: list[str] = []
    for source in sources:
        path = Path(source)
        if is_remote(source) or path.is_file():
            found.append(source)
        elif path.is_dir():
            inside = list(_videos_in(path))
            if not inside and not may_be_empty:
                raise InputError(
                    f"the folder {path} holds neither videos nor pictures; give "
                    f"another one"
                )
            found += inside
        else:
            raise InputError(f"there is no file or folder {path}; check the path")
    return list(dict.fromkeys(found))


def _videos_in(folder: Path) -> Iterator[str]:
    entries = sorted(folder.iterdir())
    if any(e.suffix.lower() in PICTURE_SUFFIXES for e in entries):
        yield str(folder)
    for entry in entries:
        if entry.is_dir() and not entry.name.startswith("."):
            yield from _videos_in(entry)
        elif entry.suffix.lower() in VIDEO_SUFFIXES:
            yield str(entry)


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
        # Of "." and ".." too; a link gives its own name, not that of what it leads to.
        plain = os.path.abspath(path)  # noqa: PTH100 - `resolve` would follow links
        name = free = Path(plain).name or "pictures"
        stem, suffix = os.path.splitext(name)  # noqa: PTH122 - of a name, not a path
        number = self._last.get(name, 1)
        while free in self._taken:
            number += 1
            free = f"{stem}~{number}{suffix}"
        self._last[name] = number
        self._taken.add(free)
        return free
