"""NumPy's files of arrays, read by several threads of one process.

The head of each array is a Python literal. CPython 3.11 counts the depth of all threads
that parse one in the same place: where the garbage collector lets another thread run
meanwhile, a sound file ends in `SystemError: AST constructor recursion depth mismatch`
(python/cpython#106905). So one thread at a time parses.
"""

import threading
from collections.abc import Sequence
from io import BufferedIOBase
from pathlib import Path
from typing import Final

import numpy as np

__all__ = ["PARSING", "load_array", "load_arrays"]

# A finaliser that runs meanwhile may read an array itself.
PARSING: Final = threading.RLock()
"""Held while the head of an array is parsed."""


def load_array(file: Path | BufferedIOBase) -> np.ndarray:
    """The array of a `.npy` file; never a pickle.

    Raises:
        OSError: It cannot be read.
        ValueError: It holds no array of numbers.
    """
    with PARSING:
        return np.asarray(np.load(file, allow_pickle=False))


def load_arrays(
    file: Path | BufferedIOBase, names: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Arrays of an `.npz` file by name; never a pickle.

    Args:
        file: The archive.
        names: Which of them; None = all.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no archive, or holds something else than arrays of numbers.
        KeyError: It lacks one of the names.
    """
    if isinstance(file, Path):  # NumPy itself leaves a damaged one open
        with file.open("rb") as raw:
            return load_arrays(raw, names)
    with PARSING, np.load(file, allow_pickle=False) as held:
        return {name: held[name] for name in (held.files if names is None else names)}
