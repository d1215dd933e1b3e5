"""Corpora of labelled faces, read in their own layouts, never redistributed."""

from feltline.datasets.faceset import MISSING, FaceSet, Pictures
from feltline.datasets.ferplus import TERM_AFFECT, read_ferplus
from feltline.datasets.read import KINDS, read_dataset

__all__ = [
    "KINDS",
    "MISSING",
    "TERM_AFFECT",
    "FaceSet",
    "Pictures",
    "read_dataset",
    "read_ferplus",
]
