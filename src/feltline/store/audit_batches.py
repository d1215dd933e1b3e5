"""Audit batches: random samples of accepted labels, their answers, and reopenings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.assignments import NewAssignment, add_assignments, withdraw_batch
from feltline.store.event_log import (
    EventLog,
    NewEvent,
    append,
    in_force,
    saved_before,
    undos,
    write_note,
)
from feltline.store.judgements import read_judgements
from feltline.store.log_rules import undone
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import Columns, events, judgements, notes
from feltline.store.team_schema import audit_batches, audit_items, reopenings
from feltline.store.transactions import Transaction
from feltline.store.values import StoredJudgement

__all__ = [
    "AuditBatch",
    "AuditBatches",
    "AuditItem",
    "AuditedItem",
    "BatchState",
    "LabelCount",
    "NewBatch",
    "Reopening",
]

BatchState = Literal["open", "passed", "reopened", "stopped"]
"""`passed`: the upper bound of the error rate is at or under the agreed one;
`reopened`: it is not, or the lower bound is above; `stopped`: by a person, with no
result."""

_LABELS: Final = ("label", "accept", "edit")
_WORK: Final = ("work", "suggested", "resolve")
"""Purposes of judgements that count as labels: those that check others do not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """A batch of accepted labels that is to be audited; it has no number yet.

    Attributes:
        model_id: Model whose labels they are.
        threshold: On confidence, by which they are accepted.
        bound: Error rate that is agreed to.
        risk: Probability with which its bounds may fail.
        tolerance: Labels that are off by more, on the scale [-1, 1], are wrong.
        n_accepted: How many accepted labels it is drawn from.
        due_at: When the next audit is due by the schedule of now; None = never.
        due_judgements: After how many labels in all, likewise.
    """

    model_id: str
    threshold: float
    bound: float
    risk: float
    tolerance: float
    n_accepted: int
    due_at: datetime | None = None
    due_judgements: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditItem:
    """One item of the sample, with what the model said when it was drawn.

    Attributes:
        video_id: Video of the face.
        found_track_id: Found track that shows it.
        frame: The frame.
        weight: Uniform probability of drawing it over the one used.
        stratum: Person, quadrant and quality, for people to read.
        value: Of the model in the schema's units; None per dimension that it lacks.
        expression: Class of the model; None = none.
        confidence: Of the model.
    """

    video_id: str
    found_track_id: int
    frame: int
    weight: float
    stratum: str
    value: tuple[float | None, ...]
    expression: str | None
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedItem:
    """An item and the judgement in force that answers it; None = none does yet."""

    item: AuditItem
    answer: StoredJudgement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditBatch(NewBatch):
    """An audit batch as it stands.

    Attributes:
        batch_id: From 1, in the order in which they were drawn.
        state: What became of it.
        opened_event_id: The note that it was drawn.
        rater: Who asked for it; empty = the schedule.
        created_at: When, in UTC.
    """

    batch_id: int
    state: BatchState
    opened_event_id: int
    rater: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """Accepted labels that are to be looked at again.

    Attributes:
        event_id: Event that says so.
        batch_id: Audit batch that led to it.
        videos: Videos that it is about.
        least_confidence: Labels below it wait for people.
        is_in_force: Whether it was not undone.
    """

    event_id: int
    batch_id: int
    videos: tuple[str, ...]
    least_confidence: float
    is_in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCount:
    """How many labels people gave, and when the first of them; None without any."""

    n: int
    first_at: datetime | None


