"""Human labels in: the support CSV.

A header, then one label per row, in any order of columns:

| column | meaning |
|---|---|
| `video` | file name of the video (with or without its ending), or its path |
| `frame` or `time_s` | 0-based frame number, or seconds; `frame` wins over it |
| `face` | number of the face; needed only where several are in view |
| `valence`, `arousal` | in [-1, 1]; a row with both empty is not labelled yet |
| `expression` | optional, one of `feltline.types.EXPRESSIONS` |
| `rater` | optional, who judged |

Other columns are passed over, so the file that `suggest` writes can be filled in as it
is. Row numbers in messages are those a spreadsheet shows: the header is row 1.
"""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feltline.errors import InputError, NothingToLabelError, SupportError
from feltline.types import EXPRESSIONS

__all__ = ["SupportRow", "raise_for_rows", "read_frames_to_choose", "read_support"]

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
        valence: In [-1, 1].
        arousal: In [-1, 1].
        expression: Index into `EXPRESSIONS`, -1 = none.
        rater: Who judged.
    """

    row: int
    video: str
    frame: int | None
    time_s: float | None
    face: int | None
    valence: float
    arousal: float
    expression: int
    rater: str


Cells = dict[str, str]


def read_support(path: Path) -> list[SupportRow]:
    """Read the labels of a support CSV.

    Raises:
        SupportError: The file cannot be read, or rows of it cannot be used; the message
            names the rows and says what was expected.
        NothingToLabelError: No row has valence and arousal filled in.
    """
    table = _read_cells(path, needed=("video", "valence", "arousal"))
    rows, faults = [], []
    for number, cells in table:
        if not cells["valence"] and not cells["arousal"]:
            continue
        try:
            rows.append(_row(number, cells))
        except ValueError as fault:
            faults.append(f"row {number}: {fault}")
    raise_for_rows(path, faults)
    if not rows:
        raise NothingToLabelError(
            f"{path} holds no label yet: fill in valence and arousal (from -1 to 1) in "
            f"at least one row, then run the same command again"
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


def _read_cells(path: Path, needed: Iterable[str]) -> list[tuple[int, Cells]]:
    """Rows of a CSV as (row number, cells by column), blank rows left out."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file, restkey="", restval="")
            header = {(name or "").strip().lower() for name in lines.fieldnames or ()}
            table = [
                (
                    lines.line_num,
                    {(k or "").strip().lower(): v for k, v in line.items()},
                )
                for line in lines
            ]
    except FileNotFoundError:
        raise SupportError(f"there is no file {path}; check the path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SupportError(
            f"{path} cannot be read as a CSV ({error}); expected text in UTF-8 with a "
            f"header row"
        ) from error
    if not header:
        raise SupportError(
            f"{path} is empty; expected a header row and labels under it"
        )
    wanted = {*needed} | ({"frame"} if "time_s" not in header else set())
    absent = sorted(wanted - header)
    if absent:
        raise SupportError(
            f"{path} lacks the column {' and '.join(absent)}; its header must name "
            f"{', '.join(needed)} and frame or time_s"
        )
    return [
        (number, {k: v.strip() if isinstance(v, str) else "" for k, v in cells.items()})
        for number, cells in table
        if any(isinstance(v, str) and v.strip() for v in cells.values())
    ]


def _row(number: int, cells: Cells) -> SupportRow:
    frame, time_s = _place(cells)
    return SupportRow(
        row=number,
        video=_video(cells),
        frame=frame,
        time_s=time_s,
        face=_whole(cells.get("face", ""), "face"),
        valence=_affect(cells, "valence"),
        arousal=_affect(cells, "arousal"),
        expression=_expression(cells.get("expression", "")),
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


def _affect(cells: Cells, name: str) -> float:
    text = cells[name]
    if not text:
        raise ValueError(
            f"{name} is empty; fill in both valence and arousal, or neither"
        )
    value = _number(text, name)
    if not -1 <= value <= 1:
        raise ValueError(f"{name} is {text}; expected a number from -1 to 1")
    return value


def _expression(text: str) -> int:
    if not text:
        return -1
    if text.lower() not in EXPRESSIONS:
        raise ValueError(f"expression is {text!r}; expected {', '.join(EXPRESSIONS)}")
    return EXPRESSIONS.index(text.lower())
