"""A label schema in: the JSON file that `feltline init --schema` takes.

```json
{"dimensions": [{"name": "tension", "low": 0, "high": 10,
                 "low_pole": "calm", "high_pole": "tense"}],
 "classes": ["bored", {"name": "engaged", "key": "2", "colour": "#336699"}]}
```

A dimension without ends runs from -1 to 1. A class may be its name alone, and gets the
next free digit as its key. `place` of a class names its typical value per dimension, on
the scale [-1, 1]; for classes of FER+ beside valence and arousal it is known.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from feltline.errors import InputError, ShapeError
from feltline.formats.tables import table_columns
from feltline.types import DEFAULT_SCHEMA, Dimension, ExpressionClass, LabelSchema
from feltline.types.schema import MAX_END, MAX_NAME

__all__ = ["read_schema"]

_RESERVED: Final = frozenset({"video", "face", "rank", "reason"})
"""Columns of other files; those of tables of labels are taken too."""


def read_schema(path: Path) -> LabelSchema:
    """Read a label schema.

    Raises:
        InputError: The file cannot be read, or is no label schema.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"there is no file {path}; check the path") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error})") from error
    try:
        schema = LabelSchema.from_json(_completed(content))
    except ShapeError as error:
        raise InputError(f"{path} holds no label schema: {error}") from error
    for name in schema.class_names:
        if len(name) > MAX_NAME:
            raise InputError(
                f"{path} has the class {name[:MAX_NAME]!r}; the name of a class has at "
                f"most {MAX_NAME} characters"
            )
    defaults = {*DEFAULT_SCHEMA.dimension_names, *_ends_of(DEFAULT_SCHEMA)}
    reserved, taken = _RESERVED | set(table_columns()) - defaults, _ends_of(schema)
    for name in schema.dimension_names:
        if name in reserved | taken:
            raise InputError(
                f"{path} names a dimension {name!r}; choose another name: it becomes "
                f"a column beside {', '.join(sorted(reserved))}"
            )
    return schema


_ENDS: Final = ("low", "high")
_NESTED: Final = ("dimensions", "classes", "place")


def _ends_of(schema: LabelSchema) -> set[str]:
    """Columns of the intervals of its dimensions."""
    return {f"{end}_{name}" for name in schema.dimension_names for end in _ENDS}


def _completed(content: object) -> dict[str, Any]:
    """With what may be left out filled in.

    Raises:
        ShapeError: A part is of another type, or has an unknown field.
    """
    whole = _fields("label schema", content, ("dimensions", "classes"))
    dimensions = [
        _fields("dimension", one, _names_of(Dimension))
        for one in _listed(whole, "dimensions")
    ]
    classes = [
        {"name": one}
        if isinstance(one, str)
        else _fields("class", one, _names_of(ExpressionClass))
        for one in _listed(whole, "classes")
    ]
    places = {c.name: dict(c.place) for c in DEFAULT_SCHEMA.classes}
    names = [d.get("name") for d in dimensions]
    keys = [c.get("key") for c in classes]
    free = iter(k for k in "1234567890" if k not in keys)
    return {
        "dimensions": [
            {
                "name": "",
                **one,
                **{k: float(one[k]) for k in _ENDS if k in one},
            }
            for one in dimensions
        ],
        "classes": [
            {
                "name": "",
                **one,
                "key": one.get("key") or next(free, ""),
                "place": _place(one, places.get(str(one.get("name")), {}), names),
            }
            for one in classes
        ],
    }


def _names_of(kind: type[Dimension] | type[ExpressionClass]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _fields(what: str, given: object, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ShapeError(
            f"a {what} must be an object with the fields {', '.join(known)}"
        )
    for field, value in given.items():
        of = f"{field} of the {what} {given.get('name', '')}".rstrip()
        if field not in known:
            raise ShapeError(f"{of} is unknown; there are {', '.join(known)}")
        if field in _ENDS:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not is_number or not abs(value) <= MAX_END:
                raise ShapeError(
                    f"{of} must be a number within {MAX_END:g} of 0, not {value!r}"
                )
        elif field not in _NESTED and not isinstance(value, str):
            raise ShapeError(f"{of} must be text, not {value!r}")
    return given


def _listed(whole: dict[str, Any], field: str) -> list[Any]:
    given = whole.get(field, [])
    if not isinstance(given, list):
        raise ShapeError(f"{field} must be a list")
    return given


def _place(
    one: dict[str, Any], known: dict[str, float], dimensions: list[Any]
) -> dict[str, float]:
    """Typical value of a class: its own, or what is known of its name."""
    if "place" not in one:
        return {name: at for name, at in known.items() if name in dimensions}
    place = one["place"]
    of = f"place of the class {one.get('name')}"
    if not isinstance(place, dict):
        raise ShapeError(f"{of} must be an object with a number per dimension")
    for name, at in place.items():
        is_number = isinstance(at, int | float) and not isinstance(at, bool)
        if name not in dimensions or not is_number or not -1 <= at <= 1:
            raise ShapeError(
                f"{of} gives {at!r} for {name!r}; expected a number from -1 to 1 for "
                f"one of the dimensions"
            )
    return {name: float(at) for name, at in place.items()}
