"""A video and every trace of it out of a project."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from feltline.errors import SetupError
from feltline.pipeline.project import Project

__all__ = ["Purged", "purge"]


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


def _folders(project: Project, content: str) -> list[tuple[str, Path]]:
    """Where things of a video are kept, all by the hash of its content."""
    faces = project.faces_folder.glob(f"{content[:20]}-*")
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
