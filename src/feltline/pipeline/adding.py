"""Adding videos to a project: found, extracted once, and entered.

Videos are known by their content: one that is there already, under whatever name, is
passed over, or only extracted again if its feature file was lost; one whose extraction
was interrupted goes on where it stopped. Only this process writes to the database.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from feltline.errors import SetupError, StoreError
from feltline.pipeline.extraction_workers import (
    ExtractionJob,
    ExtractionResult,
    run_extractions,
)
from feltline.pipeline.sources import FreeNames, is_remote
from feltline.project.feature_files import FeatureFile
from feltline.project.project import Project, copy_of
from feltline.project.video_files import VideoFiles, location_of
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
        renamed: Sources whose file name another video has, with the name they got.
        crowded: Frames of new videos in which more faces were in view than are
            followed, by name; where there are any.
        moved: Sources of which the project had the content at another place, where
            it is no more, with the name they have there; their labels stay.
    """

    added: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    without_face: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    crowded: dict[str, int] = field(default_factory=dict)


def add_videos(
    project: Project,
    sources: Sequence[str],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    done: Callable[[str], None] | None = None,
) -> Added:
    """Extract videos and enter them into a project.

    A source that cannot be read does not keep the others out.

    Args:
        project: The project.
        sources: Files, folders of pictures, or URLs that fsspec opens.
        jobs: How many to read at once.
        progress: Told how far each is.
        done: Told the name of each video as it is entered.

    Raises:
        StoreError: The database cannot be written.
        SetupError: A package or disk space is missing.
    """
    report = Added()
    names = FreeNames(project.store.video_names())
    asked = _jobs(project, sources)
    for result in run_extractions(asked, jobs, progress):
        source = result.job.source
        if isinstance(result.error, SetupError):
            raise result.error
        if result.error is not None:
            report.failed[source] = str(result.error)
            continue
        name = _enter(project, result, names)
        if name is None:
            name = _already_there(project, result)
            is_moved = _moved(project, result, name)
            (report.moved if is_moved else report.known)[source] = name
            continue
        report.added.append(name)
        if name != FreeNames(()).take(result.job.path):
            report.renamed[source] = name
        if result.features is not None and not result.features.n_tracks:
            report.without_face.append(name)
        if result.features is not None and result.features.n_crowded:
            report.crowded[name] = result.features.n_crowded
        if done is not None:
            done(name)
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
        if not job.is_remote:
            VideoFiles(project).note(project.path_of(record), result.content)
        return name
    return None


def _already_there(project: Project, result: ExtractionResult) -> str:
    """Name of a video that is known; what came of reading it once more is settled."""
    name = project.store.find_content(result.content) or result.job.source
    if result.features is not None and result.content in result.job.known:
        # Its faces were lost, and are there again: who serves the project, or has it
        # in memory, left it out till now.
        project.store.note(
            "video-read-again", rater=project.settings.rater, detail={"video_id": name}
        )
    elif result.job.is_remote and project.store.video(name).location != (
        result.job.source
    ):
        shutil.rmtree(result.job.path.parent, ignore_errors=True)
    return name


def _moved(project: Project, result: ExtractionResult, name: str) -> bool:
    """Take a source for the file of a known video whose own is gone or another one."""
    if result.job.is_remote or name not in project.store.video_names():
        return False
    record, files = project.store.video(name), VideoFiles(project)
    if "://" in record.location or files.state(record) == "there":
        return False
    files.move(record, result.job.path)
    return True


def _record(
    project: Project, job: ExtractionJob, features: FeatureFile, name: str
) -> VideoRecord:
    facts = asdict(features.facts)
    del facts["average_rate"]
    return VideoRecord(
        video_id=name,
        location=job.source if job.is_remote else location_of(project, job.path),
        encoder_id=features.encoder_id,
        added_at=datetime.now(tz=UTC),
        **facts,
    )
