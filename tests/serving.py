"""A server in a process of its own, as `feltline serve` starts it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import started


@contextmanager
def served(folder: Path, *words: str, home: Path | None = None) -> Iterator[str]:
    """The link that `feltline serve` prints, started in a folder, as long as this.

    Args:
        folder: That of a project serves this project.
        words: Projects, options.
        home: Its `FELTLINE_HOME`; None = that of the tests.
    """
    own = {} if home is None else {"FELTLINE_HOME": str(home)}
    with started(
        *("serve", "--port", "0", *words), folder=folder, environment=os.environ | own
    ) as server:
        try:
            yield server.output.readline().split("page: ")[1].strip()
        finally:
            assert server.process.pid is not None
            os.kill(server.process.pid, signal.SIGINT)


def serving(home, *words):
    """The link of `feltline serve` with these words, and a home of its own."""
    return served(Path("/"), *words, home=home)
