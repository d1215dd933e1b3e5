"""A video and every trace of it out of a project."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from feltline.errors import InputError, SetupError
from feltline.project.orphan_folders import OF_FACES
from feltline.project.project import Project, copy_of
from feltline.video import content_hash

__all__ = ["Purged", "name_of_file", "purge", "purge_file"]

"""So many digits of the content hash begin the name of a folder of faces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What was removed.

    Attributes:
        rows: Rows of the database by table.
        files: Bytes of files by what they were.
    """

    rows: dict[str, int]
    files: dict[str, int]


def purge(project: Project, video_id: str) -> Purged:
    """Remove a video's faces, embeddings, pictures, copies, labels and log entries.

    The video file itself stays, unless it is a copy that feltline fetched.

    Raises:
        StoreError: There is no such video, or the database cannot be written.
        SetupError: A file cannot be removed; run it again.
    """
    record = project.store.video(video_id)
    content = record.content_hash
    files: dict[str, int] = {}
    # Files first: should one resist, the video is still known and purge can go on.
    for what, folder in _folders(project, content):
        files[what] = files.get(what, 0) + _removed(folder)
    if "://" in record.location:
        files["fetched copy"] = _removed(project.path_of(record).parent)
    rows = project.store.purge_video(video_id)
    return Purged(rows=rows, files=files)


def name_of_file(project: Project, source: str) -> str | None:
    """Name of the video that a file, a folder of pictures or a URL is in the project.

    Returns:
        None if its content was never entered.

    Raises:
        InputError: There is no such file.
        VideoError: It cannot be read.
    """
    return project.store.find_content(content_hash(_file_of(project, source)))


def purge_file(project: Project, source: str) -> Purged:
    """Remove what is kept of a file that is no video of the project.

    Adding it was interrupted or failed: its faces lie there, but it was never entered.

    Args:
        project: The project.
        source: File, folder of pictures, or URL, as it was given to be added.

    Raises:
        InputError: There is no such file, or it is a video of the project.
        VideoError: It cannot be read.
        SetupError: A file cannot be removed; run it again.
    """
    path = _file_of(project, source)
    content = content_hash(path)
    name = project.store.find_content(content)
    if name is not None:
        raise InputError(f"{source} is the video {name} of the project; purge that")
    files: dict[str, int] = {}
    for what, folder in _folders(project, content):
        files[what] = files.get(what, 0) + _removed(folder)
    if "://" in source:
        files["fetched copy"] = _removed(path.parent)
    return Purged(rows={}, files=files)


def _file_of(project: Project, source: str) -> Path:
    """The file that is meant; of a URL, the copy that was fetched of it."""
    path = copy_of(project.hidden, source) if "://" in source else Path(source)
    if not path.exists():
        path = project.folder / source  # a project elsewhere, named by --project
    if not path.exists():
        raise InputError(
            f"there is no video {source!r} in this project, and no such file of which "
            f"something could be kept; feltline status --check names what is left of "
            f"others"
        )
    return path


def _folders(project: Project, content: str) -> list[tuple[str, Path]]:
    """Where things of a video are kept, all by the hash of its content."""
    faces = project.faces_folder.glob(f"{content[:OF_FACES]}-*")
    return [
        *(("faces and embeddings", folder) for folder in faces),
        ("pictures", project.pictures_folder / content),
        ("playable copy", project.proxies_folder / content),
    ]


def _removed(folder: Path) -> int:
    """Bytes removed with a folder."""
    if not folder.exists():
        return 0
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise SetupError(
            f"{folder} cannot be removed ({error.strerror}); close what uses it, then "
            f"purge the video again"
        ) from error
    return size
