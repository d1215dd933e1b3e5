"""The tables of a project's database, as the latest migration leaves them.

Every table is keyed by `project_id`, so one PostgreSQL database can hold several
projects. `events` is the log; what an event says stands in the table of its kind,
keyed by the same `event_id`. Queries are written against these tables; migrations
never import them, because a migration must go on doing what it once did.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from feltline.errors import StoreError

__all__ = [
    "DETAILS",
    "METADATA",
    "NAMES_OF_CONSTRAINTS",
    "Columns",
    "estimates",
    "events",
    "labels",
    "notes",
    "persons",
    "projects",
    "reviews",
    "runs",
    "suggestions",
    "thresholds",
    "to_json",
    "track_edits",
    "tracks",
    "video_arrays",
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


def to_json(value: object) -> str:
    """JSON text of a value.

    Raises:
        StoreError: It holds something that JSON has no word for.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(f"cannot be kept as JSON: {error}") from error


class Utc(sa.TypeDecorator[datetime]):
    """A time in UTC; SQLite would forget the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Into the database: in UTC."""
        if value is not None and value.tzinfo is None:
            raise StoreError(f"the time {value} has no time zone; give it in UTC")
        return value and value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Out of the database: with its zone."""
        is_bare = value is not None and value.tzinfo is None
        return value and (
            value.replace(tzinfo=UTC) if is_bare else value.astimezone(UTC)
        )


class Words(sa.TypeDecorator[str]):
    """Text that SQLite and PostgreSQL can both keep."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(
        self,
        value: str | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> str | None:
        """Into the database: no NUL, and nothing that UTF-8 has no bytes for."""
        if value is None:
            return None
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise StoreError(
                f"the text {value!r} holds characters that a database cannot keep; "
                f"rename it or leave them out"
            )
        return value

    def process_result_value(
        self,
        value: str | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> str | None:
        """Out of the database: as it is."""
        return value


def _key(name: str, kind: type[sa.types.TypeEngine[Any]] = sa.BigInteger) -> sa.Column:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _column(name: str, kind: type[sa.types.TypeEngine[Any]] = Words) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def _maybe(name: str, kind: type[sa.types.TypeEngine[Any]] = Words) -> sa.Column:
    return sa.Column(name, kind, nullable=True)


def _project() -> sa.Column:
    return _key("project_id", Words)


def _of(table: str, *names: str) -> sa.ForeignKeyConstraint:
    """Rows belong to a row of another table, by the columns of its key."""
    keys = ("project_id", *names)
    return sa.ForeignKeyConstraint(keys, [f"{table}.{name}" for name in keys])


def _on_found_track() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ("project_id", "video_id", "found_track_id"),
        ("tracks.project_id", "tracks.video_id", "tracks.track_id"),
    )


projects: Final = sa.Table(
    "projects",
    METADATA,
    _project(),
    _column("name"),
    _column("created_at", Utc),
    _column("last_event_id", sa.BigInteger),
    _column("last_batch", sa.BigInteger),
    _column("last_run", sa.BigInteger),
    _column("needs_scrub", sa.Boolean),
)

videos: Final = sa.Table(
    "videos",
    METADATA,
    _project(),
    _key("video_id", Words),
    _column("content_hash"),
    _column("location"),
    _column("width", sa.BigInteger),
    _column("height", sa.BigInteger),
    _column("n_frames", sa.BigInteger),
    _column("duration_s", sa.Double),
    _column("time_base"),
    _column("codec"),
    _column("encoder_id"),
    _column("added_at", Utc),
    _of("projects"),
    sa.UniqueConstraint("project_id", "content_hash"),
)

video_arrays: Final = sa.Table(
    "video_arrays",
    METADATA,
    _project(),
    _key("video_id", Words),
    _column("arrays", sa.LargeBinary),
    _of("videos", "video_id"),
)

tracks: Final = sa.Table(
    "tracks",
    METADATA,
    _project(),
    _key("video_id", Words),
    _key("track_id"),
    _column("n_frames", sa.BigInteger),
    _column("first_frame", sa.BigInteger),
    _column("last_frame", sa.BigInteger),
    _column("arrays", sa.LargeBinary),
    _of("videos", "video_id"),
)