class AuditBatches(EventLog):
    """What is drawn of accepted labels, and what came out."""

    def open_batch(
        self,
        new: NewBatch,
        items: Sequence[AuditItem],
        assigned: Sequence[NewAssignment],
        *,
        rater: str,
        client_id: str | None = None,
    ) -> AuditBatch:
        """Keep a sample and assign its items; one without items has passed.

        Args:
            new: The batch.
            items: Its items, in the order in which they were drawn.
            assigned: Who judges what, each face and frame once; their batch is set.
            rater: Who asked for it; empty = the schedule.
            client_id: Name of the change.

        Raises:
            StoreError: Another batch is open, or a video or face is not there any more.
        """
        with self._writing() as tx:
            told = NewEvent(rater=rater, kind="audit-opened", client_id=client_id)
            if known := saved_before(tx, [told]):
                event_id = known[client_id or ""].event_id
                return _batches(tx, opened_event_id=event_id)[0]
            if running := _batches(tx, state="open"):
                raise StoreError(
                    f"audit batch {running[0].batch_id} is open; have it judged, or "
                    f"stop it, before another one is drawn"
                )
            batch_id = tx.next_number("last_audit_batch")
            detail = {"batch_id": batch_id, "n_items": len(items), "bound": new.bound}
            detail |= {"tolerance": new.tolerance}
            (event,) = append(tx, [replace(told, detail={"detail": detail})])
            own = columns_of(new, audit_batches) | {
                "batch_id": batch_id,
                "state": "open" if items else "passed",
                "opened_event_id": event.event_id,
                "created_at": datetime.now(tz=UTC),
            }
            tx.insert(audit_batches, [own])
            tx.insert(
                audit_items,
                (
                    columns_of(one, audit_items)
                    | {"batch_id": batch_id, "position": at}
                    | {"model_value": {"value": one.value, "class": one.expression}}
                    | {"answered_event_id": None}
                    for at, one in enumerate(items)
                ),
            )
            given = [replace(one, batch_id=batch_id) for one in assigned]
            add_assignments(tx, given, f"audit-{batch_id}")
            return _batches(tx, batch_id=batch_id)[0]

    def audit_batch(self, batch_id: int) -> AuditBatch | None:
        """One batch; None if there is none of that number in this project."""
        with self._reading() as tx:
            found = _batches(tx, batch_id=batch_id)
        return found[0] if found else None

    def audit_batches(self, *, state: BatchState | None = None) -> list[AuditBatch]:
        """All batches, or those that stand so, in the order of their numbers."""
        with self._reading() as tx:
            return _batches(tx, state=state)

    def batch_of_client(self, client_id: str) -> AuditBatch | None:
        """The batch that was drawn under this name; None if there is none."""
        with self._reading() as tx:
            told = tx.find(events, client_id=client_id)
            if told is None or told["kind"] != "audit-opened":
                return None
            return _batches(tx, opened_event_id=told["event_id"])[0]

    def audit_items(self, batch_id: int) -> list[AuditedItem]:
        """Items of a batch with their answers, in the order in which they were drawn.

        An item that was drawn twice has the same answer twice.
        """
        with self._reading() as tx:
            asked = tx.select(audit_items, batch_id=batch_id)
            rows = tx.rows(asked.order_by(audit_items.c.position))
            answers = [row["answered_event_id"] for row in rows]
            is_answer = tx.any_of(
                judgements.c.event_id, {n for n in answers if n is not None}
            )
            given = read_judgements(tx, in_force(tx, judgements).where(is_answer))
        by_event = {stored.event_id: stored for stored in given}
        return [
            AuditedItem(item=_item(row), answer=by_event.get(row["answered_event_id"]))
            for row in rows
        ]

    def audit_item_at(
        self, batch_id: int, video_id: str, found_track_id: int, frame: int
    ) -> AuditItem | None:
        """The item of a batch that asks for a frame of a face; None = none does."""
        with self._reading() as tx:
            own = {"video_id": video_id, "found_track_id": found_track_id}
            asked = tx.select(audit_items, batch_id=batch_id, frame=frame, **own)
            rows = tx.rows(asked.order_by(audit_items.c.position).limit(1))
        return _item(rows[0]) if rows else None

    def close_batch(
        self,
        batch_id: int,
        state: BatchState,
        *,
        rater: str,
        reopens: tuple[Sequence[str], float] | None = None,
    ) -> bool:
        """Say what became of an open batch; what nobody judged is asked no more.

        Args:
            batch_id: The batch.
            state: What became of it.
            rater: Who says so; of a reopening, in whose name it stands in the log.
            reopens: Videos that are reopened, and the least confidence that stays.

        Returns:
            Whether this call did; not if it was closed before, by another server.

        Raises:
            StoreError: There is no such batch.
        """
        with self._writing() as tx:
            row = tx.find(audit_batches, batch_id=batch_id)
            if row is None:
                raise no_such_batch(batch_id)
            if row["state"] != "open":
                return False
            own = tx.update(audit_batches, batch_id=batch_id)
            tx.execute(own.values(state=state))
            withdraw_batch(tx, batch_id)
            about = {"batch_id": batch_id}
            if reopens is not None:
                videos, least = reopens
                detail = about | {"videos": list(videos), "least_confidence": least}
                append(tx, [NewEvent(rater=rater, kind="reopening", detail=detail)])
            elif state == "passed":
                write_note(tx, "audit-passed", rater, about)
            else:
                write_note(tx, "audit-stopped", rater, about)
            return True

    def reopenings(self) -> list[Reopening]:
        """All reopenings, also those that were undone, in order."""
        with self._reading() as tx:
            gone = undone(undos(tx))
            rows = tx.rows(tx.select(reopenings).order_by(reopenings.c.event_id))
        return [
            value_of(
                Reopening,
                row,
                videos=tuple(row["videos"]),
                is_in_force=row["event_id"] not in gone,
            )
            for row in rows
        ]

    def labels_after(self, event_id: int = 0) -> LabelCount:
        """Labels in force that were given after an event, audits and the like apart."""
        columns = judgements.c
        with self._reading() as tx:
            asked = in_force(tx, judgements, after=event_id).where(
                columns.decision.in_(_LABELS), columns.purpose.in_(_WORK)
            )
            counted = asked.order_by(None).with_only_columns(
                sa.func.count(), sa.func.min(columns.event_id)
            )
            n, first = tuple(tx.execute(counted).one())
            event = None if first is None else tx.find(events, event_id=first)
        return LabelCount(n=n, first_at=None if event is None else event["at"])


def no_such_batch(batch_id: int) -> StoreError:
    """The error of naming an audit batch that is not there."""
    return StoreError(
        f"there is no audit batch {batch_id} in this project; load the audits again"
    )


def _batches(tx: Transaction, **same: object) -> list[AuditBatch]:
    asked = tx.select(audit_batches, **same).order_by(audit_batches.c.batch_id)
    rows = tx.rows(asked)
    opened = [row["opened_event_id"] for row in rows]
    told = (
        tx.select(events)
        .add_columns(notes.c.detail)
        .join_from(events, notes)
        .where(tx.any_of(events.c.event_id, opened))
    )
    by_event: Mapping[int, Columns] = {one["event_id"]: one for one in tx.rows(told)}
    return [
        value_of(
            AuditBatch,
            row,
            rater=by_event[row["opened_event_id"]]["rater"],
            tolerance=by_event[row["opened_event_id"]]["detail"]["tolerance"],
        )
        for row in rows
    ]


def _item(row: Columns) -> AuditItem:
    kept: dict[str, Any] = row["model_value"]
    said = {"value": tuple(kept["value"]), "expression": kept["class"]}
    return value_of(AuditItem, row, **said)
