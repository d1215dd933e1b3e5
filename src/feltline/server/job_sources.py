"""Videos that a job is to add: found in folders, and named as a page may be told."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from feltline.errors import InputError, VideoError
from feltline.pipeline import find_sources
from feltline.project import Project, fingerprint, purged_after
from feltline.server.media_roots import MediaRoots
from feltline.server.uploads import upload_path
from feltline.video import content_hash

__all__ = ["JobSources", "found_for", "named_for_page", "report_for_page"]


@dataclass(slots=True)
class JobSources:
    """What is to be added.

    Attributes:
        sources: Files and folders of pictures.
        lost: Those that cannot be added, and why.
        passed_over: A sentence on what lies in folders and is no video; may be empty.
    """

    sources: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    passed_over: str = ""


def found_for(
    project: Project, asked: Mapping[str, Any], looking: Callable[[str, int], None]
) -> JobSources:
    """The videos that a job is to add, of uploads and of what lies in folders.

    Args:
        project: The project.
        asked: Names of `uploads`, and `paths` below the folders `roots`; of all these
            are left out those in `without`, those in the folders `apart`, and those
            whose content was purged since `asked_at`.
        looking: Told of each folder that is looked through, and how many videos were
            found until then.

    Raises:
        InputError: A folder holds no video.
    """
    found, media = JobSources(), MediaRoots([Path(root) for root in asked["roots"]])
    apart = [Path(folder) for folder in asked.get("apart", ())]
    for name in asked["uploads"]:
        with _noting(found, name):
            found.sources.append(str(upload_path(project.uploads_folder, name)))
    places: list[str] = []
    for path in asked["paths"]:
        with _noting(found, path):
            places.append(str(media.inside(path, apart)))
    below = find_sources(places, looking=looking)
    found.passed_over = below.sentence
    for source in below.sources:
        # Without a word: what another project has is not to be told.
        if any(Path(source).resolve().is_relative_to(folder) for folder in apart):
            continue
        # A folder may hold a link that leads out of what may be named.
        with _noting(found, source):
            found.sources.append(str(media.inside(source)))
    without = {str(Path(path)) for path in asked.get("without", ())}
    found.sources = [one for one in dict.fromkeys(found.sources) if one not in without]
    _leave_out_purged(project, datetime.fromisoformat(asked["asked_at"]), found)
    return found


@contextmanager
def _noting(found: JobSources, name: str) -> Iterator[None]:
    """Note why something cannot be added: the rest can."""
    try:
        yield
    except InputError as error:
        found.lost[name] = str(error)


def _leave_out_purged(project: Project, asked_at: datetime, found: JobSources) -> None:
    """Leave out what was purged after it was asked for: it is not to come back."""
    purged = purged_after(asked_at, [project.folder])
    if not purged:
        return
    project_id = project.settings.project_id
    for source in tuple(found.sources):
        with suppress(VideoError):  # it fails when it is read
            if fingerprint(project_id, content_hash(Path(source))) in purged:
                found.sources.remove(source)
                found.lost[source] = f"{source} was purged just now; add it again"


def named_for_page(project: Project, text: str) -> str:
    """The same, with uploaded files by their names alone, wherever these stand.

    Where the project lies on the server says nothing to who sent a file.
    """
    return text.replace(f"{project.uploads_folder}{os.sep}", "")


def report_for_page(project: Project, report: Mapping[str, Any]) -> dict[str, Any]:
    """A report, as JSON holds it, with uploaded files by their names alone."""
    place = f"{project.uploads_folder}{os.sep}"
    return {name: _without(place, value) for name, value in report.items()}


def _without(place: str, value: object) -> object:
    if isinstance(value, str):
        return value.replace(place, "")
    if isinstance(value, Mapping):
        return {_without(place, k): _without(place, v) for k, v in value.items()}
    if isinstance(value, Sequence):
        return [_without(place, one) for one in value]
    return value
