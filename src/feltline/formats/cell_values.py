"""Cells: numbers and times as people write them, text that is no formula.

A number is ASCII digits with a point after this: decimal digits of every script count
as digits (full-width ones too), the many signs that look like a minus count as one, and
a comma is a decimal comma where the file's delimiter allows it. Not Unicode's NFKC as a
whole: that would read 10 to the power of 2 as 102.
"""

import math
import re
import unicodedata
from typing import Final

__all__ = [
    "FORMULA",
    "MOST_DIGITS",
    "class_key",
    "number_of",
    "plain_text",
    "safe_text",
    "seconds_of",
    "trimmed",
    "whole_of",
]

FORMULA: Final = "^'*(?:\\s*[-=+@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])"
"""What a spreadsheet takes for the beginning of a formula, white space before it or
not, the full-width signs too; and the same after apostrophes, so that one more can be
told from them and taken off again."""

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_CLOCK: Final = re.compile(r"(?:([0-9]+):)?([0-9]+):([0-9]+(?:\.[0-9]*)?)")
_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
"""One thousand to a German reader or to an English one, and 1 to the other."""
_DATE: Final = re.compile(
    r"[0-9]{1,4}([-/.])[0-9]{1,2}(\1[0-9]{1,4})?(\s.*)?"
    r"|[0-9]{1,2}-[A-Za-z]{3}(-[0-9]{2,4})?|[A-Za-z]{3}-[0-9]{2}"
    r"|([0-9]+\u5e74)?[0-9]+\u6708([0-9]+\u65e5)?"
)
"""What spreadsheets make of 1-2 or 1/2, in Japanese too."""
_MINUS: Final = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d\u30fc\uff70"
"""Hyphens, dashes and the minus sign; and the long vowel mark, which is what the minus
key gives on a Japanese keyboard."""
_PLAIN: Final = str.maketrans(
    dict.fromkeys(_MINUS, "-")
    | {"\uff0b": "+", "\uff0e": ".", "\uff0c": ",", "\uff1a": ":", "\u066b": "."}
)
_INVISIBLE: Final = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
_BLANK: Final = _INVISIBLE + "\u2060\ufeff"
MOST_DIGITS: Final = 40
"""Characters of a number or time."""


def trimmed(text: str) -> str:
    """A cell without what cannot be seen at its ends (blanks, marks of direction)."""
    if text.isascii():
        return text.strip()
    shorter = text.strip().strip(_BLANK)
    while shorter != text:
        text, shorter = shorter, shorter.strip().strip(_BLANK)
    return text


def safe_text(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    return f"'{text}" if re.match(FORMULA, text) else text


def plain_text(cell: str) -> str:
    """What `safe_text` made safe, as it was."""
    return cell[1:] if cell[:1] == "'" and re.match(FORMULA, cell) else cell


def class_key(text: str) -> str:
    """What names of classes and columns are compared by: no case, no width."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def number_of(text: str, name: str, *, has_comma: bool = False) -> float:
    """A finite number.

    Args:
        text: What stands in the cell.
        name: Of the column, for messages.
        has_comma: Whether a comma may be a decimal comma.

    Raises:
        ValueError: It is none; the message says what stands there.
    """
    plain = _plain(text)
    if "," in plain:
        if not has_comma:
            raise ValueError(
                f"{name} is {text!r}; expected a number with a decimal point (a "
                f"decimal comma is read where cells are divided by ; or tabs)"
            )
        plain = plain.replace(",", ".")
    # The length first: of many digits, the pattern tries each way to divide them.
    if len(plain) > MOST_DIGITS or not _NUMBER.fullmatch(plain):
        raise ValueError(f"{name} is {text[:80]!r}; expected a number{_hint(plain)}")
    value = float(plain)
    if not math.isfinite(value):
        raise ValueError(f"{name} is {text}; expected a number")
    return value


def whole_of(text: str, name: str, *, has_comma: bool = False) -> int:
    """A whole number from 0.

    Raises:
        ValueError: It is none, or might be one or a thousand.
    """
    if has_comma and _THOUSANDS.fullmatch(_plain(text)):
        raise ValueError(
            f"{name} is {text}, which might mean {_plain(text)[:-4]} or "
            f"{re.sub('[.,]', '', _plain(text))}; write it without a point or comma"
        )
    value = number_of(text, name, has_comma=has_comma)
    if value < 0 or value != int(value) or value >= 2**53:
        raise ValueError(f"{name} is {text}; expected a whole number from 0")
    return int(value)


def seconds_of(text: str, name: str, *, has_comma: bool = False) -> float:
    """A time in seconds, written as such or as `h:mm:ss.fff` or `m:ss.fff`.

    Raises:
        ValueError: It is neither.
    """
    plain = _plain(text)
    if ":" not in plain:
        return number_of(text, name, has_comma=has_comma)
    pointed = plain.replace(",", ".") if has_comma else plain
    found = _CLOCK.fullmatch(pointed) if len(plain) <= MOST_DIGITS else None
    if found is None:
        raise ValueError(
            f"{name} is {text[:80]!r}; expected seconds, or a time like 0:01.5 or "
            f"1:02:03.5"
        )
    hours, minutes, seconds = found[1], int(found[2]), float(found[3])
    if seconds >= 60 or (hours is not None and minutes >= 60):
        raise ValueError(
            f"{name} is {text}; in a time like 1:02:03.5, minutes and seconds are "
            f"below 60"
        )
    return 3600 * int(hours or 0) + 60 * minutes + seconds


def _plain(text: str) -> str:
    """Digits of every script as ASCII, and signs that look alike as one."""
    if text.isascii():
        return text.strip()
    plain = trimmed(text).translate(_PLAIN)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)


def _hint(plain: str) -> str:
    """What may have happened to a cell that holds no number."""
    if _DATE.fullmatch(plain):
        return (
            " (a spreadsheet seems to have made a date of it: format the column as "
            "text, then type the value again)"
        )
    if plain.startswith("#"):
        return " (an error of a spreadsheet's formula)"
    return ""
