"""Extraction of the videos of a project, one after another or in worker processes."""

import logging
import multiprocessing
import multiprocessing.connection
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, Final

from feltline.errors import FeltlineError, SetupError, VideoError
from feltline.pipeline.extraction import extract, find_features
from feltline.pipeline.extraction_models import ExtractionModels
from feltline.pipeline.sources import check_name, fetch_remote, is_remote
from feltline.project.extraction_cache import (
    Extraction,
    ExtractOptions,
    feature_folder,
)
from feltline.project.feature_files import FeatureFile
from feltline.project.originals import FileStamp, stamp_of
from feltline.types import Progress
from feltline.video import content_hash, scan_video

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

logger = logging.getLogger(__name__)

__all__ = ["Begins", "ExtractionJob", "ExtractionResult", "run_extractions"]

PATIENCE_S: Final = 0.2

Begins = Callable[[str, int], None]
"""Told of a source, and which one it is, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionJob:
    """One source to extract.

    Attributes:
        source: As the user gave it.
        path: Where its file lies, or will lie once it is fetched.
        options: What to look at.
        folder: Where feature files lie.
        known: Hashes of the contents that the project has.
    """

    source: str
    path: Path
    options: ExtractOptions
    folder: Path
    known: frozenset[str] = field(repr=False)

    @property
    def is_remote(self) -> bool:
        """Whether it must be fetched."""
        return is_remote(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionResult:
    """What became of one source.

    Attributes:
        job: What was asked.
        content: Hash of its content; empty where it failed.
        stamp: Size and times of the file before it was hashed; empty where it failed.
        features: Its feature file, where one was made or found for a new video.
        error: Why it failed.
    """

    job: ExtractionJob
    content: str = ""
    stamp: FileStamp = ()
    features: FeatureFile | None = None
    error: FeltlineError | None = None


def run_extractions(
    jobs: Sequence[ExtractionJob],
    n_workers: int,
    progress: Progress | None,
    begins: Begins | None = None,
) -> Iterator[ExtractionResult]:
    """Extract each source; one that fails does not keep the others out.

    A video that is known, and whose faces are there, is not read beyond its hash.
    `n_workers` processes read at once; 1 = this one, which tells `begins` of each
    source, and which of them it is, before it looks at it.

    Raises:
        SetupError: A worker was ended from outside.
    """
    if min(n_workers, len(jobs)) > 1:
        yield from _run_in_workers(jobs, n_workers, progress)
        return
    with ExtractionModels() as models:
        for nth, job in enumerate(jobs, start=1):
            if begins is not None:
                begins(job.source, nth)
            yield _run(job, models, progress)


def _run(
    job: ExtractionJob, models: ExtractionModels, progress: Progress | None
) -> ExtractionResult:
    try:
        check_name(job.source)
        if job.is_remote:
            fetch_remote(job.source, job.path)
        stamp = stamp_of(job.path)
        scan = scan_video(job.path, image_rate_hz=job.options.image_rate_hz)
        content = scan.facts.content_hash
        if content in job.known and not _lacks_faces(job, content, models):
            return ExtractionResult(job=job, content=content, stamp=stamp)
        made = extract(
            job.path,
            job.options,
            folder=job.folder,
            progress=progress,
            models=models,
            scan=scan,
        )
        _check_unchanged(job, content, stamp, made)
    except FeltlineError as error:
        return ExtractionResult(job=job, error=error)
    except Exception as error:
        # Whatever one file does to a decoder, it must not keep the others out.
        logger.exception("reading %a failed", job.source)
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        failed = VideoError(
            f"feltline itself failed while it read {job.source} ({why}); convert it to "
            f"MP4 (H.264), then try again"
        )
        return ExtractionResult(job=job, error=failed)
    return ExtractionResult(
        job=job, content=content, stamp=stamp, features=made.features
    )


def _check_unchanged(
    job: ExtractionJob, content: str, stamp: FileStamp, made: Extraction
) -> None:
    """Refuse a file that was written to while it was read; nothing of it is kept.

    What was there before, of a file of the same content, stays.

    Raises:
        VideoError: It has another content now, or is gone.
    """
    try:
        if stamp_of(job.path) == stamp or content_hash(job.path) == content:
            return
    except VideoError:
        if content in job.known:  # a copy of it was looked at, and that has gone
            return
    if not made.reused:
        shutil.rmtree(made.features.folder, ignore_errors=True)
        with suppress(OSError):  # not empty: it was read with other settings, too
            made.features.folder.parent.rmdir()
    raise VideoError(
        f"{job.source} changed or went while it was read: it may still be being "
        f"copied; add it once it is whole"
    )


def _lacks_faces(job: ExtractionJob, content: str, models: ExtractionModels) -> bool:
    """Whether the feature file of a known video is lost, and reading would mend it."""
    encoder_id = models.encoder(job.options.encoder).encoder_id
    place = feature_folder(job.folder, content, encoder_id, job.options)
    if place.is_dir():
        return find_features(place, job.path.name, content) is None
    others = (job.folder / content).glob("*/meta.json")
    return next(others, None) is None  # otherwise the settings are others now


def _run_in_workers(
    jobs: Sequence[ExtractionJob], n_workers: int, progress: Progress | None
) -> Iterator[ExtractionResult]:
    context = multiprocessing.get_context("spawn")
    steps: Queue[tuple[str, int, int]] = context.Queue()
    with ProcessPoolExecutor(
        n_workers, mp_context=context, initializer=_start_worker, initargs=(steps,)
    ) as pool:
        running: set[Future[ExtractionResult]] = {
            pool.submit(_run_in_worker, job) for job in jobs
        }
        try:
            while running:
                ended, running = wait(running, PATIENCE_S, FIRST_COMPLETED)
                _pass_on(steps, progress)
                for future in ended:
                    yield future.result()
        except BrokenProcessPool as error:
            raise SetupError(
                "a process that read a video was ended from outside, most likely for "
                "want of memory; run the same command again with fewer --jobs: what "
                "was read is kept"
            ) from error
        except BaseException:  # interrupted: what waits is not begun any more
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_WORKER: "list[tuple[ExtractionModels, Queue[tuple[str, int, int]]]]" = []
"""In a worker: its models, and where it tells how far it is."""


def _start_worker(steps: "Queue[tuple[str, int, int]]") -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _WORKER.append((ExtractionModels(), steps))


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, even killed.

    The sentinel is a pipe whose other end only the parent holds, on every system.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _run_in_worker(job: ExtractionJob) -> ExtractionResult:
    models, steps = _WORKER[0]
    return _run(job, models, lambda *step: steps.put(step))


def _pass_on(steps: "Queue[Any]", progress: Progress | None) -> None:
    """What workers have told since the last time."""
    while True:
        try:
            step = steps.get_nowait()
        except Empty:
            return
        if progress is not None:
            progress(*step)
