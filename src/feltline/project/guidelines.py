"""Annotation guidelines of a project: free text in a file that people can edit, too."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feltline.atomic import replacing
from feltline.errors import InputError

__all__ = [
    "GUIDELINES_FILE",
    "MAX_GUIDELINES",
    "Guidelines",
    "read_guidelines",
    "write_guidelines",
]

GUIDELINES_FILE: Final = "guidelines.md"
MAX_GUIDELINES: Final = 20_000
"""Characters: some ten pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidelines:
    """How people are to rate in this project.

    Attributes:
        text: As it was written; empty if nobody has written any.
    """

    text: str

    @property
    def revision(self) -> str:
        """Names this text, so that nobody overwrites what they have not read."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def read_guidelines(folder: Path) -> Guidelines:
    """The guidelines that lie in a project's folder.

    Raises:
        InputError: The file is a link, is not text in UTF-8, or is too long.
    """
    file = folder / GUIDELINES_FILE
    if file.is_symlink():
        raise InputError(
            f"{file} is a link to another file; put the guidelines there themselves"
        )
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return Guidelines(text="")
    except OSError as error:
        raise InputError(
            f"cannot read {file} ({error.strerror}); it must be a text file"
        ) from error
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file} is not text in UTF-8 (byte {error.start}); save it as UTF-8"
        ) from error
    if len(text) > MAX_GUIDELINES:
        raise InputError(
            f"{file} has {len(text)} characters; at most {MAX_GUIDELINES} are shown: "
            f"shorten it"
        )
    return Guidelines(text=text)


def write_guidelines(folder: Path, text: str) -> Guidelines:
    """Put guidelines in the place of those that lie in a project's folder.

    Raises:
        InputError: The file cannot be put there.
        SetupError: The disk is full, or the folder may not be written to.
    """
    with replacing(folder / GUIDELINES_FILE) as scratch:
        scratch.write_text(text, encoding="utf-8", newline="\n")
    return Guidelines(text=text)
