"""Reading tables that people make: CSV of any usual kind, and Excel's .xlsx.

One reader for all of them: support sets, frames to choose from, ratings, persons. A
table is a header and rows of cells; what cannot be read as that for sure is refused.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Final, TypeVar

from feltline.errors import InputError, SupportError
from feltline.formats.cell_values import class_key, plain_text, trimmed
from feltline.formats.table_text import decoded, delimiter_of, read_bytes, records
from feltline.formats.workbooks import is_old_workbook, is_workbook, workbook_rows

__all__ = ["Cells", "Table", "raise_for_rows", "read_table"]

MOST_COLUMNS: Final = 16_384
"""Of a table, as in Excel."""
MOST_REPORTED: Final = 5
"""How many faulty rows one message names."""


Cells = Mapping[str, str]
"""Text by name of the column; empty where the row ends early."""
Made = TypeVar("Made")
NOTHING_NAMED: Final[Mapping[str, str]] = {}


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
    _error: type[InputError] = field(repr=False)

    def rows(self, made_of: Callable[[int, Cells], Made]) -> list[Made]:
        """What its rows are made into, once, all of them or none; blank ones left out.

        Args:
            made_of: Given the number of a row, as a spreadsheet counts from 1, and its
                cells; raises ValueError, which says why they cannot be used.

        Raises:
            InputError: Rows cannot be used, or have more cells than there are columns;
                the message names them. Or a quote is not closed.
        """
        made, faults, is_noted = [], [], False
        unnamed = [i for i, name in enumerate(self.columns) if not name]
        for number, found in self._records:
            texts = [plain_text(trimmed(cell)) for cell in found]
            if not any(texts):
                continue
            if not is_noted and any(texts[i] for i in unnamed if i < len(texts)):
                is_noted = True
                self.notes.append(
                    f"row {number} of {self.path.name}: what stands under a column "
                    f"without a name is passed over"
                )
            try:
                made.append(made_of(number, self._cells(texts)))
            except ValueError as fault:
                faults.append(f"row {number}: {fault}")
        raise_for_rows(self.path, faults, self._error)
        return made

    def _cells(self, texts: Sequence[str]) -> Cells:
        n = len(self.columns)
        if any(texts[n:]):
            raise ValueError(
                f"it has {len(texts)} cells, but the header names {n} columns; is a "
                f"decimal comma in it, or a comma in a text without quotes?"
            )
        return dict(zip_longest(self.columns, texts[:n], fillvalue=""))


def read_table(
    path: Path,
    *,
    known: Sequence[str],
    needed: Sequence[str] = (),
    named: Mapping[str, str] = NOTHING_NAMED,
    encoding: str | None = None,
    error: type[InputError] = SupportError,
) -> Table:
    """Open a CSV or an Excel file (.xlsx) that a person made.

    Args:
        path: The file; what it is shows in its first bytes, not in its name.
        known: Names of columns that are looked for.
        needed: Those of which one must be in the sheet of a workbook to be read.
        named: By our name of a column, that of the file; empty = it has none, whatever
            its columns are called.
        encoding: Of a CSV; found out if absent.
        error: What to raise.

    Raises:
        InputError: It is no such file, its encoding cannot be known, a quote is not
            closed, a column comes twice, or one that is named is not there.
    """
    looked_for = [named.get(name, name) for name in known]
    of_sheet = [named.get(name, name) for name in needed or known]
    raw = read_bytes(path, error)
    if is_old_workbook(raw):
        raise error(
            f"{path} is an Excel file of the old kind (.xls), or locked by a password; "
            f"save it as Excel workbook (.xlsx) or as CSV UTF-8"
        )
    notes: list[str] = []
    if is_workbook(raw):
        rows = workbook_rows(path, raw, of_sheet, notes, error)
        has_comma = True
    else:
        text, note = decoded(path, raw, encoding, error)
        notes += [note] if note else []
        delimiter, text = delimiter_of(text, looked_for)
        rows = records(path, text, delimiter, error)
        has_comma = delimiter != ","
    _, header = next(rows, (0, []))
    columns = _renamed(path, _columns(path, header, error), named, error)
    return Table(
        path=path,
        columns=columns,
        has_comma=has_comma,
        notes=notes,
        _records=rows,
        _error=error,
    )


def _columns(
    path: Path, header: Sequence[str], error: type[InputError]
) -> tuple[str, ...]:
    """Names of the columns up to the last that has one.

    Raises:
        InputError: A name comes twice, or there are very many.
    """
    names = [class_key(trimmed(name)) for name in header]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise error(
            f"{path} has {len(names)} columns, more than any table of labels; give the "
            f"right file"
        )
    twice = sorted(name for name, n in Counter(names).items() if name and n > 1)
    if twice:
        raise error(
            f"{path} has the column {' and '.join(twice)} more than once; keep one of "
            f"them, or rename the other"
        )
    return tuple(names)


def _renamed(
    path: Path,
    columns: tuple[str, ...],
    named: Mapping[str, str],
    error: type[InputError],
) -> tuple[str, ...]:
    """Columns under our names; one that is not meant by its own name gives it up.

    Raises:
        InputError: A column that was named is not there.
    """
    ours = {class_key(theirs): name for name, theirs in named.items() if theirs}
    if absent := [name for name in ours if name not in columns]:
        raise error(
            f"{path} has no column {absent[0]!r}, which was to be {ours[absent[0]]}; "
            f"it has {', '.join(name for name in columns if name) or 'none'}"
        )
    others = {name: f"{name} ({path.name})" for name in named}
    return tuple(ours.get(name, others.get(name, name)) for name in columns)


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
