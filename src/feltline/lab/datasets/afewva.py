"""AFEW-VA (Kossaifi et al., 2017): clips of films, rated frame by frame.

Folders `001` to `600`, each with `00000.png` on and `001.json`. Values are whole
numbers from -10 to 10. There is no official split: `all` holds everything, and
`feltline data split` makes folds by actor.
"""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from feltline.errors import InputError
from feltline.lab.datasets.face_set_builder import BROKEN, FaceSetBuilder, affect_of
from feltline.lab.datasets.faceset import FaceSet
from feltline.lab.datasets.landmarks import LANDMARKS, crop_of_landmarks
from feltline.lab.datasets.pictures import WHOLE, CropRegion

__all__ = ["SPLITS", "read_afewva"]

CORPUS: Final = "AFEW-VA"
SPLITS: Final = ("all",)
LARGEST: Final = 10.0
NO_LABEL: Final = "frame without valence and arousal"


def read_afewva(folder: Path, split: str) -> FaceSet:
    """All clips.

    Raises:
        InputError: There are none, or an annotation cannot be read.
    """
    faces = FaceSetBuilder(CORPUS, split, folder)
    for clip in sorted(p for p in folder.iterdir() if (p / f"{p.name}.json").exists()):
        _add_clip(faces, clip)
    return faces.done()


def _add_clip(faces: FaceSetBuilder, clip: Path) -> None:
    path = clip / f"{clip.name}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        frames = told["frames"]
        actor = str(told.get("actor") or f"clip {clip.name}")
        rows = sorted(frames.items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path} is no annotation of AFEW-VA ({error!r}); expected an object with "
            f"`actor` and `frames`. Get the file anew, or remove the folder"
        ) from error
    for stem, row in rows:
        try:
            _add_frame(faces, f"{clip.name}/{stem}.png", actor, row)
        except (ValueError, TypeError, AttributeError) as fault:
            faces.leave_out(BROKEN, f"{path}, frame {stem}: {fault}")


def _add_frame(
    faces: FaceSetBuilder, file: str, actor: str, row: dict[str, Any]
) -> None:
    cells = ["" if row.get(k) is None else str(row[k]) for k in ("valence", "arousal")]
    affect = affect_of(*cells, missing=np.nan, largest=LARGEST)
    if np.isnan(affect).any():
        faces.leave_out(NO_LABEL, file)
        return
    faces.add(file, person=actor, affect=affect, cut=_crop(row.get("landmarks")))


def _crop(points: list[list[float]] | None) -> CropRegion:
    if not points:
        return WHOLE
    return crop_of_landmarks(np.array(points, np.float64).reshape(LANDMARKS, 2))
