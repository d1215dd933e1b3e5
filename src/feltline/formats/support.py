"""Human labels in: the support CSV, and the one with suggested frames to fill in.

A header, then one label per row, in any order of columns:

| column | meaning |
|---|---|
| `video` | file name of the video (with or without its ending), or its path |
| `frame` or `time_s` | 0-based frame number, or a time; `frame` wins over it |
| `face` | number of the face; needed only where several are in view |
| `valence`, `arousal` | in [-1, 1]; empty = not given. In a project, the dimensions |
| | of its label schema, in their own range |
| `expression` | optional, a class of the label schema |
| `rater` | optional, who judged |

A row without any value or class is not labelled yet. Other columns are passed over, so
the file that `suggest` writes can be filled in as it is. Row numbers in messages are
those a spreadsheet shows.
"""

import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from feltline.atomic import replacing
from feltline.errors import InputError, NothingToLabelError, SupportError
from feltline.formats.cell_values import (
    class_key,
    number_of,
    safe_text,
    seconds_of,
    whole_of,
)
from feltline.formats.mapping import (
    NO_MAPPING,
    PLACE,
    Scale,
    TableMapping,
    guessed_columns,
)
from feltline.formats.reading import Cells, Table, read_table
from feltline.formats.workbooks import write_workbook
from feltline.types import DEFAULT_SCHEMA, Dimension, LabelSchema

__all__ = [
    "PlaceRow",
    "SupportRow",
    "SupportSet",
    "check_suggestions_path",
    "read_frames_to_choose",
    "read_support",
    "suggestion_columns",
    "write_suggestions",
]

