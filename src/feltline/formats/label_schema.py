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
from pathlib import Path
from typing import Any, Final

from feltline.errors import InputError, ShapeError
from feltline.formats.tables import table_columns
from feltline.types import DEFAULT_SCHEMA, LabelSchema

__all__ = ["read_schema"]

MAX_NAME: Final = 40
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
    except (ShapeError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} holds no label schema: {error}") from error
    for name in (*schema.dimension_names, *schema.class_names):
        _check_name(path, name)
    defaults = {*DEFAULT_SCHEMA.dimension_names, *_ends_of(DEFAULT_SCHEMA)}
    reserved, taken = _RESERVED | set(table_columns()) - defaults, _ends_of(schema)
    for name in schema.dimension_names:
        if name in reserved | taken or name != name.lower():
            raise InputError(
                f"{path} names a dimension {name!r}; choose another name, in small "
                f"letters: it becomes a column beside {', '.join(sorted(reserved))}"
            )
    return schema


_ENDS: Final = ("low", "high")


def _ends_of(schema: LabelSchema) -> set[str]:
    """Columns of the intervals of its dimensions."""
    return {f"{end}_{name}" for name in schema.dimension_names for end in _ENDS}


def _completed(content: dict[str, Any]) -> dict[str, Any]:
    """With what may be left out filled in."""
    places = {c.name: dict(c.place) for c in DEFAULT_SCHEMA.classes}
    dimensions = content.get("dimensions", [])
    names = {d.get("name") for d in dimensions}
    classes = [
        {"name": c} if isinstance(c, str) else c for c in content.get("classes", [])
    ]
    keys = {c.get("key") for c in classes}
    free = iter(k for k in "1234567890" if k not in keys)
    return {
        "dimensions": [
            {k: float(v) if k in _ENDS else v for k, v in d.items()} for d in dimensions
        ],
        "classes": [
            {
                "place": {
                    name: at
                    for name, at in places.get(str(c.get("name")), {}).items()
                    if name in names
                },
                **c,
                "key": c.get("key") or next(free, ""),
            }
            for c in classes
        ],
    }


def _check_name(path: Path, name: object) -> None:
    if not isinstance(name, str) or len(name) > MAX_NAME or not name.isprintable():
        raise InputError(
            f"{path} has the name {str(name)[:MAX_NAME]!r}; a name is text of at most "
            f"{MAX_NAME} characters, all of which can be printed"
        )
    if name != name.strip():
        raise InputError(f"{path} has the name {name!r}; remove the spaces at its ends")
