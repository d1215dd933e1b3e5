"""A server in a process of its own, as `feltline serve` starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(folder: Path, *words: str, home: Path | None = None) -> Iterator[str]:
    """The link that `feltline serve` prints, started in a folder, as long as this.

    Args:
        folder: That of a project serves this project.
        words: Projects, options.
        home: Its `FELTLINE_HOME`; None = that of the tests.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "feltline", "serve", "--port", "0", *words],
        cwd=folder,
        env=os.environ | ({} if home is None else {"FELTLINE_HOME": str(home)}),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split("page: ")[1].strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def serving(home, *words):
    """The link of `feltline serve` with these words, and a home of its own."""
    return served(Path("/"), *words, home=home)
