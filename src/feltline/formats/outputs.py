"""Files that a user names, written without replacing anybody's work.

A file that stands there already is replaced only if it is, byte for byte, what feltline
wrote there: a note of each such file is kept in the cache folder. All others may hold
what a person filled in; they are refused, or, if that is forced, kept beside the new
one as `NAME.bak-N`.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from feltline.atomic import check_folder, replacing
from feltline.errors import FeltlineError, InputError, SetupError
from feltline.settings import cache_folder

__all__ = ["check_replaceable", "replacing_output"]

_FOLDER: Final = "written"


def check_replaceable(path: Path, *, force: bool = False) -> None:
    """Raise now if `replacing_output` would refuse to write there later.

    Args:
        path: The file to write.
        force: Whether another's file is kept beside the new one, not refused.

    Raises:
        InputError: There is a file that feltline did not write as it is now, or the
            folder does not exist.
    """
    if any("\ud800" <= c <= "\udfff" for c in str(path)):
        raise InputError(
            f"cannot write {str(path)!a}: the name has characters that are no text; "
            f"choose another name"
        )
    check_folder(path)
    if force or not os.path.lexists(path) or _is_ours(path):
        return
    raise InputError(
        f"{path} is there already and is not overwritten: it was changed since "
        f"feltline wrote it here, or made by somebody else. Choose another name, or "
        f"give --force: the file is then kept as {_backup_of(path).name}"
    )


@contextmanager
def replacing_output(path: Path, *, force: bool = False) -> Iterator[None]:
    """Around the writing of a file that a user named, which is whole or not at all.

    Nobody's work is lost: what stands there is checked, and kept if that is forced.
    If the block fails, all is as it was.

    Args:
        path: The file; the block writes it, by `feltline.atomic.replacing`.
        force: Whether another's file is kept beside the new one, not refused.

    Raises:
        InputError: See `check_replaceable`.
        SetupError: The old file cannot be kept.
    """
    check_replaceable(path, force=force)
    kept = _kept(path) if os.path.lexists(path) and not _is_ours(path) else None
    try:
        yield
    except BaseException:
        if kept is not None:
            with suppress(OSError):  # of several files some may be replaced already
                if _hash(kept) == _hash(path):
                    kept.unlink()
        raise
    _note(path)


def _kept(path: Path) -> Path:
    """A second name for a file, so that it outlives being replaced.

    Raises:
        SetupError: There is no room or no permission for one.
    """
    backup = _backup_of(path)
    try:
        try:
            os.link(path, backup)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            with path.open("rb") as old, backup.open("xb") as new:
                shutil.copyfileobj(old, new)
    except FileExistsError:  # another process took the name just now
        return _kept(path)
    except OSError as error:
        raise SetupError(
            f"{path} cannot be kept as {backup.name} ({error.strerror}) and is not "
            f"overwritten; make room, or choose another name"
        ) from error
    return backup


def _backup_of(path: Path) -> Path:
    """The first of `NAME.bak-1`, `NAME.bak-2`, ... that is free."""
    number = 1
    while os.path.lexists(backup := path.with_name(f"{path.name}.bak-{number}")):
        number += 1
    return backup


def _is_ours(path: Path) -> bool:
    """Whether a file is what was written there last, byte for byte."""
    try:
        kept = json.loads(_note_of(path).read_text(encoding="utf-8"))
        return bool(kept["sha256"] == _hash(path))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _note(path: Path) -> None:
    """Keep a note of what was written; without one the file counts as another's."""
    note = _note_of(path)
    with suppress(OSError, FeltlineError):
        note.parent.mkdir(parents=True, exist_ok=True)
        with replacing(note) as scratch:
            content = {"path": os.path.realpath(path), "sha256": _hash(path)}
            scratch.write_text(json.dumps(content) + "\n", encoding="utf-8")


def _note_of(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
    return cache_folder() / _FOLDER / f"{name[:32]}.json"


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
