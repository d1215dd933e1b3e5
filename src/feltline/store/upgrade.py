"""Make the tables of a database, or bring them up to date by Alembic's migrations."""

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

_LOCK: Final = 0x66656C74
"""Number of the lock that two programs upgrading one PostgreSQL server queue at."""


def upgrade(engine: sa.Engine, target: Target, *, make: bool) -> None:
    """Make the tables or upgrade them, in one transaction: entirely or not at all.

    Args:
        engine: Connections to the database.
        target: Its place, for messages.
        make: Make the tables if there are none.

    Raises:
        StoreError: There are no tables, those of another program, or those of a newer
            feltline.
        SetupError: The disk is full or the rights are missing.
    """
    with as_file(files("feltline.store") / "migrations") as folder:
        config = config_of(folder)
        script = ScriptDirectory.from_config(config)
        with explaining(target), engine.connect() as connection:
            revision = revision_of(connection)
            if revision is None:
                _check_empty(connection, target, make=make)
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
            if revision_of(connection) is None:
                METADATA.create_all(connection)
                command.stamp(config, "head")
            else:
                command.upgrade(config, "head")


def config_of(folder: Path) -> Config:
    """What Alembic needs to know: where the migrations are. There is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def revision_of(connection: sa.Connection) -> str | None:
    """Revision of the tables, None if there are none."""
    options = {"version_table": VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _check_empty(connection: sa.Connection, target: Target, *, make: bool) -> None:
    """Raise `StoreError` unless tables may be made in a database that has none."""
    if METADATA.tables.keys() & set(sa.inspect(connection).get_table_names()):
        raise StoreError(
            f"{target.place} holds tables of another program; give another place"
        )
    if not make:
        raise StoreError(
            f"{target.place} holds no feltline project; make one first, or give "
            f"another place"
        )
