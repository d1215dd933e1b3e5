"""Suggested frames out, as a support CSV to fill in."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from feltline.atomic import replacing

__all__ = ["SUGGESTION_COLUMNS", "write_suggestions"]

SUGGESTION_COLUMNS: Final = (
    "video",
    "frame",
    "time_s",
    "face",
    "valence",
    "arousal",
    "expression",
    "rater",
    "rank",
    "reason",
)


def write_suggestions(path: Path, rows: Sequence[dict[str, str | int | float]]) -> None:
    """Write rows to fill in; columns a row lacks stay empty.

    Args:
        path: A CSV file.
        rows: Values by column name.

    Raises:
        InputError: The folder does not exist.
        SetupError: No room or no permission to write.
    """
    with (
        replacing(path) as scratch,
        scratch.open("w", encoding="utf-8", newline="") as f,
    ):
        writer = csv.DictWriter(f, SUGGESTION_COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
