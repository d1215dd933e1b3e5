"""Watching folders for videos that come: which are whole, and which changed again.

No single file ends it: one that is being copied waits, one that failed is tried again
when it changes, one that goes or cannot be read is passed over till it can.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from feltline.errors import FeltlineError, VideoError
from feltline.pipeline.folders import find_sources
from feltline.pipeline.sources import is_remote
from feltline.project.originals import FileStamp, stamp_of

__all__ = ["watch_sources"]

LOOK_EVERY_S: Final = 2.0
SETTLED_S: Final = 10.0
"""A file that has not changed for so long is taken to be whole: a copy over a network
stalls for some seconds at times. One that goes on later is tried again."""
MOST_DOUBLED: Final = 6
"""After each try in vain the next one waits twice as long, so many times at most."""


def watch_sources(
    sources: Sequence[str],
    first: Sequence[str],
    add: Callable[[list[str]], object],
    *,
    say: Callable[[str], None],
    look_every_s: float = LOOK_EVERY_S,
    settled_s: float = SETTLED_S,
) -> NoReturn:
    """Add what is in folders and what comes into them, without end.

    Args:
        sources: Files, folders and URLs to watch.
        first: What was found there already.
        add: Adds some. What it raises is said, and the same is tried again one by one,
            later and later, as long as it fails: the disk may be full just now.
        say: Told of what went wrong.
        look_every_s: How often to look.
        settled_s: For how long a file must not have changed.
    """
    watch = _Watch(sources, settled_s)
    whole = [s for s in first if is_remote(s) or watch.is_old(s)]
    while True:
        if whole:
            _add(whole, watch, add, say)
        time.sleep(look_every_s)
        whole = watch.look(say)


def _add(
    whole: list[str],
    watch: "_Watch",
    add: Callable[[list[str]], object],
    say: Callable[[str], None],
) -> None:
    """Add some files; those that were tried in vain before one by one."""
    new = [source for source in whole if not watch.n_failed[source]]
    for some in ([new] if new else []) + [[s] for s in whole if watch.n_failed[s]]:
        watch.note(some)
        try:
            add(some)
        except FeltlineError as error:
            say(f"{error}; watching goes on")
            watch.failed(some)


class _Watch:
    """What is known of the files in some folders."""

    def __init__(self, sources: Sequence[str], settled_s: float) -> None:
        self._sources, self._settled_s = sources, settled_s
        self._handed: dict[str, FileStamp | None] = {}
        """How each file looked when it was handed out to be added."""
        self._looked: dict[str, tuple[FileStamp, float]] = {}
        """How each other one looks, and since when."""
        self._said = ""
        self.n_failed: Counter[str] = Counter()
        """How often adding each was begun in vain, as it looks now."""

    def look(self, say: Callable[[str], None]) -> list[str]:
        """Files that are new or changed, and have not changed for a while."""
        try:
            # A folder that is gone may come back.
            there = [s for s in self._sources if not is_remote(s) and Path(s).exists()]
            found = find_sources(there, may_be_empty=True)
        except (FeltlineError, OSError) as error:
            if str(error) != self._said:
                say(f"the folders cannot be looked at just now: {error}")
            self._said = str(error)
            return []
        self._said = ""
        now, looked = time.monotonic(), dict[str, tuple[FileStamp, float]]()
        for source in found.sources:
            stamp = _stamp(source)
            handed = self._handed.get(source)
            if stamp is None or stamp == handed:
                continue
            before, since = self._looked.get(source, (None, now))
            if handed is not None or before not in (None, stamp):
                self.n_failed[source] = 0
            looked[source] = stamp, (since if before == stamp else now)
        self._looked = looked
        return [s for s, (_, since) in looked.items() if now - since >= self._wait(s)]

    def _wait(self, source: str) -> float:
        """For how long a file must not have changed, in seconds."""
        doubled: int = 2 ** min(self.n_failed[source], MOST_DOUBLED)
        return self._settled_s * doubled

    def note(self, sources: Sequence[str]) -> None:
        """These are handed out as they look now."""
        for source in sources:
            self._handed[source] = _stamp(source)
            self._looked.pop(source, None)

    def failed(self, sources: Sequence[str]) -> None:
        """Adding these failed, for a reason that may not be theirs."""
        for source in sources:
            self.n_failed[source] += 1
            self._handed.pop(source, None)

    def is_old(self, source: str) -> bool:
        """Whether a file was last changed so long ago that nobody writes to it now."""
        stamp = _stamp(source)
        if stamp is None:
            return False
        path = Path(source)
        try:
            files = path.iterdir() if path.is_dir() else [path]
            newest = max((file.stat().st_mtime for file in files), default=0.0)
        except OSError:
            return False
        return abs(time.time() - newest) >= self._settled_s


def _stamp(source: str) -> FileStamp | None:
    """How a file looks; None if it is gone or cannot be looked at."""
    try:
        return stamp_of(Path(source))
    except VideoError:
        return None
