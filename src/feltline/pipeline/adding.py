"""Videos into a project: found, read once, and entered.

Reading is by content: a video that is there already, under whatever name, is passed
over, or only read again if its faces were lost; one whose reading was interrupted goes
on where it stopped. Several are read at once in processes of their own; only this
process writes to the database.
"""

import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from feltline.errors import FeltlineError, InputError, SetupError, VideoError
from feltline.pipeline.extraction import extract
from feltline.project.extraction_cache import (
    Extraction,
    ExtractOptions,
    embeddings_kept,
)
from feltline.project.project import Project, copy_of
from feltline.store import VideoRecord
from feltline.types import Progress
from feltline.video import content_hash, frame_times, probe

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

__all__ = ["Added", "add_videos", "expand_sources"]

VIDEO_SUFFIXES: Final = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"),
    *(".mpg", ".mts", ".ts", ".webm", ".wmv"),
)
PICTURE_SUFFIXES: Final = (".bmp", ".jpeg", ".jpg", ".png", ".webp")
PATIENCE_S: Final = 0.2


@dataclass(slots=True, kw_only=True)
class Added:
    """What became of the videos.

    Attributes:
        added: Names of new videos.
        known: Sources that were in the project already, with the name they have there.
        without_face: Names of new videos in which no face was found.
        failed: Sources that could not be read, and why.
    """

    added: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    without_face: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def expand_sources(sources: Sequence[str], *, may_be_empty: bool = False) -> list[str]:
    """The videos that are meant: files, URLs, and what lies in folders.

    A folder of pictures is one video; of any other folder, its videos are taken, those
    of folders inside it too, in the order of their names.

    Args:
        sources: Files, folders or URLs.
        may_be_empty: Whether a folder may hold nothing yet.

    Raises:
        InputError: A file or folder does not exist, or a folder holds no video.
    """
    found: list[str] = []
    for source in sources:
        path = Path(source)
        if "://" in source or path.is_file():
            found.append(source)
        elif path.is_dir():
            inside = list(_videos_in(path))
            if not inside and not may_be_empty:
                raise InputError(
                    f"the folder {path} holds neither videos nor pictures; give "
                    f"another one"
                )
            found += inside
        else:
            raise InputError(f"there is no file or folder {path}; check the path")
    return list(dict.fromkeys(found))


def _videos_in(folder: Path) -> Iterator[str]:
    entries = sorted(folder.iterdir())
    if any(e.suffix.lower() in PICTURE_SUFFIXES for e in entries):
        yield str(folder)
    for entry in entries:
        if entry.is_dir() and not entry.name.startswith("."):
            yield from _videos_in(entry)
        elif entry.suffix.lower() in VIDEO_SUFFIXES:
            yield str(entry)


def add_videos(
    project: Project,
    sources: Sequence[str],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    done: Callable[[str], None] | None = None,
) -> Added:
    """Read videos and enter them into a project.

    Args:
        project: The project.
        sources: Files, folders of pictures, or URLs that fsspec opens.
        jobs: How many to read at once.
        progress: Told how far each is.
        done: Told the name of each video as it is entered.

    Returns:
        What became of each. One that cannot be read does not keep the others out.

    Raises:
        StoreError: The database cannot be written.
        SetupError: A package or disk space is missing.
    """
    report = Added()
    waiting = _to_read(project, sources, report)
    for source, path, name, found in _read_all(project, waiting, jobs, progress):
        if isinstance(found, SetupError):
            raise found
        if isinstance(found, FeltlineError):
            report.failed[source] = str(found)
            continue
        if source in report.known:
            # Its faces were lost, and are there again: who serves the project, or has
            # it in memory, left it out till now.
            project.store.note(
                "video-read-again",
                rater=project.settings.rater,
                detail={"video_id": name},
            )
            continue
        try:
            record = _record(project, source, path, found)
        except VideoError as error:  # gone since it was read
            report.failed[source] = str(error)
            continue
        project.store.add_video(record, found.tracks, added_by=project.settings.rater)
        report.added.append(name)
        if not found.tracks:
            report.without_face.append(name)
        if done is not None:
            done(name)
    return report


def _to_read(
    project: Project, sources: Sequence[str], report: Added
) -> list["Reading"]:
    """What is to be read; what is there already or cannot be read is reported."""
    waiting: list[Reading] = []
    hashes: set[str] = set()
    names = set(project.store.video_names())
    for source in sources:
        try:
            _check_name(source)
            path = _local(project, source)
            content = content_hash(path)
        except VideoError as error:
            report.failed[source] = str(error)
            continue
        before = project.store.find_content(content)
        if before is not None or content in hashes:
            report.known[source] = before or source
            if before is not None and _lacks_faces(project, before):
                waiting.append((source, path, before))
            elif "://" in source:
                _forget_copy(project, source, before)
            continue
        hashes.add(content)
        # Of "." and ".." too; a link gives its own name, not that of what it leads to.
        plain = os.path.abspath(path)  # noqa: PTH100 - `resolve` would follow links
        name = _free_name(Path(plain).name or "pictures", names)
        names.add(name)
        waiting.append((source, path, name))
    return waiting


def _check_name(source: str) -> None:
    """Refuse a name that could not be kept, before the long work.

    Raises:
        VideoError: It is no text.
    """
    if any(ord(c) < 32 or ord(c) == 127 or "\ud800" <= c <= "\udfff" for c in source):
        raise VideoError(
            f"{source!a} has characters in its name that are no text; rename it"
        )


