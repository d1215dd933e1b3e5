"""Dataset registry: corpora by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from feltline.errors import InputError
from feltline.lab.datasets import afewva, affectnet, affwild2, ferplus
from feltline.lab.datasets.faceset import FaceSet
from feltline.lab.datasets.folder import read_folder, splits_of_folder
from feltline.lab.datasets.folds import Folds

__all__ = ["KINDS", "read_dataset", "splits_of"]


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a corpus is read; None = its splits stand in its own table."""

    read: Callable[[Path, str], FaceSet]
    splits: tuple[str, ...] | None


_LAYOUTS: Final = {
    "ferplus": _Layout(ferplus.read_ferplus, ferplus.SPLITS),
    "affectnet": _Layout(affectnet.read_affectnet, affectnet.SPLITS),
    "afew-va": _Layout(afewva.read_afewva, afewva.SPLITS),
    "aff-wild2": _Layout(affwild2.read_affwild2, affwild2.SPLITS),
    "aff-wild2-expression": _Layout(affwild2.read_affwild2_expression, affwild2.SPLITS),
    "aff-wild2-multi": _Layout(affwild2.read_affwild2_multi, affwild2.SPLITS),
    "folder": _Layout(read_folder, None),
}
KINDS: Final = tuple(_LAYOUTS)
"""What `read_dataset` knows."""


def splits_of(kind: str, path: Path) -> tuple[str, ...]:
    """The splits a corpus has of its own.

    Raises:
        InputError: There is no such kind or folder.
    """
    if kind not in _LAYOUTS:
        raise InputError(f"there is no corpus {kind}; give one of {', '.join(KINDS)}")
    if not path.is_dir():
        raise InputError(f"{path} is no folder; give the folder that holds the corpus")
    return _LAYOUTS[kind].splits or splits_of_folder(path)


def read_dataset(
    kind: str, path: Path, split: str, *, folds: Path | None = None
) -> FaceSet:
    """One split of a corpus.

    Args:
        kind: One of `KINDS`.
        path: Its folder.
        split: As that corpus names it; with `folds`, names of folds joined by commas.
        folds: A file of `Folds`.

    Raises:
        InputError: There is no such kind, folder, split or fold, or a file is broken.
    """
    has = splits_of(kind, path)
    divided = Folds.read(folds) if folds is not None else None
    own = divided.split_of if divided else split
    if own not in has:
        raise InputError(
            f"{kind} in {path} has no split {own}; it has {', '.join(has)}. To divide "
            f"one of them by persons: feltline data split {kind} {path} --out folds.csv"
        )
    faces = _LAYOUTS[kind].read(path, own)
    if divided is None:
        return faces
    return replace(faces.only(divided.of(faces, split)), split=split)
