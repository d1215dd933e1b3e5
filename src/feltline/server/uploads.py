"""Uploads: files that a page sends, streamed into a folder of the project's own.

They are copies that feltline made: a purge removes them with all else of a video, and
those that become no video go as soon as that is known.
"""

import os
import re
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool

from feltline.errors import InputError, SetupError, VideoError
from feltline.pipeline import purge_parts
from feltline.project import Project, unclaimed_uploads
from feltline.video import PICTURE_SUFFIXES, VIDEO_SUFFIXES

__all__ = [
    "MAX_UPLOAD_BYTES",
    "drop_uploads",
    "interrupted_uploads",
    "kept_folder",
    "kept_upload",
    "upload_path",
]

MAX_UPLOAD_BYTES: Final = 64 * 2**30
SPARE_BYTES: Final = 200 * 2**20
"""Room that is left on the disk for labels: a full disk would stop all work."""
CHECK_ROOM_EVERY_BYTES: Final = 32 * 2**20
"""So often room is looked for anew: others write to the same disk meanwhile."""
PART_IS_DEAD_S: Final = 3600.0
"""A part that nothing was written to for so long comes no more: its server is gone."""
MAX_NAME_BYTES: Final = 200
MAX_SAME_NAME: Final = 10_000
_PART: Final = ".part-"


def upload_path(folder: Path, name: str) -> Path:
    """Where an uploaded file, or folder of pictures, of this name lies.

    Raises:
        InputError: There is none.
    """
    path = folder / _plain(name)
    if path.is_symlink() or not path.exists():
        raise InputError(f"no file {name!r} was uploaded; send it again")
    return path


async def kept_upload(
    folder: Path,
    name: str,
    chunks: AsyncIterator[bytes],
    n_bytes: int | None,
    *,
    of_folder: str = "",
) -> tuple[str, int]:
    """Keep a file that comes in pieces; it is there whole or not at all.

    Args:
        folder: Where uploads are kept; made if it is missing.
        name: What the sender calls it; of several of a name, later ones get a number.
        chunks: The file.
        n_bytes: How large the sender says it is; None if it does not.
        of_folder: Which folder of pictures it is one of, by a name of 32 hexadecimal
            digits that the sender made up; that is no video before `kept_folder`.

    Returns:
        The name that it got, and its size.

    Raises:
        InputError: The name is none that a file here may have, or no video's.
        HTTPException: It is too large.
        SetupError: The disk has no room for it.
    """
    plain = _plain(name)
    if Path(plain).suffix.lower() not in (*VIDEO_SUFFIXES, *PICTURE_SUFFIXES):
        raise InputError(
            f"{plain} is no video or picture by its ending; feltline reads "
            f"{', '.join((*VIDEO_SUFFIXES, *PICTURE_SUFFIXES))}"
        )
    if of_folder and Path(plain).suffix.lower() not in PICTURE_SUFFIXES:
        raise InputError(f"{plain} is no picture; only pictures make up one video")
    try:
        folder.mkdir(exist_ok=True)
        if of_folder:
            folder = _part_folder(folder, of_folder)
            folder.mkdir(exist_ok=True)
        part = folder / f"{_PART}{uuid.uuid4().hex}"
        _check_room(folder, plain, n_bytes or 0, 0)
        file = await run_in_threadpool(part.open, "xb")
    except OSError as error:
        raise _no_room(plain, error) from error
    size = checked = 0
    try:
        with file:
            async for chunk in chunks:
                size += len(chunk)
                if size > MAX_UPLOAD_BYTES:
                    raise _too_large(plain)
                if size - checked >= CHECK_ROOM_EVERY_BYTES:
                    checked = size
                    _check_room(folder, plain, n_bytes or 0, size)
                await run_in_threadpool(file.write, chunk)
        if n_bytes is not None and size != n_bytes:
            raise InputError(f"{plain} broke off on its way; send it again")
        return await run_in_threadpool(_named, part, plain), size
    except OSError as error:
        raise _no_room(plain, error) from error
    finally:
        part.unlink(missing_ok=True)