def _lacks_faces(project: Project, name: str) -> bool:
    """Whether what was extracted from a video is lost, and reading would find it."""
    video = project.store.video(name)
    looked_at = project.settings.extraction.every.pick(video.time_s)
    same_frames = np.array_equal(looked_at, video.looked_at)
    if not same_frames or video.encoder_id != project.encoder_id:
        return False  # the settings are others now
    kept = embeddings_kept(
        video.content_hash,
        project.encoder,
        project.settings.extraction,
        video.time_s[video.looked_at],
        cache=project.faces_folder,
    )
    return kept is None


def _forget_copy(project: Project, source: str, name: str | None) -> None:
    """Delete what was fetched of a video that the project has from elsewhere."""
    if name is None or project.store.video(name).location != source:
        shutil.rmtree(copy_of(project.hidden, source).parent, ignore_errors=True)


def _local(project: Project, source: str) -> Path:
    """The file to read; a remote one is copied first, whole or not at all."""
    if "://" not in source:
        return Path(source)
    import fsspec

    from feltline.atomic import replacing

    copy = copy_of(project.hidden, source)
    if copy.exists():
        return copy
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            replacing(copy) as scratch,
            fsspec.open(source, "rb") as remote,
            scratch.open("wb") as file,
        ):
            shutil.copyfileobj(remote, file)
    except Exception as error:
        # fsspec's backends raise what they like; whatever it is, this video failed.
        raise VideoError(
            f"{source} cannot be fetched ({error}); check the address, and that the "
            f"fsspec package for it is installed"
        ) from error
    return copy


def _free_name(name: str, taken: set[str]) -> str:
    """A name that no other video of the project has: talk.mp4, then talk~2.mp4."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - of a name, not of a path
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{stem}~{number}{suffix}"
    return free


def _record(
    project: Project, source: str, path: Path, found: Extraction
) -> VideoRecord:
    rate_hz = project.settings.extraction.image_rate_hz
    info = probe(path, image_rate_hz=rate_hz)
    time_s = frame_times(path, image_rate_hz=rate_hz)
    location = source
    if "://" not in source:
        inside = path.resolve().is_relative_to(project.folder.resolve())
        location = str(
            path.resolve().relative_to(project.folder.resolve())
            if inside
            else path.resolve()
        )
    return VideoRecord(
        video_id=found.video_id,
        content_hash=found.content_hash,
        location=location,
        width=info.width,
        height=info.height,
        n_frames=found.n_frames,
        duration_s=_duration_s(time_s),
        time_base="" if info.time_base is None else str(info.time_base),
        codec=info.codec,
        time_s=time_s,
        looked_at=found.frame,
        encoder_id=found.encoder_id,
        added_at=datetime.now(tz=UTC),
    )


def _duration_s(time_s: np.ndarray) -> float:
    """From the first frame to the end of the last, taken to last as long as most."""
    if len(time_s) < 2:
        return 0.0
    return float(time_s[-1] - time_s[0] + np.median(np.diff(time_s)))


Reading = tuple[str, Path, str]
Read = tuple[str, Path, str, Extraction | FeltlineError]


def _read_all(
    project: Project,
    waiting: Sequence[Reading],
    jobs: int,
    progress: Progress | None,
) -> Iterator[Read]:
    options, cache = project.settings.extraction, project.faces_folder
    if min(jobs, len(waiting)) <= 1:
        for source, path, name in waiting:
            yield source, path, name, _tried(path, options, name, cache, progress)
        return
    context = multiprocessing.get_context("spawn")
    told: Queue[tuple[str, int, int]] = context.Queue()
    with ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_remember, initargs=(told,)
    ) as pool:
        running: dict[Future[Extraction | FeltlineError], Reading] = {
            pool.submit(_in_worker, path, options, name, cache): (source, path, name)
            for source, path, name in waiting
        }
        try:
            while running:
                ended, _ = wait(running, PATIENCE_S, FIRST_COMPLETED)
                _pass_on(told, progress)
                for future in ended:
                    yield *running.pop(future), future.result()
        except BrokenProcessPool as error:
            raise SetupError(
                "a process that read a video was ended from outside, most likely for "
                "want of memory; run the same command again with fewer --jobs: what "
                "was read is kept"
            ) from error
        except BaseException:  # interrupted: what waits is not begun any more
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _tried(
    path: Path,
    options: ExtractOptions,
    name: str,
    cache: Path,
    progress: Progress | None,
) -> Extraction | FeltlineError:
    """A reading or why it failed, so that the other videos go on."""
    try:
        return extract(path, options, video_id=name, cache=cache, progress=progress)
    except FeltlineError as error:
        return error


_TOLD: "list[Queue[tuple[str, int, int]]]" = []
"""In a worker: where it tells how far it is."""


def _remember(told: "Queue[tuple[str, int, int]]") -> None:
    _TOLD.append(told)


def _in_worker(
    path: Path, options: ExtractOptions, name: str, cache: Path
) -> Extraction | FeltlineError:
    def tell(video: str, done: int, of: int) -> None:
        _TOLD[0].put((video, done, of))

    found = _tried(path, options, name, cache, tell)
    if isinstance(found, FeltlineError):
        return found
    return replace(found, embeddings=())  # they are on the shelf, and large


def _pass_on(told: "Queue[Any]", progress: Progress | None) -> None:
    """What workers have told since the last time."""
    while True:
        try:
            said = told.get_nowait()
        except Empty:
            return
        if progress is not None:
            progress(*said)
