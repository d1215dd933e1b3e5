"""Dataset statistics and integrity checks."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from feltline.errors import InputError
from feltline.lab.datasets.faceset import FaceSet
from feltline.types import DIMENSIONS, EXPRESSIONS

__all__ = ["EDGES", "CorpusReport", "Leak", "SplitReport", "check_corpus"]

EDGES: Final = np.linspace(-1, 1, 11)
"""Of the bins of valence and arousal."""
_EXAMPLES: Final = 5
_AT_ONCE: Final = 64
_SIDE: Final = 48

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReport:
    """One split.

    Attributes:
        faces: How many.
        persons: How many different ones.
        with_affect: How many have valence and arousal.
        with_expression: How many have an expression.
        expressions: Counts by expression.
        histogram: Counts in the bins between `EDGES`, of each dimension.
        left_out: Faces left out, by reason.
        first_left_out: The first of each reason.
        undecodable: What was wrong with pictures, by face; None = not looked at.
    """

    faces: int
    persons: int
    with_affect: int
    with_expression: int
    expressions: dict[str, int]
    histogram: dict[str, list[int]]
    left_out: dict[str, int]
    first_left_out: dict[str, str]
    undecodable: dict[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What two splits share.

    Attributes:
        splits: The two.
        persons: How many persons are in both.
        pictures: How many pictures are in both, pixel by pixel; None = not looked at.
        examples: Some of either.
    """

    splits: tuple[str, str]
    persons: int
    pictures: int | None
    examples: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusReport:
    """All splits, and the leaks between them."""

    splits: dict[str, SplitReport]
    leaks: list[Leak]

    @property
    def undecodable(self) -> dict[str, str]:
        """What was wrong with pictures, by face, of all splits."""
        found: dict[str, str] = {}
        for split in self.splits.values():
            found |= split.undecodable or {}
        return found


def check_corpus(
    splits: Mapping[str, FaceSet],
    *,
    pictures: bool = True,
    progress: Progress | None = None,
) -> CorpusReport:
    """Look a corpus over.

    Args:
        splits: Its splits by name.
        pictures: Whether to decode every picture: finds those that do not decode, and
            those that are in two splits.
        progress: Told split, faces done and faces in all.
    """
    seen = {
        name: _scan(faces, name, progress) if pictures else None
        for name, faces in splits.items()
    }
    return CorpusReport(
        splits={
            name: _report(faces, found[1] if (found := seen[name]) else None)
            for name, faces in splits.items()
        },
        leaks=[_leak(splits, seen, pair) for pair in combinations(splits, 2)],
    )


Seen = tuple[dict[bytes, str], dict[str, str]]
"""Faces by what they look like, and what was wrong with the others."""


def _scan(faces: FaceSet, split: str, progress: Progress | None) -> Seen:
    """Decode every picture."""
    looks: dict[bytes, str] = {}
    broken: dict[str, str] = {}
    for start in range(0, len(faces), _AT_ONCE):
        stop = min(start + _AT_ONCE, len(faces))
        for i in range(start, stop):
            try:
                pixels = faces.pictures.read(np.array([i]), _SIDE)
            except InputError as error:
                broken[faces.name[i]] = str(error)
                continue
            looks[hashlib.blake2b(pixels.tobytes(), digest_size=16).digest()] = (
                faces.name[i]
            )
        if progress is not None:
            progress(split, stop, len(faces))
    return looks, broken


def _report(faces: FaceSet, undecodable: dict[str, str] | None) -> SplitReport:
    known = faces.expression[faces.has_expression]
    counts = np.bincount(known, minlength=len(EXPRESSIONS))
    rated = faces.affect[faces.has_affect]
    return SplitReport(
        faces=len(faces),
        persons=len(set(faces.person)),
        with_affect=len(rated),
        with_expression=len(known),
        expressions=dict(zip(EXPRESSIONS, counts.tolist(), strict=True)),
        histogram={
            name: np.histogram(rated[:, j], EDGES)[0].tolist()
            for j, name in enumerate(DIMENSIONS)
        },
        left_out=faces.left_out,
        first_left_out=faces.first_left_out,
        undecodable=undecodable,
    )


def _leak(
    splits: Mapping[str, FaceSet],
    seen: Mapping[str, Seen | None],
    pair: tuple[str, str],
) -> Leak:
    one, other = pair
    persons = sorted(set(splits[one].person) & set(splits[other].person))
    looks = seen[one], seen[other]
    same: list[str] | None = None
    if looks[0] is not None and looks[1] is not None:
        shared = looks[0][0].keys() & looks[1][0].keys()
        same = sorted(f"{looks[0][0][k]} = {looks[1][0][k]}" for k in shared)
    return Leak(
        splits=pair,
        persons=len(persons),
        pictures=None if same is None else len(same),
        examples=[*persons[:_EXAMPLES], *(same or [])[:_EXAMPLES]],
    )