events: Final = sa.Table(
    "events",
    METADATA,
    _project(),
    _key("event_id"),
    _column("at", Utc),
    _column("rater"),
    _column("kind"),
    _maybe("undoes", sa.BigInteger),
    _maybe("client_id"),
    _maybe("video_id"),
    _of("projects"),
    sa.ForeignKeyConstraint(
        ("project_id", "undoes"), ("events.project_id", "events.event_id")
    ),
    sa.UniqueConstraint("project_id", "client_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
    sa.Index(None, "project_id", "undoes"),
    sa.Index(None, "project_id", "rater", "kind", "event_id"),
)

labels: Final = sa.Table(
    "labels",
    METADATA,
    _project(),
    _key("event_id"),
    _column("video_id"),
    _column("track_id", sa.BigInteger),
    _column("found_track_id", sa.BigInteger),
    _column("scope"),
    _column("first_frame", sa.BigInteger),
    _column("last_frame", sa.BigInteger),
    _maybe("valence", sa.Double),
    _maybe("arousal", sa.Double),
    _maybe("expression"),
    _maybe("active_s", sa.Double),
    _maybe("shown_run_id"),
    _column("comment"),
    _column("decision"),
    _column("origin"),
    _of("events", "event_id"),
    _on_found_track(),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

reviews: Final = sa.Table(
    "reviews",
    METADATA,
    _project(),
    _key("event_id"),
    _column("video_id"),
    _column("track_id", sa.BigInteger),
    _column("found_track_id", sa.BigInteger),
    _column("frame", sa.BigInteger),
    _column("first_frame", sa.BigInteger),
    _column("last_frame", sa.BigInteger),
    _column("decision"),
    _maybe("run_id"),
    _maybe("active_s", sa.Double),
    _column("comment"),
    _column("is_audit", sa.Boolean),
    _of("events", "event_id"),
    _on_found_track(),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

track_edits: Final = sa.Table(
    "track_edits",
    METADATA,
    _project(),
    _key("event_id"),
    _column("video_id"),
    _column("kind"),
    _column("track_id", sa.BigInteger),
    _maybe("frame", sa.BigInteger),
    _maybe("other_track_id", sa.BigInteger),
    _of("events", "event_id"),
    _of("videos", "video_id"),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

persons: Final = sa.Table(
    "persons",
    METADATA,
    _project(),
    _key("event_id"),
    _column("video_id"),
    _column("track_id", sa.BigInteger),
    _column("found_track_id", sa.BigInteger),
    _column("name"),
    _of("events", "event_id"),
    _on_found_track(),
    sa.Index(None, "project_id", "video_id", "event_id"),
)

thresholds: Final = sa.Table(
    "thresholds",
    METADATA,
    _project(),
    _key("event_id"),
    _column("value", sa.Double),
    _of("events", "event_id"),
)

notes: Final = sa.Table(
    "notes",
    METADATA,
    _project(),
    _key("event_id"),
    _column("detail", sa.JSON),
    _of("events", "event_id"),
)

runs: Final = sa.Table(
    "runs",
    METADATA,
    _project(),
    _key("run_id", Words),
    _column("number", sa.BigInteger),
    _column("event_id", sa.BigInteger),
    _maybe("base_run_id"),
    _column("created_at", Utc),
    _column("method"),
    _column("options", sa.JSON),
    _column("n_labels", sa.BigInteger),
    _column("calibration"),
    _column("origin"),
    _column("encoder_id"),
    _column("is_complete", sa.Boolean),
    _of("projects"),
    sa.UniqueConstraint("project_id", "number"),
)

estimates: Final = sa.Table(
    "estimates",
    METADATA,
    _project(),
    _key("run_id", Words),
    _key("video_id", Words),
    _key("track_id"),
    _column("method"),
    _column("coverage", sa.Double),
    _column("tolerance", sa.Double),
    _column("calibration"),
    _column("arrays", sa.LargeBinary),
    _of("runs", "run_id"),
    _of("videos", "video_id"),
    sa.Index(None, "project_id", "video_id"),
)

suggestions: Final = sa.Table(
    "suggestions",
    METADATA,
    _project(),
    _key("batch"),
    _key("position"),
    _column("video_id"),
    _column("track_id", sa.BigInteger),
    _column("frame", sa.BigInteger),
    _column("rank", sa.BigInteger),
    _column("reason"),
    _column("is_audit", sa.Boolean),
    _of("videos", "video_id"),
    sa.Index(None, "project_id", "video_id"),
)

DETAILS: Final = (labels, reviews, track_edits, persons, thresholds, notes)
"""Tables that hold what an event says."""
