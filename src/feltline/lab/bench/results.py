"""From a folder of cells to rows, and rows to files."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from feltline.atomic import replacing
from feltline.errors import InputError
from feltline.lab.bench.cells import Spec, read_cell
from feltline.lab.bench.scores import Row, compare, score

__all__ = ["REFERENCE", "check_results_path", "score_all", "write_rows"]

REFERENCE = ("linear", "uniform")
"""Method and selection that ratios are taken to."""


def score_all(
    folder: Path, specs: Sequence[Spec], *, with_support: bool = False
) -> list[Row]:
    """A row per method, selection and budget, each with its ratio to the reference.

    Ratios are `ratio`, `ratio_low`, `ratio_high`, and exist where the reference was run
    at the same budget.
    """
    groups: dict[tuple[str, str, str], list[Spec]] = {}
    for spec in specs:
        groups.setdefault((spec.budget, spec.selection, spec.method), []).append(spec)
    rows = [
        score([read_cell(folder, spec) for spec in some], with_support=with_support)
        for some in groups.values()
    ]
    for row in rows:
        for other in rows:
            if (other.method, other.selection) == REFERENCE and (
                other.budget == row.budget
            ):
                row.figures.update(compare(row, other))
    return rows


def check_results_path(path: Path) -> None:
    """Refuse now what `write_rows` could not write later.

    Raises:
        InputError: The ending is neither .csv nor .parquet.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(f"{path} ends in {path.suffix}; results are .csv or .parquet")


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """All figures, a line per row, as CSV or Parquet."""
    check_results_path(path)
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    table = pl.DataFrame(
        {
            "budget": [row.budget for row in rows],
            "selection": [row.selection for row in rows],
            "method": [row.method for row in rows],
            **{n: [row.figures.get(n, float("nan")) for row in rows] for n in names},
        }
    )
    with replacing(path) as scratch:
        if path.suffix == ".csv":
            table.write_csv(scratch, float_precision=5)
        else:
            table.write_parquet(scratch)
