r"""Which video a person means by a name or path in a table.

A path matches by path, a bare name only where one video alone has it. Names are
compared composed (Unicode NFC): the same name may come from a Mac in pieces. A path of
another machine (`C:\x\anna\talk.mp4`) is compared from its end.
"""

import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

__all__ = ["UnknownVideoError", "VideoNames", "file_beside"]

Parts = tuple[str, ...]


class UnknownVideoError(ValueError):
    """A name that none of the videos has."""


class VideoNames:
    """Videos by name and by where they lie.

    Args:
        location: Path or URL of each video by its name; empty where it is not known.
    """

    def __init__(self, location: Mapping[str, str]) -> None:
        self._names = tuple(location)
        self._location = dict(location)
        self._parts = {
            name: _parts(at) or (_nfc(name),) for name, at in location.items()
        }
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for name, parts in self._parts.items():
            for key in dict.fromkeys((_nfc(name), parts[-1])):
                self._by_name.setdefault(key, []).append(name)
            for key in dict.fromkeys((_stem(_nfc(name)), _stem(parts[-1]))):
                self._by_stem.setdefault(key, []).append(name)

    def find(self, text: str) -> tuple[str, bool]:
        """The video that a cell means, and whether only the file's name says so.

        The latter where a path leads to other folders than the video's: fit for a file
        that was written on another machine, but a guess.

        Raises:
            ValueError: There is none, or there are several.
        """
        whole = _nfc(text)
        parts = _parts(text)
        if whole not in self._by_name and len(parts) > 1:
            return self._by_path(text, parts)
        for name in (whole, *parts[-1:]):
            for names in (self._by_name, self._by_stem):
                if name in names:
                    return self._one_of(names[name], text), False
        raise UnknownVideoError(self._unknown(text))

    def name_for(self, name: str) -> str:
        """What to write for a video so that `find` gives it back: its name, or more.

        Raises:
            ValueError: There is no such video.
        """
        same = self._by_name.get(_nfc(name), ())
        if list(same) == [name]:
            return name
        parts = self._parts[name]
        for n in range(2, len(parts) + 1):
            tail = parts[-n:]
            if sum(p[-n:] == tail for p in self._parts.values()) == 1:
                return "/".join(tail)
        return self._location[name] or name

    def _by_path(self, text: str, parts: Parts) -> tuple[str, bool]:
        """The video whose path has most in common with one, from the end."""
        if (here := self._here(text)) is not None:
            return here, False
        last = parts[-1]
        named = self._by_name.get(last) or self._by_stem.get(last) or []
        common = {name: _common(self._parts[name], parts) for name in named}
        best = max(common.values(), default=0)
        found = [name for name, n in common.items() if n == best]
        if not found:
            raise UnknownVideoError(self._unknown(text))
        own = min(len(parts), *(len(self._parts[name]) for name in found))
        is_whole = best >= own
        if not is_whole and not _is_absolute(text):
            raise UnknownVideoError(
                f"there is no video {text!r} among those given; of that name there is "
                f"{self._listed(named)}. Correct the path, give that video too, or "
                f"remove the row"
            )
        if not is_whole and os.path.lexists(text):
            raise UnknownVideoError(
                f"{text!r} is another file than {self._listed(named)}; give that video "
                f"too, or remove the row"
            )
        return self._one_of(found, text), best <= 1 and own > 1

    def _here(self, text: str) -> str | None:
        """The video that lies at a path of this machine."""
        if not any(self._location.values()) or "\x00" in text:
            return None
        return self._by_real_path.get(_real(text))

    @cached_property
    def _by_real_path(self) -> dict[str, str]:
        found: dict[str, list[str]] = {}
        for name, at in self._location.items():
            if at and "://" not in at:
                found.setdefault(_real(at), []).append(name)
        return {path: names[0] for path, names in found.items() if len(names) == 1}

    def _one_of(self, found: Sequence[str], text: str) -> str:
        if len(found) == 1:
            return found[0]
        raise ValueError(
            f"the name {text!r} fits {len(found)} of the videos given: "
            f"{self._listed(found)}; write the path of the one that is meant"
        )

    def _unknown(self, text: str) -> str:
        lost = (
            " (the file seems to have been saved in an encoding that lacks letters of "
            "the name: save it as CSV UTF-8)"
            if "?" in text or "\ufffd" in text
            else ""
        )
        return (
            f"there is no video {text!r} among those given "
            f"({self._listed(self._names)}); give that video too, or remove the row"
            f"{lost}"
        )

    def _listed(self, names: Sequence[str]) -> str:
        shown = [
            f"{name} ({self._location[name]})"
            if len(names) > 1
            and self._location[name]
            and len(self._by_name.get(self._parts[name][-1], ())) > 1
            else name
            for name in names[:10]
        ]
        rest = f" and {len(names) - 10} more" if len(names) > 10 else ""
        return ", ".join(shown) + rest


def file_beside(folder: Path, text: str) -> Path:
    """The file in a folder, or below it, that a cell names.

    Found under the name as it is, composed or not, or by the last part of a path of
    another machine; what cannot be found stays as it is named.
    """
    direct = folder / text
    if "\x00" in text or direct.exists():
        return direct
    parts = _parts(text)
    for tail in (parts, parts[-1:]):
        at: Path | None = folder
        for part in tail:
            at = _entry(at, part) if at is not None else None
        if at is not None and tail:
            return at
    return direct


def _entry(folder: Path, name: str) -> Path | None:
    """What a folder holds under a name, however its letters are composed."""
    try:
        return next((e for e in folder.iterdir() if _nfc(e.name) == name), None)
    except OSError:
        return None


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def _parts(text: str) -> Parts:
    """Folders and name of a path of any system, composed, from the root down."""
    plain = _nfc(text)
    if plain.lower().startswith("file://"):
        plain = _nfc(unquote(plain[7:]))
    if re.match("[A-Za-z]:[\u00a5\uffe5\u20a9]", plain):  # as backslashes look there
        plain = re.sub("[\u00a5\uffe5\u20a9]", "/", plain)
    split = re.split(r"[\\/]+", plain)
    parts = [part for part in split if part not in ("", ".")]
    while parts and (parts[0] == ".." or re.fullmatch("[A-Za-z]:", parts[0])):
        del parts[0]
    return tuple(parts)


def _is_absolute(text: str) -> bool:
    return text[:1] in ("/", "\\") or re.match("[A-Za-z]:|[a-z]+://", text) is not None


def _common(one: Parts, other: Parts) -> int:
    """How many parts two paths share from the end."""
    n = 1  # the names of the files were compared already
    while n < min(len(one), len(other)) and one[-1 - n] == other[-1 - n]:
        n += 1
    return n


def _real(path: str) -> str:
    return _nfc(os.path.realpath(path))
