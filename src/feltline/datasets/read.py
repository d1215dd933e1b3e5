"""Corpora by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from feltline.datasets.faceset import FaceSet
from feltline.datasets.ferplus import read_ferplus
from feltline.errors import InputError

__all__ = ["KINDS", "read_dataset"]

_READERS: Final[dict[str, Callable[[Path, str], FaceSet]]] = {
    "ferplus": read_ferplus,
}
KINDS: Final = tuple(_READERS)
"""What `read_dataset` knows."""


def read_dataset(kind: str, path: Path, split: str) -> FaceSet:
    """One split of a corpus.

    Args:
        kind: One of `KINDS`.
        path: Its folder.
        split: As that corpus names it.

    Raises:
        InputError: There is no such kind, folder or split, or a file is broken.
    """
    if kind not in _READERS:
        raise InputError(f"there is no corpus {kind}; give one of {', '.join(KINDS)}")
    if not path.is_dir():
        raise InputError(f"{path} is no folder; give the folder that holds the corpus")
    return _READERS[kind](path, split)
