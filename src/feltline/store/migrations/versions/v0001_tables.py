"""The tables: projects, videos, the log and what its events say, runs."""

import sqlalchemy as sa
from alembic import op

from feltline.store.migrations.shorthands import (
    blob,
    flag,
    json,
    key,
    of,
    on_found_track,
    real,
    real_or_null,
    text,
    text_or_null,
    time,
    whole,
    whole_or_null,
)

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


def _make_projects_and_videos() -> None:
    op.create_table(
        "projects",
        text("project_id"),
        text("name"),
        time("created_at"),
        whole("last_event_id"),
        whole("last_batch"),
        whole("last_run"),
        flag("needs_scrub"),
        key(),
    )
    op.create_table(
        "videos",
        text("project_id"),
        text("video_id"),
        text("content_hash"),
        text("location"),
        whole("width"),
        whole("height"),
        whole("n_frames"),
        real("duration_s"),
        text("time_base"),
        text("codec"),
        text("encoder_id"),
        time("added_at"),
        key("video_id"),
        of("projects"),
        sa.UniqueConstraint("project_id", "content_hash"),
    )
    op.create_table(
        "video_arrays",
        text("project_id"),
        text("video_id"),
        blob("arrays"),
        key("video_id"),
        of("videos", "video_id"),
    )
    op.create_table(
        "tracks",
        text("project_id"),
        text("video_id"),
        whole("track_id"),
        whole("n_frames"),
        whole("first_frame"),
        whole("last_frame"),
        blob("arrays"),
        key("video_id", "track_id"),
        of("videos", "video_id"),
    )


def _make_log() -> None:
    op.create_table(
        "events",
        text("project_id"),
        whole("event_id"),
        time("at"),
        text("rater"),
        text("kind"),
        whole_or_null("undoes"),
        text_or_null("client_id"),
        text_or_null("video_id"),
        key("event_id"),
        of("projects"),
        sa.ForeignKeyConstraint(
            ("project_id", "undoes"), ("events.project_id", "events.event_id")
        ),
        sa.UniqueConstraint("project_id", "client_id"),
    )
    op.create_table(
        "thresholds",
        text("project_id"),
        whole("event_id"),
        real("value"),
        key("event_id"),
        of("events", "event_id"),
    )
    op.create_table(
        "notes",
        text("project_id"),
        whole("event_id"),
        json("detail"),
        key("event_id"),
        of("events", "event_id"),
    )


def _make_judgements() -> None:
    op.create_table(
        "labels",
        text("project_id"),
        whole("event_id"),
        text("video_id"),
        whole("track_id"),
        whole("found_track_id"),
        text("scope"),
        whole("first_frame"),
        whole("last_frame"),
        real_or_null("valence"),
        real_or_null("arousal"),
        text_or_null("expression"),
        real_or_null("active_s"),
        text_or_null("shown_run_id"),
        text("comment"),
        text("decision"),
        text("origin"),
        key("event_id"),
        of("events", "event_id"),
        on_found_track(),
    )
    op.create_table(
        "reviews",
        text("project_id"),
        whole("event_id"),
        text("video_id"),
        whole("track_id"),
        whole("found_track_id"),
        whole("frame"),
        whole("first_frame"),
        whole("last_frame"),
        text("decision"),
        text_or_null("run_id"),
        real_or_null("active_s"),
        text("comment"),
        flag("is_audit"),
        key("event_id"),
        of("events", "event_id"),
        on_found_track(),
    )


def _make_repairs() -> None:
    op.create_table(
        "track_edits",
        text("project_id"),
        whole("event_id"),
        text("video_id"),
        text("kind"),
        whole("track_id"),
        whole_or_null("frame"),
        whole_or_null("other_track_id"),
        key("event_id"),
        of("events", "event_id"),
        of("videos", "video_id"),
    )
    op.create_table(
        "persons",
        text("project_id"),
        whole("event_id"),
        text("video_id"),
        whole("track_id"),
        whole("found_track_id"),
        text("name"),
        key("event_id"),
        of("events", "event_id"),
        on_found_track(),
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        text("project_id"),
        text("run_id"),
        whole("number"),
        whole("event_id"),
        text_or_null("base_run_id"),
        time("created_at"),
        text("method"),
        json("options"),
        whole("n_labels"),
        text("calibration"),
        text("origin"),
        text("encoder_id"),
        flag("is_complete"),
        key("run_id"),
        of("projects"),
        sa.UniqueConstraint("project_id", "number"),
    )
    op.create_table(
        "estimates",
        text("project_id"),
        text("run_id"),
        text("video_id"),
        whole("track_id"),
        text("method"),
        real("coverage"),
        real("tolerance"),
        text("calibration"),
        blob("arrays"),
        key("run_id", "video_id", "track_id"),
        of("runs", "run_id"),
        of("videos", "video_id"),
    )
    op.create_table(
        "suggestions",
        text("project_id"),
        whole("batch"),
        whole("position"),
        text("video_id"),
        whole("track_id"),
        whole("frame"),
        whole("rank"),
        text("reason"),
        flag("is_audit"),
        key("batch", "position"),
        of("videos", "video_id"),
    )
