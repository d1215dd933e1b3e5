"""Purged contents: what was purged when, so that a restored backup stays without it.

A line per purge holds a fingerprint, which can be compared with a video that is at hand
but tells nothing of one that is not, and the time. It is kept in the project and in the
user's own folder (`FELTLINE_HOME`), which outlives the project.
"""

import hashlib
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from feltline.project.project import HIDDEN_FOLDER, Project
from feltline.settings import home_folder

__all__ = ["PURGED_FILE", "fingerprint", "note_purge", "purged_after", "remember_purge"]

logger = logging.getLogger(__name__)

PURGED_FILE: Final = "purged.txt"


def fingerprint(project_id: str, content_hash: str) -> str:
    """Names the content of a video within one project, and nowhere else."""
    return hashlib.sha256(f"{project_id}\n{content_hash}".encode()).hexdigest()


def remember_purge(project: Project, content_hash: str) -> None:
    """Write down that the content of a video is to stay out from now on."""
    mark = fingerprint(project.settings.project_id, content_hash)
    for folder in (project.hidden, home_folder()):
        note_purge(folder, mark, datetime.now(tz=UTC))


def note_purge(folder: Path, mark: str, when: datetime) -> None:
    """Write down in a folder that what has this fingerprint was purged."""
    file = folder / PURGED_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(f"{mark} {when.isoformat()}\n")
    except OSError as error:  # no reason to leave the video where it is
        logger.warning(
            "%s cannot be written (%s): a backup of before this purge that is restored "
            "would bring the video back",
            file,
            error.strerror,
        )


def purged_after(when: datetime, projects: Iterable[Path] = ()) -> dict[str, datetime]:
    """Fingerprints of what was purged after a moment, and when it last was.

    Args:
        when: The moment.
        projects: Folders of projects that remember purges, beside the user's own.
    """
    if when > datetime.now(tz=UTC):
        # The clock of then ran ahead, so any purge may have been later: all count.
        when = datetime.min.replace(tzinfo=UTC)
    folders = [home_folder(), *(folder / HIDDEN_FOLDER for folder in projects)]
    found: dict[str, datetime] = {}
    for folder in folders:
        try:
            lines = (folder / PURGED_FILE).read_text(encoding="utf-8").splitlines()
        except OSError:
            continue  # nothing was purged there
        for line in lines:
            mark, _, at = line.partition(" ")
            try:
                if (purged_at := datetime.fromisoformat(at)) > when:
                    found[mark] = max(purged_at, found.get(mark, purged_at))
            except (ValueError, TypeError):
                logger.warning("%s has a line that says no time", folder / PURGED_FILE)
    return found
