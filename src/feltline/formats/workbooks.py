"""Excel workbooks (.xlsx), by openpyxl: a sheet as rows of text, and rows as a sheet.

Nothing is evaluated: of a formula, the value that was saved with it is taken and a note
says so. Sizes are bounded before anything is unpacked.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feltline.errors import InputError
from feltline.formats.cell_values import class_key, safe_text

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

__all__ = ["is_old_workbook", "is_workbook", "workbook_rows", "write_workbook"]

MOST_XML: Final = 200_000_000
"""Bytes of a workbook's parts once unpacked."""
MOST_STRINGS: Final = 50_000_000
"""Bytes of the part that holds all texts, which is kept in memory."""
MOST_COLUMNS: Final = 256
MOST_ROWS: Final = 1_048_576
"""Of a sheet, by Excel."""

_ZIP: Final = b"PK\x03\x04"
_ZIP_ENTRY: Final = b"PK\x01\x02"
_MOST_PARTS: Final = 5000
_SMALL_XML: Final = 2_000_000
_MOST_RATIO: Final = 100
"""Sheets of labels shrink to a tenth or twentieth; what is made to fill memory, to a
thousandth."""
_MOST_OTHER: Final = 5_000_000
"""Bytes of the parts that are read besides sheets and texts: styles, relations."""
_NOT_READ: Final = (
    *("xl/media/", "xl/drawings/", "xl/charts/", "xl/embeddings/", "xl/comments"),
    *("xl/pivotCache/", "xl/pivotTables/", "xl/threadedComments/", "customXml/"),
)
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
_TEXT: Final = re.compile(rb"<(?:\w+:)?si\b")
_LONGEST: Final = 2_000_000
"""Bytes of one row or text: a row of all 16,384 columns has about 1 MB."""
_PIECE: Final = 1 << 20
_UNREADABLE: Final = (OSError, ValueError, NotImplementedError, RuntimeError, EOFError)
_OLE: Final = b"\xd0\xcf\x11\xe0"
_DAY_S: Final = 86_400.0
_HEADER_ROWS: Final = 1000
"""How far down a header is looked for."""
_MOST_NOTED: Final = 5
"""Notes on formulas, at most."""
_BESIDE: Final = 16
"""Columns right of the table that are looked at for what is passed over."""

Cells = list[str]


def is_workbook(raw: bytes) -> bool:
    """Whether bytes are a zip archive, as every .xlsx is."""
    return raw.startswith(_ZIP)


def is_old_workbook(raw: bytes) -> bool:
    """Whether bytes are Microsoft's older container: .xls, or an encrypted .xlsx."""
    return raw.startswith(_OLE)


def workbook_rows(
    path: Path,
    raw: bytes,
    wanted: Sequence[str],
    notes: list[str],
    error: type[InputError],
) -> Iterator[tuple[int, Cells]]:
    """Rows of the one sheet that holds a table, the header first.

    Args:
        path: For messages.
        raw: The file.
        wanted: Columns by which the sheet is known.
        notes: Gets what the user should know, while rows are read.
        error: What to raise.

    Raises:
        InputError: It is no workbook, too large, or has several such sheets.
    """
    _check_size(path, raw, error)
    try:
        book = _opened(raw, has_formulas=True)
        name = _sheet_of(path, book, wanted, notes, error)
        yield from _rows(path, raw, book, name, notes)
    except InputError:
        raise
    except MemoryError:
        raise error(f"{path} is too large; save it as CSV UTF-8") from None
    except Exception as fault:
        # openpyxl raises what it likes on a damaged file; it is not ours to know.
        raise error(
            f"{path} cannot be read as an Excel file ({type(fault).__name__}: "
            f"{fault}); save it anew as Excel workbook (.xlsx), or as CSV UTF-8"
        ) from fault


def _check_size(path: Path, raw: bytes, error: type[InputError]) -> None:
    """Refuse what would not fit into memory, before it is unpacked.

    Sizes are those that the archive states; no more than these is ever unpacked.
    """
    if raw.count(_ZIP_ENTRY) > _MOST_PARTS:
        raise error(f"{path} has too many parts for a workbook; save it as CSV UTF-8")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            is_book = any(one.filename.endswith("workbook.xml") for one in parts)
            fault = _oversize(archive, parts, len(raw))
    except (zipfile.BadZipFile, zlib.error, *_UNREADABLE) as found:
        raise error(
            f"{path} cannot be read as an Excel file ({found}); it may be cut off: "
            f"copy it again, or save it as CSV UTF-8"
        ) from found
    if not is_book:
        raise error(
            f"{path} is an archive, but no Excel workbook (.xlsx); save the table as "
            f".xlsx or as CSV UTF-8"
        )
    if fault:
        raise error(
            f"{path} {fault}, more than a table of labels needs; keep the sheet with "
            f"the labels only, or save it as CSV UTF-8"
        )


