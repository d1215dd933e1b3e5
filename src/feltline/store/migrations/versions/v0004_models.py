"""Bases and models; arrays out of videos and tracks; imported prediction runs.

Runs of the project's own engine go, as they can be made again; imported ones stay. The
arrays of videos and tracks move into `legacy_arrays`, until they are feature files.
"""

import io
import zipfile

import numpy as np
import sqlalchemy as sa
from alembic import op

from feltline.store.migrations.shorthands import (
    blob,
    index,
    json,
    key,
    of,
    real,
    real_or_null,
    text,
    text_or_null,
    time,
    whole,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 100
_NAMES = {
    "affect": "value",
    "expression": "class_probability",
    "is_human": "is_observed",
}
"""Arrays of imported predictions, renamed."""


def upgrade() -> None:
    """Make the new tables, move into them what stays of the old ones, drop those."""
    _make_learnt()
    predictions = _make_imported()
    _move_arrays()
    _move_runs(predictions)
    for table in ("video_arrays", "estimates", "runs"):
        op.drop_table(table)


def downgrade() -> None:
    """Refuse: the runs are gone, and arrays may be feature files by now."""
    raise NotImplementedError("what was dropped cannot be made; restore a backup")


def _make_learnt() -> None:
    op.create_table(
        "bases",
        text("project_id"),
        text("basis_id"),
        text("encoder_id"),
        time("created_at"),
        blob("arrays"),
        key("basis_id"),
        of("projects"),
    )
    op.create_table(
        "basis_videos",
        text("project_id"),
        text("basis_id"),
        text("video_id"),
        key("basis_id", "video_id"),
        of("bases", "basis_id"),
        of("videos", "video_id"),
    )
    index("basis_videos", "video_id")
    op.create_table(
        "models",
        text("project_id"),
        text("model_id"),
        text("basis_id"),
        text("encoder_id"),
        text("schema_version"),
        json("hyperparameters"),
        json("calibration"),
        json("rater_effects"),
        real("tolerance"),
        real("coverage"),
        real("raters_per_frame"),
        whole("n_judgements"),
        text("code_version"),
        whole("learnt_from_event"),
        time("created_at"),
        blob("arrays"),
        key("model_id"),
        of("bases", "basis_id"),
    )
    index("models", "basis_id")
    op.create_table(
        "current_models",
        text("project_id"),
        whole("event_id"),
        text("model_id"),
        key("event_id"),
        of("events", "event_id"),
        of("models", "model_id"),
    )
    index("current_models", "model_id")
    op.create_table(
        "video_summaries",
        text("project_id"),
        text("video_id"),
        text("model_id"),
        whole("revision"),
        real("threshold"),
        key("video_id"),
        of("videos", "video_id"),
    )
    op.create_table(
        "track_summaries",
        text("project_id"),
        text("video_id"),
        whole("track_id"),
        whole("n_frames"),
        whole("n_reviewed"),
        blob("confidence_counts"),
        blob("error_sums"),
        blob("second_counts"),
        real("best_gain"),
        real("n_items"),
        json("items"),
        key("video_id", "track_id"),
        of("video_summaries", "video_id"),
    )


def _make_imported() -> sa.Table:
    op.create_table(
        "legacy_arrays",
        text("project_id"),
        text("video_id"),
        whole("track_id"),
        blob("arrays"),
        key("video_id", "track_id"),
        of("videos", "video_id"),
    )
    op.create_table(
        "prediction_runs",
        text("project_id"),
        text("run_id"),
        whole("number"),
        whole("event_id"),
        time("created_at"),
        text("method"),
        json("options"),
        key("run_id"),
        of("projects"),
        sa.UniqueConstraint("project_id", "number"),
    )
    made = op.create_table(
        "imported_predictions",
        text("project_id"),
        text("run_id"),
        text("video_id"),
        whole("track_id"),
        blob("arrays"),
        key("run_id", "video_id", "track_id"),
        of("prediction_runs", "run_id"),
        of("videos", "video_id"),
    )
    index("imported_predictions", "video_id")
    op.add_column("suggestions", text_or_null("model_id"))
    op.execute("ALTER TABLE projects RENAME COLUMN last_run TO last_prediction_run")
    return made


_OF_TRACK = (
    "project_id",
    "video_id",
    "track_id",
    "arrays",
    "first_time_s",
    "last_time_s",
    "mean_quality",
)


def _move_arrays() -> None:
    """Arrays of videos and tracks into one table; what rows need of them is read."""
    for name in ("first_time_s", "last_time_s", "mean_quality"):
        op.add_column("tracks", real_or_null(name))
    connection, tracks = op.get_bind(), sa.table("tracks", *map(sa.column, _OF_TRACK))
    key = sa.select(tracks.c.project_id, tracks.c.video_id, tracks.c.track_id)
    for project_id, video_id, track_id in connection.execute(key).all():
        one = sa.and_(
            tracks.c.project_id == project_id,
            tracks.c.video_id == video_id,
            tracks.c.track_id == track_id,
        )
        blob = connection.execute(sa.select(tracks.c.arrays).where(one)).scalar_one()
        seen = _summed(blob)
        if seen is not None:
            connection.execute(sa.update(tracks).where(one).values(seen))
    op.execute(
        "INSERT INTO legacy_arrays (project_id, video_id, track_id, arrays) "
        "SELECT project_id, video_id, -1, arrays FROM video_arrays"
    )
    op.execute(
        "INSERT INTO legacy_arrays (project_id, video_id, track_id, arrays) "
        "SELECT project_id, video_id, track_id, arrays FROM tracks"
    )
    op.drop_column("tracks", "arrays")


def _summed(blob: bytes) -> dict[str, float] | None:
    """What a row keeps of a track's arrays; None where they are damaged."""
    try:
        with np.load(io.BytesIO(blob), allow_pickle=False) as arrays:
            time_s, quality = arrays["time_s"], arrays["quality"]
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, KeyError):
        return None  # the check of the database names it
    return {
        "first_time_s": float(time_s[0]),
        "last_time_s": float(time_s[-1]),
        "mean_quality": float(quality.mean(dtype=np.float64)),
    }


def _move_runs(predictions: sa.Table) -> None:
    """Imported runs and what they say; the project's own can be made again."""
    op.execute(
        "INSERT INTO prediction_runs (project_id, run_id, number, event_id, "
        "created_at, method, options) SELECT project_id, run_id, number, event_id, "
        "created_at, method, options FROM runs WHERE origin = 'import' AND is_complete"
    )
    old = op.get_bind().execution_options(yield_per=_BATCH)
    imported = sa.text(
        "SELECT estimates.project_id, estimates.run_id, video_id, track_id, arrays "
        "FROM estimates JOIN prediction_runs ON prediction_runs.project_id = "
        "estimates.project_id AND prediction_runs.run_id = estimates.run_id"
    )
    for rows in old.execute(imported).mappings().partitions():
        op.get_bind().execute(
            sa.insert(predictions),
            [{**row, "arrays": _renamed(row["arrays"])} for row in rows],
        )


def _renamed(blob: bytes) -> bytes:
    """The same archive of arrays, by their present names; a damaged one as it is."""
    whole = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(blob)) as old,
            zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
        ):
            for member in old.namelist():
                name = member.removesuffix(".npy")
                new.writestr(f"{_NAMES.get(name, name)}.npy", old.read(member))
    except (zipfile.BadZipFile, OSError):
        return blob
    return whole.getvalue()
