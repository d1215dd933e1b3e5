"""AffectNet (Mollahosseini et al., 2017), in its CSV and in its npy edition.

CSV: `training.csv` and `validation.csv` (with or without a header) beside
`Manually_Annotated_Images`. npy: `train_set` and `val_set`, each with `images/ID.jpg`
and `annotations/ID_exp.npy`, `_val.npy`, `_aro.npy`, `_lnd.npy`.

The validation set serves as test. Persons are not known, so each picture counts as one.
"""

import csv
from pathlib import Path
from typing import Any, Final

import numpy as np

from feltline.errors import InputError
from feltline.lab.datasets.face_set_builder import (
    BROKEN,
    FaceSetBuilder,
    affect_of,
    row_of,
)
from feltline.lab.datasets.faceset import MISSING, FaceSet
from feltline.lab.datasets.landmarks import LANDMARKS, crop_of_box, crop_of_landmarks
from feltline.lab.datasets.pictures import WHOLE, CropRegion
from feltline.types import EXPRESSIONS

__all__ = ["SPLITS", "read_affectnet"]

CORPUS: Final = "AffectNet"
SPLITS: Final = ("train", "test")
NO_FACE: Final = "no face in the picture"
PICTURES: Final = "Manually_Annotated_Images"

_TABLES: Final = {"train": "training.csv", "test": "validation.csv"}
_FOLDERS: Final = {"train": "train_set", "test": "val_set"}
_COLUMNS: Final = (
    "subDirectory_filePath",
    "face_x",
    "face_y",
    "face_width",
    "face_height",
    "facial_landmarks",
    "expression",
    "valence",
    "arousal",
)
_CODES: Final = (
    "neutral",
    "happiness",
    "sadness",
    "surprise",
    "fear",
    "disgust",
    "anger",
    "contempt",
)
_NO_FACE_CODE: Final = 10
_UNCERTAIN: Final = -2.0
_LONGEST_CELL: Final = 1_000_000


def read_affectnet(folder: Path, split: str) -> FaceSet:
    """One split: `train`, or `test`, the corpus's validation set.

    Raises:
        InputError: Neither edition is there, or its files cannot be read.
    """
    if (folder / _TABLES[split]).exists():
        return _from_table(folder, split)
    if (folder / _FOLDERS[split]).is_dir():
        return _from_arrays(folder, split)
    raise InputError(
        f"{folder} holds neither {_TABLES[split]} nor {_FOLDERS[split]}; give the "
        f"folder that holds one of them"
    )


def _from_table(folder: Path, split: str) -> FaceSet:
    path = folder / _TABLES[split]
    faces = FaceSetBuilder(CORPUS, split, folder)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            csv.field_size_limit(_LONGEST_CELL)
            for number, cells in enumerate(csv.reader(file, strict=True), start=1):
                if not cells or (number == 1 and cells[0] == _COLUMNS[0]):
                    continue
                try:
                    _add_row(faces, dict(zip(_COLUMNS, cells, strict=True)))
                except ValueError as fault:
                    faces.leave_out(BROKEN, f"{row_of(path, number)}: {fault}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a CSV: {error}") from error
    return faces.done()


def _add_row(faces: FaceSetBuilder, row: dict[str, str]) -> None:
    file = f"{PICTURES}/{row['subDirectory_filePath']}"
    code = int(row["expression"])
    if code == _NO_FACE_CODE:
        faces.leave_out(NO_FACE, file)
        return
    affect = affect_of(row["valence"], row["arousal"], missing=_UNCERTAIN, largest=1.0)
    faces.add(file, affect=affect, expression=_expression(code), cut=_crop(row))


def _crop(row: dict[str, str]) -> CropRegion:
    """By its landmarks where it has them, else by its box, else all of it."""
    points = [float(x) for x in row["facial_landmarks"].split(";") if x.strip()]
    if len(points) == 2 * LANDMARKS:
        return crop_of_landmarks(np.array(points).reshape(LANDMARKS, 2))
    box = [row[name] for name in _COLUMNS[1:5]]
    if any(cell.strip().upper() in ("", "NULL") for cell in box):
        return WHOLE
    return crop_of_box(*(float(cell) for cell in box))


def _expression(code: int) -> int:
    """Ours for AffectNet's; none (8) and uncertain (9) are missing.

    Raises:
        ValueError: There is no such code.
    """
    if not 0 <= code <= _NO_FACE_CODE:
        raise ValueError(f"expression is {code}; expected 0 to {_NO_FACE_CODE}")
    return EXPRESSIONS.index(_CODES[code]) if code < len(_CODES) else MISSING


def _from_arrays(folder: Path, split: str) -> FaceSet:
    faces = FaceSetBuilder(CORPUS, split, folder)
    notes = folder / _FOLDERS[split] / "annotations"
    for path in sorted(notes.glob("*_exp.npy")):
        name = path.name.removesuffix("_exp.npy")
        file = f"{_FOLDERS[split]}/images/{name}.jpg"
        try:
            code, valence, arousal = (
                float(_array(notes / f"{name}_{kind}.npy").item())
                for kind in ("exp", "val", "aro")
            )
            if code == _NO_FACE_CODE:
                faces.leave_out(NO_FACE, file)
                continue
            marks = notes / f"{name}_lnd.npy"
            faces.add(
                file,
                affect=affect_of(
                    str(valence), str(arousal), missing=_UNCERTAIN, largest=1.0
                ),
                expression=_expression(int(code)),
                cut=_crop_of_array(_array(marks)) if marks.exists() else WHOLE,
            )
        except FileNotFoundError as absent:
            faces.leave_out("annotation missing", str(absent.filename))
        except (ValueError, OSError) as fault:
            faces.leave_out(BROKEN, f"{path}: {fault}")
    return faces.done()


def _array(path: Path) -> Any:  # noqa: ANN401 - of numbers, or of their spelling
    return np.load(path, allow_pickle=False)


def _crop_of_array(points: Any) -> CropRegion:  # noqa: ANN401
    return crop_of_landmarks(points.astype(np.float64).reshape(LANDMARKS, 2))
