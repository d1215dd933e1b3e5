"""Person-grouped cross-validation folds, written to a file.

The file is a CSV with a row per person: `split_of` (the corpus's own split that was
divided), `person` and `fold`.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool

from feltline.atomic import replacing
from feltline.errors import InputError
from feltline.formats import read_table
from feltline.lab.datasets.faceset import FaceSet

__all__ = ["Folds", "make_folds"]

_COLUMNS: Final = ("split_of", "person", "fold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folds:
    """Which fold each person of a split is in.

    Attributes:
        split_of: The corpus's own split.
        fold: Name of the fold by person.
    """

    split_of: str
    fold: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The folds there are."""
        return tuple(sorted(set(self.fold.values())))

    def of(self, faces: FaceSet, wanted: str) -> Bool[np.ndarray, " n"]:
        """Which faces are in the folds wanted.

        Args:
            faces: Of the split that was divided.
            wanted: Names of folds, joined by commas.

        Raises:
            InputError: There is no such fold, or a person is in none.
        """
        names = set(wanted.split(","))
        strange = sorted(names - set(self.names))
        if strange:
            raise InputError(
                f"there is no fold {strange[0]}; there are {', '.join(self.names)}"
            )
        try:
            return np.array([self.fold[p] in names for p in faces.person], np.bool_)
        except KeyError as error:
            raise InputError(
                f"{error.args[0]} of {faces.corpus} {faces.split} is in no fold: the "
                f"file was made from other data. Make it anew with feltline data split"
            ) from None

    def write(self, path: Path) -> None:
        """Write them.

        Raises:
            SetupError: It cannot be written.
        """
        with (
            replacing(path) as scratch,
            scratch.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            for person, fold in sorted(self.fold.items()):
                writer.writerow([self.split_of, person, fold])

    @classmethod
    def read(cls, path: Path) -> "Folds":
        """Read what `write` wrote.

        Raises:
            InputError: It is no such file.
        """
        table = read_table(path, known=_COLUMNS, needed=("person",), error=InputError)
        if absent := [name for name in _COLUMNS if name not in table.columns]:
            raise InputError(
                f"{path} is no file of folds (it lacks the column {absent[0]}); "
                f"feltline data split writes one"
            )
        rows = table.rows(lambda _, cells: tuple(cells[c] for c in _COLUMNS))
        divided = {row[0] for row in rows}
        if len(divided) != 1 or not all(cell for row in rows for cell in row):
            raise InputError(
                f"{path} must say which fold each person of one split is in; make it "
                f"anew with feltline data split"
            )
        return cls(split_of=divided.pop(), fold={row[1]: row[2] for row in rows})


def make_folds(faces: FaceSet, count: int, seed: int) -> Folds:
    """Divide persons into folds of about as many faces each.

    Persons go, those with most faces first and equals at random, to the fold that is
    smallest so far.

    Raises:
        InputError: There are fewer persons than folds.
    """
    persons, sizes = np.unique(faces.person, return_counts=True)
    if len(persons) < count:
        raise InputError(
            f"{faces.corpus} {faces.split} has {len(persons)} persons, too few for "
            f"{count} folds; ask for fewer"
        )
    shuffled = np.random.default_rng(seed).permutation(len(persons))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    filled, fold = np.zeros(count, np.int64), {}
    for i in order:
        least = int(filled.argmin())
        filled[least] += sizes[i]
        fold[str(persons[i])] = f"fold{least}"
    return Folds(split_of=faces.split, fold=fold)
