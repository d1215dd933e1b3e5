# ruff: noqa: RUF001 - signs of Japanese that look like others
"""Message translation by templates: an English sentence in, another language out.

Code raises English sentences and knows nothing of languages. Where a sentence leaves
the server for a page, it is matched against the templates of a catalogue (a file in the
format of GNU gettext, `msgid` and `msgstr`, without its plural forms) and said anew
with the same values in their places.

A template is literal text with places in braces, `{video} has no frame {frame}`. How a
place is called says what becomes of its value:

- `why...`: a sentence or a part of one, which is itself translated, line by line;
- `names...`: names that are listed, with commas and the word "and" between them;
- `plural...`: one of two forms of a word; it is left out where there is but one form;
- any other: it is the user's or a number, and stays as it is.

Matching is that of a wildcard pattern without backtracking: each piece of literal text
is sought from where the one before it ended, and the last must end the sentence. The
leftmost place is always a right choice, so the time is linear in sentence and
catalogue. Of several templates that fit, the one is taken that explains most of the
sentence: its own literal text and that of the sentences within. Else a long sentence
within a short one would be taken for the whole, and what is around it for a value. One
that has hardly any literal text fits only where its `why` is known, too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Catalogue",
    "in_language",
    "known_in_language",
    "language_of",
    "terminal_language",
]

ENGLISH: Final = "en"
LANGUAGES: Final = (ENGLISH, "ja")

LONGEST: Final = 10_000
"""Characters of a sentence that is looked up; a longer one stays English."""
MOST_LOOKED_UP: Final = 200
"""Sentences within a sentence that are looked up; the rest of them stay English."""
DEEPEST: Final = 4
"""How many sentences may lie in one another; what lies deeper stays English."""
FEW_LETTERS: Final = 10
"""A template with fewer letters of its own says too little to be sure of it."""
VERY_FEW_LETTERS: Final = 4
"""The same of a sentence within one that is known."""

_PLACE: Final = re.compile(r"\{(\w+)\}")
_SPACED_PLACE: Final = re.compile(r"(?P<before> ?)\{(?P<name>\w+)\}(?P<after> ?)")
_LETTER: Final = re.compile(r"[^\W\d_]")
_FOLDER: Final = Path(__file__).parent
_LEAD_IN: Final = {"ja": "英語のメッセージです：{sentence}"}
"""Before a sentence that no template fits: it is shown as it is, never hidden."""
_BETWEEN: Final = {"ja": "、"}
_NONE: Final = {"ja": "なし"}
_REST: Final = {"ja": "、ほか {n} 件"}
_QUOTES: Final = {"ja": ("「", "」")}
_MORE: Final = re.compile(r" and (\d+) more(?: videos)?$")


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with places for values.

    Attributes:
        text: It, with places in braces.
        pieces: Its literal text before, between and after the places.
        places: Their names, in order.
    """

    text: str
    pieces: tuple[str, ...] = field(init=False)
    places: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        parts = _PLACE.split(self.text)
        object.__setattr__(self, "pieces", tuple(parts[::2]))
        object.__setattr__(self, "places", tuple(parts[1::2]))

    @property
    def letters(self) -> int:
        """How many letters of literal text it has."""
        return sum(len(_LETTER.findall(piece)) for piece in self.pieces)

    def match(self, sentence: str) -> tuple[str, ...] | None:
        """Values in the order of the places; None if the sentence is another one."""
        first, *rest = self.pieces
        if not rest:
            return () if sentence == first else None
        last = rest.pop()
        end = len(sentence) - len(last)
        if (
            end < len(first)
            or not sentence.startswith(first)
            or not sentence.endswith(last)
        ):
            return None
        values, at = [], len(first)
        for piece in rest:
            found = sentence.find(piece, at, end)
            if found < 0:
                return None
            values.append(sentence[at:found])
            at = found + len(piece)
        values.append(sentence[at:end])
        # Only sentences within sentences have lines of their own.
        is_line = all(
            name.startswith("why") or "\n" not in value
            for name, value in zip(self.places, values, strict=True)
        )
        return tuple(values) if is_line else None


