"""Work of a job, in a process of its own: the server goes on answering meanwhile.

Run as a child by `jobs`; says through a pipe how far it is, and at last what came of
it or why not. It can be killed at any moment: each verb goes on, or begins anew, when
it is asked again.
"""

import logging
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feltline.errors import FacesLostError, FeltlineError, NothingToLabelError
from feltline.server.job import Asked, Job
from feltline.server.worker import step_back

if TYPE_CHECKING:
    from feltline.project import Project

__all__ = ["ITSELF", "KINDS", "JobProcess", "run"]

logger = logging.getLogger(__name__)

ITSELF: Final = (
    "feltline itself failed; its log says where. Ask again: what was done is not lost"
)

END_S: Final = 5.0
"""So long a process has to end by itself before it is killed."""

Tell = Callable[..., None]
"""Sends one message; see `run`."""
Verb = Callable[["Project", Asked, Tell], dict[str, Any]]


class JobProcess:
    """The process of one job, seen from the server.

    Args:
        job: What to do.
        folder: The project's.
        asked: What to do it with.
    """

    def __init__(self, job: Job, folder: Path, asked: Asked) -> None:
        # Not forked: the server has threads, and locks that they hold.
        context = multiprocessing.get_context("spawn")
        self._ours, self._theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=run,
            args=(job.kind, str(folder), asked, job.rater, self._theirs),
            name=f"feltline {job.kind}",
            daemon=True,
        )

    def start(self) -> None:
        """Begin the job."""
        self._process.start()
        # So that the pipe ends with the process.
        self._theirs.close()

    def terminate(self) -> None:
        """Have it end, whatever it does."""
        self._process.terminate()

    def messages(self) -> Iterator[tuple[Any, ...]]:
        """What it says, until it ends or is gone; see `run`."""
        with suppress(EOFError, OSError):
            while True:
                yield self._ours.recv()

    def end(self) -> None:
        """Wait for it, which has said its last word; killed if it does not end."""
        self._ours.close()
        self._process.join(END_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def run(kind: str, folder: str, asked: Asked, rater: str, pipe: Connection) -> None:
    """Do a job of a project, and send what becomes of it.

    Sent are `("progress", what, done, of)`, where it looks at one file after another
    also `("begins", file, nth, n_files)`, and last `("done", result)` or `("failed",
    sentence)`.

    Args:
        kind: One of `KINDS`.
        folder: The project's.
        asked: What to do it with, as JSON holds it.
        rater: Who asked.
        pipe: Where to.
    """
    from feltline.project import Project

    # Ctrl-C is for the server, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Answers of the server go first, even where this work fills every processor.
    step_back()

    def tell(*said: str | int) -> None:
        pipe.send(said)

    with suppress(BrokenPipeError):  # the server is gone
        try:
            with Project.open(Path(folder)) as project:
                # In this process only: what the log keeps of it names who asked.
                project.settings = replace(project.settings, rater=rater)
                pipe.send(("done", KINDS[kind](project, asked, tell)))
        except FeltlineError as error:
            pipe.send(("failed", str(error)))
        except Exception:
            logger.exception("the job %s failed", kind)
            pipe.send(("failed", ITSELF))
    pipe.close()


def _add(project: "Project", asked: Asked, tell: Tell) -> dict[str, Any]:
    """Extract videos and enter them."""
    from feltline.pipeline import add_videos
    from feltline.project import keep_default_model
    from feltline.server.job_sources import found_for, named_for_page, report_for_page

    found = found_for(project, asked, lambda folder, n: tell("progress", folder, n, 0))
    n_files = len(found.sources)

    def progress(name: str, done: int, of: int) -> None:
        tell("progress", name, done, of)

    def begins(source: str, nth: int) -> None:
        tell("begins", named_for_page(project, source), nth, n_files)

    try:
        made = add_videos(project, found.sources, progress=progress, begins=begins)
    except FeltlineError as error:
        raise FeltlineError(named_for_page(project, str(error))) from error
    tell("begins", "", n_files, n_files)
    with suppress(NothingToLabelError, FacesLostError):
        keep_default_model(project)
    made.failed |= found.lost
    made.notes += [found.passed_over] if found.passed_over else []
    return report_for_page(project, asdict(made)) | {"n_files": n_files}


def _suggest(project: "Project", asked: Asked, tell: Tell) -> dict[str, Any]:
    """Choose the frames to label next."""
    from feltline.fewshot import Budget
    from feltline.pipeline import suggest_in

    tell("progress", "suggestions", 0, 0)
    made = suggest_in(
        project,
        Budget(**asked["budget"]),
        videos=asked["videos"],
        is_new_only=asked["is_new_only"],
    )
    return {"frames": len(made), "videos": len({s.video_id for s in made})}


def _relocate(project: "Project", asked: Asked, tell: Tell) -> dict[str, Any]:
    """Take the new place of videos that were moved."""
    from feltline.pipeline import find_again, relocate

    tell("progress", "relocate", 0, 0)
    place = Path(asked["path"])
    name = asked["video_id"]
    return asdict(
        find_again(project, place) if name is None else relocate(project, name, place)
    )


def _purge(project: "Project", asked: Asked, tell: Tell) -> dict[str, Any]:
    """Remove a video and every trace of it."""
    from feltline.pipeline import Removed, purge

    tell("progress", "purge", 0, 0)
    # It may have another name by now, or be gone: the job outlives its server.
    name = project.store.find_content(asked["content_hash"])
    gone = Removed(rows={}, files={}) if name is None else purge(project, name)
    return {
        "video_id": asked["video_id"],
        "rows": sum(gone.rows.values()),
        "bytes": sum(gone.files.values()),
        "models": len(gone.models),
        "mentions": gone.mentions,
    }


KINDS: Final[Mapping[str, Verb]] = {
    "add": _add,
    "suggest": _suggest,
    "relocate": _relocate,
    "purge": _purge,
}
"""Verbs that a page may ask for, each by what `pipeline` does on a terminal, too."""
