"""A model names the videos that it could not learn from."""

import sqlalchemy as sa
from alembic import op

from feltline.errors import StoreError

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; step 0004 makes the tables of today, so it may be there."""
    present = {one["name"] for one in sa.inspect(op.get_bind()).get_columns("models")}
    if "left_out" not in present:
        op.add_column(
            "models",
            sa.Column("left_out", sa.JSON, nullable=False, server_default="[]"),
        )


def downgrade() -> None:
    """Raise: a former feltline would read what such a model learnt from wrongly.

    Raises:
        StoreError: Always.
    """
    raise StoreError(
        "the tables cannot be taken back to those of a former feltline; "
        "restore the backup made before it"
    )
