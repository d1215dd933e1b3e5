"""A job as it stands: what it is about, how far it is, how long it may yet take."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

__all__ = [
    "BROKEN_OFF",
    "SERVER_ENDED",
    "Asked",
    "Job",
    "JobState",
    "Pace",
    "after_word",
    "asked_again",
    "only_one_of",
    "parted",
]

BROKEN_OFF: Final = (
    "the process that did this ended by itself, perhaps for want of memory; ask again: "
    "it goes on where it stopped"
)
SERVER_ENDED: Final = (
    "the server ended twice while this was done, perhaps for want of memory; ask "
    "again: it goes on where it stopped"
)

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]

Asked = Mapping[str, Any]
"""What a job is to be done with, as JSON holds it."""


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
        nth: Which of its files that is, from 1, and
        n_files: of how many; 0 = not known yet, as while folders are looked through.
        left_s: Seconds that it is likely to take yet; None if not known.
        result: What came of it; empty unless it is done.
        fault: Why it failed, as a sentence.
        can_repeat: Whether something of it failed that can be asked for again.
    """

    job_id: str
    kind: str
    rater: str
    state: JobState = "waiting"
    what: str = ""
    done: int = 0
    of: int = 0
    nth: int = 0
    n_files: int = 0
    left_s: float | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""
    can_repeat: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in ("done", "failed", "cancelled")


def asked_again(job: Job, asked: Asked) -> Asked | None:
    """What is to be asked for again of a job that is over; None if there is nothing.

    Of one that failed, all; of one that added videos, those files that could not be
    read. Uploaded copies of these are gone by then: they would have to be sent again.
    """
    if job.state == "failed":
        return asked
    if job.kind != "add" or job.state != "done":
        return None
    paths = [name for name in job.result.get("failed", {}) if os.path.isabs(name)]  # noqa: PTH117 - a text
    return {"uploads": [], "paths": paths, "without": []} if paths else None


def parted(asked: Asked, source: str) -> tuple[Asked, Asked]:
    """Videos to add, parted into one of them and all others.

    Args:
        asked: What was asked for.
        source: The one: the name of an upload, or a path, be it in a folder that was
            asked for.
    """
    uploads = [name for name in asked["uploads"] if name != source]
    is_upload = len(uploads) < len(asked["uploads"])
    one = {"uploads": [source], "paths": []} if is_upload else {"paths": [source]}
    others = {
        "uploads": uploads,
        "paths": [path for path in asked["paths"] if path != source],
        "without": [*asked.get("without", ()), source],
    }
    return {**asked, "uploads": [], "without": [], **one}, {**asked, **others}


def only_one_of(asked: Asked) -> str:
    """The one file or folder that was asked for; empty if there are several."""
    named = [*asked.get("uploads", ()), *asked.get("paths", ())]
    return str(named[0]) if len(named) == 1 else ""


class Pace:
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


def after_word(job: Job, word: str, said: Sequence[Any], pace: Pace) -> Job:
    """A job as it stands after one message of its process; see `job_process.run`.

    Args:
        job: As it stood before.
        word: What kind of message it is.
        said: The rest of it.
        pace: Of this job.
    """
    if word == "done":
        return replace(job, state="done", result=said[0], left_s=None)
    if word == "failed":
        return replace(job, state="failed", fault=said[0], left_s=None)
    if word == "begins":
        source, nth, n_files = said
        job = replace(job, nth=nth, n_files=n_files)
        return replace(job, done=0, of=0) if source else job
    what, done, of = said
    left_s = pace.left_s(what, done, of)
    return replace(job, what=what, done=done, of=of, left_s=left_s)
