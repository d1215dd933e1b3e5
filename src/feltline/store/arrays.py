"""Arrays of a track as one compressed blob: an npz archive, never a row per frame.

A blob can be read without feltline: `numpy.load(io.BytesIO(blob))`.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from feltline.errors import StoreError

_FAULTS = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, KeyError)


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
        with np.load(io.BytesIO(blob), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except _FAULTS as error:
        raise StoreError(
            f"the arrays of {what} in the project's database are damaged; restore the "
            f"database from a backup"
        ) from error