def _oversize(
    archive: zipfile.ZipFile, parts: Sequence[zipfile.ZipInfo], n_bytes: int
) -> str:
    """What would take too much memory or time to read; empty if nothing would."""
    read = []
    for one in parts:
        if not one.filename.startswith(_NOT_READ):
            read.append(one)
        elif one.file_size > MOST_STRINGS:  # a part that is read may hide there
            return f"has a part of {one.file_size // 1_000_000} MB"
    xml = sum(one.file_size for one in read)
    if xml > MOST_XML or (xml > _SMALL_XML and xml > _MOST_RATIO * n_bytes):
        return f"unpacks to {xml // 1_000_000} MB"
    small = 0
    for one in read:
        if one.filename.startswith("xl/worksheets/"):
            pattern, what = _ROW, "a row"
        elif one.filename.endswith("sharedStrings.xml"):
            pattern, what = _TEXT, "a text"
            if one.file_size > MOST_STRINGS:
                return f"has {one.file_size // 1_000_000} MB of texts"
        else:
            small += one.file_size
            continue
        # The parser holds a row, or a text, as a whole.
        if _longest(archive, one, pattern) > _LONGEST:
            return f"has {what} of more than {_LONGEST // 1_000_000} MB"
    return "has very many styles" if small > _MOST_OTHER else ""


def _longest(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, pattern: "re.Pattern[bytes]"
) -> int:
    """About how many bytes lie between two matches at most; some more, never fewer."""
    longest = last = at = 0
    with archive.open(part) as file:
        while piece := file.read(_PIECE):
            for match in pattern.finditer(piece):
                longest = max(longest, at + match.start() - last)
                last = at + match.start()
            at += len(piece)
            if at - last > _LONGEST:
                return at - last
    return max(longest, at - last)


def _opened(raw: bytes, *, has_formulas: bool) -> "Workbook":
    import warnings

    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it leaves out: styles, extensions
        return load_workbook(
            io.BytesIO(raw),
            read_only=True,
            data_only=not has_formulas,
            keep_links=False,
            rich_text=False,
        )


def _sheet_of(
    path: Path,
    book: "Workbook",
    wanted: Sequence[str],
    notes: list[str],
    error: type[InputError],
) -> str:
    """Name of the sheet whose header has a wanted column; the first if none has."""
    fit = []
    for name in book.sheetnames:
        if not hasattr(book[name], "iter_rows"):
            continue  # a sheet that is a chart
        if {class_key(text) for text in _header(book, name)[1]} & {*wanted}:
            fit.append(name)
    if len(fit) > 1:
        raise error(
            f"{path} has {len(fit)} sheets with such a table ({', '.join(fit)}); keep "
            f"the one that is meant in a file of its own"
        )
    chosen = fit[0] if fit else book.sheetnames[0]
    others = [name for name in book.sheetnames if name != chosen]
    if fit and others:
        notes.append(
            f"{path.name}: the sheet {chosen} is read; passed over: {', '.join(others)}"
        )
    return str(chosen)


def _plain_rows(
    book: "Workbook", name: str, width: int = MOST_COLUMNS, last: int = MOST_ROWS
) -> Iterator[tuple[int, list[Any]]]:
    """Rows that are not blank, with their numbers, as cells of openpyxl.

    The size that a sheet states is not believed: a wrong one pads or cuts it.
    """
    sheet: Any = book[name]
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=last, max_col=width)
    for number, row in enumerate(rows, start=1):
        if any(cell.value is not None for cell in row):
            yield number, list(row)


def _header(book: "Workbook", name: str) -> tuple[int, Cells]:
    """Row number and texts of a sheet's first row that is not blank."""
    rows = _plain_rows(book, name, last=_HEADER_ROWS)
    number, cells = next(rows, (1, []))
    header = [_text(cell) for cell in cells]
    while header and not header[-1]:
        header.pop()
    return number, header


