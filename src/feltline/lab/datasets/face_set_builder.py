"""Incremental builder of a `FaceSet`."""

import math
from array import array
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from feltline.errors import InputError
from feltline.lab.datasets.faceset import MISSING, FaceSet
from feltline.lab.datasets.pictures import WHOLE, CropRegion, Files
from feltline.types import EXPRESSIONS

__all__ = ["BROKEN", "NO_PICTURE", "Affect", "FaceSetBuilder", "affect_of", "row_of"]

BROKEN: Final = "row cannot be read"
NO_PICTURE: Final = "picture missing"

Affect = tuple[float, float]


class FaceSetBuilder:
    """The faces of one split, and what was left out of it.

    Numbers are kept packed, so that a corpus of millions of frames costs little more
    than its file names.
    """

    def __init__(self, corpus: str, split: str, folder: Path) -> None:
        """Begin with none. File names are relative to `folder`."""
        self._corpus, self._split, self._folder = corpus, split, folder
        self._name: list[str] = []
        self._person: list[str] = []
        self._affect, self._crop, self._votes = array("f"), array("f"), array("f")
        self._expression = array("q")
        self._left_out: dict[str, int] = {}
        self._first: dict[str, str] = {}

    def add(
        self,
        file: str,
        *,
        person: str = "",
        affect: Affect = (math.nan, math.nan),
        expression: int = MISSING,
        votes: tuple[float, ...] = (math.nan,) * len(EXPRESSIONS),
        cut: CropRegion = WHOLE,
    ) -> None:
        """Take a face in, unless its picture is missing.

        Args:
            file: Its picture; also its name.
            person: The picture itself if not known.
            affect: Valence and arousal in [-1, 1]; NaN = missing.
            expression: Index into `EXPRESSIONS`; -1 = missing.
            votes: Shares of votes.
            cut: Where in the picture it is.

        Raises:
            ValueError: The file lies outside the folder.
        """
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{file} lies outside the corpus")
        if not (self._folder / path).is_file():
            self.leave_out(NO_PICTURE, file)
            return
        self._name.append(file)
        self._person.append(person or file)
        self._affect.extend(affect)
        self._expression.append(expression)
        self._votes.extend(votes)
        self._crop.extend(cut)

    def leave_out(self, reason: str, where: str) -> None:
        """Count a face that is not taken in; the first of each reason is named."""
        self._left_out[reason] = self._left_out.get(reason, 0) + 1
        self._first.setdefault(reason, where)

    def done(self) -> FaceSet:
        """The set.

        Raises:
            InputError: It is empty.
        """
        n = len(self._name)
        if not n:
            why = "; ".join(
                f"{reason}: {count}, first {self._first[reason]}"
                for reason, count in self._left_out.items()
            )
            raise InputError(
                f"{self._folder} holds no face of {self._corpus} {self._split} "
                f"({why or 'no row'}); check that pictures and annotations lie where "
                f"docs/datasets.md says"
            )
        cut = np.array(self._crop, np.float32).reshape(n, 4)
        return FaceSet(
            corpus=self._corpus,
            split=self._split,
            pictures=Files(self._folder, tuple(self._name), cut),
            name=tuple(self._name),
            person=tuple(self._person),
            affect=np.array(self._affect, np.float32).reshape(n, 2),
            expression=np.array(self._expression, np.int64),
            votes=np.array(self._votes, np.float32).reshape(n, len(EXPRESSIONS)),
            left_out=self._left_out,
            first_left_out=self._first,
        )


def row_of(path: Path, number: int) -> str:
    """How a message names a row; the first line of a file is row 1."""
    return f"{path}, row {number}"


def affect_of(valence: str, arousal: str, *, missing: float, largest: float) -> Affect:
    """Two cells as valence and arousal in [-1, 1].

    Args:
        valence: The cell.
        arousal: The cell.
        missing: What marks either as missing, as empty cells and NaN do; then both are.
        largest: What stands for 1.

    Raises:
        ValueError: A cell is no number, or outside the range.
    """
    values = [float(cell) if cell.strip() else math.nan for cell in (valence, arousal)]
    if any(math.isnan(v) or v == missing for v in values):
        return math.nan, math.nan
    if any(abs(v) > largest for v in values):
        raise ValueError(
            f"valence {valence} and arousal {arousal} are not both from "
            f"{-largest:g} to {largest:g}"
        )
    return values[0] / largest, values[1] / largest
