"""Arrays of a feature file: their columns, writing, reading and checks."""

import math
import os
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import Any, Final

import numpy as np

from feltline.errors import ShapeError
from feltline.npy import PARSING

__all__ = [
    "FACE_COLUMNS",
    "FRAME_COLUMNS",
    "PACKET_COLUMNS",
    "check_arrays",
    "header_of",
    "read_array",
    "save_array",
]

FACE_COLUMNS: Final = np.dtype(
    [
        ("track_id", np.int64),
        ("frame", np.int64),
        ("time_s", np.float64),
        ("box_xyxy", np.float32, (4,)),
        ("quality", np.float32),
        ("ood_score", np.float32),
        ("zero_shot_value", np.float32, (2,)),
        ("zero_shot_expression", np.float32, (8,)),
    ]
)
"""Columns of `faces.npy`. In one array, so that they are whole together."""

FRAME_COLUMNS: Final = np.dtype(
    [("pts", np.int64), ("time_s", np.float64), ("is_looked_at", np.bool_)]
)
PACKET_COLUMNS: Final = np.dtype([("pts", np.int64), ("is_key", np.bool_)])

_START: Final = 10
"""Bytes of a NumPy file up to the end of its header's length."""


def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise unless types and lengths are as documented and rows are sorted."""
    faces, vector = arrays["faces.npy"], arrays["embeddings.npy"]
    for name, dtype in (
        ("frames.npy", FRAME_COLUMNS),
        ("packets.npy", PACKET_COLUMNS),
        ("faces.npy", FACE_COLUMNS),
    ):
        if arrays[name].dtype != dtype:
            raise ShapeError(f"{name} must be {dtype}, but is {arrays[name].dtype}")
    if vector.dtype != np.float32 or vector.ndim != 2 or len(vector) != len(faces):
        raise ShapeError(
            f"embeddings must be float32 with {len(faces)} rows, but are "
            f"{vector.dtype} of shape {vector.shape}"
        )
    step = np.diff(faces["track_id"])
    if len(faces) and (faces["track_id"][0] != 0 or not np.isin(step, (0, 1)).all()):
        raise ShapeError("rows of faces must be sorted by track, numbered from 0")


def header_of(dtype: np.dtype[Any], shape: Sequence[int]) -> list[Any]:
    """Columns and shape of an array, as JSON has them."""
    return [str(dtype.descr), list(shape)]


def save_array(file: Path, array: np.ndarray) -> dict[str, Any]:
    """Write an array; returns what tells later whether it is whole."""
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    return {
        "header": header_of(array.dtype, array.shape),
        "size": file.stat().st_size,
        "crc32": zlib.crc32(file.read_bytes()),
    }


def read_array(
    file: Path, header: Sequence[Any], rows: slice = slice(None)
) -> np.ndarray | None:
    """Adjacent rows of an array, read into memory; read-only.

    Not mapped: a process that touches a mapped file which was cut off is killed.

    Args:
        file: Of the format of `np.save`, in C order.
        header: What `header_of` said of the array that was written.
        rows: Which rows.

    Returns:
        None if the file is missing, cut off, or not that array.
    """
    try:
        with file.open("rb") as stream:
            start = stream.read(_START)
            shape, is_fortran, dtype = _parsed(
                start + stream.read(int.from_bytes(start[-2:], "little"))
            )
            if is_fortran or header_of(dtype, shape) != list(header):
                return None
            first, last, _ = rows.indices(shape[0])
            n_bytes = dtype.itemsize * math.prod(shape[1:])
            stream.seek(first * n_bytes, os.SEEK_CUR)
            data = stream.read(max(last - first, 0) * n_bytes)
        return np.frombuffer(data, dtype).reshape(max(last - first, 0), *shape[1:])
    except (OSError, ValueError, SyntaxError, TokenError):
        return None


@lru_cache(maxsize=1024)
def _parsed(head: bytes) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order and type of an array by the head of its file.

    Kept, since reading it as Python's own literals takes longer than all the rest.
    """
    file = BytesIO(head)
    if np.lib.format.read_magic(file) != (1, 0):  # type: ignore[no-untyped-call]
        raise ValueError("not an array of ours")
    read = np.lib.format.read_array_header_1_0
    with PARSING:
        shape, is_fortran, dtype = read(file)  # type: ignore[no-untyped-call]
    if dtype.hasobject:
        raise ValueError("not an array of ours")
    return shape, is_fortran, dtype
