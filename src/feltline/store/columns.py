"""Column types that SQLite and PostgreSQL agree on; shorthands for columns and keys."""

import json
import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from feltline.errors import StoreError


def to_json(value: object) -> str:
    """JSON text of a value.

    Raises:
        StoreError: It holds something that JSON cannot express.
    """
    try:
        return json.dumps(value, allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise StoreError(f"cannot be kept as JSON: {error}") from error


def _plain(value: object) -> object:
    """What JSON knows in place of a dataclass or an array."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON")


_SURROGATES: Final = re.compile("[\ud800-\udfff]")
"""Halves of characters, for which UTF-8 has no bytes."""


class Utc(sa.TypeDecorator[datetime]):
    """A time in UTC; SQLite would forget the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, _dialect: sa.Dialect
    ) -> datetime | None:
        """Into the database: in UTC."""
        if value is not None and value.tzinfo is None:
            raise StoreError(f"the time {value} has no time zone; give it in UTC")
        return value and value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, _dialect: sa.Dialect
    ) -> datetime | None:
        """Out of the database: with its zone."""
        if value is not None and value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value and value.astimezone(UTC)


class SafeText(sa.TypeDecorator[str]):
    """Text that SQLite and PostgreSQL can both keep."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        """Into the database: no NUL, and nothing that UTF-8 has no bytes for."""
        if value is not None and ("\0" in value or _SURROGATES.search(value)):
            raise StoreError(
                f"the text {value!r} holds characters that a database cannot keep; "
                f"rename it or leave them out"
            )
        return value


def columns(
    kind: type[sa.types.TypeEngine[Any]] | sa.types.TypeEngine[Any],
    *names: str,
    null: bool = False,
) -> list[sa.Column[Any]]:
    """Columns of one type.

    Args:
        kind: Their type.
        names: Of the columns.
        null: Whether they may be NULL.
    """
    return [sa.Column(name, kind, nullable=null) for name in names]


def primary_key(*names: str) -> list[sa.Column[Any]]:
    """The project and whatever else makes the key; what ends in `_id` is text.

    Numbers are the ids of events, tracks, assignments and audit batches, and what has
    another ending.
    """
    numbers = ("event_id", "track_id", "assignment_id", "batch_id")
    return [
        sa.Column(
            name,
            SafeText if name.endswith("_id") and name not in numbers else sa.BigInteger,
            primary_key=True,
            autoincrement=False,
        )
        for name in ("project_id", *names)
    ]


def foreign_key(table: str, *same: str, **named: str) -> sa.ForeignKeyConstraint:
    """Rows belong to a row of another table, by the columns of its key.

    Args:
        table: The other table.
        same: Columns that are named alike in both, beside the project.
        named: Columns of this table, by what the other calls them.
    """
    key = {name: name for name in ("project_id", *same)} | named
    return sa.ForeignKeyConstraint(
        list(key.values()), [f"{table}.{name}" for name in key]
    )