@dataclass(frozen=True, slots=True)
class _Rendering:
    """A text in the other language.

    Attributes:
        text: It.
        explained: How many letters of the English are those of templates.
        begins: Whether the template has literal text or a plain value before any `why`.
    """

    text: str
    explained: int
    begins: bool = True

    @property
    def rank(self) -> tuple[int, bool]:
        """The better, the higher: a sentence stands at an end, rarely as a subject."""
        return self.explained, self.begins


class Catalogue:
    """Sentences of one language by those of another.

    Args:
        language: Code of the language it translates into.
        entries: Templates: English, and the same in that language.
    """

    def __init__(self, language: str, entries: dict[str, str]) -> None:
        self.language = language
        self.entries = entries
        self.templates = sorted(
            map(Template, entries), key=lambda template: -template.letters
        )
        """Those that say most first: the first of those that explain the same."""

    @classmethod
    def load(cls, language: str) -> "Catalogue":
        """The catalogue of a language, from the files beside this module."""
        entries: dict[str, str] = {}
        for path in sorted((_FOLDER / language).glob("*.po")):
            entries |= read_entries(path)
        return cls(language, entries)

    def find(self, sentence: str) -> str | None:
        """A sentence in this language; None where no template fits."""
        if len(sentence) > LONGEST:
            return None
        found = _Search(self).find(sentence)
        return None if found is None else found.text

    def translate(self, sentence: str) -> str:
        """A sentence in this language, or as it is behind a few words that say so."""
        found = self.find(sentence)
        if found is not None:
            return found
        return _LEAD_IN[self.language].replace("{sentence}", sentence)


