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
    columns,
    index,
    make_table,
    refers,
    refuse_downgrade,
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


downgrade = refuse_downgrade


def _make_learnt() -> None:
    make_table(
        "bases",
        ("basis_id",),
        *columns(sa.Text, "encoder_id"),
        *columns(sa.DateTime(timezone=True), "created_at"),
        *columns(sa.LargeBinary, "arrays"),
        refers("projects"),
    )
    make_table(
        "basis_videos",
        ("basis_id", "video_id"),
        refers("bases", "basis_id"),
        refers("videos", "video_id"),
    )
    index("basis_videos", "video_id")
    make_table(
        "models",
        ("model_id",),
        *columns(sa.Text, "basis_id", "encoder_id", "schema_version", "code_version"),
        *columns(sa.JSON, "hyperparameters", "calibration", "rater_effects"),
        *columns(sa.Double, "tolerance", "coverage", "raters_per_frame"),
        *columns(sa.BigInteger, "n_judgements", "learnt_from_event"),
        *columns(sa.DateTime(timezone=True), "created_at"),
        *columns(sa.LargeBinary, "arrays"),
        refers("bases", "basis_id"),
    )
    index("models", "basis_id")
    make_table(
        "current_models",
        ("event_id",),
        *columns(sa.Text, "model_id"),
        refers("events", "event_id"),
        refers("models", "model_id"),
    )
    index("current_models", "model_id")
    make_table(
        "video_summaries",
        ("video_id",),
        *columns(sa.Text, "model_id"),
        *columns(sa.BigInteger, "revision"),
        *columns(sa.Double, "threshold"),
        refers("videos", "video_id"),
    )
    make_table(
        "track_summaries",
        ("video_id", "track_id"),
        *columns(sa.BigInteger, "n_frames", "n_reviewed"),
        *columns(sa.LargeBinary, "confidence_counts", "error_sums", "second_counts"),
        *columns(sa.Double, "best_gain", "n_items"),
        *columns(sa.JSON, "items"),
        refers("video_summaries", "video_id"),
    )


def _make_imported() -> sa.Table:
    make_table(
        "legacy_arrays",
        ("video_id", "track_id"),
        *columns(sa.LargeBinary, "arrays"),
        refers("videos", "video_id"),
    )
    make_table(
        "prediction_runs",
        ("run_id",),
        *columns(sa.BigInteger, "number", "event_id"),
        *columns(sa.DateTime(timezone=True), "created_at"),
        *columns(sa.Text, "method"),
        *columns(sa.JSON, "options"),
        refers("projects"),
        sa.UniqueConstraint("project_id", "number"),
    )
    made = make_table(
        "imported_predictions",
        ("run_id", "video_id", "track_id"),
        *columns(sa.LargeBinary, "arrays"),
        refers("prediction_runs", "run_id"),
        refers("videos", "video_id"),
    )
    index("imported_predictions", "video_id")
    (model_id,) = columns(sa.Text, "model_id", null=True)
    op.add_column("suggestions", model_id)
    op.execute(
        "UPDATE suggestions SET reason = 'least_certain' WHERE reason = 'between'"
    )
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
    for column in columns(sa.Double, *_OF_TRACK[-3:], null=True):
        op.add_column("tracks", column)
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
    imported = sa.text(
        "SELECT estimates.project_id, estimates.run_id, video_id, track_id, arrays "
        "FROM estimates JOIN prediction_runs ON prediction_runs.project_id = "
        "estimates.project_id AND prediction_runs.run_id = estimates.run_id"
    ).execution_options(yield_per=_BATCH)
    for rows in op.get_bind().execute(imported).mappings().partitions():
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
