"""Text of a delimited table: its encoding, its delimiter, its rows.

Encodings: UTF-8, UTF-16 and UTF-32 are known by their byte order mark or by being
valid. What is no UTF-8 is taken for Shift-JIS (as Excel in Japan saves) only where it
can hardly be anything else; otherwise the user is asked. Rows are counted as a
spreadsheet does: a cell of several lines is in one row.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from feltline.errors import InputError, SupportError
from feltline.formats.cell_values import MOST_DIGITS, class_key

__all__ = ["decoded", "delimiter_of", "read_bytes", "records"]

LARGEST: Final = 50_000_000
"""Bytes of a table that is read whole."""
DELIMITERS: Final = (",", ";", "\t")

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SHIFT_JIS: Final = ("shift-jis", "sjis", "shiftjis", "ms932", "windows-31j")
_LINE: Final = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""A line with its end, as files have them: other separators of Unicode are text."""
_NO_TEXT: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_SEPARATOR: Final = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
_HEADER_BYTES: Final = 16
_HEADER_ROWS: Final = 100
"""Blank rows above a header, at most."""


def read_bytes(path: Path, error: type[InputError] = SupportError) -> bytes:
    """All bytes of a file that a person made.

    Raises:
        InputError: It is not there, cannot be read, or is too large to be a table.
    """
    try:
        with path.open("rb") as file:
            found = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise error(f"there is no file {path}; check the path") from None
    except (OSError, ValueError) as fault:
        raise error(f"{path} cannot be read ({fault}); check the path") from fault
    if len(found) > LARGEST:
        raise error(
            f"{path} is larger than {LARGEST // 1_000_000} MB, which no table of "
            f"labels is; give the right file, or divide it"
        )
    return found


def decoded(
    path: Path, raw: bytes, encoding: str | None, error: type[InputError]
) -> tuple[str, str | None]:
    """The text of a file, and a note where its encoding was guessed.

    Args:
        path: For messages.
        raw: Its bytes.
        encoding: What the user says it is; found out if absent.
        error: What to raise.

    Raises:
        InputError: It is no text, or its encoding cannot be known.
    """
    name = _marked(raw)
    if name is None and encoding is not None:
        plain = encoding.lower().replace("_", "-")
        # What Windows means by Shift-JIS, with its own additions.
        name = "cp932" if plain in _SHIFT_JIS else encoding
    note, name = None, name or _found_out(raw)
    if name is None and _is_japanese(raw):
        name = "cp932"
        note = (
            f"{path.name} is read as Shift-JIS (cp932), as Excel in Japan saves; if "
            f"names look wrong, give --encoding, or save it as CSV UTF-8"
        )
    if name is None:
        raise error(
            f"{path} is no UTF-8, and its encoding cannot be known for sure; save it "
            f"as CSV UTF-8, or give --encoding (cp932 for Japanese Windows, cp1252 "
            f"for Western European Windows)"
        )
    return _text(path, raw, name, error), note


def _marked(raw: bytes) -> str | None:
    """The encoding that a byte order mark names: no header begins like one."""
    return next((name for mark, name in _MARKS if raw.startswith(mark)), None)


def _found_out(raw: bytes) -> str | None:
    """The encoding of Unicode that bytes are in; None if they are in none."""
    if b"\x00" in raw:
        # A header is ASCII: each of its letters is a byte and a zero, or a zero first.
        for first, order in ((1, "utf-16-le"), (0, "utf-16-be")):
            if not any(raw[first:_HEADER_BYTES:2]):
                return order
        return "utf-8"
    try:
        raw.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _text(path: Path, raw: bytes, encoding: str, error: type[InputError]) -> str:
    try:
        text = raw.decode(encoding)
    except LookupError:
        raise error(
            f"there is no encoding {encoding}; give utf-8, utf-16, cp932 (Shift-JIS) "
            f"or cp1252, or leave --encoding out"
        ) from None
    except ValueError as fault:
        raise error(
            f"{path} cannot be read as a CSV in {encoding} ({fault}); save it as CSV "
            f"UTF-8"
        ) from fault
    if _NO_TEXT.search(text):
        raise error(
            f"{path} cannot be read as a CSV: it holds characters that are no text; "
            f"give a CSV in UTF-8, or an Excel file (.xlsx)"
        )
    return text


