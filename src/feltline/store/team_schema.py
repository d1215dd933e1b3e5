"""The tables of a project with several raters; a part of `feltline.store.schema`.

Raters stand here by their ids only. Who they are stands in the accounts, a database of
its own, so that no name or password travels with a project's file.
"""

from typing import Final

import sqlalchemy as sa

from feltline.store.columns import SafeText, Utc, columns, foreign_key, primary_key
from feltline.store.tables import event_table, table

raters: Final = table(
    "raters",
    *primary_key("rater_id"),
    *columns(SafeText, "pseudonym", "kind"),
    *columns(Utc, "added_at"),
    foreign_key("projects"),
    sa.UniqueConstraint("project_id", "pseudonym"),
)
"""A rater's pseudonym, given once; `kind`: `human`, `import` or `model`."""

known_answers: Final = table(
    "known_answers",
    *primary_key("answer_id"),
    *columns(SafeText, "video_id", "text", "use"),
    *columns(sa.BigInteger, "found_track_id", "first_frame", "last_frame"),
    *columns(sa.JSON, "value", "tolerance"),
    *columns(SafeText, "expression", null=True),
    *columns(sa.Boolean, "is_active"),
    foreign_key("tracks", "video_id", track_id="found_track_id"),
    sa.Index(None, "project_id", "video_id"),
)
"""Answers of training items and honeypots; `text` is the feedback, `use` which of the
two they are for."""

assignments: Final = table(
    "assignments",
    *primary_key("assignment_id"),
    *columns(SafeText, "rater_id", "video_id", "scope", "kind", "plan", "state"),
    *columns(sa.BigInteger, "found_track_id", "track_id"),
    *columns(sa.BigInteger, "first_frame", "last_frame", "frame"),
    *columns(sa.Boolean, "is_blind"),
    *columns(sa.Double, "priority"),
    *columns(SafeText, "answer_id", null=True),
    *columns(sa.BigInteger, "batch_id", "answered_event_id", null=True),
    *columns(Utc, "opened_at"),
    foreign_key("tracks", "video_id", track_id="found_track_id"),
    foreign_key("events", event_id="answered_event_id"),
    sa.UniqueConstraint(
        *("project_id", "rater_id", "plan", "video_id", "found_track_id"),
        *("first_frame", "kind"),
        name="uq_assignments_once",  # the rule's name is too long for PostgreSQL
    ),
    sa.Index(None, "project_id", "rater_id", "state", "priority"),
    sa.Index(None, "project_id", "video_id"),
    sa.Index(None, "project_id", "answered_event_id"),
)
"""Who is to judge what; `state`: `open`, `answered` (by an event: open again while that
is undone) or `withdrawn`."""

activity: Final = table(
    "activity",
    *primary_key("rater_id", "day"),
    *columns(sa.Double, "active_s"),
    *columns(Utc, "last_at"),
    foreign_key("projects"),
)
"""Seconds that a rater worked, by the day in UTC, counted from 1970-01-01."""

frame_comments: Final = event_table(
    "frame_comments",
    *columns(SafeText, "video_id", "text"),
    *columns(sa.BigInteger, "frame"),
    *columns(sa.BigInteger, "track_id", "found_track_id", "reply_to", null=True),
    *columns(sa.Boolean, "is_question"),
    *columns(sa.JSON, "mentions"),
    foreign_key("videos", "video_id"),
    foreign_key("frame_comments", event_id="reply_to"),
    sa.Index(None, "project_id", "video_id", "event_id"),
    sa.Index(None, "project_id", "reply_to"),
)
"""Comments on frames; `mentions` are ids of raters."""

comment_states: Final = event_table(
    "comment_states",
    *columns(SafeText, "video_id"),
    *columns(sa.BigInteger, "about"),
    *columns(sa.Boolean, "is_resolved"),
    foreign_key("videos", "video_id"),
    foreign_key("frame_comments", event_id="about"),
    sa.Index(None, "project_id", "video_id", "event_id"),
    sa.Index(None, "project_id", "about"),
)

