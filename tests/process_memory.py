"""What the processes of the tests hold in memory: kept small, told, and bounded."""

import gc
import resource
from collections.abc import Iterator
from typing import Any, Final

import pytest

MOST_MB: Final = 1500
"""Peak resident memory that a process of the tests should stay under, in MB."""
FAILING_MB: Final = 2000
"""From here on the run fails: peaks differ from machine to machine."""

_PEAK: Final = "peak_memory_mb"


@pytest.fixture(scope="module", autouse=True)
def collected_garbage() -> Iterator[None]:
    """Garbage of each module is collected, and what is left is not looked at again.

    Modules such as torch hold millions of objects. Python looks for cycles among all
    of them only once a quarter as many new ones have come; until then each served
    project of a finished test, 20 MB, would stay.
    """
    yield
    gc.collect()
    gc.freeze()
    gc.collect()  # from now on it counts new objects against few


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the peak of this process, and fail if one was above `FAILING_MB`."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_PEAK] = own
        return
    peaks = session.config.stash.setdefault(PEAKS, {})
    peaks["main"] = own
    if max(peaks.values()) > FAILING_MB:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


PEAKS: Final = pytest.StashKey[dict[str, int]]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in the peak of a process of pytest-xdist."""
    told = getattr(node, "workeroutput", {})
    if _PEAK in told:
        peaks = node.config.stash.setdefault(PEAKS, {})
        peaks[node.gateway.id] = told[_PEAK]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """One line: the peak of each process."""
    peaks = config.stash.get(PEAKS, {})
    line = ", ".join(f"{name} {mb} MB" for name, mb in sorted(peaks.items()))
    terminalreporter.write_line(f"peak memory (at most {MOST_MB} MB): {line}")
