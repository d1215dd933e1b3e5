"""Where the tables of a project's database are declared, and how."""

from typing import Final

import sqlalchemy as sa

from feltline.store.columns import foreign_key, primary_key

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints and indices are named, so that migrations can name them."""

METADATA: Final = sa.MetaData(naming_convention=NAMING)


def table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """One table of a project's database."""
    return sa.Table(name, METADATA, *parts)


def event_table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """The own columns of one kind of event."""
    of_event = foreign_key("events", "event_id")
    return table(name, *primary_key("event_id"), *parts, of_event)
