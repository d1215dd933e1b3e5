"""Human labels in: the support CSV, and the one with suggested frames to fill in.

A header, then one label per row, in any order of columns:

| column | meaning |
|---|---|
| `video` | file name of the video (with or without its ending), or its path |
| `frame` or `time_s` | 0-based frame number, or seconds; `frame` wins over it |
| `face` | number of the face; needed only where several are in view |
| `valence`, `arousal` | in [-1, 1]; empty = not given. In a project, the dimensions |
| | of its label schema, in their own range |
| `expression` | optional, a class of the label schema |
| `rater` | optional, who judged |

A row without any value or class is not labelled yet. Other columns are passed over, so
the file that `suggest` writes can be filled in as it is. Row numbers in messages are
those a spreadsheet shows: the header is row 1.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feltline.atomic import replacing
from feltline.errors import InputError, NothingToLabelError, SupportError
from feltline.formats.tables import plain_text, safe_text
from feltline.types import DEFAULT_SCHEMA, LabelSchema

__all__ = [
    "SupportRow",
    "raise_for_rows",
    "read_frames_to_choose",
    "read_support",
    "suggestion_columns",
    "write_suggestions",
]

MOST_REPORTED: Final = 5
"""How many faulty rows one message names."""

DEFAULT_RATER: Final = "r1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportRow:
    """One label as it stands in the file, each value checked by itself.

    Attributes:
        row: Row number in the file; the header is row 1.
        video: What the row calls the video.
        frame: 0-based frame number, or None if only a time is given.
        time_s: Time in seconds, or None.
        face: Number of the face, or None.
        value: Per dimension of the label schema, in its units; None = not given.
        expression: Name of a class, or None.
        rater: Who judged.
    """

    row: int
    video: str
    frame: int | None
    time_s: float | None
    face: int | None
    value: tuple[float | None, ...]
    expression: str | None
    rater: str


Cells = dict[str, str]


def read_support(path: Path, schema: LabelSchema = DEFAULT_SCHEMA) -> list[SupportRow]:
    """Read the rows that hold a label.

    Args:
        path: A CSV file.
        schema: Its dimensions are the columns of values.

    Raises:
        SupportError: The file cannot be read, or rows of it cannot be used; the message
            names the rows and says what was expected.
        NothingToLabelError: No row has a value or a class filled in.
    """
    names = schema.dimension_names
    rows, faults = [], []
    for number, cells in _read_cells(path, needed=("video",), values=names):
        if not any(cells.get(name) for name in (*names, "expression")):
            continue
        try:
            rows.append(_row(number, cells, schema))
        except ValueError as fault:
            faults.append(f"row {number}: {fault}")
    raise_for_rows(path, faults)
    if not rows:
        raise NothingToLabelError(
            f"{path} holds no label yet: fill in {' and '.join(names)} in at least one "
            f"row, then run the same command again"
        )
    return rows


def read_frames_to_choose(
    path: Path,
) -> list[tuple[int, str, int | None, float | None]]:
    """Read which frames may be chosen: (row, video, frame, time_s) of each row.

    The same columns as a support CSV; only `video` and `frame` or `time_s` are needed.

    Raises:
        SupportError: The file or a row of it cannot be used.
    """
    chosen, faults = [], []
    for number, cells in _read_cells(path, needed=("video",)):
        try:
            chosen.append((number, _video(cells), *_place(cells)))
        except ValueError as fault:
            faults.append(f"row {number}: {fault}")
    raise_for_rows(path, faults)
    return chosen


def raise_for_rows(
    path: Path, faults: Sequence[str], error: type[InputError] = SupportError
) -> None:
    """Raise one error that names the faulty rows, if there are any."""
    if not faults:
        return
    shown = "\n".join(f"  {fault}" for fault in faults[:MOST_REPORTED])
    more = len(faults) - MOST_REPORTED
    rest = f"\n  and {more} more" if more > 0 else ""
    one = len(faults) == 1
    raise error(
        f"{len(faults)} {'row' if one else 'rows'} of {path} cannot be used:\n"
        f"{shown}{rest}\nCorrect or remove {'it' if one else 'them'} and run the same "
        f"command again; nothing was written."
    )


def _read_cells(
    path: Path, needed: Sequence[str], values: Sequence[str] = ()
) -> Iterator[tuple[int, Cells]]:
    """Rows of a CSV as (row number, cells by column), blank rows left out.

    All columns in `values` must be there; or none, if there is one of classes.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = [name.strip().lower() for name in next(lines, ())]
            _check_header(path, header, needed, values)
            blank = dict.fromkeys(header, "")
            for line in lines:
                plain = (plain_text(cell.strip()) for cell in line)
                cells = dict(zip(header, plain, strict=False))
                if any(cells.values()):
                    yield lines.line_num, blank | cells
    except FileNotFoundError:
        raise SupportError(f"there is no file {path}; check the path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SupportError(
            f"{path} cannot be read as a CSV ({error}); expected text in UTF-8 with a "
            f"header row"
        ) from error


