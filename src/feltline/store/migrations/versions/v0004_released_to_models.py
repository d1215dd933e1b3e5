"""From the tables as they were first released (0002) to those of today.

A label and the review that was written with it become one judgement; their event stays
the same one, so undos go on naming it. A review alone becomes a judgement, too. Runs of
the project's own engine go, as they can be made again; imported ones stay. The arrays
of videos and tracks move into `legacy_arrays`, until they are feature files.

The new tables are those of `feltline.store.schema`. Who changes one of them there, by a
later step, writes it down here as it was: the tests of the steps fail until then.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa
from alembic import op

from feltline.errors import StoreError
from feltline.store.columns import columns
from feltline.store.rows import pack, unpack
from feltline.store.schema import METADATA, imported_predictions, judgements

revision = "0004"
down_revision = "0002"

_BATCH = 1000
_NAMES = {
    "affect": "value",
    "expression": "class_probability",
    "is_human": "is_observed",
}
"""Arrays of imported predictions, renamed."""
_DROPPED = ("labels", "reviews", "video_arrays", "estimates", "runs")


def upgrade() -> None:
    """Make the new tables, move into them what stays of the old ones, drop those."""
    METADATA.create_all(op.get_bind())
    _move_judgements()
    _change_columns()
    _move_arrays()
    _move_runs()
    for table in _DROPPED:
        op.drop_table(table)


def downgrade() -> None:
    """Raise: what a step dropped cannot be made again.

    Raises:
        StoreError: Always.
    """
    raise StoreError(
        "the tables cannot be taken back to those of a former feltline: what the step "
        "from there dropped cannot be made again; restore the backup made before it"
    )


def _batches(select: str) -> Iterator[list[dict[str, Any]]]:
    """Rows of a question, so many at a time: there may be very many."""
    asked = sa.text(select).execution_options(yield_per=_BATCH)
    for rows in op.get_bind().execute(asked).mappings().partitions():
        yield [dict(row) for row in rows]


def _move_judgements() -> None:
    for select, made in ((_OF_LABELS, _of_label), (_OF_REVIEWS_ALONE, _of_review)):
        for rows in _batches(select):
            op.get_bind().execute(
                sa.insert(judgements), [_ENDING | made(row) for row in rows]
            )
    op.execute("UPDATE events SET kind = 'judgement' WHERE kind IN ('label', 'review')")


def _change_columns() -> None:
    (model_id,) = columns(sa.Text, "model_id", null=True)
    op.add_column("suggestions", model_id)
    op.execute(
        "UPDATE suggestions SET reason = 'least_certain' WHERE reason = 'between'"
    )
    op.execute("ALTER TABLE projects RENAME COLUMN last_run TO last_prediction_run")


_OF_TRACK = (
    *("project_id", "video_id", "track_id", "arrays"),
    *("first_time_s", "last_time_s", "mean_quality"),
)


def _move_arrays() -> None:
    """Arrays of videos and tracks into one table; what rows need of them is read."""
    for column in columns(sa.Double, *_OF_TRACK[-3:], null=True):
        op.add_column("tracks", column)
    connection, tracks = op.get_bind(), sa.table("tracks", *map(sa.column, _OF_TRACK))
    key = tuple(tracks.c[name] for name in _OF_TRACK[:3])
    for row in connection.execute(sa.select(*key)).all():
        one = sa.and_(*(c == value for c, value in zip(key, row, strict=True)))
        blob = connection.execute(sa.select(tracks.c.arrays).where(one)).scalar_one()
        seen = _summed(blob)
        if seen is not None:
            connection.execute(sa.update(tracks).where(one).values(seen))
    op.execute(
        "INSERT INTO legacy_arrays (project_id, video_id, track_id, arrays) "
        "SELECT project_id, video_id, -1, arrays FROM video_arrays UNION ALL "
        "SELECT project_id, video_id, track_id, arrays FROM tracks"
    )
    op.drop_column("tracks", "arrays")


def _summed(blob: bytes) -> dict[str, float] | None:
    """What a row keeps of a track's arrays; None where they are damaged."""
    try:
        arrays = unpack(blob, "a track")
        time_s, quality = arrays["time_s"], arrays["quality"]
    except (StoreError, KeyError):
        return None  # the check of the database names it
    return {
        "first_time_s": float(time_s[0]),
        "last_time_s": float(time_s[-1]),
        "mean_quality": float(quality.mean(dtype=np.float64)),
    }


