"""Preview of a person's table: its first rows, and what its columns may be."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feltline.formats.mapping import (
    NO_MAPPING,
    PLACE,
    TableMapping,
    guessed_columns,
)
from feltline.formats.reading import Cells, read_table
from feltline.types import DEFAULT_SCHEMA, LabelSchema

__all__ = ["TablePreview", "preview_table"]

FIRST_ROWS: Final = 10
MOST_NAMES: Final = 500
"""Names of videos that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """What a table looks like before it is read as labels.

    Attributes:
        columns: Names of its columns, as they are compared; those without a name are
            left out.
        rows: Row number and cells, in the order of `columns`, of the first rows that
            are not blank.
        n_rows: Rows that are not blank.
        meant: The file's column by our name: as the mapping says, or else guessed.
        videos: How many rows name each video, by what the file calls it; empty where
            no column is known to name any.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    n_rows: int
    meant: Mapping[str, str]
    videos: Mapping[str, int]


def preview_table(
    path: Path,
    schema: LabelSchema = DEFAULT_SCHEMA,
    *,
    encoding: str | None = None,
    mapping: TableMapping = NO_MAPPING,
) -> TablePreview:
    """Look at a table without asking what its cells mean.

    Args:
        path: A CSV or an Excel file (.xlsx).
        schema: Its dimensions are columns.
        encoding: Of a CSV; found out if absent.
        mapping: What its columns are, where that is known already.

    Raises:
        SupportError: It is no table, or rows have more cells than the header.
    """
    known = (*PLACE, *schema.dimension_names, "expression", "rater")
    theirs = [mapping.column(name) for name in known]
    table = read_table(path, known=theirs, encoding=encoding)
    columns = tuple(name for name in table.columns if name)
    guessed = guessed_columns(columns, schema.dimension_names)
    meant = {
        name: mapping.column(name) if name in mapping.columns else guessed.get(name, "")
        for name in known
    }
    meant = {name: at for name, at in meant.items() if at in columns}
    first: list[tuple[int, tuple[str, ...]]] = []
    videos: Counter[str] = Counter()

    def look(number: int, cells: Cells) -> None:
        if len(first) < FIRST_ROWS:
            first.append((number, tuple(cells[name] for name in columns)))
        name = cells.get(meant.get("video", ""), "")
        if name and (name in videos or len(videos) < MOST_NAMES):
            videos[name] += 1

    n_rows = len(table.rows(look))
    return TablePreview(
        columns=columns, rows=tuple(first), n_rows=n_rows, meant=meant, videos=videos
    )