def _check_header(
    path: Path, header: Sequence[str], needed: Sequence[str], values: Sequence[str]
) -> None:
    if not any(header):
        raise SupportError(
            f"{path} is empty; expected a header row and labels under it"
        )
    only_classes = "expression" in header and not {*values} & {*header}
    wanted = [*needed, *(() if only_classes else values)]
    placed = () if "time_s" in header else ("frame",)
    absent = [name for name in (*wanted, *placed) if name not in header]
    if absent:
        raise SupportError(
            f"{path} lacks the column {' and '.join(absent)}; its header must name "
            f"{', '.join(wanted)} and frame or time_s"
        )


def _row(number: int, cells: Cells, schema: LabelSchema) -> SupportRow:
    frame, time_s = _place(cells)
    return SupportRow(
        row=number,
        video=_video(cells),
        frame=frame,
        time_s=time_s,
        face=_whole(cells.get("face", ""), "face"),
        value=tuple(
            _value(cells.get(d.name, ""), d.name, d.low, d.high)
            for d in schema.dimensions
        ),
        expression=_expression(cells.get("expression", ""), schema),
        rater=cells.get("rater", "") or DEFAULT_RATER,
    )


def _video(cells: Cells) -> str:
    if not cells["video"]:
        raise ValueError("video is empty; expected the file name of the video")
    return cells["video"]


def _place(cells: Cells) -> tuple[int | None, float | None]:
    frame = _whole(cells.get("frame", ""), "frame")
    if frame is not None:
        return frame, None
    text = cells.get("time_s", "")
    if not text:
        raise ValueError("neither frame nor time_s is filled in")
    return None, _number(text, "time_s")


def _whole(text: str, name: str) -> int | None:
    """A whole number from 0, None if the cell is empty."""
    if not text:
        return None
    value = _number(text, name)
    if value < 0 or value != int(value):
        raise ValueError(f"{name} is {text}; expected a whole number from 0")
    return int(value)


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; expected a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} is {text}; expected a number")
    return value


def _value(text: str, name: str, low: float, high: float) -> float | None:
    if not text:
        return None
    value = _number(text, name)
    if not low <= value <= high:
        raise ValueError(
            f"{name} is {text}; expected a number from {low:g} to {high:g}"
        )
    return value


def _expression(text: str, schema: LabelSchema) -> str | None:
    """The class that a cell names, in whatever case."""
    if not text:
        return None
    for name in schema.class_names:
        if name.lower() == text.lower():
            return name
    known = ", ".join(schema.class_names) or "none: this project has no classes"
    raise ValueError(f"expression is {text!r}; expected {known}")


def suggestion_columns(schema: LabelSchema = DEFAULT_SCHEMA) -> tuple[str, ...]:
    """Columns of the file: those of a support CSV, and why each frame is asked for."""
    place = ("video", "frame", "time_s", "face")
    return (*place, *schema.dimension_names, "expression", "rater", "rank", "reason")


def write_suggestions(
    path: Path,
    rows: Sequence[dict[str, str | int | float]],
    schema: LabelSchema = DEFAULT_SCHEMA,
) -> None:
    """Write rows (values by column name) to fill in; columns a row lacks stay empty.

    Raises:
        InputError: The folder does not exist.
        SetupError: No room or no permission to write.
    """
    with (
        replacing(path) as scratch,
        scratch.open("w", encoding="utf-8", newline="") as file,
    ):
        columns = suggestion_columns(schema)
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: safe_text(v) if isinstance(v, str) else v for k, v in row.items()}
            for row in rows
        )
