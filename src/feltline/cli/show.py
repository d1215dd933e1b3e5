"""What the commands have in common: progress, figures, tables, errors."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feltline.types import Progress

__all__ = ["crowd", "figures", "line", "notice", "print_json", "progress", "table"]


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
    from rich import progress as rich
    from rich.console import Console

    bars = rich.Progress(
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[rate]}"),
        rich.TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, rich.TaskID] = {}

    def tell(video: str, done: int, of: int) -> None:
        if video not in tasks:
            tasks[video] = bars.add_task(f"{doing} {video}", total=of, rate="")
        speed = bars.tasks[tasks[video]].speed
        rate = f"{speed:.0f} {unit}/s" if speed else ""
        bars.update(tasks[video], completed=done, rate=rate)

    with bars:
        yield tell


def print_json(value: object) -> None:
    """One JSON document on stdout, at once: the reader may be another program."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def line(text: str) -> None:
    """A sentence on stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def notice(text: str) -> None:
    """A sentence on stderr: worth knowing, but no result."""
    sys.stderr.write(text + "\n")


def figures(title: str, rows: Mapping[str, Any]) -> None:
    """A small table of names and values on stdout."""
    table("", "", rows=rows.items(), title=title)


def table(*columns: str, rows: Iterable[Iterable[object]], title: str = "") -> None:
    """A table on stdout.

    Args:
        columns: Their names; one that begins with `>` stands to the right. Without any
            name there is no head, and the first of two columns is dimmed.
        rows: Cells, shown as they are.
        title: Above it, if any.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    has_head = any(columns)
    is_plain = not has_head and len(columns) == 2
    made = Table(
        title=title or None, title_justify="left", show_header=has_head, box=None
    )
    for number, name in enumerate(columns):
        made.add_column(
            name.removeprefix(">"),
            justify="right" if name.startswith(">") else "left",
            style="dim" if is_plain and not number else "",
        )
    for row in rows:
        made.add_row(*(c if isinstance(c, Text) else Text(str(c)) for c in row))
    Console().print(made)
    sys.stdout.flush()


def crowd(n_frames: int, n_followed: int) -> str:
    """That more faces were in view than followed, and what to do."""
    return (
        f"in {n_frames} frames more than {n_followed} faces were in view; to follow "
        f"more, --faces {n_followed + 2}"
    )
