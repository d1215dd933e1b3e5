"""Shorthands for tables in the steps; they never change."""

from typing import Any

import sqlalchemy as sa
from alembic import op

__all__ = ["columns", "index", "make_table", "refers", "refuse_downgrade"]


def columns(kind: Any, *names: str, null: bool = False) -> list[sa.Column]:  # noqa: ANN401
    """Columns of one type."""
    return [sa.Column(name, kind, nullable=null) for name in names]


def refers(table: str, *names: str) -> sa.ForeignKeyConstraint:
    """Rows belong to a row of another table."""
    keys = ("project_id", *names)
    return sa.ForeignKeyConstraint(keys, [f"{table}.{name}" for name in keys])


def index(table: str, *names: str) -> None:
    """Make an index that begins with the project."""
    keys = ["project_id", *names]
    op.create_index(f"ix_{table}_{'_'.join(keys)}", table, keys)


def make_table(
    name: str, key: tuple[str, ...], *parts: sa.schema.SchemaItem
) -> sa.Table:
    """Make a table whose key is the project and some of its columns.

    Numbers of events and tracks are integers, other ids text.
    """
    numbers = ("event_id", "track_id")
    return op.create_table(
        name,
        *columns(sa.Text, "project_id"),
        *(
            sa.Column(n, sa.BigInteger if n in numbers else sa.Text, nullable=False)
            for n in key
        ),
        *parts,
        sa.PrimaryKeyConstraint("project_id", *key),
    )


def refuse_downgrade() -> None:
    """Raise: what a step dropped cannot be made again."""
    raise NotImplementedError("what was dropped cannot be made; restore a backup")
