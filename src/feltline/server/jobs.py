"""Jobs: long work that a page asks for, one at a time per project, in the background.

Each runs in a process of its own (`job_process`), so that extraction takes no turn from
answers, and a job that is cancelled ends at once. A purge waits for no extraction: that
stops, and goes on after it from the parts that it kept. What is finished stays listed,
with its result or the reason why not, until the server ends; what is not done goes on
when the project is opened next (`job_backlog`).
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from feltline.errors import InputError
from feltline.server.job import (
    BROKEN_OFF,
    SERVER_ENDED,
    Asked,
    Job,
    Pace,
    after_word,
    asked_again,
    only_one_of,
    parted,
)
from feltline.server.job_backlog import MAX_TRIES, Backlog, Entry
from feltline.server.job_process import ITSELF, KINDS, JobProcess

__all__ = ["Jobs"]

logger = logging.getLogger(__name__)

URGENT: Final = frozenset({"purge"})
"""Kinds that go before all others, and for which those that can stop do so."""
STOPPABLE: Final = frozenset({"add", "suggest"})
"""Kinds that go on, or begin anew, without loss."""
KEPT: Final = 50
"""Finished jobs that stay listed, the newest."""
MAX_WAITING: Final = 100
TELL_EVERY_S: Final = 0.25

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
        backlog: Where those that are not done are kept; nowhere if absent.
        given: What every job is done with besides, as the server has it now.
    """

    def __init__(
        self,
        folder: Path,
        changed: Callable[[Job], None],
        finished: Finished = lambda _job, _asked: None,
        *,
        backlog: Backlog | None = None,
        given: Asked | None = None,
    ) -> None:
        self._folder, self._tell, self._finished = folder, changed, finished
        self._backlog, self._given = backlog, given or {}
        self._jobs: dict[str, Job] = {}
        self._asked: dict[str, Asked] = {}
        """Of those that wait."""
        self._begun: dict[str, Asked] = {}
        """Of those that run or are over."""
        self._news = threading.Condition()
        self._is_closed = False
        self._current = self._stopped = self._suspect = ""
        self._process: JobProcess | None = None
        self._thread: threading.Thread | None = None

    def all(self) -> list[Job]:
        """All that are listed, the oldest first."""
        with self._news:
            return list(self._jobs.values())

    def job(self, job_id: str) -> Job:
        """One of them.

        Raises:
            KeyError: There is none of that name.
        """
        with self._news:
            return self._jobs[job_id]

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
        asked = {**asked, "asked_at": datetime.now(tz=UTC).isoformat()}
        with self._news:
            if len(self._asked) >= MAX_WAITING:
                raise InputError(
                    f"{MAX_WAITING} jobs wait already; cancel some, or ask again when "
                    f"they are done"
                )
            job = self._enter(self._entry(kind, asked, rater))
            running = self._jobs.get(self._current)
            if kind in URGENT and running is not None and running.kind in STOPPABLE:
                self._stopped = self._current
                if self._process is not None:
                    self._process.terminate()
        self._tell(job)
        return job

    def again(self, job_id: str) -> Job:
        """Have done again what failed of a job that is over, for who first asked.

        Raises:
            KeyError: There is none of that name.
            InputError: Nothing of it failed that could be done again, or too many wait.
        """
        with self._news:
            job, asked = self._jobs[job_id], self._begun.get(job_id)
        wanted = None if asked is None else asked_again(job, asked)
        if wanted is None or not job.can_repeat:
            raise InputError("nothing of this job is left to do; ask for it anew")
        fresh = self.start(job.kind, wanted, rater=job.rater)
        self._forget(job_id)
        return fresh

    def resume(self, *, rater: str) -> list[Asked]:
        """Go on with jobs that an earlier server left undone; what they are done with.

        Those that came to no end too often are listed as failed, with the reason.

        Args:
            rater: Who is taken to have asked where that was not written down.
        """
        entries = [] if self._backlog is None else self._backlog.entries()
        for entry in entries:
            with self._news:
                asker = entry.rater or rater
                if entry.tries < MAX_TRIES:
                    # Of another name: pages may know how the earlier one ended.
                    kind, asked, tries = entry.kind, entry.asked, entry.tries
                    self._enter(self._entry(kind, asked, asker, tries))
                    self._forget(entry.job_id)
                    continue
                self._begun[entry.job_id] = entry.asked
                self._jobs[entry.job_id] = Job(
                    job_id=entry.job_id,
                    kind=entry.kind,
                    rater=asker,
                    state="failed",
                    what=only_one_of(entry.asked),
                    fault=entry.fault or SERVER_ENDED,
                    can_repeat=True,
                )
        return [entry.asked for entry in entries]

    def cancel(self, job_id: str) -> Job:
        """End a job, or take one off the list that waits.

        One that is over stays as it ended; if it failed, it is given up, and not begun
        again when the project is opened.

        Raises:
            KeyError: There is none of that name.
        """
        with self._news:
            job, is_given_up = self._jobs[job_id], False
            if job.state == "failed":
                asked = self._begun.get(job_id)
                is_given_up = self._forget(job_id)
            elif job.is_over:
                return job
            else:
                asked = self._asked.pop(job_id, None)
                job = self._jobs[job_id] = replace(job, state="cancelled", left_s=None)
                if self._process is not None and self._current == job_id:
                    self._process.terminate()
            job = self._jobs[job_id]
        if job.state == "cancelled" and asked is not None:
            # Else the thread does so, once the process is gone.
            self._forget(job_id)
            self._finish(job, asked)
        elif is_given_up and asked is not None:
            self._finish(replace(job, state="cancelled"), asked)
        self._tell(job)
        return job

    def close(self) -> None:
        """End what runs, and begin no more; what is not done is for the next server."""
        with self._news:
            self._is_closed = True
            self._asked.clear()
            if self._process is not None:
                self._process.terminate()
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _entry(self, kind: str, asked: Asked, rater: str, tries: int = 0) -> Entry:
        """A new job, written down."""
        name = uuid.uuid4().hex
        entry = Entry(job_id=name, kind=kind, asked=asked, rater=rater, tries=tries)
        if self._backlog is not None:
            self._backlog.keep(entry)
        return entry

    def _enter(self, entry: Entry) -> Job:
        """Have a job wait for its turn."""
        job = Job(job_id=entry.job_id, kind=entry.kind, rater=entry.rater)
        self._jobs[job.job_id] = job
        self._asked[job.job_id] = entry.asked
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
            self._thread.start()
        self._news.notify_all()
        return job

    def _forget(self, job_id: str) -> bool:
        """Take a job out of the backlog; whether it was there."""
        with self._news:
            job = self._jobs.get(job_id)
            if job is not None:
                self._jobs[job_id] = replace(job, can_repeat=False)
            was_there = self._backlog is not None and self._backlog.has(job_id)
            if self._backlog is not None:
                self._backlog.drop(job_id)
        return was_there

    # ---- the thread

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
            # The first, of the urgent ones if there are any.
            job_id = min(
                self._asked, key=lambda one: self._jobs[one].kind not in URGENT
            )
            self._current, self._stopped, self._suspect = job_id, "", ""
            job = self._jobs[job_id] = replace(self._jobs[job_id], state="running")
            asked = self._begun[job_id] = self._asked.pop(job_id)
            if self._backlog is not None:
                self._backlog.count(job_id, 1)
        self._tell(job)
        return job, asked

    def _run(self, job: Job, asked: Asked) -> Job:
        process = JobProcess(job, self._folder, {**asked, **self._given})
        with self._news:
            if self._stopped == job.job_id:
                return replace(job, state="failed", fault=BROKEN_OFF)
            if self._is_closed or self._jobs[job.job_id].is_over:
                return replace(job, state="cancelled")
            process.start()
            self._process = process
        try:
            return self._listen(job, process)
        finally:
            with self._news:
                self._process = None
            process.end()

    def _listen(self, job: Job, process: JobProcess) -> Job:
        """Take in what the process says, until its last word."""
        pace, told_at = Pace(), 0.0
        for word, *said in process.messages():
            job = after_word(job, word, said, pace)
            if job.is_over:
                return job
            if word == "begins":
                self._suspect = said[0]
            with self._news:
                if self._jobs[job.job_id].is_over:
                    continue
                self._jobs[job.job_id] = job
            if time.monotonic() - told_at >= TELL_EVERY_S:
                told_at = time.monotonic()
                self._tell(job)
        return replace(job, state="failed", fault=BROKEN_OFF, left_s=None)

    def _end(self, ended: Job, asked: Asked) -> None:
        job_id, rest = ended.job_id, None
        is_broken = ended.state == "failed" and ended.fault == BROKEN_OFF
        with self._news:
            was_cancelled = self._jobs[job_id].state == "cancelled"
            is_closed = self._is_closed
            if is_broken and not was_cancelled and not is_closed:
                if self._stopped == job_id:
                    ended = self._wait_again(ended, asked)
                elif ended.kind == "add" and self._suspect and ended.n_files > 1:
                    asked, rest = parted(asked, self._suspect)
                    ended = replace(ended, what=self._suspect)
                    self._begun[job_id] = asked
            if was_cancelled:
                ended = replace(ended, state="cancelled", result={}, fault="")
            self._current = ""
            if ended.is_over:
                again = asked_again(ended, asked)
                ended = replace(ended, can_repeat=again is not None)
                self._note_end(ended, asked, is_closed=is_closed and not was_cancelled)
            self._jobs[job_id] = ended
            others = None
            if rest is not None:
                others = self._enter(self._entry("add", rest, ended.rater))
            self._drop_oldest()
        if ended.is_over and (was_cancelled or not is_closed):
            self._finish(ended, asked)
        self._tell(ended)
        if others is not None:
            self._tell(others)

    def _wait_again(self, stopped: Job, asked: Asked) -> Job:
        """Put a job that was stopped for another one back to the front."""
        self._asked = {stopped.job_id: asked, **self._asked}
        if self._backlog is not None:
            self._backlog.count(stopped.job_id, -1)
        return replace(stopped, state="waiting", fault="", left_s=None)

    def _drop_oldest(self) -> None:
        over = [one.job_id for one in self._jobs.values() if one.is_over]
        for job_id in over[:-KEPT]:
            del self._jobs[job_id]
            self._begun.pop(job_id, None)

    def _note_end(self, ended: Job, asked: Asked, *, is_closed: bool) -> None:
        """Settle in the backlog how a job ended, or that the server ended first."""
        backlog, job_id = self._backlog, ended.job_id
        if backlog is None or not backlog.has(job_id):
            return
        if is_closed and ended.state != "done":
            backlog.count(job_id, -1)
            return
        # Files that were named by their place are named again as easily.
        stays = ended.kind != "add" or asked["uploads"] or ended.fault == BROKEN_OFF
        if ended.state == "failed" and stays:
            backlog.fail(job_id, ended.fault, asked)
        else:
            backlog.drop(job_id)

    def _finish(self, job: Job, asked: Asked) -> None:
        try:
            self._finished(job, asked)
        except Exception:
            # Those that wait are still to be done.
            logger.exception("taking in the job %s failed", job.kind)
