"""`feltline` in a process of its own, without the second that its imports take.

A process that has imported the package waits, and divides for each that is asked for
(`multiprocessing`'s fork server). It has no threads, and serves nothing itself.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final, TextIO

_FORKING: Final = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(
    ["feltline.cli.app", "feltline.server", "uvicorn.protocols.http.h11_impl"]
)


@dataclass(frozen=True, slots=True)
class Started:
    """A process that runs the command line, and what it says on standard output."""

    process: ForkServerProcess
    output: TextIO


@contextmanager
def started(
    *words: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Started]:
    """`feltline` with these words, started in a folder; waited for at the end.

    Args:
        words: What follows `feltline`.
        folder: Where it is started.
        environment: Its environment; None = that of this process.
    """
    heard, saying = _FORKING.Pipe(duplex=False)
    given = dict(os.environ if environment is None else environment)
    process = _FORKING.Process(target=_run, args=(words, str(folder), given, saying))
    process.start()
    saying.close()
    with os.fdopen(os.dup(heard.fileno()), encoding="utf-8") as output:
        heard.close()
        try:
            yield Started(process, output)
        finally:
            process.join(30)
            assert process.exitcode is not None, "feltline did not end within 30 s"


def output_of(*words: str, folder: Path = Path("/")) -> str:
    """What `feltline` says on standard output; it has to succeed."""
    with started(*words, folder=folder) as feltline:
        said = feltline.output.read()
    assert feltline.process.exitcode == 0, f"feltline {' '.join(words)}: {said}"
    return said


def _run(
    words: tuple[str, ...], folder: str, environment: dict[str, str], saying: Connection
) -> None:
    """The command line, as if a shell had started it."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(saying.fileno(), 1)
    saying.close()
    sys.argv = ["feltline", *words]
    from feltline.cli import main

    main()
