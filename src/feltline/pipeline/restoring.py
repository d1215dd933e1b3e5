"""Restore: a project from a backup, in a folder of its own.

What comes from elsewhere is not trusted: names of files are those that a backup has and
no others, nothing is unpacked beyond what the file can hold, no pickles are read, and
the database may hold tables and indices only. Videos that were purged after the backup
was made stay out: purges are remembered in the user's own folder, which outlives the
project, and in projects that are named.
"""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from feltline.atomic import replacing_folder
from feltline.errors import (
    FacesLostError,
    InputError,
    NothingToLabelError,
    SetupError,
    ShapeError,
)
from feltline.pipeline.backing_up import (
    BACKUP_LAYOUT,
    COPIED_BYTES,
    DATABASE_NAME,
    MANIFEST,
)
from feltline.project.learning import learn
from feltline.project.project import (
    DATABASE_VARIABLE,
    HIDDEN_FOLDER,
    Project,
)
from feltline.project.project_settings import SETTINGS_FILE, read_settings
from feltline.project.purged_contents import (
    fingerprint,
    note_purge,
    purged_after,
)
from feltline.store import Store, check_snapshot
from feltline.types import Progress

__all__ = ["Restored", "restore"]

_FEATURE: Final = re.compile(
    r"features/([0-9a-f]{8,128})/([A-Za-z0-9_-][A-Za-z0-9._-]{0,99})/"
    r"([A-Za-z0-9_-][A-Za-z0-9._-]{0,99})"
)
_OTHERS: Final = frozenset({MANIFEST, SETTINGS_FILE, DATABASE_NAME})
MOST_FILES: Final = 2_000_000
MOST_MANIFEST: Final = 1 << 20
MOST_GROWN: Final = 100
"""Unpacked, a backup is at most so many times as large: rows shrink to a tenth, feature
files hardly at all."""
SPARE_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A project that was restored.

    Attributes:
        folder: Where it is.
        name: What people call it.
        made_at: When the backup was made.
        videos: How many videos it has.
        purged: How many of the backup's stay out, as they were purged later.
        missing: Names of videos whose files are not where the project looks for them.
    """

    folder: Path
    name: str
    made_at: datetime
    videos: int
    purged: int
    missing: tuple[str, ...]


def restore(
    file: Path,
    folder: Path,
    *,
    purged_by: Iterable[Path] = (),
    progress: Progress | None = None,
) -> Restored:
    """Make a project of a backup, whole or not at all.

    Args:
        file: The backup.
        folder: Where to; it must not be there, or be empty.
        purged_by: Folders of projects whose purges count, beside those that the user's
            own folder remembers.
        progress: Told how far it is.

    Raises:
        InputError: The file is no backup or damaged, or the folder is not empty.
        SetupError: The disk is full, or the folder may not be written to.
        StoreError: Its database cannot be used.
    """
    if os.environ.get(DATABASE_VARIABLE):
        raise InputError(
            f"{DATABASE_VARIABLE} names a database, and a restored project has its "
            f"own; unset it, then run the same command again"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there and not empty; give a new folder")
    try:
        with zipfile.ZipFile(file) as held:
            entries = _checked(file, held, folder)
            manifest, made_at = _manifest(file, held)
            with replacing_folder(folder.absolute()) as scratch:
                purged = purged_after(made_at, purged_by)
                return _unpacked(
                    held, entries, manifest, scratch, folder, made_at, purged, progress
                )
    except FileNotFoundError:
        raise InputError(f"there is no file {file}; check the path") from None
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise InputError(
            f"{file} is no backup, or it is damaged ({error}); give a file that "
            f"feltline backup wrote"
        ) from error


def _unpacked(  # noqa: PLR0913 - one step of one function
    held: zipfile.ZipFile,
    entries: list[zipfile.ZipInfo],
    manifest: dict[str, Any],
    scratch: Path,
    folder: Path,
    made_at: datetime,
    purged: Mapping[str, datetime],
    progress: Progress | None,
) -> Restored:
    """Fill the folder, and take out what was purged."""
    project_id = str(manifest["project_id"])
    _copy(held, held.getinfo(SETTINGS_FILE), scratch / SETTINGS_FILE)
    _copy(held, held.getinfo(DATABASE_NAME), scratch / DATABASE_NAME)
    check_snapshot(scratch / DATABASE_NAME)
    try:
        settings = read_settings(scratch)
    except InputError as error:  # where it lay meanwhile is nobody's business
        why = str(error).replace(f"{scratch}{os.sep}", "")
        raise zipfile.BadZipFile(why) from error
    if settings.project_id != project_id or settings.database:
        raise InputError(
            "the settings in the backup are not those of its database; give a file "
            "that feltline backup wrote"
        )
    url = f"sqlite:///{scratch / DATABASE_NAME}"
    with Store.open(url, project_id=project_id) as store:
        try:
            held_videos = store.videos()
        except ShapeError as error:
            raise InputError(str(error)) from error
        gone = [
            video
            for video in held_videos
            if fingerprint(project_id, video.content_hash) in purged
        ]
        stays_out = {video.content_hash for video in gone}
        hidden = scratch / HIDDEN_FOLDER
        hidden.mkdir()
        for done, entry in enumerate(entries, start=1):
            if (match := _FEATURE.fullmatch(entry.filename)) is not None:
                if match[1] not in stays_out:
                    _copy(held, entry, hidden / entry.filename)
                if progress is not None:
                    progress("files", done, len(entries))
        project = Project(scratch, settings, store)
        for video in gone:
            # As of then: a video that was added again since may be in later backups.
            mark = fingerprint(project_id, video.content_hash)
            note_purge(hidden, mark, purged[mark])
            store.purge_video(video.video_id, rater=settings.rater)
        if gone:
            with suppress(NothingToLabelError, FacesLostError):
                learn(project)
        videos = store.videos()
        here = Project(folder.absolute(), settings, store)
        missing = tuple(v.video_id for v in videos if not here.path_of(v).exists())
        return Restored(
            folder=folder,
            name=settings.name,
            made_at=made_at,
            videos=len(videos),
            purged=len(gone),
            missing=missing,
        )


def _checked(file: Path, held: zipfile.ZipFile, folder: Path) -> list[zipfile.ZipInfo]:
    """The entries of a backup, if they are those of one and can be unpacked.

    Raises:
        InputError: There are others, some twice, or they unpack to too much.
        SetupError: There is no room for them.
    """
    entries = held.infolist()
    names = [entry.filename for entry in entries]
    wrong = [e.filename for e in entries if not _is_of_backup(e)]
    if wrong or len(set(names)) < len(names) or len(names) > MOST_FILES:
        what = repr(wrong[0][:80]) if wrong else "files that are there twice"
        raise InputError(
            f"{file} is no backup of feltline: it holds {what}; nothing was unpacked"
        )
    if absent := sorted(_OTHERS.difference(names)):
        raise InputError(
            f"{file} is no backup of feltline: it lacks {absent[0]}; give a file that "
            f"feltline backup wrote"
        )
    size = sum(entry.file_size for entry in entries)
    if size > MOST_GROWN * file.stat().st_size:
        raise InputError(
            f"{file} would unpack to {size} bytes, far more than any backup of its "
            f"size; nothing was unpacked"
        )
    above = folder.absolute()
    while not above.is_dir():
        above = above.parent
    if size + SPARE_BYTES > (free := shutil.disk_usage(above).free):
        raise SetupError(
            f"the backup needs {size} bytes in {above}, where {free} are free; make "
            f"room, or choose another place"
        )
    return entries


def _is_of_backup(entry: zipfile.ZipInfo) -> bool:
    """Whether a backup has such an entry; feature files are never compressed."""
    if entry.filename in _OTHERS:
        return True
    is_plain = entry.compress_type == zipfile.ZIP_STORED
    return is_plain and _FEATURE.fullmatch(entry.filename) is not None


def _manifest(file: Path, held: zipfile.ZipFile) -> tuple[dict[str, Any], datetime]:
    """What a backup says of itself, and when it was made.

    Raises:
        InputError: It says nothing that can be read, or is of a newer program.
    """
    entry = held.getinfo(MANIFEST)
    try:
        with held.open(entry) as said_in:
            said = json.loads(said_in.read(MOST_MANIFEST))
        layout, made_at = int(said["layout"]), datetime.fromisoformat(said["made_at"])
        made_at = made_at.astimezone(UTC)
        str(said["project_id"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(
            f"{MANIFEST} in {file} cannot be read ({error}); give a file that feltline "
            f"backup wrote"
        ) from error
    if layout > BACKUP_LAYOUT:
        raise InputError(
            f"{file} was written by a newer feltline ({said.get('program')}); update "
            f"feltline, then run the same command again"
        )
    return said, made_at


def _copy(held: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    """Unpack one entry, and no more of it than it said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with held.open(entry) as source, path.open("xb") as target:
        while piece := source.read(COPIED_BYTES):
            left -= len(piece)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.filename} is longer than it says")
            target.write(piece)