def kept_folder(folder: Path, name: str, of_folder: str, n_pictures: int) -> str:
    """Make pictures that have arrived one upload; returns the name that it got.

    Args:
        folder: Where uploads are kept.
        name: What the sender calls the folder; of several of a name, later ones get a
            number.
        of_folder: What its pictures were sent with.
        n_pictures: How many there are.

    Raises:
        InputError: Not all of them have arrived, or the name is none that a folder here
            may have.
        SetupError: The disk refuses it.
    """
    plain, part = _plain(name), _part_folder(folder, of_folder)
    arrived = [p for p in part.glob("*") if not p.name.startswith(".")]
    if len(arrived) != n_pictures:
        raise InputError(
            f"of {n_pictures} pictures of {plain} {len(arrived)} have arrived; send "
            f"the folder again"
        )
    for number in range(1, MAX_SAME_NAME):
        place = folder / (plain if number == 1 else f"{plain}-{number}")
        if place.exists():
            continue
        try:
            part.rename(place)
        except OSError as error:
            if place.exists():  # by another request, just now
                continue
            raise _no_room(plain, error) from error
        return place.name
    raise InputError(f"{MAX_SAME_NAME} files are named {plain}; give it another name")


def interrupted_uploads(project: Project) -> list[str]:
    """Names of uploads that no video lies in: their adding did not end, or begin.

    Parts of files that came no further are removed.
    """
    for part in project.uploads_folder.glob(f"{_PART}*"):
        with suppress(OSError):  # another server has ended it just now
            if time.time() - part.stat().st_mtime > PART_IS_DEAD_S:
                _remove(part)
    return [path.name for path in unclaimed_uploads(project)]


def drop_uploads(
    project: Project, names: Collection[str], *, with_faces: bool = False
) -> None:
    """Remove those of these files that were uploaded and became no video.

    They were unreadable, in the project already, or their adding was cancelled.

    Args:
        project: The project.
        names: Of uploads.
        with_faces: Whether the faces that were found in them until now go, too.

    Raises:
        OSError: One cannot be removed.
    """
    for path in unclaimed_uploads(project):
        if path.name not in names:
            continue
        if with_faces:
            with suppress(VideoError):  # then no face was found in it
                purge_parts(project, path)
        _remove(path)


def _remove(path: Path) -> None:
    """Remove a file, or a folder of pictures."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _plain(name: str) -> str:
    """A file name alone.

    Raises:
        InputError: It names a place, is hidden, or is too long for a disk.
    """
    is_place = name in ("", ".", "..") or any(sign in name for sign in "/\\:\0")
    if is_place or name.startswith(".") or len(name.encode()) > MAX_NAME_BYTES:
        raise InputError(
            f"{name[:80]!r} cannot be the name of a file here; give it a name of at "
            f"most {MAX_NAME_BYTES} bytes without / \\ : and without a dot in front"
        )
    return name


def _part_folder(folder: Path, of_folder: str) -> Path:
    """Where the pictures of a folder lie until all have arrived.

    Raises:
        InputError: It is called otherwise than agreed.
    """
    if not re.fullmatch(r"[0-9a-f]{32}", of_folder):
        raise InputError("of_folder is not 32 hexadecimal digits; make up a new one")
    return folder / f"{_PART}{of_folder}"


def _check_room(folder: Path, name: str, n_bytes: int, came: int) -> None:
    """Refuse a file of which `came` bytes are written, and the rest has no room."""
    n_bytes = max(n_bytes, came)
    if n_bytes > MAX_UPLOAD_BYTES:
        raise _too_large(name)
    free = shutil.disk_usage(folder).free
    if n_bytes - came + SPARE_BYTES > free:
        raise SetupError(
            f"{name} has {n_bytes / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free on "
            f"the disk of the project, of which {SPARE_BYTES / 1e6:.0f} MB stay free "
            f"for labels; make room, or name the file's folder with --media"
        )


def _named(part: Path, name: str) -> str:
    """Give a finished file its name, or the next one that is free."""
    stem, suffix = Path(name).stem, Path(name).suffix
    for number in range(1, MAX_SAME_NAME):
        free = name if number == 1 else f"{stem}-{number}{suffix}"
        try:
            os.link(part, part.with_name(free))  # never over a file that is there
        except FileExistsError:
            continue
        except OSError:  # a disk without hard links
            if part.with_name(free).exists():
                continue
            part.rename(part.with_name(free))
        return free
    raise InputError(f"{MAX_SAME_NAME} files are named {name}; give it another name")


def _too_large(name: str) -> HTTPException:
    return HTTPException(
        413,
        f"{name} is larger than {MAX_UPLOAD_BYTES // 2**30} GiB; put it below a folder "
        f"that is named with --media, and add it from there",
    )


def _no_room(name: str, error: OSError) -> SetupError:
    return SetupError(
        f"{name} cannot be kept ({error.strerror}); see to the disk of the project, "
        f"then send it again"
    )
