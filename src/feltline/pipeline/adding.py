"""Adding videos to a project: found, extracted once, and entered.

Videos are known by their content: one that is there already, under whatever name, is
passed over, or only extracted again if its feature file was lost; one whose extraction
was interrupted goes on where it stopped. Only this process writes to the database.
"""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from feltline.errors import OriginalLostError, SetupError, StoreError
from feltline.pipeline.extraction import crowd_note
from feltline.pipeline.extraction_workers import (
    Begins,
    ExtractionJob,
    ExtractionResult,
    run_extractions,
)
from feltline.pipeline.sources import FreeNames, is_remote, nth_of, plain_name
from feltline.project.feature_files import FeatureFile
from feltline.project.project import Project, copy_of
from feltline.store import TrackRecord, VideoRecord
from feltline.types import Progress

__all__ = ["Added", "add_videos"]


@dataclass(slots=True, kw_only=True)
class Added:
    """What became of the videos.

    Attributes:
        added: Names of new videos.
        known: Sources that were in the project already, with the name they have there.
        without_face: Names of new videos in which no face was found.
        failed: Sources that could not be read, and why.
        renamed: Sources of new videos whose file name another video has, by the name
            that they got.
        relocated: Where videos of the project lie now whose file was missing or
            another one, by name.
        notes: Sentences about these, and about faces that were not followed.
    """

    added: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    without_face: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    relocated: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def add_videos(
    project: Project,
    sources: Sequence[str],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    begins: Begins | None = None,
) -> Added:
    """Extract videos and enter them into a project.

    A source that cannot be read does not keep the others out.

    Args:
        project: The project.
        sources: Files, folders of pictures, or URLs that fsspec opens.
        jobs: How many to read at once.
        progress: Told how far each is.
        begins: Told of each source before it is looked at, where that is one at a
            time: should reading it end this process, it was that.

    Raises:
        StoreError: The database cannot be written.
        SetupError: A package or disk space is missing.
    """
    report = Added()
    names = FreeNames(project.store.video_names())
    asked = _jobs(project, sources)
    for result in run_extractions(asked, jobs, progress, begins):
        source = result.job.source
        if isinstance(result.error, SetupError):
            raise result.error
        if result.error is not None:
            report.failed[source] = str(result.error)
            continue
        name = _enter(project, result, names)
        if name is None:
            _note_known(project, result, report)
            continue
        report.added.append(name)
        _note_new(project, result, name, report)
        if result.features is not None and not result.features.n_tracks:
            report.without_face.append(name)
    return report


def _jobs(project: Project, sources: Sequence[str]) -> list[ExtractionJob]:
    known = frozenset(video.content_hash for video in project.store.videos())
    return [
        ExtractionJob(
            source=source,
            path=copy_of(project.hidden, source) if is_remote(source) else Path(source),
            options=project.settings.extraction,
            folder=project.features_folder,
            known=known,
        )
        for source in sources
    ]


def _enter(project: Project, result: ExtractionResult, names: FreeNames) -> str | None:
    """Enter a video; its name, or None if its content is in the project already.

    Another `add` may enter the same video, or take its name, at any moment.
    """
    features, job = result.features, result.job
    while features is not None and project.store.find_content(result.content) is None:
        name = names.take(job.path)
        record = _record(project, job, features, name)
        tracks = [
            TrackRecord.of(track)
            for track in FeatureFile.open(features.folder, video_id=name).tracks
        ]
        try:
            project.store.add_video(record, tracks, added_by=project.settings.rater)
        except StoreError:
            is_known = project.store.find_content(result.content) is not None
            if not is_known and name not in project.store.video_names():
                raise  # for another reason
            continue
        return name
    return None


def _note_new(
    project: Project, result: ExtractionResult, name: str, report: Added
) -> None:
    """Keep what its file looks like; say if its name or faces are not as expected."""
    path, source = result.job.path, result.job.source
    project.originals.trust(path, result.content, result.stamp)
    asked = plain_name(path)
    if name != asked:
        report.renamed[name] = source
        first, where = "", source
        with suppress(StoreError):  # it was purged meanwhile
            first = project.store.video(asked).location
            where = f"{source}; the first is {first}"
        if first == _location(project, result.job):
            where = (
                f"{source} holds another video now than the one that was added from "
                f"it, whose labels stay with {asked}"
            )
        report.notes.append(f"the {nth_of(name)} {asked} became {name}: {where}")
    if result.features is not None and (note := crowd_note(result.features)):
        report.notes.append(note.replace(result.features.video_id, name, 1))


def _note_known(project: Project, result: ExtractionResult, report: Added) -> None:
    """Settle what came of reading a video that is in the project already."""
    source, name = result.job.source, project.store.find_content(result.content)
    if name is None:
        report.failed[source] = f"{source} was purged just now; add it again"
        return
    report.known[source] = name
    _reconnect(project, result, name, report)
    if result.features is not None and result.content in result.job.known:
        # Its faces were lost, and are there again: who serves the project, or has it
        # in memory, left it out till now.
        project.store.note(
            "video-read-again", rater=project.settings.rater, detail={"video_id": name}
        )
    elif result.job.is_remote and project.store.video(name).location != source:
        shutil.rmtree(result.job.path.parent, ignore_errors=True)


def _reconnect(
    project: Project, result: ExtractionResult, name: str, report: Added
) -> None:
    """Take the place of a known file for that of its video, if that has lost its own.

    The place of a copy is not taken as long as the video's own file is there.
    """
    video = project.store.video(name)
    location = _location(project, result.job)
    if location != video.location:
        try:
            project.verify(video)
        except OriginalLostError:
            rater = project.settings.rater
            project.store.relocate_video(name, location, rater=rater)
            report.relocated[name] = location
            report.notes.append(
                f"{name} lies at {location} now, no longer at {video.location}"
            )
        else:
            return
    project.originals.trust(result.job.path, result.content, result.stamp)


def _record(
    project: Project, job: ExtractionJob, features: FeatureFile, name: str
) -> VideoRecord:
    facts = asdict(features.facts)
    del facts["average_rate"]
    return VideoRecord(
        video_id=name,
        location=_location(project, job),
        encoder_id=features.encoder_id,
        added_at=datetime.now(tz=UTC),
        **facts,
    )


def _location(project: Project, job: ExtractionJob) -> str:
    """The URL, or the path as the project keeps it."""
    return job.source if job.is_remote else project.location_of(job.path)
