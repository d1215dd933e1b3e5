"""Judgements in place of labels and reviews.

A label and the review that was written with it are one judgement; their event stays
the same one, so undos go on naming it. A review alone is a judgement, too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from feltline.store.migrations.shorthands import (
    columns,
    index,
    make_table,
    refers,
    refuse_downgrade,
)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    """Make the new tables, fill them from the old ones, drop those."""
    _move_judgements(_make_judgements())
    for table in ("labels", "reviews"):
        op.drop_table(table)


downgrade = refuse_downgrade


def _make_judgements() -> sa.Table:
    made = make_table(
        "judgements",
        ("event_id",),
        *columns(
            sa.Text, "video_id", "scope", "decision", "purpose", "comment", "origin"
        ),
        *columns(
            sa.BigInteger, "track_id", "found_track_id", "first_frame", "last_frame"
        ),
        *columns(
            sa.BigInteger, "reviewed_first_frame", "reviewed_last_frame", null=True
        ),
        *columns(sa.JSON, "value", "touched"),
        *columns(sa.JSON(none_as_null=True), "shown", "audited", null=True),
        *columns(sa.Text, "expression", "assignment_id", null=True),
        *columns(sa.Boolean, "unsure"),
        *columns(sa.Double, "active_s", null=True),
        refers("events", "event_id"),
        sa.ForeignKeyConstraint(
            ("project_id", "video_id", "found_track_id"),
            ("tracks.project_id", "tracks.video_id", "tracks.track_id"),
        ),
    )
    index("judgements", "video_id", "event_id")
    make_table(
        "label_schemas",
        ("event_id",),
        *columns(sa.Text, "version"),
        *columns(sa.JSON, "schema"),
        refers("events", "event_id"),
    )
    return made


def _batches(select: str) -> Iterator[list[Mapping[str, Any]]]:
    """Rows of a question, so many at a time: there may be very many."""
    asked = sa.text(select).execution_options(yield_per=_BATCH)
    for rows in op.get_bind().execute(asked).mappings().partitions():
        yield [dict(row) for row in rows]


def _move_judgements(judgements: sa.Table) -> None:
    for select, made in (
        (_OF_LABELS, _of_label),
        (_OF_REVIEWS_ALONE, _of_review),
    ):
        for rows in _batches(select):
            op.get_bind().execute(
                sa.insert(judgements), [_ENDING | made(row) for row in rows]
            )
    op.execute("UPDATE events SET kind = 'judgement' WHERE kind IN ('label', 'review')")


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
    "project_id",
    "event_id",
    "video_id",
    "track_id",
    "found_track_id",
    "active_s",
    "comment",
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
    return {
        "model_id": run_id,
        "value": value,
        "confidence": None,
        "proposed_by_class": False,
    }
