"""Video sources: files, folders and URLs, and their names within a project."""

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from feltline.atomic import replacing
from feltline.errors import InputError, VideoError
from feltline.video import is_picture, is_system, is_video, natural_key

__all__ = ["FreeNames", "check_name", "expand_sources", "fetch_remote", "is_remote"]


def is_remote(source: str) -> bool:
    """Whether a source is a URL."""
    return "://" in source


def expand_sources(
    sources: Sequence[str],
    *,
    may_be_empty: bool = False,
    passed_over: Counter[str] | None = None,
) -> list[str]:
    """The videos that are meant: files, URLs, and what lies in folders.

    Of a folder, its videos are taken, those of folders inside it too, in natural order
    of their names (1, 2, 10), each once. A folder of pictures is one video, unless
    there are videos in it.

    Args:
        sources: Files, folders or URLs.
        may_be_empty: Whether a folder may hold nothing yet.
        passed_over: Counts what lies in folders and is not taken, by what it is.

    Raises:
        InputError: A file or folder does not exist, or a folder holds no video.
    """
    found: list[str] = []
    seen: set[str] = set()
    passed = Counter[str]() if passed_over is None else passed_over
    for source in sources:
        path = Path(source)
        if is_remote(source) or path.is_file():
            found.append(source)
        elif path.is_dir():
            inside = _videos_in(path, seen, passed)
            if not inside and not may_be_empty:
                raise InputError(
                    f"the folder {path} holds neither videos nor pictures; give "
                    f"another one"
                )
            found += inside
        else:
            raise InputError(f"there is no file or folder {path}; check the path")
    return list(dict.fromkeys(found))


def _videos_in(folder: Path, seen: set[str], passed: Counter[str]) -> list[str]:
    """Videos of a folder, each folder and file once, whatever links lead to it."""
    try:
        entries = sorted(folder.iterdir(), key=natural_key)
    except OSError:
        passed["folder that may not be read"] += 1
        return []
    if not _is_new(folder, seen):
        return []
    found: list[str] = []
    for entry in entries:
        if is_system(entry):
            passed["hidden or system file"] += 1
        elif entry.is_dir():
            found += _videos_in(entry, seen, passed)
        elif is_video(entry):
            if _is_new(entry, seen):
                found.append(str(entry))
        elif not is_picture(entry):
            passed[entry.suffix.lower() or "file without an ending"] += 1
    n_pictures = sum(is_picture(e) and not e.is_dir() for e in entries)
    has_videos = any(is_video(Path(video)) for video in found)
    if has_videos:
        passed["picture beside videos"] += n_pictures
    return [str(folder)] * (n_pictures > 0 and not has_videos) + found


def _is_new(path: Path, seen: set[str]) -> bool:
    """Whether this is met for the first time, under whatever name."""
    real = os.path.realpath(path)
    if real in seen:
        return False
    seen.add(real)
    return True


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
