"""Aff-Wild2 / ABAW (Kollias and Zafeiriou): videos of the web, rated frame by frame.

Annotations lie in a folder per challenge, with `Train_Set` and `Validation_Set`; a text
file per video, a header and a line per frame. Line k after the header is the picture
`cropped_aligned/VIDEO/%05d.jpg` with k from 1. A second face of a video has the suffix
`_left` or `_right`; both count as one person, so that they never part. Later challenges
have one file whose first column names the picture; it is read where it stands.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from feltline.errors import InputError
from feltline.lab.datasets.face_set_builder import (
    BROKEN,
    FaceSetBuilder,
    affect_of,
    row_of,
)
from feltline.lab.datasets.faceset import MISSING, FaceSet
from feltline.types import EXPRESSIONS

__all__ = ["SPLITS", "read_affwild2", "read_affwild2_expression", "read_affwild2_multi"]

CORPUS: Final = "Aff-Wild2"
SPLITS: Final = ("train", "valid")
PICTURES: Final = "cropped_aligned"
NO_LABEL: Final = "frame without a label"

_AFFECT: Final = ("VA_Estimation_Challenge",)
_EXPRESSION: Final = ("EXPR_Recognition_Challenge", "EXPR_Classification_Challenge")
_MULTI: Final = ("MTL_Challenge", "Multi_Task_Learning_Challenge")
_FOLDERS: Final = {"train": ("Train_Set", "train"), "valid": ("Validation_Set", "val")}
_NOT_RATED: Final = -5.0
_NO_EXPRESSION: Final = -1
_CODES: Final = (
    "neutral",
    "anger",
    "disgust",
    "fear",
    "happiness",
    "sadness",
    "surprise",
)
_OTHER: Final = 7

Cells = list[str]


def read_affwild2(folder: Path, split: str) -> FaceSet:
    """Valence and arousal.

    Raises:
        InputError: The challenge's folder is not there, or a file cannot be read.
    """
    return _read(folder, split, _AFFECT)


def read_affwild2_expression(folder: Path, split: str) -> FaceSet:
    """Expressions; `Other` counts as missing.

    Raises:
        InputError: See `read_affwild2`.
    """
    return _read(folder, split, _EXPRESSION)


def read_affwild2_multi(folder: Path, split: str) -> FaceSet:
    """Both, as the multi-task challenge has them.

    Raises:
        InputError: See `read_affwild2`.
    """
    return _read(folder, split, _MULTI)


def _read(folder: Path, split: str, challenges: tuple[str, ...]) -> FaceSet:
    faces = FaceSetBuilder(CORPUS, split, folder)
    for path in _files(folder, split, challenges):
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                lines = csv.reader(file, strict=True)
                header = [cell.strip() for cell in next(lines, [])]
                _add_file(faces, path, header, lines)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"{path} cannot be read as text: {error}") from error
    return faces.done()


def _files(folder: Path, split: str, challenges: tuple[str, ...]) -> list[Path]:
    """A file per video, or the one file of the split."""
    where, word = _FOLDERS[split]
    for challenge in challenges:
        here = folder / challenge
        found = sorted((here / where).glob("*.txt"))
        found = found or sorted(p for p in here.glob("*.txt") if word in p.name.lower())
        if found:
            return found
    raise InputError(
        f"{folder} holds no annotations in {' or '.join(challenges)}/{where}; give the "
        f"folder that holds the challenge's folder and {PICTURES}"
    )


def _add_file(
    faces: FaceSetBuilder, path: Path, header: Cells, lines: Iterator[Cells]
) -> None:
    has_names = header[:1] in (["image"], ["image_location"])
    for number, cells in enumerate(lines, start=2):
        if not cells:
            continue
        picture = cells[0] if has_names else f"{path.stem}/{number - 1:05d}.jpg"
        try:
            _add_frame(faces, picture, header, cells)
        except ValueError as fault:
            faces.leave_out(BROKEN, f"{row_of(path, number)}: {fault}")


def _add_frame(
    faces: FaceSetBuilder, picture: str, header: Cells, cells: Cells
) -> None:
    row = dict(zip(header, cells, strict=False))
    affect, expression = (np.nan, np.nan), MISSING
    if "valence" in row and "arousal" in row:
        affect = affect_of(
            row["valence"], row["arousal"], missing=_NOT_RATED, largest=1.0
        )
    if "valence" not in header or "expression" in header:
        expression = _expression(int(float(row.get("expression", cells[0]))))
    file = f"{PICTURES}/{picture}"
    if np.isnan(affect).any() and expression == MISSING:
        faces.leave_out(NO_LABEL, file)
        return
    video = picture.rpartition("/")[0]
    person = video.removesuffix("_left").removesuffix("_right")
    faces.add(file, person=person, affect=affect, expression=expression)


def _expression(code: int) -> int:
    """Ours for Aff-Wild2's.

    Raises:
        ValueError: There is no such code.
    """
    if code in (_NO_EXPRESSION, _OTHER):
        return MISSING
    if not 0 <= code < len(_CODES):
        raise ValueError(f"expression is {code}; expected -1 to {_OTHER}")
    return EXPRESSIONS.index(_CODES[code])
