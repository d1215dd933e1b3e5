"""Corpora of labelled faces, read in their own layouts, never redistributed."""

from feltline.datasets.check import CorpusReport, check_corpus
from feltline.datasets.faceset import MISSING, FaceSet, Pictures
from feltline.datasets.ferplus import read_ferplus
from feltline.datasets.folds import Folds, make_folds
from feltline.datasets.read import KINDS, read_dataset, splits_of

__all__ = [
    "KINDS",
    "MISSING",
    "CorpusReport",
    "FaceSet",
    "Folds",
    "Pictures",
    "check_corpus",
    "make_folds",
    "read_dataset",
    "read_ferplus",
    "splits_of",
]