def _is_japanese(raw: bytes) -> bool:
    """Whether bytes that are no UTF-8 are Shift-JIS beyond reasonable doubt.

    Kana, usual kanji and full-width forms lie under lead bytes 81 to 9F, where other
    encodings have next to nothing. Half-width kana and rare kanji are letters with
    accents, Chinese or Korean elsewhere: they must not outnumber the former.
    """
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError:
        return False
    usual = rare = 0
    for char, n in Counter(text).items():
        if char.isascii():
            continue
        lead = char.encode("cp932")[:1]
        if b"\x81" <= lead <= b"\x9f":
            usual += n
        elif "\ue000" <= char <= "\uf8ff":
            return False  # nobody's letters
        else:
            rare += n
    return usual > 0 and usual >= rare


def delimiter_of(text: str, known: Sequence[str]) -> tuple[str, str]:
    """What divides the cells, and the text without a line `sep=` that says so.

    Without such a line it is the one that makes most known columns of the header.
    """
    named = _SEPARATOR.match(text)
    if named is not None:
        return named[1], text[named.end() :]
    head = _first_line(text)

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([head], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        names = {class_key(cell) for cell in cells}
        return len(names & {*known}), len(cells)

    return max(DELIMITERS, key=fit), text


def _first_line(text: str) -> str:
    """The first line that is not blank."""
    for number, match in enumerate(_LINE.finditer(text)):
        if match[0].strip(" \t\r\n,;") or number > _HEADER_ROWS:
            return match[0]
    return ""


def records(
    path: Path, text: str, delimiter: str, error: type[InputError]
) -> Iterator[tuple[int, list[str]]]:
    """Rows as (row number, cells), blank rows left out, quotes held to the letter.

    Raises:
        InputError: A quote is not closed; the message names the row that opens it.
    """
    if delimiter.isalnum() or delimiter in '"\r\n.-+' or not delimiter.isascii():
        raise error(
            f"{path} says that its cells are divided by {delimiter!r}, which cannot "
            f"be; use a comma, a semicolon or a tab"
        )
    lines = csv.reader(
        (match[0] for match in _LINE.finditer(text)),
        delimiter=delimiter,
        strict=True,
        skipinitialspace=True,
    )
    number, width = 0, 0
    while True:
        number += 1
        try:
            cells = next(lines, None)
        except csv.Error as fault:
            raise error(_quote_fault(path, number, fault)) from fault
        if cells is None:
            return
        if any(cells):
            width = width or len(cells)
            if swallowed := _swallowed(cells, delimiter, width):
                raise error(
                    f"row {number} of {path} opens a quote that takes in {swallowed} "
                    f'of the rows below it; close the quote (") where its cell ends'
                )
            yield number, cells


def _quote_fault(path: Path, number: int, fault: csv.Error) -> str:
    return (
        f'row {number} of {path} opens a quote (") that is not closed ({fault}); close '
        f"it, or remove it. A quote inside a quoted cell is written twice"
    )


def _swallowed(cells: Sequence[str], delimiter: str, width: int) -> int:
    """How many lines of a cell look like rows of the table: as many cells, numbers."""
    if width < 3:
        return 0
    return sum(
        1
        for cell in cells
        if "\n" in cell or "\r" in cell
        for line in re.split("[\r\n]+", cell)[1:]
        if line.count(delimiter) >= width - 2 and _has_numbers(line, delimiter)
    )


def _has_numbers(line: str, delimiter: str) -> bool:
    number = re.compile(r"\s*[-+]?[0-9]*[.,]?[0-9]+\s*")
    cells = (cell for cell in line.split(delimiter) if len(cell) < MOST_DIGITS)
    return sum(bool(number.fullmatch(cell)) for cell in cells) >= 2
