"""What the commands have in common: progress, figures, tables, errors."""

import json
import math
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from feltline.types import Progress

__all__ = ["figures", "line", "notice", "notices", "print_json", "progress", "table"]


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
    """One JSON document on stdout, at once: the reader may be another program.

    What is no number is null: JSON has neither NaN nor infinity.
    """
    finite = _finite(value)
    text = json.dumps(finite, ensure_ascii=False, indent=2, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # escaped as JSON has it
        text = json.dumps(finite, indent=2, allow_nan=False)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _finite(value: object) -> object:
    """A value for JSON: null for what is no number, lists for tuples."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value


def _write(stream: TextIO, text: str) -> None:
    """A line; letters that the stream has not, or that are none, are escaped."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text + "\n")


def line(text: str) -> None:
    """A sentence on stdout, at once."""
    _write(sys.stdout, text)
    sys.stdout.flush()


def notice(text: str) -> None:
    """A sentence on stderr: worth knowing, but no result."""
    _write(sys.stderr, text)


def notices(texts: Collection[str]) -> None:
    """Sentences on stderr, the last of many summed up."""
    if texts:
        from feltline.formats import shortened

        for text in shortened(texts):
            notice(text)


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
