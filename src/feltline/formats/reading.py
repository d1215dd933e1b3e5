"""Reading tables that people make: CSV of any usual kind, and Excel's .xlsx.

One reader for all of them: support sets, frames to choose from, ratings, persons. A
table is a header and rows of cells; what cannot be read as that for sure is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from feltline.errors import InputError, SupportError
from feltline.formats.cell_values import class_key, trimmed
from feltline.formats.safe_cells import plain_text
from feltline.formats.table_text import decoded, delimiter_of, read_bytes, records
from feltline.formats.workbooks import is_old_workbook, is_workbook, workbook_rows

__all__ = ["Table", "TableRow", "raise_for_rows", "read_table"]

MOST_REPORTED: Final = 5
"""How many faulty rows one message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of a table.

    Attributes:
        number: As a spreadsheet counts; the first row is 1.
        cells: Text by name of the column; empty where the row ends early.
        fault: Why its cells cannot be told apart; empty if they can.
    """

    number: int
    cells: Mapping[str, str]
    fault: str = ""

    def check(self) -> None:
        """Raise ValueError if its cells cannot be told apart."""
        if self.fault:
            raise ValueError(self.fault)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A table that a person made.

    Attributes:
        path: The file.
        columns: Names of its columns in small letters; empty where there is none.
        has_comma: Whether a comma in a number may be a decimal comma.
        notes: What the user should know; complete once the rows were read.
    """

    path: Path
    columns: tuple[str, ...]
    has_comma: bool
    notes: list[str]
    _records: Iterator[tuple[int, list[str]]] = field(repr=False)

    def rows(self) -> Iterator[TableRow]:
        """Its rows, once: blank ones are left out.

        Raises:
            InputError: A quote is not closed.
        """
        blank = dict.fromkeys(self.columns, "")
        n, is_noted = len(self.columns), False
        unnamed = [i for i, name in enumerate(self.columns) if not name]
        for number, found in self._records:
            texts = [plain_text(trimmed(cell)) for cell in found]
            if not any(texts):
                continue
            cells = blank | dict(zip(self.columns, texts, strict=False))
            if not is_noted and any(texts[i] for i in unnamed if i < len(texts)):
                is_noted = True
                self.notes.append(
                    f"row {number} of {self.path.name}: what stands under a column "
                    f"without a name is passed over"
                )
            extra = [text for text in texts[n:] if text]
            fault = ""
            if extra:
                fault = (
                    f"it has {len(texts)} cells, but the header names {n} columns; is "
                    f"a decimal comma in it, or a comma in a text without quotes?"
                )
            yield TableRow(number=number, cells=cells, fault=fault)


def read_table(
    path: Path,
    *,
    known: Sequence[str],
    needed: Sequence[str] = (),
    encoding: str | None = None,
    error: type[InputError] = SupportError,
) -> Table:
    """Open a CSV or an Excel file (.xlsx) that a person made.

    Args:
        path: The file; what it is shows in its first bytes, not in its name.
        known: Names of columns that are looked for.
        needed: Those of which one must be in the sheet of a workbook to be read.
        encoding: Of a CSV; found out if absent.
        error: What to raise.

    Raises:
        InputError: It is no such file, its encoding cannot be known, a quote is not
            closed, or a column comes twice.
    """
    raw = read_bytes(path, error)
    if is_old_workbook(raw):
        raise error(
            f"{path} is an Excel file of the old kind (.xls), or locked by a password; "
            f"save it as Excel workbook (.xlsx) or as CSV UTF-8"
        )
    notes: list[str] = []
    if is_workbook(raw):
        rows = workbook_rows(path, raw, needed or known, notes, error)
        has_comma = True
    else:
        text, note = decoded(path, raw, encoding, error)
        notes += [note] if note else []
        delimiter, text = delimiter_of(text, known)
        rows = records(path, text, delimiter, error)
        has_comma = delimiter != ","
    _, header = next(rows, (0, []))
    columns = _columns(path, header, error)
    return Table(
        path=path, columns=columns, has_comma=has_comma, notes=notes, _records=rows
    )


def _columns(
    path: Path, header: Sequence[str], error: type[InputError]
) -> tuple[str, ...]:
    """Names of the columns up to the last that has one.

    Raises:
        InputError: A name comes twice.
    """
    names = [class_key(trimmed(name)) for name in header]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise error(
            f"{path} has the column {' and '.join(twice)} more than once; keep one of "
            f"them, or rename the other"
        )
    return tuple(names)


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