DEFAULT_RATER: Final = "r1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """A row that names a frame.

    Attributes:
        row: Row number in the file; the header is row 1.
        video: What the row calls the video.
        frame: 0-based frame number, or None if only a time is given.
        time_s: Time in seconds, or None.
    """

    row: int
    video: str
    frame: int | None
    time_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportRow(PlaceRow):
    """One label as it stands in the file, each value checked by itself.

    Attributes:
        face: Number of the face, or None.
        value: Per dimension of the label schema, in its units; None = not given.
        expression: Name of a class, or None.
        rater: Who judged.
    """

    face: int | None
    value: tuple[float | None, ...]
    expression: str | None
    rater: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportSet:
    """The labels of a file.

    Attributes:
        rows: The rows that hold a label.
        notes: What the user should know of how the file was read.
    """

    rows: tuple[SupportRow, ...]
    notes: tuple[str, ...]


def read_support(
    path: Path,
    schema: LabelSchema = DEFAULT_SCHEMA,
    *,
    encoding: str | None = None,
    mapping: TableMapping = NO_MAPPING,
) -> SupportSet:
    """Read the rows that hold a label.

    Args:
        path: A CSV or an Excel file (.xlsx).
        schema: Its dimensions are the columns of values.
        encoding: Of a CSV; found out if absent.
        mapping: What its columns, scales and names of videos are.

    Raises:
        SupportError: The file cannot be read, or rows of it cannot be used; the message
            names the rows and says what was expected.
        NothingToLabelError: No row has a value or a class filled in.
    """
    names = schema.dimension_names
    table = _opened(path, names, encoding, mapping)

    def made_of(number: int, cells: Cells) -> SupportRow | None:
        if not any(cells.get(name) for name in (*names, "expression")):
            return None
        return _row(number, cells, schema, mapping, has_comma=table.has_comma)

    rows = [row for row in table.rows(made_of) if row is not None]
    if not rows:
        raise NothingToLabelError(
            f"{path} holds no label yet: fill in {' and '.join(names)} in at least one "
            f"row, then run the same command again"
        )
    return SupportSet(rows=tuple(rows), notes=tuple(table.notes))


def read_frames_to_choose(
    path: Path, *, encoding: str | None = None
) -> tuple[list[PlaceRow], list[str]]:
    """Read which frames may be chosen, and notes on how the file was read.

    The same columns as a support CSV; only `video` and `frame` or `time_s` are needed.

    Raises:
        SupportError: The file or a row of it cannot be used.
    """
    table = _opened(path, (), encoding)

    def made_of(number: int, cells: Cells) -> PlaceRow:
        frame, time_s = _place(cells, has_comma=table.has_comma)
        return PlaceRow(row=number, video=_video(cells), frame=frame, time_s=time_s)

    return table.rows(made_of), table.notes


def _opened(
    path: Path,
    values: Sequence[str],
    encoding: str | None,
    mapping: TableMapping = NO_MAPPING,
) -> Table:
    """A table of frames.

    All columns in `values` must be there; or none, if there is one of classes.
    """
    known = (*PLACE, *values, "expression", "rater")
    table = read_table(
        path,
        known=known,
        needed=("video",),
        named=mapping.columns,
        encoding=encoding,
    )
    header = table.columns
    if not any(header):
        raise SupportError(
            f"{path} is empty; expected a header row and labels under it"
        )
    only_classes = "expression" in header and not {*values} & {*header}
    wanted = ["video", *(() if only_classes else values)]
    placed = () if "time_s" in header else ("frame",)
    absent = [name for name in (*wanted, *placed) if name not in header]
    if absent:
        raise SupportError(
            f"{path} lacks the column {' and '.join(absent)}; its header must name "
            f"{', '.join(wanted)} and frame or time_s{_meant(header, absent, values)}"
        )
    for name in header:
        if name and name not in known:
            meant = get_close_matches(name, set(known) - {*header}, n=1, cutoff=0.8)
            table.notes.extend(
                f"{path.name}: the column {name} is passed over; is {one} meant?"
                for one in meant
            )
    return table


def _meant(header: Sequence[str], absent: Sequence[str], values: Sequence[str]) -> str:
    """Which other columns may be those that are absent, and what to do then."""
    guessed = guessed_columns(header, values)
    likely = {name: guessed[name] for name in absent if name in guessed}
    if "frame" in absent and "frame" not in guessed and "time_s" in guessed:
        likely["time_s"] = guessed["time_s"]
    if not likely:
        return ""
    named = ", ".join(f"{theirs!r} {name}" for name, theirs in likely.items())
    said = " ".join(f'--column {name}="{at}"' for name, at in likely.items())
    return f". If that is meant, name {named}; feltline labels import takes {said}"


def _row(
    number: int,
    cells: Cells,
    schema: LabelSchema,
    mapping: TableMapping,
    *,
    has_comma: bool,
) -> SupportRow:
    frame, time_s = _place(cells, has_comma=has_comma)
    face = cells.get("face", "")
    return SupportRow(
        row=number,
        video=mapping.videos.get(_video(cells), cells["video"]),
        frame=frame,
        time_s=time_s,
        face=whole_of(face, "face", has_comma=has_comma) if face else None,
        value=tuple(
            _value(
                cells.get(d.name, ""),
                d,
                mapping.scales.get(d.name, Scale(d.low, d.high)),
                has_comma=has_comma,
            )
            for d in schema.dimensions
        ),
        expression=_expression(cells.get("expression", ""), schema),
        rater=unicodedata.normalize("NFC", cells.get("rater", "")) or DEFAULT_RATER,
    )


def _video(cells: Cells) -> str:
    if not cells["video"]:
        raise ValueError("video is empty; expected the file name of the video")
    return cells["video"]


def _place(cells: Cells, *, has_comma: bool) -> tuple[int | None, float | None]:
    """Frame and time, where they are given; a time beside a frame need not be one."""
    frame, time_s = cells.get("frame", ""), cells.get("time_s", "")
    if not (frame or time_s):
        raise ValueError("neither frame nor time_s is filled in")
    number = whole_of(frame, "frame", has_comma=has_comma) if frame else None
    try:
        at = seconds_of(time_s, "time_s", has_comma=has_comma) if time_s else None
    except ValueError:
        if number is None:
            raise
        at = None
    return number, at


def _value(
    text: str, dimension: Dimension, scale: Scale, *, has_comma: bool
) -> float | None:
    """A value in the units of its dimension."""
    if not text:
        return None
    name, (low, high) = dimension.name, sorted((scale.low, scale.high))
    value = number_of(text, name, has_comma=has_comma)
    if not low <= value <= high:
        raise ValueError(
            f"{name} is {text}; expected a number from {low:g} to {high:g}"
        )
    if (scale.low, scale.high) == (dimension.low, dimension.high):
        return value
    share = (value - scale.low) / (scale.high - scale.low)
    return dimension.low + share * (dimension.high - dimension.low)


def _expression(text: str, schema: LabelSchema) -> str | None:
    """The class that a cell names, in whatever case and width."""
    if not text:
        return None
    for name in schema.class_names:
        if class_key(name) == class_key(text):
            return name
    known = ", ".join(schema.class_names) or "none: this project has no classes"
    raise ValueError(f"expression is {text!r}; expected {known}")


def suggestion_columns(schema: LabelSchema = DEFAULT_SCHEMA) -> tuple[str, ...]:
    """Columns of the file: those of a support CSV, and why each frame is asked for."""
    return (*PLACE, *schema.dimension_names, "expression", "rater", "rank", "reason")


def check_suggestions_path(path: Path) -> None:
    """Raise now if a file of suggestions could not be read back by its name.

    Raises:
        InputError: The ending is that of another kind of file.
    """
    if path.suffix.lower() in (".parquet", ".jsonl", ".json", ".xls", ".ods"):
        raise InputError(
            f"{path} would not be what its name says: suggestions to fill in are "
            f"written as .csv or .xlsx"
        )


def write_suggestions(
    path: Path,
    rows: Sequence[dict[str, str | int | float]],
    schema: LabelSchema = DEFAULT_SCHEMA,
) -> None:
    """Write rows (values by column name) to fill in; columns a row lacks stay empty.

    A CSV begins with a byte order mark, without which Excel takes it for another
    encoding; a name that ends in .xlsx gives an Excel file. Names are composed (NFC):
    Shift-JIS, in which Excel may save the file, has no others.

    Raises:
        InputError: The folder does not exist.
        SetupError: No room or no permission to write.
    """
    columns = suggestion_columns(schema)
    normal = [
        {
            k: unicodedata.normalize("NFC", v) if isinstance(v, str) else v
            for k, v in row.items()
        }
        for row in rows
    ]
    with replacing(path) as scratch:
        if path.suffix.lower() == ".xlsx":
            lines = (
                [_in_sheet(name, row.get(name)) for name in columns] for row in normal
            )
            write_workbook(scratch, columns, lines, title="labels")
            return
        with scratch.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(
                {k: safe_text(v) if isinstance(v, str) else v for k, v in row.items()}
                for row in normal
            )


def _in_sheet(column: str, value: str | int | float | None) -> str | int | float | None:
    """A cell of a sheet: a time is a number there, not text."""
    return float(value) if column == "time_s" and value is not None else value
