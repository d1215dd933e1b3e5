"""The tables: projects, videos, the log and what its events say, runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_projects_and_videos()
    _make_log()
    _make_judgements()
    _make_repairs()
    _make_runs()


def downgrade() -> None:
    """Drop them, those that others refer to last."""
    for table in (
        "suggestions",
        "estimates",
        "runs",
        "notes",
        "thresholds",
        "persons",
        "track_edits",
        "reviews",
        "labels",
        "events",
        "tracks",
        "video_arrays",
        "videos",
        "projects",
    ):
        op.drop_table(table)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=False)


def _text_or_null(name: str) -> sa.Column:
    return sa.Column(name, sa.Text, nullable=True)


def _whole(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _whole_or_null(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger, nullable=True)


def _real(name: str) -> sa.Column:
    return sa.Column(name, sa.Double, nullable=False)


def _real_or_null(name: str) -> sa.Column:
    return sa.Column(name, sa.Double, nullable=True)


def _flag(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean, nullable=False)


def _time(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _blob(name: str) -> sa.Column:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _json(name: str) -> sa.Column:
    return sa.Column(name, sa.JSON, nullable=False)


def _key(*names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("project_id", *names)


def _of(table: str, *names: str) -> sa.ForeignKeyConstraint:
    keys = ("project_id", *names)
    return sa.ForeignKeyConstraint(keys, [f"{table}.{name}" for name in keys])


def _on_found_track() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ("project_id", "video_id", "found_track_id"),
        ("tracks.project_id", "tracks.video_id", "tracks.track_id"),
    )


def _make_projects_and_videos() -> None:
    op.create_table(
        "projects",
        _text("project_id"),
        _text("name"),
        _time("created_at"),
        _whole("last_event_id"),
        _whole("last_batch"),
        _whole("last_run"),
        _flag("needs_scrub"),
        _key(),
    )
    op.create_table(
        "videos",
        _text("project_id"),
        _text("video_id"),
        _text("content_hash"),
        _text("location"),
        _whole("width"),
        _whole("height"),
        _whole("n_frames"),
        _real("duration_s"),
        _text("time_base"),
        _text("codec"),
        _text("encoder_id"),
        _time("added_at"),
        _key("video_id"),
        _of("projects"),
        sa.UniqueConstraint("project_id", "content_hash"),
    )
    op.create_table(
        "video_arrays",
        _text("project_id"),
        _text("video_id"),
        _blob("arrays"),
        _key("video_id"),
        _of("videos", "video_id"),
    )
    op.create_table(
        "tracks",
        _text("project_id"),
        _text("video_id"),
        _whole("track_id"),
        _whole("n_frames"),
        _whole("first_frame"),
        _whole("last_frame"),
        _blob("arrays"),
        _key("video_id", "track_id"),
        _of("videos", "video_id"),
    )


def _make_log() -> None:
    op.create_table(
        "events",
        _text("project_id"),
        _whole("event_id"),
        _time("at"),
        _text("rater"),
        _text("kind"),
        _whole_or_null("undoes"),
        _text_or_null("client_id"),
        _text_or_null("video_id"),
        _key("event_id"),
        _of("projects"),
        sa.ForeignKeyConstraint(
            ("project_id", "undoes"), ("events.project_id", "events.event_id")
        ),
        sa.UniqueConstraint("project_id", "client_id"),
    )
    op.create_table(
        "thresholds",
        _text("project_id"),
        _whole("event_id"),
        _real("value"),
        _key("event_id"),
        _of("events", "event_id"),
    )
    op.create_table(
        "notes",
        _text("project_id"),
        _whole("event_id"),
        _json("detail"),
        _key("event_id"),
        _of("events", "event_id"),
    )


def _make_judgements() -> None:
    op.create_table(
        "labels",
        _text("project_id"),
        _whole("event_id"),
        _text("video_id"),
        _whole("track_id"),
        _whole("found_track_id"),
        _text("scope"),
        _whole("first_frame"),
        _whole("last_frame"),
        _real_or_null("valence"),
        _real_or_null("arousal"),
        _text_or_null("expression"),
        _real_or_null("active_s"),
        _text_or_null("shown_run_id"),
        _text("comment"),
        _text("decision"),
        _text("origin"),
        _key("event_id"),
        _of("events", "event_id"),
        _on_found_track(),
    )
    op.create_table(
        "reviews",
        _text("project_id"),
        _whole("event_id"),
        _text("video_id"),
        _whole("track_id"),
        _whole("found_track_id"),
        _whole("frame"),
        _whole("first_frame"),
        _whole("last_frame"),
        _text("decision"),
        _text_or_null("run_id"),
        _real_or_null("active_s"),
        _text("comment"),
        _flag("is_audit"),
        _key("event_id"),
        _of("events", "event_id"),
        _on_found_track(),
    )


def _make_repairs() -> None:
    op.create_table(
        "track_edits",
        _text("project_id"),
        _whole("event_id"),
        _text("video_id"),
        _text("kind"),
        _whole("track_id"),
        _whole_or_null("frame"),
        _whole_or_null("other_track_id"),
        _key("event_id"),
        _of("events", "event_id"),
        _of("videos", "video_id"),
    )
    op.create_table(
        "persons",
        _text("project_id"),
        _whole("event_id"),
        _text("video_id"),
        _whole("track_id"),
        _whole("found_track_id"),
        _text("name"),
        _key("event_id"),
        _of("events", "event_id"),
        _on_found_track(),
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        _text("project_id"),
        _text("run_id"),
        _whole("number"),
        _whole("event_id"),
        _text_or_null("base_run_id"),
        _time("created_at"),
        _text("method"),
        _json("options"),
        _whole("n_labels"),
        _text("calibration"),
        _text("origin"),
        _text("encoder_id"),
        _flag("is_complete"),
        _key("run_id"),
        _of("projects"),
        sa.UniqueConstraint("project_id", "number"),
    )
    op.create_table(
        "estimates",
        _text("project_id"),
        _text("run_id"),
        _text("video_id"),
        _whole("track_id"),
        _text("method"),
        _real("coverage"),
        _real("tolerance"),
        _text("calibration"),
        _blob("arrays"),
        _key("run_id", "video_id", "track_id"),
        _of("runs", "run_id"),
        _of("videos", "video_id"),
    )
    op.create_table(
        "suggestions",
        _text("project_id"),
        _whole("batch"),
        _whole("position"),
        _text("video_id"),
        _whole("track_id"),
        _whole("frame"),
        _whole("rank"),
        _text("reason"),
        _flag("is_audit"),
        _key("batch", "position"),
        _of("videos", "video_id"),
    )
