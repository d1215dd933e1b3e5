"""Make the tables of a database, or bring them up to date by Alembic's migrations."""

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from feltline.errors import StoreError
from feltline.store.connect import Target
from feltline.store.db_errors import explaining
from feltline.store.schema import METADATA
from feltline.store.transactions import writing

VERSION_TABLE: Final = "feltline_schema"
"""Where the database keeps its revision; other programs may use Alembic there too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The tables of one kind of database.

    Attributes:
        metadata: Its tables, as the latest migration leaves them.
        migrations: Folder of its migrations within `feltline.store`.
        version_table: Where it keeps its revision.
    """

    metadata: sa.MetaData
    migrations: str
    version_table: str


PROJECT: Final = Schema(
    metadata=METADATA,
    migrations="migrations",
    version_table=VERSION_TABLE,
)

_LOCK: Final = 0x66656C74
"""Number of the lock that two programs upgrading one PostgreSQL server queue at."""


def upgrade(
    engine: sa.Engine, target: Target, *, make: bool, schema: Schema = PROJECT
) -> None:
    """Make the tables or upgrade them, in one transaction: entirely or not at all.

    Args:
        engine: Connections to the database.
        target: Its place, for messages.
        make: Make the tables if there are none.
        schema: Which tables.

    Raises:
        StoreError: There are no tables, those of another program, those of a newer
            feltline, or the file is a database of another kind.
        SetupError: The disk is full or the rights are missing.
    """
    with as_file(files("feltline.store") / schema.migrations) as folder:
        config = config_of(folder)
        script = ScriptDirectory.from_config(config)
        with explaining(target), engine.connect() as connection:
            revision = revision_of(connection, schema)
            if revision is None:
                _check_empty(connection, target, schema, make=make)
        if revision == (head := script.get_current_head()):
            return
        if revision not in (None, *(step.revision for step in script.walk_revisions())):
            raise StoreError(
                f"{target.place} was written by a newer feltline (its tables are at "
                f"revision {revision}, this version knows up to {head}); update "
                f"feltline, then try again"
            )
        with writing(engine, target, queue=_LOCK) as connection:
            config.attributes["connection"] = connection
            if revision_of(connection, schema) is None:
                schema.metadata.create_all(connection)
                command.stamp(config, "head")
            else:
                command.upgrade(config, "head")


def config_of(folder: Path) -> Config:
    """What Alembic needs to know: where the migrations are. There is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def revision_of(connection: sa.Connection, schema: Schema) -> str | None:
    """Revision of the tables, None if there are none."""
    options = {"version_table": schema.version_table}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _check_empty(
    connection: sa.Connection, target: Target, schema: Schema, *, make: bool
) -> None:
    """Raise `StoreError` unless tables may be made in a database that has none."""
    there = set(sa.inspect(connection).get_table_names())
    if schema.metadata.tables.keys() & there:
        raise StoreError(
            f"{target.place} holds tables of another program; give another place"
        )
    # A project's file is sent around: accounts must never get into it.
    if target.path is not None and there:
        raise StoreError(
            f"{target.place} is a database of feltline of another kind; projects and "
            f"accounts need a file each, give another place"
        )
    if not make:
        raise StoreError(
            f"{target.place} holds no feltline project; make one first, or give "
            f"another place"
        )
