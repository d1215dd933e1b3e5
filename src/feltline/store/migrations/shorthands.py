"""Shorthands for columns and keys in the steps; they never change."""

import sqlalchemy as sa
from alembic import op

__all__ = [
    "blob",
    "flag",
    "index",
    "json",
    "json_or_null",
    "key",
    "of",
    "on_found_track",
    "real",
    "real_or_null",
    "text",
    "text_or_null",
    "time",
    "whole",
    "whole_or_null",
]


def text(name: str) -> sa.Column:
    """Text."""
    return sa.Column(name, sa.Text, nullable=False)


def text_or_null(name: str) -> sa.Column:
    """Text or NULL."""
    return sa.Column(name, sa.Text, nullable=True)


def whole(name: str) -> sa.Column:
    """An integer."""
    return sa.Column(name, sa.BigInteger, nullable=False)


def whole_or_null(name: str) -> sa.Column:
    """An integer or NULL."""
    return sa.Column(name, sa.BigInteger, nullable=True)


def real(name: str) -> sa.Column:
    """A floating-point number."""
    return sa.Column(name, sa.Double, nullable=False)


def real_or_null(name: str) -> sa.Column:
    """A floating-point number or NULL."""
    return sa.Column(name, sa.Double, nullable=True)


def flag(name: str) -> sa.Column:
    """True or false."""
    return sa.Column(name, sa.Boolean, nullable=False)


def time(name: str) -> sa.Column:
    """A moment."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def blob(name: str) -> sa.Column:
    """Bytes."""
    return sa.Column(name, sa.LargeBinary, nullable=False)


def json(name: str) -> sa.Column:
    """JSON."""
    return sa.Column(name, sa.JSON, nullable=False)


def json_or_null(name: str) -> sa.Column:
    """JSON or NULL."""
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=True)


def key(*names: str) -> sa.PrimaryKeyConstraint:
    """The key of a table, of which the project is the first part."""
    return sa.PrimaryKeyConstraint("project_id", *names)


def of(table: str, *names: str) -> sa.ForeignKeyConstraint:
    """Rows belong to a row of another table."""
    keys = ("project_id", *names)
    return sa.ForeignKeyConstraint(keys, [f"{table}.{name}" for name in keys])


def on_found_track() -> sa.ForeignKeyConstraint:
    """Rows stand on a track as it was found."""
    return sa.ForeignKeyConstraint(
        ("project_id", "video_id", "found_track_id"),
        ("tracks.project_id", "tracks.video_id", "tracks.track_id"),
    )


def index(table: str, *names: str) -> None:
    """Make an index that begins with the project."""
    columns = ["project_id", *names]
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
