"""Dataset adapter for a plain folder of pictures with a `faces.csv`.

| column | meaning |
|---|---|
| `image` | the picture, relative to the folder |
| `valence`, `arousal` | in [-1, 1]; both empty = not rated |
| `expression` | one of `feltline.types.EXPRESSIONS`; empty = none |
| `person` | who it is; the picture itself if absent |
| `split` | which split it belongs to; without the column all belong to `all` |

A row that cannot be used stops everything: it is the user's own file, and is named.
"""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from feltline.errors import InputError
from feltline.formats.support import raise_for_rows
from feltline.lab.datasets.face_set_builder import FaceSetBuilder, affect_of
from feltline.lab.datasets.faceset import MISSING, FaceSet
from feltline.types import EXPRESSIONS

__all__ = ["ALL", "read_folder", "splits_of_folder"]

CORPUS: Final = "folder"
TABLE: Final = "faces.csv"
ALL: Final = "all"

Row = dict[str, str]


def splits_of_folder(folder: Path) -> tuple[str, ...]:
    """Its splits, in the order of the file.

    Raises:
        InputError: The table cannot be read.
    """
    names = (_split(row) for _, row in _rows(folder / TABLE))
    return tuple(dict.fromkeys(names)) or (ALL,)


def read_folder(folder: Path, split: str) -> FaceSet:
    """One split.

    Raises:
        InputError: The table cannot be read, or rows of it cannot be used; they are
            named.
    """
    path = folder / TABLE
    faces, faults = (
        FaceSetBuilder(f"{CORPUS} {folder.resolve().name}", split, folder),
        [],
    )
    for number, row in _rows(path):
        if _split(row) != split:
            continue
        try:
            _add_row(faces, row)
        except ValueError as fault:
            faults.append(f"row {number}: {fault}")
    raise_for_rows(path, faults, InputError)
    return faces.done()


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Rows with their numbers; the header is row 1."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file, restval="")
            names = {(name or "").strip() for name in lines.fieldnames or ()}
            if "image" not in names:
                raise InputError(
                    f"{path} lacks the column image; its header must name image and "
                    f"valence, arousal or expression"
                )
            for row in lines:
                cells = {
                    (k or "").strip(): v.strip()
                    for k, v in row.items()
                    if isinstance(v, str)
                }
                if any(cells.values()):
                    yield lines.line_num, cells
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} cannot be read ({error}); expected a CSV in UTF-8 beside the "
            f"pictures"
        ) from error


def _split(row: Row) -> str:
    return row.get("split") or ALL


def _add_row(faces: FaceSetBuilder, row: Row) -> None:
    if not row["image"]:
        raise ValueError("image is empty; expected the name of a picture")
    cells = row.get("valence", ""), row.get("arousal", "")
    if any(cell.lower() == "nan" for cell in cells):
        raise ValueError("valence or arousal is NaN; leave both empty if not rated")
    if bool(cells[0]) != bool(cells[1]):
        raise ValueError("fill in both valence and arousal, or neither")
    faces.add(
        row["image"],
        person=row.get("person", ""),
        affect=affect_of(*cells, missing=math.nan, largest=1.0),
        expression=_expression(row.get("expression", "").lower()),
    )


def _expression(text: str) -> int:
    if not text:
        return MISSING
    if text not in EXPRESSIONS:
        raise ValueError(f"expression is {text!r}; expected {', '.join(EXPRESSIONS)}")
    return EXPRESSIONS.index(text)