def _move_runs() -> None:
    """Imported runs and what they say; the project's own can be made again."""
    op.execute(
        "INSERT INTO prediction_runs (project_id, run_id, number, event_id, "
        "created_at, method, options) SELECT project_id, run_id, number, event_id, "
        "created_at, method, options FROM runs WHERE origin = 'import' AND is_complete"
    )
    for rows in _batches(_IMPORTED):
        op.get_bind().execute(
            sa.insert(imported_predictions),
            [row | {"arrays": _renamed(row["arrays"])} for row in rows],
        )


_IMPORTED = """
    SELECT estimates.project_id, estimates.run_id, video_id, track_id, arrays
    FROM estimates JOIN prediction_runs
        ON prediction_runs.project_id = estimates.project_id
        AND prediction_runs.run_id = estimates.run_id
"""


def _renamed(blob: bytes) -> bytes:
    """The same archive of arrays, by their present names; a damaged one as it is."""
    try:
        arrays = unpack(blob, "a prediction")
    except StoreError:
        return blob
    return pack({_NAMES.get(name, name): array for name, array in arrays.items()})


_OF_LABELS = """
    SELECT labels.*, reviews.first_frame AS review_first,
        reviews.last_frame AS review_last, reviews.decision AS review_decision,
        reviews.run_id AS review_run_id, reviews.comment AS review_comment,
        reviews.is_audit AS is_audit
    FROM labels LEFT JOIN reviews ON reviews.project_id = labels.project_id
        AND reviews.event_id = labels.event_id
"""

_OF_REVIEWS_ALONE = """
    SELECT * FROM reviews WHERE NOT EXISTS (
        SELECT 1 FROM labels WHERE labels.project_id = reviews.project_id
            AND labels.event_id = reviews.event_id)
"""

_ENDING: dict[str, Any] = {
    "reviewed_first_frame": None,
    "reviewed_last_frame": None,
    "value": [],
    "expression": None,
    "audited": None,  # a former version did not keep what an audit audited
    "touched": [],
    "unsure": False,
    "assignment_id": None,
    "origin": "human",
}
_SAME = (
    *("project_id", "event_id", "video_id", "track_id", "found_track_id"),
    *("active_s", "comment"),
)


def _of_label(row: Mapping[str, Any]) -> dict[str, Any]:
    has_value = row["valence"] is not None
    value = [row["valence"], row["arousal"]] if has_value else []
    run_id = row["shown_run_id"] or row["review_run_id"]
    decision = row["decision"]
    if decision == "label" and run_id and row["review_decision"]:
        decision = row["review_decision"]
    # To accept was to save the value that was shown; of others it was not kept.
    seen = value if decision == "accept" and has_value else None
    made = {name: row[name] for name in (*_SAME, "scope", "first_frame", "last_frame")}
    if row["review_first"] is not None:
        made["reviewed_first_frame"] = min(row["review_first"], row["first_frame"])
        made["reviewed_last_frame"] = max(row["review_last"], row["last_frame"])
    return made | {
        "value": value,
        "expression": row["expression"],
        "decision": decision if decision in ("accept", "edit") else "label",
        "shown": _shown(run_id, seen),
        "purpose": "audit" if row["is_audit"] else "work",
        "comment": row["comment"] or row["review_comment"] or "",
        "origin": row["origin"],
    }


def _of_review(row: Mapping[str, Any]) -> dict[str, Any]:
    first, last = row["first_frame"], row["last_frame"]
    # No page ever accepted without a label. Were there one, it holds no value to keep:
    # the item is asked for again.
    decisions = {"reject": "reject", "unsure": "cannot"}
    return {name: row[name] for name in _SAME} | {
        "scope": "frame" if first == last else "span",
        "first_frame": first,
        "last_frame": last,
        "decision": decisions.get(row["decision"], "skip"),
        "shown": _shown(row["run_id"], None),
        "purpose": "audit" if row["is_audit"] else "work",
    }


def _shown(run_id: str | None, value: list[float] | None) -> dict[str, Any] | None:
    if not run_id:
        return None
    unknown = {"confidence": None, "proposed_by_class": False}
    return {"model_id": run_id, "value": value} | unknown
