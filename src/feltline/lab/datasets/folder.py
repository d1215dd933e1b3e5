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

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from feltline.errors import InputError
from feltline.formats import Table, read_table
from feltline.formats.cell_values import number_of
from feltline.lab.datasets.face_set_builder import FaceSetBuilder, affect_of
from feltline.lab.datasets.faceset import MISSING, FaceSet
from feltline.types import EXPRESSIONS

__all__ = ["ALL", "read_folder", "splits_of_folder"]

CORPUS: Final = "folder"
TABLE: Final = "faces.csv"
ALL: Final = "all"

Row = Mapping[str, str]


def splits_of_folder(folder: Path) -> tuple[str, ...]:
    """Its splits, in the order of the file.

    Raises:
        InputError: The table cannot be read.
    """
    names = _table(folder / TABLE).rows(lambda _, cells: _split(cells))
    return tuple(dict.fromkeys(names)) or (ALL,)


def read_folder(folder: Path, split: str) -> FaceSet:
    """One split.

    Raises:
        InputError: The table cannot be read, or rows of it cannot be used; they are
            named.
    """
    faces = FaceSetBuilder(f"{CORPUS} {folder.resolve().name}", split, folder)
    table = _table(folder / TABLE)

    def add(_: int, cells: Row) -> None:
        if _split(cells) == split:
            _add_row(faces, cells, has_comma=table.has_comma)

    table.rows(add)
    return faces.done()


def _table(path: Path) -> Table:
    """The table, its rows not read yet.

    Raises:
        InputError: It cannot be read, or has no pictures.
    """
    known = ("image", "valence", "arousal", "expression", "person", "split")
    table = read_table(path, known=known, needed=("image",), error=InputError)
    if "image" not in table.columns:
        raise InputError(
            f"{path} lacks the column image; its header must name image and "
            f"valence, arousal or expression"
        )
    return table


def _split(row: Row) -> str:
    return row.get("split") or ALL


def _add_row(faces: FaceSetBuilder, row: Row, *, has_comma: bool) -> None:
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
        affect=affect_of(
            *(
                str(number_of(cell, name, has_comma=has_comma)) if cell else ""
                for name, cell in zip(("valence", "arousal"), cells, strict=True)
            ),
            missing=math.nan,
            largest=1.0,
        ),
        expression=_expression(row.get("expression", "").lower()),
    )


def _expression(text: str) -> int:
    if not text:
        return MISSING
    if text not in EXPRESSIONS:
        raise ValueError(f"expression is {text!r}; expected {', '.join(EXPRESSIONS)}")
    return EXPRESSIONS.index(text)
