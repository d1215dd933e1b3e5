"""The tables of a project's database, as the latest migration leaves them.

Every table is keyed by `project_id`, so one PostgreSQL database can hold several
projects. `events` is the log; an event's own columns stand in the table of its kind,
keyed by the same `event_id`. Queries are written against these tables; migrations
never import them, because a migration must go on doing what it once did.
"""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from feltline.store.columns import (
    SafeText,
    Utc,
    column,
    key,
    maybe,
    maybe_json,
    of,
    on_found_track,
    project,
)

__all__ = [
    "DETAILS",
    "METADATA",
    "NAMES_OF_CONSTRAINTS",
    "Columns",
    "bases",
    "basis_videos",
    "current_models",
    "events",
    "imported_predictions",
    "judgements",
    "label_schemas",
    "legacy_arrays",
    "models",
    "notes",
    "persons",
    "prediction_runs",
    "projects",
    "suggestions",
    "thresholds",
    "track_edits",
    "track_summaries",
    "tracks",
    "video_summaries",
    "videos",
]

NAMES_OF_CONSTRAINTS: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
Columns = Mapping[Any, Any]
"""A row that was read: values by the names of their columns."""

METADATA: Final = sa.MetaData(naming_convention=NAMES_OF_CONSTRAINTS)


projects: Final = sa.Table(
    "projects",
    METADATA,
    project(),
    column("name"),
    column("created_at", Utc),
    column("last_event_id", sa.BigInteger),
    column("last_batch", sa.BigInteger),
    column("last_prediction_run", sa.BigInteger),
    column("needs_scrub", sa.Boolean),
)

videos: Final = sa.Table(
    "videos",
    METADATA,
    project(),
    key("video_id", SafeText),
    column("content_hash"),
    column("location"),
    column("width", sa.BigInteger),
    column("height", sa.BigInteger),
    column("n_frames", sa.BigInteger),
    column("duration_s", sa.Double),
    column("time_base"),
    column("codec"),
    column("encoder_id"),
    column("added_at", Utc),
    of("projects"),
    sa.UniqueConstraint("project_id", "content_hash"),
)

tracks: Final = sa.Table(
    "tracks",
    METADATA,
    project(),
    key("video_id", SafeText),
    key("track_id"),
    column("n_frames", sa.BigInteger),
    column("first_frame", sa.BigInteger),
    column("last_frame", sa.BigInteger),
    maybe("first_time_s", sa.Double),
    maybe("last_time_s", sa.Double),
    maybe("mean_quality", sa.Double),
    of("videos", "video_id"),
)

legacy_arrays: Final = sa.Table(
    "legacy_arrays",
    METADATA,
    project(),
    key("video_id", SafeText),
    key("track_id"),  # -1: of the video itself
    column("arrays", sa.LargeBinary),
    of("videos", "video_id"),
)

