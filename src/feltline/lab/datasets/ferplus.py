"""FER+: grey 48x48 faces with the votes of ten raters (Barsoum et al., ICMI 2016).

Two editions. Mosaics: `ferplus.csv` with a row per photo, and one lossless picture per
split with the photos row by row. Official: `fer2013new.csv`, and the photos in
`FER2013Train`, `FER2013Valid` and `FER2013Test`, or all in `images`; it does not say
which photos stand in two splits (`feltline data check` finds them).

Expressions follow the majority protocol of FER+: single votes are dropped as outliers,
the class with more than half of what is left is the label, and a photo without one, or
with `unknown` or `NF` (no face), has none. Valence and arousal are rated directly where
`affect.csv` (`split, index, rater, valence, arousal`) lies beside the mosaics and holds
the photo: the mean of its raters. Elsewhere they are a weak label: the vote-weighted
mean of the classes' places, which are those of the rated photos of the train split by
least squares, or the terms' values after Russell and Mehrabian (1977) where nothing is
rated.

With ratings, one rated photo of the train split in ten judges training instead of being
learnt from: it stands in `valid`, without its class and votes, unless a copy of it is
learnt from.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32, Int64
from PIL import Image

from feltline.errors import InputError
from feltline.lab.datasets.face_set_builder import FaceSetBuilder
from feltline.lab.datasets.faceset import MISSING, FaceSet
from feltline.lab.datasets.pictures import InMemory
from feltline.types import EXPRESSION_AFFECT, EXPRESSIONS

__all__ = ["CORPUS", "affect_of_votes", "majority", "read_ferplus"]

Affect = tuple[float, float]
Places = Float32[np.ndarray, "8 2"]

CORPUS: Final = "FER+"
SIDE: Final = 48
SPLITS: Final = ("train", "valid", "test")
MOSAICS: Final = "ferplus.csv"
OFFICIAL: Final = "fer2013new.csv"
RATINGS: Final = "affect.csv"
JUDGING: Final = 10
"""One rated photo of the train split in so many judges training."""
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
    table = _table(folder / MOSAICS, columns)
    ratings = _ratings(folder / RATINGS) if (folder / RATINGS).exists() else {}
    rated = ratings.get("train", {})
    places = _places(table, rated) if rated else EXPRESSION_AFFECT
    faces = _edition(folder, table, split, ratings.get(split, {}), places)
    judging = _judging(rated)
    if split == "train":
        kept = np.ones(len(faces), bool)
        kept[judging] = False
        return faces.only(kept)
    if split == "valid" and len(judging):
        learnt = _edition(folder, table, "train", rated, places)
        more = learnt.only(_alone(learnt, judging))
        faces = _joined(faces, more.without_expression())
    return faces


def _edition(
    folder: Path,
    table: Sequence[Mapping[str, str]],
    split: str,
    rated: Mapping[int, Affect],
    places: Places,
) -> FaceSet:
    """One split of the mosaics as it is, rated photos with their ratings."""
    rows = [row for row in table if row["split"] == split]
    if not rows:
        raise InputError(f"{folder / MOSAICS} has no row of the split {split}")
    votes, names = _votes(rows), tuple(row["name"] for row in rows)
    affect, is_weak = affect_of_votes(votes, places), np.ones(len(rows), bool)
    for index, value in rated.items():
        affect[index], is_weak[index] = value, False
    every = FaceSet(
        corpus=CORPUS,
        split=split,
        pictures=InMemory(_mosaic(folder / f"{split}.png", len(rows))),
        name=names,
        person=names,
        affect=affect,
        expression=majority(votes),
        votes=_shares(votes),
        is_weak=is_weak,
    )
    if split == "train":
        return every
    alone = np.array([row["identical_in_other_split"] == "0" for row in rows])
    reason = {"identical in another split": int((~alone).sum())}
    return replace(every.only(alone), left_out=reason)


def _ratings(path: Path) -> dict[str, dict[int, Affect]]:
    """Mean valence and arousal of the raters, by split and number of the photo."""
    values: dict[str, dict[int, list[Affect]]] = {}
    for row in _table(path, ("split", "index", "rater", "valence", "arousal")):
        given = (float(row["valence"]), float(row["arousal"]))
        values.setdefault(row["split"], {}).setdefault(int(row["index"]), []).append(
            given
        )
    return {
        split: {
            index: (
                sum(v for v, _ in given) / len(given),
                sum(a for _, a in given) / len(given),
            )
            for index, given in of_split.items()
        }
        for split, of_split in values.items()
    }


def _places(table: Sequence[Mapping[str, str]], rated: Mapping[int, Affect]) -> Places:
    """Valence and arousal of each class: least squares of ratings on vote shares."""
    votes = _votes([row for row in table if row["split"] == "train"])
    learnt = np.array(sorted(set(rated) - set(_judging(rated).tolist())), np.int64)
    felt = votes[learnt, : len(EXPRESSIONS)].astype(np.float64)
    total = felt.sum(axis=1)
    shares = felt[total > 0] / total[total > 0, None]
    value = np.array([rated[int(i)] for i in learnt])[total > 0]
    found, *_ = np.linalg.lstsq(shares, value, rcond=None)
    return np.asarray(found.clip(-1, 1), np.float32)


def _judging(rated: Mapping[int, Affect]) -> Int64[np.ndarray, " r"]:
    """Photos of the train split that judge training."""
    return np.array(sorted(rated)[::JUDGING], np.int64)


def _alone(
    learnt: FaceSet, judging: Int64[np.ndarray, " r"]
) -> Int64[np.ndarray, " s"]:
    """The judging photos of which no copy is among those that are learnt from."""
    pixels = learnt.pictures.read(np.arange(len(learnt)), SIDE)
    held = set(judging.tolist())
    seen = {face.tobytes() for i, face in enumerate(pixels) if i not in held}
    return np.array([i for i in judging if pixels[i].tobytes() not in seen], np.int64)


def _joined(first: FaceSet, second: FaceSet) -> FaceSet:
    """Both sets as one; both in memory."""
    pixels = [
        one.pictures.read(np.arange(len(one)), SIDE)[..., 0] for one in (first, second)
    ]
    return replace(
        first,
        pictures=InMemory(np.concatenate(pixels)),
        name=first.name + tuple(f"train/{name}" for name in second.name),
        person=first.person + second.person,
        affect=np.concatenate([first.affect, second.affect]),
        expression=np.concatenate([first.expression, second.expression]),
        votes=np.concatenate([first.votes, second.votes]),
        is_weak=np.concatenate([first.is_weak, second.is_weak]),
    )


def _read_official(folder: Path, split: str) -> FaceSet:
    path = folder / OFFICIAL
    usage, own = _USAGE[split]
    columns = ("Usage", "Image name", *EXPRESSIONS, *_OTHER)
    table = [row for row in _table(path, columns) if row["Usage"] == usage]
    where = own if (folder / own).is_dir() else "images"
    counts = _votes(table)
    felt, classes, shares = affect_of_votes(counts), majority(counts), _shares(counts)
    faces = FaceSetBuilder(CORPUS, split, folder)
    for i, name in enumerate(row["Image name"] for row in table):
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


def affect_of_votes(
    votes: Int64[np.ndarray, "n 10"], places: Places = EXPRESSION_AFFECT
) -> Float32[np.ndarray, "n 2"]:
    """Vote-weighted mean of the classes' places; NaN without a vote for any of them.

    Args:
        votes: Per photo, votes for the eight expressions, `unknown` and `NF`.
        places: Valence and arousal of each expression.
    """
    felt = votes[:, : len(EXPRESSIONS)].astype(np.float32)
    total = felt.sum(axis=1, keepdims=True)
    mean = felt @ places / np.where(total > 0, total, np.nan)
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


def _table(path: Path, wanted: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            has, rows = set(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} cannot be read as the votes of FER+ ({error}); give the folder "
            f"that holds {MOSAICS} and its mosaics, or {OFFICIAL} and its photos"
        ) from error
    absent = sorted(set(wanted) - has)
    if absent:
        raise InputError(f"{path} lacks the columns {', '.join(absent)}")
    return rows


def _votes(rows: Sequence[Mapping[str, str]]) -> Int64[np.ndarray, "n 10"]:
    """Votes for the eight expressions, `unknown` and `NF`."""
    names = (*EXPRESSIONS, *_OTHER)
    return np.array([[int(row[n]) for n in names] for row in rows], np.int64).reshape(
        -1, len(names)
    )


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
