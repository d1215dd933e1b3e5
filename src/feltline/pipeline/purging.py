"""A video and every trace of it out of a project."""

import errno
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feltline.errors import (
    FacesLostError,
    InputError,
    NothingToLabelError,
    SetupError,
    VideoError,
)
from feltline.project.feature_files import projections_in
from feltline.project.learning import learn
from feltline.project.project import Project, copy_of
from feltline.project.purged_contents import remember_purge
from feltline.project.uploaded_files import unclaimed_uploads
from feltline.video import content_hash

__all__ = ["Removed", "name_of_file", "purge", "purge_file", "purge_parts"]

TRIES: Final = 5
"""So often a folder is removed into which others write meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was removed.

    Attributes:
        rows: Rows of the database by table.
        files: Bytes of files by what they were.
        models: Models that were learnt with the video: they went too.
        mentions: How many comments on other videos name it. They stay as they are:
            nobody's words are rewritten.
        model_id: The model learnt anew from what is left; None where none was needed,
            or nothing is left to learn from.
    """

    rows: dict[str, int]
    files: dict[str, int]
    models: tuple[str, ...] = ()
    mentions: int = 0
    model_id: str | None = None


def purge(project: Project, video_id: str) -> Removed:
    """Remove a video's features, pictures, proxies, judgements and log entries.

    Models and bases that were learnt with it go too, and a model is learnt anew from
    what is left. The video file itself stays, unless feltline fetched it or a page sent
    it.

    Raises:
        StoreError: There is no such video, or the database cannot be written.
        SetupError: A file cannot be removed; run it again.
    """
    record = project.store.video(video_id)
    remember_purge(project, record.content_hash)
    # Files first: should one resist, the video is still known and purge can go on.
    files = _files_removed(project, record.content_hash)
    if "://" in record.location:
        files["fetched copy"] = _removed(project.path_of(record).parent)
    if size := _uploads_removed(project, record.content_hash, project.path_of(record)):
        files["uploaded copies"] = size
    gone = project.store.purge_video(video_id, rater=project.settings.rater)
    if gone.bases:
        # Beside the embeddings of other videos they would give the basis away.
        files["projections on its basis"] = _projections_removed(project)
    return Removed(
        rows=gone.removed,
        files=files,
        models=gone.models,
        mentions=len(gone.mentions),
        model_id=_learnt_anew(project) if gone.models else None,
    )


def _learnt_anew(project: Project) -> str | None:
    """Id of a model learnt from what is left."""
    try:
        return learn(project).model_id
    except (NothingToLabelError, FacesLostError):
        return None


def name_of_file(project: Project, source: str) -> str | None:
    """Name of the video that a file, a folder of pictures or a URL is in the project.

    Returns:
        None if its content was never entered.

    Raises:
        InputError: There is no such file.
        VideoError: It cannot be read.
    """
    return project.store.find_content(content_hash(_file_of(project, source)))


def purge_file(project: Project, source: str) -> Removed:
    """Remove what is kept of a file that is no video of the project.

    Adding it was interrupted or failed: its faces lie there, but it was never entered.
    `source` is a file, folder of pictures or URL, as it was given to be added.

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
    files = _files_removed(project, content)
    if "://" in source:
        files["fetched copy"] = _removed(path.parent)
    if size := _uploads_removed(project, content, path):
        files["uploaded copies"] = size
    return Removed(rows={}, files=files)


def purge_parts(project: Project, path: Path) -> None:
    """Remove the faces that were found in a file whose adding was cancelled.

    The file itself stays, and so does all that is kept of a video of the project.

    Raises:
        VideoError: It cannot be read.
        SetupError: A file cannot be removed.
    """
    folder = project.features_folder
    kept = {place.name for place in folder.iterdir()} if folder.is_dir() else set()
    # A large file is not hashed for nothing.
    if kept - {video.content_hash for video in project.store.videos()}:
        content = content_hash(path)
        if project.store.find_content(content) is None:
            _files_removed(project, content)


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


def _files_removed(project: Project, content: str) -> dict[str, int]:
    """Bytes removed with the folders of a video, all named by its content hash."""
    project.originals.forget(content)
    return {
        what: _removed(folder / content)
        for what, folder in (
            ("faces and embeddings", project.features_folder),
            ("pictures", project.pictures_folder),
            ("proxy video", project.proxies_folder),
        )
    }


def _uploads_removed(project: Project, content: str, place: Path) -> int:
    """Bytes removed with the uploaded file at a place, and further copies of it."""
    copies = {path for path in unclaimed_uploads(project) if _holds(path, content)}
    if place.resolve().parent == project.uploads_folder.resolve():
        copies.add(place)
    return sum(_removed(path) for path in copies)


def _holds(path: Path, content: str) -> bool:
    with suppress(VideoError):  # it cannot be read, so it was never looked at
        return content_hash(path) == content
    return False


def _projections_removed(project: Project) -> int:
    """Bytes removed with what is projected on a basis; it is made again when read."""
    size = 0
    for file in projections_in(project.features_folder):
        try:
            size += file.stat().st_size
            file.unlink()
        except FileNotFoundError:
            continue  # pruned by another program
        except OSError as error:
            raise SetupError(
                f"the video is purged, but {file}, which was made with it, cannot be "
                f"removed ({error.strerror}); close what uses it and delete that file"
            ) from error
    return size


def _removed(place: Path) -> int:
    """Bytes removed with a folder or a file."""
    if not place.exists():
        return 0
    files = place.rglob("*") if place.is_dir() else [place]
    size = sum(p.stat().st_size for p in files if p.is_file())
    try:
        if place.is_dir():
            _remove_folder(place)
        else:
            place.unlink()
    except OSError as error:
        raise SetupError(
            f"{place} cannot be removed ({error.strerror}); close what uses it, then "
            f"purge the video again"
        ) from error
    return size


def _remove_folder(folder: Path) -> None:
    """Remove a folder, though others may write into it, or tidy it up, meanwhile.

    A server that has the project open keeps what it projects beside the embeddings; it
    stops once it learns of the purge.
    """
    for _ in range(TRIES - 1):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.ENOENT):
                raise
        if not folder.exists():
            return
    shutil.rmtree(folder)
