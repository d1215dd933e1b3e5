"""A session knows roughly from where it was begun."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; sessions of before do not know."""
    for name in ("network", "browser"):
        op.add_column("sign_in_sessions", sa.Column(name, sa.Text, nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    for name in ("network", "browser"):
        op.drop_column("sign_in_sessions", name)
