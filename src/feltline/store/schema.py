"""The tables of a project's database, as the latest migration leaves them.

Every table is keyed by `project_id`, so one PostgreSQL database can hold several
projects. `events` is the log; an event's own columns stand in the table of its kind,
keyed by the same `event_id`.
"""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from feltline.store.columns import SafeText, Utc, columns, foreign_key, primary_key
from feltline.store.tables import METADATA, event_table, table
from feltline.store.team_schema import (
    comment_states,
    comparisons,
    frame_comments,
    reopenings,
    trace_lags,
    traces,
)

__all__ = [
    "DETAILS",
    "METADATA",
    "Columns",
    "bases",
    "basis_videos",
    "comment_states",
    "comparisons",
    "current_models",
    "events",
    "frame_comments",
    "imported_predictions",
    "judgements",
    "label_schemas",
    "legacy_arrays",
    "models",
    "notes",
    "persons",
    "prediction_runs",
    "projects",
    "reopenings",
    "suggestions",
    "thresholds",
    "trace_lags",
    "traces",
    "track_edits",
    "track_summaries",
    "tracks",
    "video_summaries",
    "videos",
]

Columns = Mapping[Any, Any]
"""A row that was read: values by the names of their columns."""

projects: Final = table(
    "projects",
    *primary_key(),
    *columns(SafeText, "name"),
    *columns(Utc, "created_at"),
    *columns(sa.BigInteger, "last_event_id", "last_batch", "last_prediction_run"),
    *columns(sa.BigInteger, "last_assignment", "last_audit_batch"),
    *columns(sa.Boolean, "needs_scrub"),
)

videos: Final = table(
    "videos",
    *primary_key("video_id"),
    *columns(SafeText, "content_hash", "location", "time_base", "codec", "encoder_id"),
    *columns(sa.BigInteger, "width", "height", "n_frames"),
    *columns(sa.Double, "duration_s"),
    *columns(Utc, "added_at"),
    foreign_key("projects"),
    sa.UniqueConstraint("project_id", "content_hash"),
)

tracks: Final = table(
    "tracks",
    *primary_key("video_id", "track_id"),
    *columns(sa.BigInteger, "n_frames", "first_frame", "last_frame"),
    *columns(sa.Double, "first_time_s", "last_time_s", "mean_quality", null=True),
    foreign_key("videos", "video_id"),
)

legacy_arrays: Final = table(
    "legacy_arrays",
    *primary_key("video_id", "track_id"),
    *columns(sa.LargeBinary, "arrays"),
    foreign_key("videos", "video_id"),
)
"""Arrays of a former version; the track -1 stands for the video itself."""

