"""What the commands have in common: progress, figures, errors."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feltline.types import Progress

__all__ = ["figures", "line", "notice", "print_json", "progress"]


@contextmanager
def progress(doing: str, *, quiet: bool, unit: str = "frames") -> Iterator["Progress"]:
    """Progress bars on stderr, one per video, with rate and time left.

    Args:
        doing: What is being done, such as "faces".
        quiet: Show nothing; also where stderr is no terminal.
        unit: What is counted.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _video, _done, _all: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def tell(video: str, done: int, of: int) -> None:
        if video not in tasks:
            tasks[video] = bars.add_task(f"{doing} {video}", total=of, rate="")
        speed = bars.tasks[tasks[video]].speed
        rate = f"{speed:.0f} {unit}/s" if speed else ""
        bars.update(tasks[video], completed=done, rate=rate)

    with bars:
        yield tell


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def line(text: str) -> None:
    """A sentence on stdout."""
    sys.stdout.write(text + "\n")


def notice(text: str) -> None:
    """A sentence on stderr: worth knowing, but no result."""
    sys.stderr.write(text + "\n")


def figures(title: str, rows: Mapping[str, Any]) -> None:
    """A small table of names and values on stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column()
    for name, value in rows.items():
        table.add_row(name, Text(str(value)))
    Console().print(table)