class _Search:
    """Looks up one sentence and those within it, a bounded number of them.

    Args:
        catalogue: Where.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._language = catalogue.language
        self._left = MOST_LOOKED_UP
        self._known: dict[tuple[str, int], _Rendering | None] = {}

    def find(self, sentence: str, depth: int = 0) -> _Rendering | None:
        key = (sentence, depth)
        if key not in self._known:
            if not self._left or depth > DEEPEST:
                return None
            self._left -= 1
            self._known[key] = self._best(sentence, depth)
        return self._known[key]

    def _best(self, sentence: str, depth: int) -> _Rendering | None:
        best: _Rendering | None = None
        for template in self._catalogue.templates:
            values = template.match(sentence)
            said = None if values is None else self._filled(template, values, depth)
            if said and (best is None or said.rank > best.rank):
                best = said
        return best

    def _filled(
        self, template: Template, values: tuple[str, ...], depth: int
    ) -> _Rendering | None:
        """A template with its values; None if it does not fit after all."""
        least = VERY_FEW_LETTERS if depth else FEW_LETTERS
        is_sure = template.letters >= least or not template.places
        explained = template.letters
        said: dict[str, str] = {}
        for name, value in zip(template.places, values, strict=True):
            said[name] = self._quoted(value)
            if name.startswith("names"):
                said[name] = self._listed(value)
            elif name.startswith("why"):
                said[name] = value
                known = self._parts(value, depth + 1)
                if known is not None:
                    said[name], is_sure = known.text, True
                    explained += known.explained
        if not is_sure:
            return None
        text = _filled(self._catalogue.entries[template.text], said)
        return _Rendering(text, explained, not template.text.startswith("{why"))

    def _parts(self, text: str, depth: int) -> _Rendering | None:
        """A text translated, whole or part by part; None where nothing is known."""
        if not text:
            return _Rendering("", 0)
        found: list[_Rendering | None] = []
        if "\n" not in text:
            found += [self.find(text, depth), self._each([text], "", depth)]
        for between, said in (("\n", "\n"), ("; ", "；")):
            if between in text:
                found.append(self._each(text.split(between), said, depth))
                break
        known = [one for one in found if one is not None]
        return max(known, key=lambda one: one.explained, default=None)

    def _each(self, parts: list[str], between: str, depth: int) -> _Rendering | None:
        """Each part translated as it stands in its line; None if none is known."""
        found = [self.find(part.strip(), depth) for part in parts]
        if not any(found):
            return None
        text = between.join(
            part if one is None else part[: len(part) - len(part.lstrip())] + one.text
            for part, one in zip(parts, found, strict=True)
        )
        return _Rendering(text, sum(one.explained for one in found if one is not None))

    def _quoted(self, value: str) -> str:
        """A value in quotes as Python writes them, in those of this language."""
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            opened, closed = _QUOTES[self._language]
            return f"{opened}{value[1:-1]}{closed}"
        return value

    def _listed(self, names: str) -> str:
        if " " in names and names in self._catalogue.entries:  # no name of a thing
            return self._catalogue.entries[names]
        if names == "none":
            return _NONE[self._language]
        more = _MORE.search(names)
        rest = "" if more is None else _REST[self._language].replace("{n}", more[1])
        shown = names if more is None else names[: more.start()]
        between = _BETWEEN[self._language]
        return re.sub(r", (?:and |or )?| and | or ", between, shown) + rest


def _filled(text: str, values: dict[str, str]) -> str:
    """A template with its values; around brackets of Japanese there is no space."""

    def value_of(place: re.Match[str]) -> str:
        value = values[place["name"]]
        if value.startswith("「") and value.endswith("」"):
            return value
        return f"{place['before']}{value}{place['after']}"

    return _SPACED_PLACE.sub(value_of, text)


def read_entries(path: Path) -> dict[str, str]:
    """Entries of a `.po` file: `msgid` and `msgstr`, each with quoted lines.

    Raises:
        ValueError: A line is none of these, or an entry is empty or given twice; the
            message names the line.
    """
    entries: dict[str, str] = {}
    source, target, into = "", "", ""
    for number, line in enumerate(
        [*path.read_text(encoding="utf-8").splitlines(), ""], 1
    ):
        where = f"line {number} of {path}"
        word, _, quoted = line.partition(" ")
        if line.startswith('"'):
            word, quoted = "", line
        elif word in {"msgid", "msgstr"}:
            into = word
        elif line and not line.startswith("#"):
            raise ValueError(f"{where} is neither an entry nor a comment")
        if quoted and not line.startswith("#"):
            text = _unquoted(quoted, where)
            source, target = (
                (source + text, target) if into == "msgid" else (source, target + text)
            )
        if not line and source:
            if not target or source in entries:
                raise ValueError(f"the entry before {where} is empty or there twice")
            entries[source] = target
            source, target, into = "", "", ""
    return entries


def _unquoted(text: str, where: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise ValueError(f"{where} is not quoted")
    return text[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


@cache
def _catalogue(language: str) -> Catalogue:
    return Catalogue.load(language)


def in_language(sentence: str, language: str) -> str:
    """A sentence of an error in a language of the page.

    Args:
        sentence: In English, as it was raised.
        language: One of `LANGUAGES`.
    """
    return sentence if language == ENGLISH else _catalogue(language).translate(sentence)


def known_in_language(text: str, language: str) -> str:
    """The same of a text that may be no sentence; what is not known stays as it is.

    Args:
        text: In English, or any name.
        language: One of `LANGUAGES`.
    """
    found = None if language == ENGLISH else _catalogue(language).find(text)
    return text if found is None else found


def language_of(accepted: str) -> str:
    """The language to answer in: the one of ours that somebody likes best.

    Args:
        accepted: An `Accept-Language` header (RFC 9110, section 12.5.4): languages with
            their weights.

    Returns:
        One of `LANGUAGES`; English where none is named, or the header is no such list.
    """
    best, best_weight = ENGLISH, 0.0
    for part in accepted[:1000].split(","):
        name, *parameters = part.strip().split(";")
        language = name.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def terminal_language(environment: Mapping[str, str]) -> str:
    """The language of a terminal, as its locale names it (POSIX, section 8.2).

    Args:
        environment: Its variables.
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((x for name in names if (x := environment.get(name))), "")
    language = re.split("[_.@]", locale)[0].lower()
    return language if language in LANGUAGES else ENGLISH


def _weight(parameters: list[str]) -> float:
    for one in parameters:
        name, _, value = one.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
