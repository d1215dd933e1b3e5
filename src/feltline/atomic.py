"""Write a file or folder whole or not at all."""

import errno
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from feltline.errors import InputError, SetupError

__all__ = ["check_folder", "replacing", "replacing_folder"]

_MASK_LOCK: Final = threading.Lock()


def check_folder(path: Path) -> None:
    """Raise now if nothing could be written at `path` later.

    Raises:
        InputError: The folder does not exist, or `path` is itself a folder.
    """
    if not path.parent.is_dir():
        raise InputError(
            f"cannot write {path}: the folder {path.parent} does not exist; make it "
            f"first or choose another place"
        )
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; give a file name")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a scratch path beside `path`; move it there if the block succeeds.

    The scratch file keeps the suffix of `path`, so that writers which choose a format
    by name choose the right one. Interrupted or failed, nothing half-written stays and
    a file that stood at `path` is untouched. What a killed process left beside `path`
    is removed by the next that writes there.

    Raises:
        InputError: The folder does not exist or `path` is a folder.
        SetupError: The disk is full, or the folder may not be written to.
    """
    check_folder(path)
    _remove_stale(path)
    with _explaining(path), ExitStack() as afterwards:
        # The process stands in the name, so that others see whether it still runs.
        prefix = f".{path.stem}.part-{os.getpid()}-"
        handle, name = tempfile.mkstemp(
            prefix=prefix, suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
        scratch = Path(name)
        afterwards.callback(scratch.unlink, missing_ok=True)
        scratch.chmod(0o666 & ~_umask())
        yield scratch
        scratch.replace(path)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a scratch folder beside `path`; move it there if the block succeeds.

    Folders above are made. A folder that stood at `path` is replaced; between the two
    renames there is none.

    Raises:
        SetupError: The disk is full, or the folder may not be written to.
    """
    with _explaining(path), ExitStack() as afterwards:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        afterwards.callback(shutil.rmtree, scratch, ignore_errors=True)
        made = scratch / path.name
        made.mkdir()
        yield made
        if path.is_dir():
            path.rename(scratch / "replaced")
        made.rename(path)


def _remove_stale(path: Path) -> None:
    """Delete scratch files of `path` whose process was killed."""
    stem, suffix = re.escape(path.stem), re.escape(path.suffix)
    scratch_name = re.compile(rf"\.{stem}\.part-(\d+)-\w{{8}}{suffix}")
    with suppress(OSError):  # they do no harm, and must not keep anybody from writing
        for other in path.parent.iterdir():
            match = scratch_name.fullmatch(other.name)
            if match and not _runs(int(match[1])):
                other.unlink()


def _runs(process: int) -> bool:
    """Whether a process of this number runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _umask() -> int:
    """The process's file mode mask (mkstemp ignores it and makes files private)."""
    # It can only be read by setting it, which two threads must not do at once.
    with _MASK_LOCK:
        mask = os.umask(0o077)
        os.umask(mask)
    return mask


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    """Say failures in words a user can act on, where there are such words."""
    try:
        yield
    except OSError as error:
        number = error.errno
        if number is None:  # polars spells it out, in Rust's words, instead
            spelled = re.search(r"\(os error (\d+)\)", str(error))
            number = int(spelled[1]) if spelled else None
        if number in (errno.ENOSPC, errno.EDQUOT):
            raise SetupError(
                f"the disk is full: {path} was not written and nothing half-written "
                f"was left; free some space there, then run the same command again"
            ) from error
        if number in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise SetupError(
                f"cannot write {path}: no permission to write in {path.parent}; choose "
                f"another place or change its rights"
            ) from error
        if number == errno.ENAMETOOLONG:
            raise InputError(
                f"cannot write {path}: the name is too long; shorten it"
            ) from error
        raise
