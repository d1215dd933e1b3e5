"""Between rows of a table and values: columns by name, arrays as one blob.

The arrays of a track are a compressed npz archive, never a row per frame. A blob can be
read without feltline: `numpy.load(io.BytesIO(blob))`.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.npy import load_arrays
from feltline.store.schema import Columns

_FAULTS = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, KeyError)
_T = TypeVar("_T")


def columns_of(value: object, table: sa.Table) -> dict[str, Any]:
    """The fields of a value that a table has a column for."""
    names = _shared(type(value), table)  # type: ignore[arg-type] # types can be hashed
    return {name: getattr(value, name) for name in names}


@cache
def _shared(kind: type, table: sa.Table) -> tuple[str, ...]:
    has = {*dir(kind), *getattr(kind, "__dataclass_fields__", ())}
    return tuple(c.name for c in table.columns if c.name in has)


def value_of(kind: type[_T], row: Columns, **others: object) -> _T:
    """A value from the columns of a row.

    Args:
        kind: A dataclass.
        row: Holds its fields by name.
        others: Fields that do not stand in the row as they are.
    """
    names = [f.name for f in fields(kind) if f.name not in others]  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in names}, **others)


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays by name as one blob.

    Level 1 of deflate: a track of 108,000 frames takes a fraction of a second, and
    higher levels make these floats hardly smaller.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.save(part, array, allow_pickle=False)
            archive.writestr(f"{name}.npy", part.getbuffer())
    return whole.getvalue()


def unpack(blob: bytes, what: str) -> dict[str, Any]:
    """The arrays of a blob by name.

    Args:
        blob: As made by `pack`.
        what: Whose arrays these are, for the message.

    Raises:
        StoreError: The blob is damaged.
    """
    try:
        return load_arrays(io.BytesIO(blob))
    except _FAULTS as error:
        raise StoreError(
            f"the arrays of {what} in the project's database are damaged; restore the "
            f"database from a backup"
        ) from error
