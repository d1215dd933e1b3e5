"""Backup: a project as one file, as it stood at one moment.

```
backup.json                what it is, of which project, and when it was made
feltline.toml              the settings
feltline.db                all rows, as a SQLite file, whatever database the project has
features/<content>/<key>/  feature files of its videos
```

Not in it: the videos, which are the user's and stay where they are; pictures, proxy
videos and projections, which are made again; and keys.
"""

import json
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from feltline.atomic import replacing
from feltline.errors import FacesLostError, InputError
from feltline.formats import check_replaceable, replacing_output
from feltline.project.project import Project
from feltline.project.project_settings import SETTINGS_FILE, toml_of
from feltline.project.snapshot import feature_file_of
from feltline.settings import version
from feltline.store import Store, VideoRecord
from feltline.types import Progress

__all__ = [
    "BACKUP_LAYOUT",
    "COPIED_BYTES",
    "DATABASE_NAME",
    "MANIFEST",
    "BackedUp",
    "backup",
    "write_backup",
]

BACKUP_LAYOUT: Final = 1
"""Counts changes of what is in a backup."""
MANIFEST: Final = "backup.json"
DATABASE_NAME: Final = "feltline.db"
COPIED_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """What is in a backup.

    Attributes:
        videos: Videos whose rows and feature files are in it.
        lost: Videos whose feature files were lost already: only rows are.
        size: Bytes of the file.
        last_event_id: The last event that it holds.
    """

    videos: int
    lost: tuple[str, ...]
    size: int
    last_event_id: int


def backup(
    project: Project,
    out: Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> BackedUp:
    """Write a project into one file, while others may go on working in it.

    Args:
        project: The project.
        out: Where to; its name ends in .zip.
        force: Whether a file at `out` that feltline did not write is kept beside it as
            `NAME.bak-N`, not refused.
        progress: Told how far it is.

    Raises:
        InputError: The name, the folder, or a file at `out` that feltline did not
            write.
        SetupError: No room or no permission to write.
        StoreError: The database cannot be read, or videos were purged all the time.
    """
    if out.suffix.lower() != ".zip":
        raise InputError(f"a backup is a .zip file; give {out.name}.zip or the like")
    check_replaceable(out, force=force)
    with replacing_output(out, force=force), replacing(out) as scratch:
        return write_backup(project, scratch, progress=progress)


def write_backup(
    project: Project, path: Path, *, progress: Progress | None = None
) -> BackedUp:
    """Write a backup to a scratch file of one's own.

    Raises:
        InputError: A video was purged meanwhile: it must not be in the file.
        SetupError: No room or no permission to write.
        StoreError: The database cannot be read.
    """
    made_at = datetime.now(tz=UTC)  # before it is read: a later purge is a later one
    lost: list[str] = []
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
        copied = Path(folder) / DATABASE_NAME
        project.store.snapshot(copied)
        url = f"sqlite:///{copied}"
        with Store.open(url, project_id=project.settings.project_id) as store:
            videos, last_event_id = store.videos(), store.last_event_id()
        manifest = {
            "layout": BACKUP_LAYOUT,
            "program": f"feltline {version()}",
            "project_id": project.settings.project_id,
            "name": project.settings.name,
            "made_at": made_at.isoformat(),
            "last_event_id": last_event_id,
            "videos": len(videos),
        }
        # Its own database goes with it, so no other is named, nor a password.
        settings = toml_of(replace(project.settings, database=""))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            file.writestr(MANIFEST, json.dumps(manifest, indent=1))
            file.writestr(SETTINGS_FILE, settings)
            # Closed as WAL, a file has nothing beside it.
            file.write(copied, DATABASE_NAME)
            for done, video in enumerate(videos, start=1):
                if not _add_features(project, video, file):
                    lost.append(video.video_id)
                if progress is not None:
                    progress("videos", done, len(videos))
    left = {video.content_hash for video in project.store.videos()}
    if any(video.content_hash not in left for video in videos):
        raise InputError(
            "a video was purged while the backup was made, and must not be in it; "
            "nothing was written, run the same command again"
        )
    return BackedUp(
        videos=len(videos) - len(lost),
        lost=tuple(lost),
        size=path.stat().st_size,
        last_event_id=last_event_id,
    )


def _add_features(project: Project, video: VideoRecord, file: zipfile.ZipFile) -> bool:
    """Put the feature file of a video into a backup; whether there is one."""
    try:
        folder = feature_file_of(project, video).folder
        for path in sorted(folder.iterdir()):
            # Projections are derived, and may be deleted at any time.
            if path.is_file() and not path.name.startswith("appearance-"):
                name = f"features/{video.content_hash}/{folder.name}/{path.name}"
                # Floats hardly shrink: they are only copied.
                info = zipfile.ZipInfo.from_file(path, name)
                with path.open("rb") as source, file.open(info, "w") as target:
                    shutil.copyfileobj(source, target, COPIED_BYTES)
    except (FacesLostError, FileNotFoundError):  # purged meanwhile: found out later
        return False
    return True
