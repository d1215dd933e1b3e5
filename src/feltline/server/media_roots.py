"""Media roots: the folders that were named at the start, and what lies below them.

A page names files outside a project only below these. Links are followed first, so one
that leads out is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from feltline.errors import InputError
from feltline.project import SETTINGS_FILE
from feltline.video import is_picture, is_system, is_video

__all__ = ["FolderEntry", "MediaFile", "MediaRoots"]

MAX_ENTRIES: Final = 2000


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """A folder to choose.

    Attributes:
        name: For people.
        path: Where it lies.
        is_project: Whether it is a feltline project.
    """

    name: str
    path: Path
    is_project: bool


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A video or picture to choose.

    Attributes:
        name: For people.
        path: Where it lies.
        n_bytes: How large it is.
        is_picture: Whether it is a picture; a folder of these is one video.
    """

    name: str
    path: Path
    n_bytes: int
    is_picture: bool


class MediaRoots:
    """Says which paths a page may name.

    Args:
        roots: Folders; they and all that lies in them may be named.

    Raises:
        InputError: One of them is no folder.
    """

    def __init__(self, roots: Sequence[Path] = ()) -> None:
        self.roots = tuple(_folder(root) for root in roots)

    def inside(self, path: str, apart: Sequence[Path] = ()) -> Path:
        """The real path of a file or folder that may be named; links are followed.

        Args:
            path: As it was named.
            apart: Folders that are closed to who names it.

        Raises:
            InputError: It does not exist, or lies outside the media roots or in a
                folder that is closed.
        """
        if not self.roots:
            raise InputError(
                "no folder was named when feltline was started, so no path can be "
                "opened from the page; start it with --media FOLDER"
            )
        try:
            real = Path(path).resolve()
            exists = real.exists()
        except (OSError, ValueError, RuntimeError):  # a loop, a NUL, a name too long
            raise InputError("this is not the path of a file or folder") from None
        # The same words, so that nobody learns what there is elsewhere.
        is_inside = any(real.is_relative_to(root) for root in self.roots)
        is_inside &= not any(real.is_relative_to(folder) for folder in apart)
        if not (Path(path).is_absolute() and is_inside and exists):
            raise InputError(
                f"{path} is not there, or not below {' or '.join(map(str, self.roots))}"
                f"; move it there, or start feltline with another --media FOLDER"
            )
        return real

    def above(self, folder: Path) -> Path | None:
        """The folder above one, as long as it may be named."""
        return None if folder in self.roots else folder.parent

    def folders(self, folder: Path | None = None) -> list[FolderEntry]:
        """Folders in a folder, by name; without one, the media roots.

        Hidden ones are left out, and so are links that lead out of the media roots.

        Raises:
            InputError: The folder cannot be read.
        """
        if folder is None:
            return [_entry(str(root), root) for root in self.roots]
        found = ((path.name, self._real(path)) for path in _listing(folder))
        entries = (_entry(name, real) for name, real in found if real and real.is_dir())
        return list(islice(entries, MAX_ENTRIES))

    def files(self, folder: Path | None = None) -> list[MediaFile]:
        """Videos and pictures in a folder, by name; none without one.

        Those are left out that `feltline add` passes over, too: hidden ones, and what
        systems leave in folders; and so are links that lead out of the media roots.

        Raises:
            InputError: The folder cannot be read.
        """
        found = (self._file(path) for path in (_listing(folder) if folder else ()))
        return list(islice((one for one in found if one), MAX_ENTRIES))

    def _file(self, path: Path) -> MediaFile | None:
        if is_system(path) or not (is_video(path) or is_picture(path)):
            return None
        real = self._real(path)
        try:
            if real is None or not real.is_file():
                return None
            n_bytes = real.stat().st_size
        except OSError:  # gone meanwhile, or it may not be looked at
            return None
        return MediaFile(path.name, real, n_bytes, is_picture(path))

    def _real(self, path: Path) -> Path | None:
        """The real path of what may be named; None for all else."""
        try:
            return self.inside(str(path))
        except (InputError, OSError):
            return None


def _listing(folder: Path) -> list[Path]:
    """What lies in a folder, by name, without hidden files.

    Raises:
        InputError: The folder cannot be read.
    """
    try:
        found = sorted(folder.iterdir(), key=lambda path: path.name.casefold())
    except OSError as error:
        raise InputError(
            f"{folder} cannot be read ({error.strerror}); choose another folder"
        ) from error
    return [path for path in found if not path.name.startswith(".")]


def _folder(root: Path) -> Path:
    real = root.expanduser().resolve()
    if not real.is_dir():
        raise InputError(
            f"{root} is no folder; name with --media folders that hold videos"
        )
    return real


def _entry(name: str, folder: Path) -> FolderEntry:
    try:
        is_project = (folder / SETTINGS_FILE).is_file()
    except OSError:  # it may not be looked into
        is_project = False
    return FolderEntry(name, folder, is_project)
