"""Backlog of jobs: those that are not done outlive the server, a file per job.

It lies in the project, so that whoever opens that goes on with them. A job that ended
without success twice is kept as failed, and is not begun again by itself.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from feltline.atomic import replacing
from feltline.errors import FeltlineError

__all__ = ["LASTING", "MAX_TRIES", "Backlog", "Entry"]

logger = logging.getLogger(__name__)

LASTING: Final = frozenset({"add", "purge"})
"""Kinds that go on after the server's end; the rest is quickly asked for again."""
MAX_TRIES: Final = 2
"""So often a job is begun by itself; after that only when somebody asks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A job that is not done.

    Attributes:
        job_id: Names it.
        kind: One of `LASTING`.
        asked: What it is to be done with.
        rater: Who asked; empty in entries of a server that did not write it down.
        tries: How often it was begun and came to no end.
        fault: Why it failed when it was last begun, as a sentence; empty where nobody
            was left to say so.
    """

    job_id: str
    kind: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    rater: str = ""
    tries: int = 0
    fault: str = ""


class Backlog:
    """Keeps entries in a folder, which is made with the first.

    What cannot be written is a warning only: the job itself goes on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, Entry] = {}

    def entries(self) -> list[Entry]:
        """Those that lie in the folder, the oldest first."""
        files = []
        for file in self._folder.glob("*.json"):
            try:
                files.append((file.stat().st_mtime_ns, file))
            except OSError:  # another server has just ended it
                continue
        found = [_read(file) for _, file in sorted(files)]
        kept = [entry for entry in found if entry is not None]
        self._entries |= {entry.job_id: entry for entry in kept}
        return kept

    def keep(self, entry: Entry) -> None:
        """Write down a job, or how it stands now."""
        if entry.kind not in LASTING:
            return
        self._entries[entry.job_id] = entry
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(self._file(entry.job_id)) as scratch:
                scratch.write_text(
                    json.dumps(asdict(entry), ensure_ascii=False), encoding="utf-8"
                )
        except (FeltlineError, OSError) as error:
            logger.warning(
                "the job %s will not go on after the server's end: %s",
                entry.kind,
                error,
            )

    def count(self, job_id: str, by: int) -> None:
        """Note that a job is begun (1), or was not to blame for its end (-1)."""
        entry = self._entries.get(job_id)
        if entry is not None:
            self.keep(replace(entry, tries=max(entry.tries + by, 0)))

    def fail(self, job_id: str, fault: str, asked: Mapping[str, Any]) -> None:
        """Note why a job failed, and what is to be done again of it."""
        entry = self._entries.get(job_id)
        if entry is not None:
            self.keep(replace(entry, fault=fault, asked=asked))

    def has(self, job_id: str) -> bool:
        """Whether a job is written down."""
        return job_id in self._entries

    def drop(self, job_id: str) -> None:
        """Forget a job that is done, or given up."""
        if self._entries.pop(job_id, None) is not None:
            try:
                self._file(job_id).unlink(missing_ok=True)
            except OSError as error:
                logger.warning("the job %s will be begun again: %s", job_id, error)

    def _file(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"


def _read(file: Path) -> Entry | None:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        entry = Entry(
            job_id=file.stem,
            kind=str(said["kind"]),
            asked=dict(said["asked"]),
            rater=str(said.get("rater", "")),
            tries=int(said["tries"]),
            fault=str(said["fault"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning(
            "%s says of no job what is to be done (%s); add the videos again",
            file,
            error,
        )
        return None
    return entry if entry.kind in LASTING else None
