"""Indexes for what is asked by video, by rater, and of undos.

Without them a page of one video reads the labels of all 50,000, and removing a video
reads every table once for each row that it deletes.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INDEXES = (
    ("events", ("project_id", "video_id", "event_id")),
    ("events", ("project_id", "undoes")),
    ("events", ("project_id", "rater", "kind", "event_id")),
    ("labels", ("project_id", "video_id", "event_id")),
    ("reviews", ("project_id", "video_id", "event_id")),
    ("track_edits", ("project_id", "video_id", "event_id")),
    ("persons", ("project_id", "video_id", "event_id")),
    ("estimates", ("project_id", "video_id")),
    ("suggestions", ("project_id", "video_id")),
)


def upgrade() -> None:
    """Make the indexes."""
    for table, columns in _INDEXES:
        op.create_index(_name(table, columns), table, list(columns))


def downgrade() -> None:
    """Drop them."""
    for table, columns in _INDEXES:
        op.drop_index(_name(table, columns), table)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
