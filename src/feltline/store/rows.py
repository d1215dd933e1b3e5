"""Between rows of a table and values with the same names."""

from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa

from feltline.store.schema import Columns

_T = TypeVar("_T")


def columns_of(value: object, table: sa.Table) -> dict[str, Any]:
    """The fields of a value that a table has a column for."""
    names = _shared(type(value), table)  # type: ignore[arg-type] # types can be hashed
    return {name: getattr(value, name) for name in names}


@cache
def _shared(kind: type, table: sa.Table) -> tuple[str, ...]:
    has = {*dir(kind), *getattr(kind, "__dataclass_fields__", ())}
    return tuple(c.name for c in table.columns if c.name in has)


def value_of(kind: type[_T], row: Columns, **others: object) -> _T:
    """A value from the columns of a row.

    Args:
        kind: A dataclass.
        row: Holds its fields by name.
        others: Fields that do not stand in the row as they are.
    """
    names = [f.name for f in fields(kind) if f.name not in others]  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in names}, **others)