traces: Final = event_table(
    "traces",
    *columns(SafeText, "video_id", "mode", "device"),
    *columns(sa.BigInteger, "track_id", "found_track_id", "first_frame", "last_frame"),
    *columns(sa.JSON, "dimensions"),
    *columns(sa.JSON(none_as_null=True), "shown", null=True),
    *columns(sa.Double, "speed"),
    *columns(sa.Double, "active_s", null=True),
    *columns(SafeText, "assignment_id", null=True),
    *columns(sa.LargeBinary, "arrays"),
    foreign_key("tracks", "video_id", track_id="found_track_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
)
"""Continuous ratings as they were given; `arrays`: `time_s` and `value`."""

trace_lags: Final = event_table(
    "trace_lags",
    *columns(SafeText, "video_id", "method"),
    *columns(sa.BigInteger, "trace_event_id"),
    *columns(sa.Double, "lag_s", "low_s", "high_s"),
    foreign_key("videos", "video_id"),
    foreign_key("traces", event_id="trace_event_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
    sa.Index(None, "project_id", "trace_event_id"),
)
"""Reaction lags that are removed from traces; the last one in force counts."""

_FACE = ("track_id", "found_track_id", "frame")
comparisons: Final = event_table(
    "comparisons",
    *columns(SafeText, "video_id", "other_video_id", "dimension", "answer", "purpose"),
    *columns(sa.BigInteger, *_FACE, *(f"other_{name}" for name in _FACE)),
    *columns(sa.Double, "active_s", null=True),
    foreign_key("tracks", "video_id", track_id="found_track_id"),
    sa.ForeignKeyConstraint(
        ["project_id", "other_video_id", "other_found_track_id"],
        ["tracks.project_id", "tracks.video_id", "tracks.track_id"],
        name="fk_comparisons_other_tracks",
    ),
    sa.Index(None, "project_id", "video_id", "event_id"),
    sa.Index(None, "project_id", "other_video_id"),
)
"""Which of two faces is higher in a dimension: `first`, `second`, `same`, `cannot`."""

audit_batches: Final = table(
    "audit_batches",
    *primary_key("batch_id"),
    *columns(SafeText, "model_id", "state"),
    *columns(sa.Double, "threshold", "bound", "risk"),
    *columns(sa.BigInteger, "opened_event_id", "n_accepted"),
    *columns(Utc, "due_at", null=True),
    *columns(sa.BigInteger, "due_judgements", null=True),
    *columns(Utc, "created_at"),
    foreign_key("projects"),
)
"""Accepted labels that are audited together; `state`: `open`, `passed`, `reopened` or
`stopped`. A model that is forgotten leaves its id here: the audit was of it."""

audit_items: Final = table(
    "audit_items",
    *primary_key("batch_id", "position"),
    *columns(SafeText, "video_id", "stratum"),
    *columns(sa.BigInteger, "found_track_id", "frame"),
    *columns(sa.Double, "weight", "confidence"),
    *columns(sa.JSON, "model_value"),
    *columns(sa.BigInteger, "answered_event_id", null=True),
    foreign_key("audit_batches", "batch_id"),
    foreign_key("tracks", "video_id", track_id="found_track_id"),
    foreign_key("events", event_id="answered_event_id"),
    sa.Index(None, "project_id", "video_id"),
    sa.Index(None, "project_id", "answered_event_id"),
)
"""The sample of an audit batch, with what the model said when it was drawn."""

reopenings: Final = event_table(
    "reopenings",
    *columns(sa.BigInteger, "batch_id"),
    *columns(sa.JSON, "videos"),
    *columns(sa.Double, "least_confidence"),
    foreign_key("audit_batches", "batch_id"),
    sa.Index(None, "project_id", "batch_id"),
)
"""Accepted labels below a confidence that are to be looked at again."""
