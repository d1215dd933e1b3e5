"""Column types that SQLite and PostgreSQL agree on; shorthands for columns."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from feltline.errors import StoreError

__all__ = [
    "SafeText",
    "Utc",
    "column",
    "key",
    "maybe",
    "maybe_json",
    "of",
    "on_found_track",
    "project",
    "to_json",
]


def to_json(value: object) -> str:
    """JSON text of a value.

    Raises:
        StoreError: It holds something that JSON has no word for.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(f"cannot be kept as JSON: {error}") from error


class Utc(sa.TypeDecorator[datetime]):
    """A time in UTC; SQLite would forget the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Into the database: in UTC."""
        if value is not None and value.tzinfo is None:
            raise StoreError(f"the time {value} has no time zone; give it in UTC")
        return value and value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Out of the database: with its zone."""
        is_bare = value is not None and value.tzinfo is None
        return value and (
            value.replace(tzinfo=UTC) if is_bare else value.astimezone(UTC)
        )


class SafeText(sa.TypeDecorator[str]):
    """Text that SQLite and PostgreSQL can both keep."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(
        self,
        value: str | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> str | None:
        """Into the database: no NUL, and nothing that UTF-8 has no bytes for."""
        if value is None:
            return None
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise StoreError(
                f"the text {value!r} holds characters that a database cannot keep; "
                f"rename it or leave them out"
            )
        return value

    def process_result_value(
        self,
        value: str | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> str | None:
        """Out of the database: as it is."""
        return value


def key(name: str, kind: type[sa.types.TypeEngine[Any]] = sa.BigInteger) -> sa.Column:
    """A part of a primary key."""
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def column(name: str, kind: type[sa.types.TypeEngine[Any]] = SafeText) -> sa.Column:
    """A column that always has a value."""
    return sa.Column(name, kind, nullable=False)


def maybe(name: str, kind: type[sa.types.TypeEngine[Any]] = SafeText) -> sa.Column:
    """A column that may be NULL."""
    return sa.Column(name, kind, nullable=True)


def maybe_json(name: str) -> sa.Column:
    """A column of JSON, NULL for None."""
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=True)


def project() -> sa.Column:
    """The first part of every key."""
    return key("project_id", SafeText)


def of(table: str, *names: str) -> sa.ForeignKeyConstraint:
    """Rows belong to a row of another table, by the columns of its key."""
    keys = ("project_id", *names)
    return sa.ForeignKeyConstraint(keys, [f"{table}.{name}" for name in keys])


def on_found_track() -> sa.ForeignKeyConstraint:
    """Rows stand on a track as it was found."""
    return sa.ForeignKeyConstraint(
        ("project_id", "video_id", "found_track_id"),
        ("tracks.project_id", "tracks.video_id", "tracks.track_id"),
    )
