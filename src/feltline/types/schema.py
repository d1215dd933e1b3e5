"""The label schema: which dimensions and classes a project is labelled in.

Letters in shapes: **n** frames of a track, **m** dimensions, **c** classes, **d**
embedding width, **r** appearance features. Inside the program every dimension runs over
the unit scale [-1, 1]; files, database and API hold the schema's own units.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Float

from feltline.errors import ShapeError

__all__ = [
    "DEFAULT_SCHEMA",
    "DIMENSIONS",
    "EXPRESSIONS",
    "EXPRESSION_AFFECT",
    "Dimension",
    "ExpressionClass",
    "LabelSchema",
    "Method",
    "Progress",
]

DIMENSIONS: Final = ("valence", "arousal")
"""Order of the last axis of every affect array."""

EXPRESSIONS: Final = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)
"""Order of the last axis of every expression array (the FER+ order)."""

EXPRESSION_AFFECT: Final = np.array(
    [
        [0.0, 0.0],
        [0.81, 0.51],
        [0.40, 0.67],
        [-0.63, -0.27],
        [-0.51, 0.59],
        [-0.60, 0.35],
        [-0.64, 0.60],
        [-0.23, 0.31],
    ],
    np.float32,
)
"""Pleasure and arousal of each of `EXPRESSIONS` (Russell and Mehrabian 1977)."""

MAX_DIMENSIONS: Final = 64
"""As many values as a judgement may hold."""
MAX_CLASSES: Final = 254
"""As many as a byte per frame can number, beside "none"."""
MAX_NAME: Final = 40
"""Characters of a dimension's name, and of a class's in a file."""
MAX_END: Final = 1e9
"""How far from zero the ends of a scale may lie."""
_DIMENSION_NAME: Final = re.compile(rf"[a-z][a-z0-9_]{{0,{MAX_NAME - 1}}}")
_COLOUR: Final = re.compile(r"(#[0-9a-fA-F]{6})?")

Method = Literal["gp", "mt-clar", "linear", "pchip", "nearest", "hold-last"]
"""Ways to carry labels to the other frames; `gp` is the engine."""

Progress = Callable[[str, int, int], None]
"""Told (name of the work, steps done, steps to do) now and then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One continuous dimension of affect.

    Attributes:
        name: `valence`, `arousal`, or a name of the project's own: small letters,
            digits and `_`, for it is a column of tables.
        low: Lower end of its scale, within 1e9 of zero.
        high: Upper end, above `low`.
        low_pole: What the lower end means.
        high_pole: What the upper end means.
    """

    name: str
    low: float = -1.0
    high: float = 1.0
    low_pole: str = ""
    high_pole: str = ""

    def __post_init__(self) -> None:
        if not _DIMENSION_NAME.fullmatch(self.name):
            raise ShapeError(
                f"the dimension {self.name[:MAX_NAME]!r} needs as name a small letter, "
                f"then small letters, digits and _: at most {MAX_NAME} characters"
            )
        if not -MAX_END <= self.low < self.high <= MAX_END:
            raise ShapeError(
                f"the dimension {self.name} needs a low end below its high end, both "
                f"within {MAX_END:g} of 0, not {self.low:g} and {self.high:g}"
            )
        if not (self.low_pole + self.high_pole).isprintable():
            raise ShapeError(
                f"low_pole and high_pole of the dimension {self.name} need characters "
                f"that can be printed"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionClass:
    """One class of expression.

    Attributes:
        name: One of `EXPRESSIONS`, or a name of the project's own.
        key: Digit or letter that gives it on the review page.
        colour: As `#rrggbb`; empty = the page chooses.
        place: Typical value of each dimension by name, on the unit scale; empty where
            the literature knows none.
    """

    name: str
    key: str = ""
    colour: str = ""
    place: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if (
            not self.name
            or not self.name.isprintable()
            or self.name != self.name.strip()
        ):
            raise ShapeError(
                f"the class {self.name!r} needs as name text of characters that can be "
                f"printed, without spaces at its ends"
            )
        if len(self.key) > 1 or self.key.isspace() or not self.key.isprintable():
            raise ShapeError(
                f"key of the class {self.name} must be one character or empty, not "
                f"{self.key!r}"
            )
        if not _COLOUR.fullmatch(self.colour):
            raise ShapeError(
                f"colour of the class {self.name} must be #rrggbb or empty, not "
                f"{self.colour!r}"
            )


@dataclass(frozen=True, kw_only=True)
class LabelSchema:
    """Which dimensions and classes a project is labelled in.

    Attributes:
        dimensions: Order of the last axis of every value array (m); at least one.
        classes: Order of the last axis of every probability array (c); may be empty.
    """

    dimensions: tuple[Dimension, ...]
    classes: tuple[ExpressionClass, ...]

    def __post_init__(self) -> None:
        keys = tuple(c.key for c in self.classes if c.key)
        for field, most in (("dimensions", MAX_DIMENSIONS), ("classes", MAX_CLASSES)):
            if len(getattr(self, field)) > most:
                raise ShapeError(
                    f"{field} of a label schema are at most {most}, not "
                    f"{len(getattr(self, field))}"
                )
        for what, names in (
            ("dimension", self.dimension_names),
            ("class", self.class_names),
            ("key", keys),
        ):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ShapeError(f"the {what} {twice[0]} is in the label schema twice")
        if not self.dimensions:
            raise ShapeError("a label schema needs at least one dimension")

    @property
    def dimension_names(self) -> tuple[str, ...]:
        """Names of the dimensions, in order."""
        return tuple(d.name for d in self.dimensions)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in order."""
        return tuple(c.name for c in self.classes)

    @cached_property
    def version(self) -> str:
        """Hash of everything in it."""
        return hashlib.sha256(json.dumps(self.to_json()).encode()).hexdigest()[:12]

    @cached_property
    def places(self) -> Float[np.ndarray, "c m"]:
        """Typical value of each class on the unit scale, NaN where none is known."""
        known = [dict(c.place) for c in self.classes]
        rows = [[k.get(name, np.nan) for name in self.dimension_names] for k in known]
        return np.array(rows, np.float64).reshape(
            len(self.classes), len(self.dimensions)
        )

    def class_index(self, name: str | None) -> int:
        """Place of a class in order; -1 for None.

        Raises:
            ShapeError: The schema has no such class.
        """
        if name is None:
            return -1
        if name not in self.class_names:
            known = ", ".join(self.class_names) or "none"
            raise ShapeError(f"there is no expression {name!r}; there are: {known}")
        return self.class_names.index(name)

    def to_unit(self, value: Float[np.ndarray, "*n m"]) -> Float[np.ndarray, "*n m"]:
        """From the schema's units to the unit scale [-1, 1]; NaN stays."""
        return np.asarray((value - self._middle) / self._half)

    def from_unit(self, value: Float[np.ndarray, "*n m"]) -> Float[np.ndarray, "*n m"]:
        """From the unit scale to the schema's units; NaN stays."""
        return np.asarray(value * self._half + self._middle)

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "dimensions": [asdict(d) for d in self.dimensions],
            "classes": [{**asdict(c), "place": dict(c.place)} for c in self.classes],
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> "LabelSchema":
        """From what `to_json` gave.

        Raises:
            ShapeError: It is not a schema.
        """
        try:
            return cls(
                dimensions=tuple(Dimension(**d) for d in said["dimensions"]),
                classes=tuple(
                    ExpressionClass(**{**c, "place": tuple(c.get("place", {}).items())})
                    for c in said["classes"]
                ),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ShapeError(f"not a label schema: {error}") from error

    @cached_property
    def _middle(self) -> np.ndarray:
        return np.array([(d.low + d.high) / 2 for d in self.dimensions])

    @cached_property
    def _half(self) -> np.ndarray:
        return np.array([(d.high - d.low) / 2 for d in self.dimensions])


DEFAULT_SCHEMA: Final = LabelSchema(
    dimensions=(
        Dimension(name="valence", low_pole="negative", high_pole="positive"),
        Dimension(name="arousal", low_pole="calm", high_pole="excited"),
    ),
    classes=tuple(
        ExpressionClass(
            name=name,
            key=str(number),
            place=tuple(zip(DIMENSIONS, map(float, place), strict=True)),
        )
        for number, (name, place) in enumerate(
            zip(EXPRESSIONS, EXPRESSION_AFFECT.round(2).tolist(), strict=True), start=1
        )
    ),
)
"""Valence and arousal in [-1, 1], and the eight classes of FER+."""
