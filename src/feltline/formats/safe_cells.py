"""Text cells that no spreadsheet takes for a formula."""

import re
from typing import Final

__all__ = ["FORMULA", "plain_text", "safe_text"]

FORMULA: Final = "^'*(?:\\s*[-=+@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])"
"""What a spreadsheet takes for the beginning of a formula, white space before it or
not, the full-width signs too; and the same after apostrophes, so that one more can be
told from them and taken off again."""


def safe_text(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    return f"'{text}" if re.match(FORMULA, text) else text


def plain_text(cell: str) -> str:
    """What `safe_text` made safe, as it was."""
    return cell[1:] if cell[:1] == "'" and re.match(FORMULA, cell) else cell
