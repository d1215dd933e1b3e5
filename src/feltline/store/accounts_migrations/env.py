"""What Alembic runs; the connection is that of `feltline.store.upgrade`."""

from alembic import context

from feltline.store.accounts_schema import ACCOUNTS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=ACCOUNTS.metadata,
    version_table=ACCOUNTS.version_table,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
