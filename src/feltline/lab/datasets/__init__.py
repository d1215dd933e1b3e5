"""Corpora of labelled faces, read in their own layouts, never redistributed."""

from feltline.lab.datasets.check import CorpusReport, check_corpus
from feltline.lab.datasets.faceset import MISSING, FaceSet, ImageSource
from feltline.lab.datasets.ferplus import read_ferplus
from feltline.lab.datasets.folds import Folds, make_folds
from feltline.lab.datasets.read import KINDS, read_dataset, splits_of

__all__ = [
    "KINDS",
    "MISSING",
    "CorpusReport",
    "FaceSet",
    "Folds",
    "ImageSource",
    "check_corpus",
    "make_folds",
    "read_dataset",
    "read_ferplus",
    "splits_of",
]
