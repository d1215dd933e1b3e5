"""Folders of what is made of each video, which goes when the video is purged."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from feltline.errors import FeltlineError, ShapeError
from feltline.store import CONTENT_HASH

__all__ = ["Original", "VideoFolders"]


@dataclass(frozen=True, slots=True)
class Original:
    """A video of the project as it lies on the disk.

    Attributes:
        path: The file, or the folder of pictures.
        content_hash: Of what is in it.
        video_id: Its name in the project.
    """

    path: Path
    content_hash: str
    video_id: str


class VideoFolders:
    """Folders `folder/<content hash>`; safe under threads and other processes.

    Any process may purge a video while something is being made of it. So whoever has
    written asks afterwards whether the video is still known (`written`), and the log
    watcher forgets it once it is not: whichever of these comes last leaves nothing.

    Args:
        folder: Where they are; made when something is kept.
        is_known: Whether a video of this content hash is in the project.
    """

    def __init__(
        self, folder: Path, is_known: Callable[[str], bool] = lambda _: True
    ) -> None:
        self.folder = folder
        self._is_known = is_known

    def of(self, content_hash: str) -> Path:
        """The folder of a video, which need not be there.

        Raises:
            ShapeError: The hash is not hexadecimal, so it may name no folder.
        """
        if not CONTENT_HASH.fullmatch(content_hash):
            raise ShapeError(
                f"a content hash is hexadecimal, but this is {content_hash!r}"
            )
        return self.folder / content_hash

    def all(self) -> list[Path]:
        """The folders that are there."""
        return [
            path for path in self.folder.glob("*") if CONTENT_HASH.fullmatch(path.name)
        ]

    def written(self, content_hash: str) -> None:
        """Remove what was just written if its video was purged meanwhile."""
        try:
            is_known = self._is_known(content_hash)
        except FeltlineError:  # nobody can tell; it can be made again
            is_known = False
        if not is_known:
            self.forget(content_hash)

    def forget(self, content_hash: str) -> None:
        """Delete the folder of a video."""
        shutil.rmtree(self.of(content_hash), ignore_errors=True)
