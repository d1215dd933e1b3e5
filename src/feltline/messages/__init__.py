"""Message catalogue: sentences of errors in the languages of the page."""

from feltline.messages.catalogue import (
    ENGLISH,
    LANGUAGES,
    Catalogue,
    in_language,
    known_in_language,
    language_of,
    terminal_language,
)

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Catalogue",
    "in_language",
    "known_in_language",
    "language_of",
    "terminal_language",
]
