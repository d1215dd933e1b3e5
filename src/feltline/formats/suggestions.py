"""Suggested frames out, as a support CSV to fill in."""

import csv
from collections.abc import Sequence
from pathlib import Path

from feltline.atomic import replacing
from feltline.formats.tables import safe_text
from feltline.types import DEFAULT_SCHEMA, LabelSchema

__all__ = ["suggestion_columns", "write_suggestions"]


def suggestion_columns(schema: LabelSchema = DEFAULT_SCHEMA) -> tuple[str, ...]:
    """Columns of the file: those of a support CSV, and why each frame is asked for."""
    place = ("video", "frame", "time_s", "face")
    return (*place, *schema.dimension_names, "expression", "rater", "rank", "reason")


def write_suggestions(
    path: Path,
    rows: Sequence[dict[str, str | int | float]],
    schema: LabelSchema = DEFAULT_SCHEMA,
) -> None:
    """Write rows to fill in; columns a row lacks stay empty.

    Args:
        path: A CSV file.
        rows: Values by column name.
        schema: Its dimensions are columns.

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
