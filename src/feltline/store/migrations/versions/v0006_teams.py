"""Several raters: assignments, comments, traces, comparisons and audit batches.

The tables are those of `feltline.store.team_schema`; what step 0004 made of them, which
makes the tables of today, is left as it is.
"""

import sqlalchemy as sa
from alembic import op

from feltline.errors import StoreError
from feltline.store.schema import METADATA

revision = "0006"
down_revision = "0005"

_TABLES = (
    *("raters", "known_answers", "assignments", "activity"),
    *("frame_comments", "comment_states", "traces", "trace_lags", "comparisons"),
    *("audit_batches", "audit_items", "reopenings"),
)
_COUNTERS = ("last_assignment", "last_audit_batch")


def upgrade() -> None:
    """Make the tables that are missing, and the counters of their numbers."""
    METADATA.create_all(op.get_bind(), [METADATA.tables[name] for name in _TABLES])
    present = {one["name"] for one in sa.inspect(op.get_bind()).get_columns("projects")}
    for name in _COUNTERS:
        if name not in present:
            op.add_column(
                "projects",
                sa.Column(name, sa.BigInteger, nullable=False, server_default="0"),
            )


def downgrade() -> None:
    """Raise: a former feltline would lose who was to judge what.

    Raises:
        StoreError: Always.
    """
    raise StoreError(
        "the tables cannot be taken back to those of a former feltline; "
        "restore the backup made before it"
    )
