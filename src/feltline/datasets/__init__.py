"""Corpora of labelled faces, read in their own layouts, never redistributed."""

from feltline.datasets.faceset import MISSING, FaceSet, Pictures
from feltline.datasets.ferplus import TERM_AFFECT, read_ferplus

__all__ = ["MISSING", "TERM_AFFECT", "FaceSet", "Pictures", "read_ferplus"]
