"""Which files of a watched folder are to be added now."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

__all__ = ["WatchedFiles"]

STEADY_LOOKS: Final = 3
"""Looks at which a file must be the same before it is taken to be whole."""

State = tuple[int, int]


class WatchedFiles:
    """Files that come, grow and change in folders that are looked at now and then.

    A file is ready once it has stopped growing. It is ready again when it changes after
    that: what failed, or was read half copied, is tried anew.

    Args:
        known: Sources that are dealt with as they are now.
    """

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._tried = {source: _state(Path(source)) for source in known}
        self._seen: dict[str, tuple[State, int]] = {}

    def ready(self, sources: Iterable[str]) -> list[str]:
        """Those of the sources that are there now which are to be added."""
        now = {source: _state(Path(source)) for source in sources}
        looks = {
            source: (state, self._n_steady(source, state))
            for source, state in now.items()
        }
        self._seen = looks
        ready = [
            source
            for source, (state, n) in looks.items()
            if n >= STEADY_LOOKS and state[0] > 0 and self._tried.get(source) != state
        ]
        self._tried |= {source: now[source] for source in ready}
        return ready

    def _n_steady(self, source: str, state: State) -> int:
        """How often in a row a source was found in this state."""
        last, n = self._seen.get(source, (state, 0))
        return n + 1 if last == state else 1


def _state(path: Path) -> State:
    """Bytes and time of change of a file, or of all that lies in a folder."""
    try:
        files = list(path.iterdir()) if path.is_dir() else [path]
        stats = [file.stat() for file in files]
    except OSError:
        return -1, 0
    newest = max((stat.st_mtime_ns for stat in stats), default=0)
    return sum(stat.st_size for stat in stats), newest
