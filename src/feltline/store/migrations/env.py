"""What Alembic runs; the connection is that of `feltline.store.upgrade`."""

from alembic import context

from feltline.store.schema import METADATA
from feltline.store.upgrade import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
