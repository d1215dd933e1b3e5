"""Arrays of an encoder's side files, which may be of anybody's making (NPZ)."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from feltline.npy import load_arrays

__all__ = ["UNREADABLE", "check_shapes", "read_arrays"]

MOST_BYTES: Final = 1 << 28
"""A file that unpacks to more is refused unread: 11,000 inputs take as much."""
UNREADABLE: Final = (
    *(OSError, ValueError, KeyError, EOFError, TypeError),
    *(zipfile.BadZipFile, zlib.error, RuntimeError),
)
"""What numpy and zipfile raise of files that are damaged, locked or no archive."""


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Arrays of these names as float64; the size is known before it is unpacked.

    Raises:
        ValueError: The file unpacks to too much, or a number is not finite; and all of
            `UNREADABLE`, in whose words a caller says what the file should hold.
    """
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > MOST_BYTES:
        raise ValueError(f"it unpacks to {size} bytes, at most {MOST_BYTES} are read")
    held = load_arrays(path, names)
    arrays = {name: array.astype(np.float64) for name, array in held.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds a number that is not finite")
    return arrays


def check_shapes(
    arrays: dict[str, np.ndarray], wanted: dict[str, tuple[int, ...]]
) -> None:
    """Refuse arrays that do not belong together.

    Raises:
        ValueError: One is of another shape.
    """
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} is {arrays[name].shape}, expected {shape}")