events: Final = table(
    "events",
    *primary_key("event_id"),
    *columns(Utc, "at"),
    *columns(SafeText, "rater", "kind"),
    *columns(sa.BigInteger, "undoes", null=True),
    *columns(SafeText, "client_id", "video_id", null=True),
    foreign_key("projects"),
    foreign_key("events", event_id="undoes"),
    sa.UniqueConstraint("project_id", "client_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
    sa.Index(None, "project_id", "undoes"),
    sa.Index(None, "project_id", "rater", "kind", "event_id"),
)

judgements: Final = event_table(
    "judgements",
    *columns(SafeText, "video_id", "scope", "decision", "purpose", "comment", "origin"),
    *columns(sa.BigInteger, "track_id", "found_track_id", "first_frame", "last_frame"),
    *columns(sa.BigInteger, "reviewed_first_frame", "reviewed_last_frame", null=True),
    *columns(sa.JSON, "value", "touched"),
    *columns(sa.JSON(none_as_null=True), "shown", "audited", null=True),
    *columns(SafeText, "expression", "assignment_id", null=True),
    *columns(sa.Boolean, "unsure"),
    *columns(sa.Double, "active_s", null=True),
    foreign_key("tracks", "video_id", track_id="found_track_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

track_edits: Final = event_table(
    "track_edits",
    *columns(SafeText, "video_id", "kind"),
    *columns(sa.BigInteger, "track_id"),
    *columns(sa.BigInteger, "frame", "other_track_id", null=True),
    foreign_key("videos", "video_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

persons: Final = event_table(
    "persons",
    *columns(SafeText, "video_id", "name"),
    *columns(sa.BigInteger, "track_id", "found_track_id"),
    foreign_key("tracks", "video_id", track_id="found_track_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

thresholds: Final = event_table(
    "thresholds",
    *columns(sa.Double, "value"),
)

label_schemas: Final = event_table(
    "label_schemas",
    *columns(SafeText, "version"),
    *columns(sa.JSON, "schema"),
)

notes: Final = event_table(
    "notes",
    *columns(sa.JSON, "detail"),
)

bases: Final = table(
    "bases",
    *primary_key("basis_id"),
    *columns(SafeText, "encoder_id"),
    *columns(Utc, "created_at"),
    *columns(sa.LargeBinary, "arrays"),
    foreign_key("projects"),
)

basis_videos: Final = table(
    "basis_videos",
    *primary_key("basis_id", "video_id"),
    foreign_key("bases", "basis_id"),
    foreign_key("videos", "video_id"),
    sa.Index(None, "project_id", "video_id"),
)

models: Final = table(
    "models",
    *primary_key("model_id"),
    *columns(SafeText, "basis_id", "encoder_id", "schema_version", "code_version"),
    *columns(sa.JSON, "hyperparameters", "calibration", "rater_effects", "left_out"),
    *columns(sa.Double, "tolerance", "coverage", "raters_per_frame"),
    *columns(sa.BigInteger, "n_judgements", "learnt_from_event"),
    *columns(Utc, "created_at"),
    *columns(sa.LargeBinary, "arrays"),
    foreign_key("bases", "basis_id"),
    sa.Index(None, "project_id", "basis_id"),
)

current_models: Final = event_table(
    "current_models",
    *columns(SafeText, "model_id"),
    foreign_key("models", "model_id"),
    sa.Index(None, "project_id", "model_id"),
)

video_summaries: Final = table(
    "video_summaries",
    *primary_key("video_id"),
    *columns(SafeText, "model_id"),
    *columns(sa.BigInteger, "revision"),
    *columns(sa.Double, "threshold"),
    foreign_key("videos", "video_id"),
)

track_summaries: Final = table(
    "track_summaries",
    *primary_key("video_id", "track_id"),
    *columns(sa.BigInteger, "n_frames", "n_reviewed"),
    *columns(sa.LargeBinary, "confidence_counts", "error_sums", "second_counts"),
    *columns(sa.Double, "best_gain", "n_items"),
    *columns(sa.JSON, "items"),
    foreign_key("video_summaries", "video_id"),
)

prediction_runs: Final = table(
    "prediction_runs",
    *primary_key("run_id"),
    *columns(sa.BigInteger, "number", "event_id"),
    *columns(Utc, "created_at"),
    *columns(SafeText, "method"),
    *columns(sa.JSON, "options"),
    foreign_key("projects"),
    sa.UniqueConstraint("project_id", "number"),
)

imported_predictions: Final = table(
    "imported_predictions",
    *primary_key("run_id", "video_id", "track_id"),
    *columns(sa.LargeBinary, "arrays"),
    foreign_key("prediction_runs", "run_id"),
    foreign_key("videos", "video_id"),
    sa.Index(None, "project_id", "video_id"),
)

suggestions: Final = table(
    "suggestions",
    *primary_key("batch", "position"),
    *columns(SafeText, "video_id", "reason"),
    *columns(sa.BigInteger, "track_id", "frame", "rank"),
    *columns(sa.Boolean, "is_audit"),
    *columns(SafeText, "model_id", null=True),
    foreign_key("videos", "video_id"),
    sa.Index(None, "project_id", "video_id"),
)

DETAILS: Final[Mapping[str, sa.Table]] = {
    "judgement": judgements,
    "track-edit": track_edits,
    "person": persons,
    "threshold": thresholds,
    "label-schema": label_schemas,
    "model": current_models,
    "frame-comment": frame_comments,
    "comment-state": comment_states,
    "trace": traces,
    "trace-lag": trace_lags,
    "comparison": comparisons,
    "reopening": reopenings,
}
"""The table of an event's own columns, by its kind; of any other kind: `notes`."""