events: Final = sa.Table(
    "events",
    METADATA,
    project(),
    key("event_id"),
    column("at", Utc),
    column("rater"),
    column("kind"),
    maybe("undoes", sa.BigInteger),
    maybe("client_id"),
    maybe("video_id"),
    of("projects"),
    sa.ForeignKeyConstraint(
        ("project_id", "undoes"), ("events.project_id", "events.event_id")
    ),
    sa.UniqueConstraint("project_id", "client_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
    sa.Index(None, "project_id", "undoes"),
    sa.Index(None, "project_id", "rater", "kind", "event_id"),
)

judgements: Final = sa.Table(
    "judgements",
    METADATA,
    project(),
    key("event_id"),
    column("video_id"),
    column("track_id", sa.BigInteger),
    column("found_track_id", sa.BigInteger),
    column("scope"),
    column("first_frame", sa.BigInteger),
    column("last_frame", sa.BigInteger),
    maybe("reviewed_first_frame", sa.BigInteger),
    maybe("reviewed_last_frame", sa.BigInteger),
    column("value", sa.JSON),
    maybe("expression"),
    column("decision"),
    maybe_json("shown"),
    maybe_json("audited"),
    column("touched", sa.JSON),
    column("unsure", sa.Boolean),
    column("purpose"),
    maybe("assignment_id"),
    maybe("active_s", sa.Double),
    column("comment"),
    column("origin"),
    of("events", "event_id"),
    on_found_track(),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

track_edits: Final = sa.Table(
    "track_edits",
    METADATA,
    project(),
    key("event_id"),
    column("video_id"),
    column("kind"),
    column("track_id", sa.BigInteger),
    maybe("frame", sa.BigInteger),
    maybe("other_track_id", sa.BigInteger),
    of("events", "event_id"),
    of("videos", "video_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

persons: Final = sa.Table(
    "persons",
    METADATA,
    project(),
    key("event_id"),
    column("video_id"),
    column("track_id", sa.BigInteger),
    column("found_track_id", sa.BigInteger),
    column("name"),
    of("events", "event_id"),
    on_found_track(),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

thresholds: Final = sa.Table(
    "thresholds",
    METADATA,
    project(),
    key("event_id"),
    column("value", sa.Double),
    of("events", "event_id"),
)

notes: Final = sa.Table(
    "notes",
    METADATA,
    project(),
    key("event_id"),
    column("detail", sa.JSON),
    of("events", "event_id"),
)

label_schemas: Final = sa.Table(
    "label_schemas",
    METADATA,
    project(),
    key("event_id"),
    column("version"),
    column("schema", sa.JSON),
    of("events", "event_id"),
)

bases: Final = sa.Table(
    "bases",
    METADATA,
    project(),
    key("basis_id", SafeText),
    column("encoder_id"),
    column("created_at", Utc),
    column("arrays", sa.LargeBinary),
    of("projects"),
)

basis_videos: Final = sa.Table(
    "basis_videos",
    METADATA,
    project(),
    key("basis_id", SafeText),
    key("video_id", SafeText),
    of("bases", "basis_id"),
    of("videos", "video_id"),
    sa.Index(None, "project_id", "video_id"),
)

models: Final = sa.Table(
    "models",
    METADATA,
    project(),
    key("model_id", SafeText),
    column("basis_id"),
    column("encoder_id"),
    column("schema_version"),
    column("hyperparameters", sa.JSON),
    column("calibration", sa.JSON),
    column("rater_effects", sa.JSON),
    column("tolerance", sa.Double),
    column("coverage", sa.Double),
    column("raters_per_frame", sa.Double),
    column("n_judgements", sa.BigInteger),
    column("code_version"),
    column("learnt_from_event", sa.BigInteger),
    column("created_at", Utc),
    column("arrays", sa.LargeBinary),
    of("bases", "basis_id"),
    sa.Index(None, "project_id", "basis_id"),
)

current_models: Final = sa.Table(
    "current_models",
    METADATA,
    project(),
    key("event_id"),
    column("model_id"),
    of("events", "event_id"),
    of("models", "model_id"),
    sa.Index(None, "project_id", "model_id"),
)

video_summaries: Final = sa.Table(
    "video_summaries",
    METADATA,
    project(),
    key("video_id", SafeText),
    column("model_id"),
    column("revision", sa.BigInteger),
    column("threshold", sa.Double),
    of("videos", "video_id"),
)

track_summaries: Final = sa.Table(
    "track_summaries",
    METADATA,
    project(),
    key("video_id", SafeText),
    key("track_id"),
    column("n_frames", sa.BigInteger),
    column("n_reviewed", sa.BigInteger),
    column("confidence_counts", sa.LargeBinary),
    column("error_sums", sa.LargeBinary),
    column("second_counts", sa.LargeBinary),
    column("best_gain", sa.Double),
    column("n_items", sa.Double),
    column("items", sa.JSON),
    of("video_summaries", "video_id"),
)

prediction_runs: Final = sa.Table(
    "prediction_runs",
    METADATA,
    project(),
    key("run_id", SafeText),
    column("number", sa.BigInteger),
    column("event_id", sa.BigInteger),
    column("created_at", Utc),
    column("method"),
    column("options", sa.JSON),
    of("projects"),
    sa.UniqueConstraint("project_id", "number"),
)

imported_predictions: Final = sa.Table(
    "imported_predictions",
    METADATA,
    project(),
    key("run_id", SafeText),
    key("video_id", SafeText),
    key("track_id"),
    column("arrays", sa.LargeBinary),
    of("prediction_runs", "run_id"),
    of("videos", "video_id"),
    sa.Index(None, "project_id", "video_id"),
)

suggestions: Final = sa.Table(
    "suggestions",
    METADATA,
    project(),
    key("batch"),
    key("position"),
    column("video_id"),
    column("track_id", sa.BigInteger),
    column("frame", sa.BigInteger),
    column("rank", sa.BigInteger),
    column("reason"),
    column("is_audit", sa.Boolean),
    maybe("model_id"),
    of("videos", "video_id"),
    sa.Index(None, "project_id", "video_id"),
)

DETAILS: Final[Mapping[str, sa.Table]] = {
    "judgement": judgements,
    "track-edit": track_edits,
    "person": persons,
    "threshold": thresholds,
    "label-schema": label_schemas,
    "model": current_models,
}
"""The table of an event's own columns, by its kind; of any other kind: `notes`."""
