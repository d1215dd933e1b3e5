"""FER+: grey 48x48 faces with the votes of ten raters (Barsoum et al., ICMI 2016).

Two editions. Mosaics: `ferplus.csv` with a row per photo, and one lossless picture per
split with the photos row by row. Official: `fer2013new.csv`, and the photos in
`FER2013Train`, `FER2013Valid` and `FER2013Test`, or all in `images`; it does not say
which photos stand in two splits (`feltline data check` finds them).

Expressions follow the majority protocol of FER+: single votes are dropped as outliers,
the class with more than half of what is left is the label, and a photo without one, or
with `unknown` or `NF` (no face), has none. Valence and arousal are a weak label: the
vote-weighted mean of the terms' values after Russell and Mehrabian (1977).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from jaxtyping import Float32, Int64
from PIL import Image

from feltline.errors import InputError
from feltline.lab.datasets.face_set_builder import FaceSetBuilder
from feltline.lab.datasets.faceset import MISSING, FaceSet
from feltline.lab.datasets.pictures import InMemory
from feltline.types import EXPRESSION_AFFECT, EXPRESSIONS

__all__ = ["CORPUS", "affect_of_votes", "majority", "read_ferplus"]

CORPUS: Final = "FER+"
SIDE: Final = 48
SPLITS: Final = ("train", "valid", "test")
MOSAICS: Final = "ferplus.csv"
OFFICIAL: Final = "fer2013new.csv"
_OTHER: Final = ("unknown", "NF")
_USAGE: Final = {
    "train": ("Training", "FER2013Train"),
    "valid": ("PublicTest", "FER2013Valid"),
    "test": ("PrivateTest", "FER2013Test"),
}


def read_ferplus(folder: Path, split: str) -> FaceSet:
    """One split of either edition.

    Photos whose pixels stand in another split too are left out of `valid` and `test`,
    where the edition tells.

    Args:
        folder: Holds one of the editions.
        split: One of `SPLITS`.

    Raises:
        InputError: A file is missing or is not of that layout.
    """
    if (folder / OFFICIAL).exists() and not (folder / MOSAICS).exists():
        return _read_official(folder, split)
    columns = ("split", "name", *EXPRESSIONS, *_OTHER, "identical_in_other_split")
    table = _table(folder / MOSAICS, columns).filter(pl.col("split") == split)
    if table.is_empty():
        raise InputError(f"{folder / MOSAICS} has no row of the split {split}")
    faces = _mosaic(folder / f"{split}.png", len(table))
    votes = table.select(*EXPRESSIONS, *_OTHER).to_numpy().astype(np.int64)
    every = FaceSet(
        corpus=CORPUS,
        split=split,
        pictures=InMemory(faces),
        name=tuple(table["name"].to_list()),
        person=tuple(table["name"].to_list()),
        affect=affect_of_votes(votes),
        expression=majority(votes),
        votes=_shares(votes),
    )
    if split == "train":
        return every
    alone = (table["identical_in_other_split"] == 0).to_numpy()
    reason = {"identical in another split": int((~alone).sum())}
    return replace(every.only(alone), left_out=reason)


def _read_official(folder: Path, split: str) -> FaceSet:
    path = folder / OFFICIAL
    usage, own = _USAGE[split]
    columns = ("Usage", "Image name", *EXPRESSIONS, *_OTHER)
    table = _table(path, columns).filter(pl.col("Usage") == usage)
    where = own if (folder / own).is_dir() else "images"
    counts = table.select(*EXPRESSIONS, *_OTHER).to_numpy().astype(np.int64)
    felt, classes, shares = affect_of_votes(counts), majority(counts), _shares(counts)
    faces = FaceSetBuilder(CORPUS, split, folder)
    for i, name in enumerate(table["Image name"].to_list()):
        if not name:  # the raters saw no face, and the photo was not kept
            faces.leave_out("row without a photo", f"{path}, row {i + 1} of {usage}")
            continue
        faces.add(
            f"{where}/{name}",
            affect=(float(felt[i, 0]), float(felt[i, 1])),
            expression=int(classes[i]),
            votes=tuple(shares[i].tolist()),
        )
    return faces.done()


def affect_of_votes(votes: Int64[np.ndarray, "n 10"]) -> Float32[np.ndarray, "n 2"]:
    """Vote-weighted mean of the terms' values; NaN without a vote for any of them.

    Args:
        votes: Per photo, votes for the eight expressions, `unknown` and `NF`.
    """
    felt = votes[:, : len(EXPRESSIONS)].astype(np.float32)
    total = felt.sum(axis=1, keepdims=True)
    mean = felt @ EXPRESSION_AFFECT / np.where(total > 0, total, np.nan)
    return np.asarray(mean, np.float32)


def majority(votes: Int64[np.ndarray, "n 10"]) -> Int64[np.ndarray, " n"]:
    """The expression by FER+'s majority protocol; -1 where there is none."""
    kept = np.where(votes > 1, votes, 0)
    winner = kept.argmax(axis=1)
    wins = 2 * kept.max(axis=1) > kept.sum(axis=1)
    is_expression = winner < len(EXPRESSIONS)
    return np.where(wins & is_expression, winner, MISSING).astype(np.int64)


def _shares(votes: Int64[np.ndarray, "n 10"]) -> Float32[np.ndarray, "n 8"]:
    """Shares of the votes, outliers dropped; NaN where `unknown` or `NF` prevails."""
    kept = np.where(votes > 1, votes, 0).astype(np.float32)
    felt, other = kept[:, : len(EXPRESSIONS)], kept[:, len(EXPRESSIONS) :]
    total = felt.sum(axis=1, keepdims=True)
    told = (total > 0) & (total >= other.sum(axis=1, keepdims=True))
    return np.asarray(felt / np.where(told, total, np.nan), np.float32)


def _table(path: Path, wanted: Sequence[str]) -> pl.DataFrame:
    try:
        table = pl.read_csv(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{path} cannot be read as the votes of FER+ ({error}); give the folder "
            f"that holds {MOSAICS} and its mosaics, or {OFFICIAL} and its photos"
        ) from error
    absent = sorted(set(wanted) - set(table.columns))
    if absent:
        raise InputError(f"{path} lacks the columns {', '.join(absent)}")
    return table


def _mosaic(path: Path, n: int) -> np.ndarray:
    """The first `n` photos of a mosaic, row by row: uint8 (n, 48, 48)."""
    try:
        with Image.open(path) as picture:
            grey = np.asarray(picture.convert("L"))
    except OSError as error:
        raise InputError(f"the mosaic {path} cannot be read: {error}") from error
    down, across = grey.shape[0] // SIDE, grey.shape[1] // SIDE
    if (down * SIDE, across * SIDE) != grey.shape or down * across < n:
        raise InputError(
            f"the mosaic {path} has {grey.shape[1]} x {grey.shape[0]} pixels; expected "
            f"a grid of {SIDE} x {SIDE} photos with at least {n} of them"
        )
    tiles = grey.reshape(down, SIDE, across, SIDE).swapaxes(1, 2)
    return tiles.reshape(-1, SIDE, SIDE)[:n]