def _rows(
    path: Path, raw: bytes, book: "Workbook", name: str, notes: list[str]
) -> Iterator[tuple[int, Cells]]:
    """Text of the cells; values that were saved with formulas are looked up."""
    number, header = _header(book, name)
    yield number, header
    if not header:
        return
    # What stands beside the table is no cell of a row: nothing can shift here.
    width, first, is_noted, n_noted = len(header), number, False, 0
    saved, at = _saved_rows(raw, name, width), (0, list[Any]())
    for number, cells in _plain_rows(book, name, width + _BESIDE):
        if number <= first:
            continue
        texts = [_text(cell) for cell in cells]
        for i in (i for i in range(width) if _is_formula(cells[i])):
            while at[0] < number:
                at = next(saved, (MOST_ROWS + 1, []))
            texts[i] = _text(at[1][i]) if at[0] == number else ""
            if header[i] and texts[i] and n_noted < _MOST_NOTED:
                n_noted += 1
                notes.append(
                    f"row {number} of {path.name}: {header[i]} is a formula; the value "
                    f"saved with it is used, {texts[i][:40]}"
                )
            texts[i] = texts[i] or "#formula without a saved value"
        if any(texts[width:]) and not is_noted:
            is_noted = True
            notes.append(
                f"row {number} of {path.name}: what stands right of the named columns "
                f"is passed over"
            )
        yield number, texts[:width]


def _saved_rows(raw: bytes, name: str, width: int) -> Iterator[tuple[int, list[Any]]]:
    """Rows with the values that were saved with formulas; opened when first asked."""
    yield from _plain_rows(_opened(raw, has_formulas=False), name, width)


def _is_formula(cell: Any) -> bool:  # noqa: ANN401 - openpyxl's
    return bool(cell.data_type == "f")


def _text(cell: Any) -> str:  # noqa: ANN401 - a cell of openpyxl
    """What a cell shows, as text with a decimal point."""
    value = cell.value
    if value is None or _is_formula(cell):
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, timedelta):
        return _clock(value.total_seconds(), "h:mm:ss")
    if isinstance(value, time):
        at = datetime.combine(date.min, value) - datetime.min
        return _clock(at.total_seconds(), str(cell.number_format))
    if isinstance(value, datetime):
        shown = str(cell.number_format).lower()
        if "h" in shown and not {"y", "d"} & {*shown}:  # what it shows is the time
            at = datetime.combine(date.min, value.time()) - datetime.min
            return _clock(at.total_seconds(), shown)
        return value.date().isoformat()
    return str(value)


def _clock(seconds: float, number_format: str) -> str:
    """A time as its cell shows it: `0:01` typed as minutes and seconds stays that.

    Excel takes `0:01` for hours and minutes, and shows it as it was typed.
    """
    shown = number_format.lower().split(";")[0]
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    if "h" in shown and "s" not in shown:
        whole = round(seconds / 60)
        return f"{sign}{whole // 60}:{whole % 60:02d}"
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{sign}{hours}:{minutes:02d}:{rest:06.3f}"


def write_workbook(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str
) -> None:
    """Write rows below a header that stays in sight, one at a time.

    Text is text whatever it looks like; what would be a formula gets an apostrophe.

    Raises:
        InputError: There are more rows than a sheet holds.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.writer.excel import ExcelWriter

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(title)
    sheet.freeze_panes = "A2"

    def cell(value: Any, *, is_bold: bool = False) -> Any:  # noqa: ANN401 - openpyxl's
        if isinstance(value, str):
            value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", safe_text(value))
        made: Any = WriteOnlyCell(sheet, value=value)
        if isinstance(value, str):
            made.data_type = "s"
        if is_bold:
            made.font = Font(bold=True)
        return made

    try:
        sheet.append([cell(name, is_bold=True) for name in columns])
        for number, row in enumerate(rows, start=2):
            if number > MOST_ROWS:
                raise InputError(
                    f"{path.name} would have more than {MOST_ROWS} rows, which no "
                    f"Excel sheet holds; write a .csv or .parquet file"
                )
            sheet.append([cell(value) for value in row])
        archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        try:
            ExcelWriter(book, archive).save()
        finally:
            with suppress(OSError):  # on a full disk; it would try again, and tell
                archive.close()
    finally:
        with suppress(Exception):  # its own temporary file, after a failure
            sheet.close()
