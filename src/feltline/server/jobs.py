"""Jobs: long work that a page asks for, one at a time per project, in the background.

Each runs in a process of its own (`job_process`), so that extraction takes no turn from
answers, and a job that is cancelled ends at once. What is finished stays listed, with
its result or the reason why not, until the server ends.
"""

import logging
import multiprocessing
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Literal

from feltline.errors import InputError
from feltline.server.job_process import ITSELF, KINDS, run

__all__ = ["Asked", "Job", "JobState", "Jobs"]

logger = logging.getLogger(__name__)

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]

KEPT: Final = 50
"""Finished jobs that stay listed, the newest."""
MAX_WAITING: Final = 100
TELL_EVERY_S: Final = 0.25
END_S: Final = 5.0
"""So long a process has to end by itself before it is killed."""


Asked = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A piece of work, as it stands.

    Attributes:
        job_id: Names it.
        kind: One of `job_process.KINDS`.
        rater: Who asked for it, as the log names them.
        state: Whether it waits, runs, or how it ended.
        what: What is being looked at, such as a file.
        done: How much of that is done, and
        of: of how much; 0 = not known.
        left_s: Seconds that it is likely to take yet; None if not known.
        result: What came of it; empty unless it is done.
        fault: Why it failed, as a sentence.
    """

    job_id: str
    kind: str
    rater: str
    state: JobState = "waiting"
    what: str = ""
    done: int = 0
    of: int = 0
    left_s: float | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in ("done", "failed", "cancelled")


Finished = Callable[[Job, Asked], None]


class Jobs:
    """The jobs of one project, in the order in which they were asked for.

    Safe under threads. The thread that waits for them starts with the first.

    Args:
        folder: The project's.
        changed: Told of a job each time that it stands otherwise.
        finished: Called with one that is over, and with what it was to be done with,
            before that is told: what it wrote is to be taken in. Not called of jobs
            that `close` ends.
    """

    def __init__(
        self,
        folder: Path,
        changed: Callable[[Job], None],
        finished: Finished = lambda _job, _asked: None,
    ) -> None:
        self._folder, self._tell, self._finished = folder, changed, finished
        self._jobs: dict[str, Job] = {}
        self._asked: dict[str, Asked] = {}
        self._news = threading.Condition()
        self._is_closed = False
        self._process: multiprocessing.process.BaseProcess | None = None
        self._thread: threading.Thread | None = None

    def all(self) -> list[Job]:
        """All that are listed, the oldest first."""
        with self._news:
            return list(self._jobs.values())

    def start(self, kind: str, asked: Asked, *, rater: str) -> Job:
        """Have a job done.

        Args:
            kind: One of `job_process.KINDS`.
            asked: What to do it with, as JSON holds it.
            rater: Who asks; stands in the log for what is done.

        Raises:
            InputError: Too many wait.
        """
        if kind not in KINDS:
            raise KeyError(kind)
        job = Job(job_id=uuid.uuid4().hex, kind=kind, rater=rater)
        with self._news:
            if len(self._asked) >= MAX_WAITING:
                raise InputError(
                    f"{MAX_WAITING} jobs wait already; cancel some, or ask again when "
                    f"they are done"
                )
            self._jobs[job.job_id] = job
            self._asked[job.job_id] = asked
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="jobs", daemon=True
                )
                self._thread.start()
            self._news.notify_all()
        self._tell(job)
        return job

    def cancel(self, job_id: str) -> Job:
        """End a job, or take one off the list that waits; one that is over stays.

        Raises:
            KeyError: There is none of that name.
        """
        with self._news:
            job = self._jobs[job_id]
            if job.is_over:
                return job
            asked = self._asked.pop(job_id, None)
            job = self._jobs[job_id] = replace(job, state="cancelled", left_s=None)
            process = self._process if self._current == job_id else None
            if process is not None:
                process.terminate()
        if asked is not None:  # else the thread does so, once the process is gone
            self._finish(job, asked)
        self._tell(job)
        return job

    def close(self) -> None:
        """End what runs, and begin no more."""
        with self._news:
            self._is_closed = True
            self._asked.clear()
            if self._process is not None:
                self._process.terminate()
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join()

    # ---- the thread

    _current: str = ""

    def _work(self) -> None:
        while (found := self._next()) is not None:
            job, asked = found
            try:
                ended = self._run(job, asked)
            except Exception:
                logger.exception("the job %s failed", job.kind)
                ended = replace(job, state="failed", fault=ITSELF)
            self._end(ended, asked)

    def _next(self) -> tuple[Job, Asked] | None:
        with self._news:
            self._news.wait_for(lambda: self._is_closed or self._asked)
            if self._is_closed:
                return None
            job_id = next(iter(self._asked))
            self._current = job_id
            job = self._jobs[job_id] = replace(self._jobs[job_id], state="running")
            asked = self._asked.pop(job_id)
        self._tell(job)
        return job, asked

    def _run(self, job: Job, asked: Asked) -> Job:
        # Not forked: this process has threads, and locks that they hold.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=run,
            args=(job.kind, str(self._folder), dict(asked), job.rater, theirs),
            name=f"feltline {job.kind}",
            daemon=True,
        )
        with self._news:
            if self._is_closed or self._jobs[job.job_id].is_over:
                return replace(job, state="cancelled")
            process.start()
            self._process = process
        theirs.close()
        try:
            return self._listen(job, ours)
        finally:
            ours.close()
            with self._news:
                self._process = None
            process.join(END_S)
            if process.is_alive():
                process.kill()
                process.join()

    def _listen(self, job: Job, pipe: Connection) -> Job:
        """Take in what the process says, until its last word."""
        pace, told_at = _Pace(), 0.0
        while True:
            try:
                word, *said = pipe.recv()
            except (EOFError, OSError):
                return replace(
                    job,
                    state="failed",
                    fault="the process that did this ended by itself, perhaps for want "
                    "of memory; ask again: it goes on where it stopped",
                )
            if word == "done":
                return replace(job, state="done", result=said[0], left_s=None)
            if word == "failed":
                return replace(job, state="failed", fault=said[0], left_s=None)
            what, done, of = said
            left_s = pace.left_s(what, done, of)
            job = replace(job, what=what, done=done, of=of, left_s=left_s)
            with self._news:
                if self._jobs[job.job_id].is_over:
                    continue
                self._jobs[job.job_id] = job
            if time.monotonic() - told_at >= TELL_EVERY_S:
                told_at = time.monotonic()
                self._tell(job)

    def _end(self, ended: Job, asked: Asked) -> None:
        with self._news:
            was_cancelled = self._jobs[ended.job_id].state == "cancelled"
            is_closed = self._is_closed
            if was_cancelled:
                ended = replace(ended, state="cancelled", result={}, fault="")
            self._jobs[ended.job_id] = ended
            self._current = ""
            over = [one.job_id for one in self._jobs.values() if one.is_over]
            for job_id in over[:-KEPT]:
                del self._jobs[job_id]
        if was_cancelled or not is_closed:
            self._finish(ended, asked)
        self._tell(ended)

    def _finish(self, job: Job, asked: Asked) -> None:
        try:
            self._finished(job, asked)
        except Exception:
            # Those that wait are still to be done.
            logger.exception("taking in the job %s failed", job.kind)


class _Pace:
    """How long work is likely to take yet, by how fast it went until now."""

    def __init__(self) -> None:
        self._what, self._first, self._at = "", 0, 0.0

    def left_s(self, what: str, done: int, of: int) -> float | None:
        """Seconds left of what is being looked at."""
        now = time.monotonic()
        if what != self._what or done < self._first:
            self._what, self._first, self._at = what, done, now
        gone = done - self._first
        if of <= 0 or gone <= 0:
            return None
        return (of - done) * (now - self._at) / gone
