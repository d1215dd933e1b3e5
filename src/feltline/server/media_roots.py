"""Media roots: the folders that were named at the start, and what lies below them.

A page names files outside a project only below these. Links are followed first, so one
that leads out is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feltline.errors import InputError
from feltline.project import SETTINGS_FILE

__all__ = ["FolderEntry", "MediaRoots"]

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


class MediaRoots:
    """Says which paths a page may name.

    Args:
        roots: Folders; they and all that lies in them may be named.

    Raises:
        InputError: One of them is no folder.
    """

    def __init__(self, roots: Sequence[Path] = ()) -> None:
        self.roots = tuple(_folder(root) for root in roots)

    def inside(self, path: str) -> Path:
        """The real path of a file or folder that may be named; links are followed.

        Raises:
            InputError: It does not exist, or lies outside the media roots.
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
        try:
            names = sorted((x.name for x in folder.iterdir()), key=str.casefold)
        except OSError as error:
            raise InputError(
                f"{folder} cannot be read ({error.strerror}); choose another folder"
            ) from error
        shown = (name for name in names if not name.startswith("."))
        found: list[FolderEntry] = []
        for name in shown:
            try:
                real = self.inside(str(folder / name))
                if real.is_dir():
                    found.append(_entry(name, real))
            except (InputError, OSError):
                continue
            if len(found) == MAX_ENTRIES:
                break
        return found


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
