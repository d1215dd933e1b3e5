"""The event log: append to it, read it, and tell what is in force."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.columns import to_json
from feltline.store.integrity import References
from feltline.store.log_rules import BY_ITSELF, CHANGES, SEEN_BY_ALL, UNDO, undone
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import (
    DETAILS,
    Columns,
    events,
    judgements,
    notes,
    persons,
    projects,
    traces,
    track_edits,
)
from feltline.store.transactions import Transaction, Transactions
from feltline.store.values import Event, SavedEvent

_KEYS: Final = ("project_id", "event_id")

NOTE: Final = "note"
"""Stands for every kind of event that is no change, where kinds are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that has no number yet; attributes as in `Event`."""

    rater: str
    kind: str
    client_id: str | None = None
    video_id: str | None = None
    undoes: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (
            not self.rater
            and self.kind in (*CHANGES, UNDO)
            and self.kind not in BY_ITSELF
        ):
            raise StoreError(f"a change ({self.kind}) needs the name of its rater")


def append(tx: Transaction, new: Sequence[NewEvent]) -> list[SavedEvent]:
    """Write events with their own columns at the end of the log, in order."""
    if not new:
        return []
    first = tx.next_number("last_event_id", by=len(new)) - len(new) + 1
    at = datetime.now(tz=UTC)
    numbered = list(enumerate(new, start=first))
    tx.insert(
        events,
        ({"event_id": n, "at": at, **columns_of(one, events)} for n, one in numbered),
    )
    for kind in {event.kind for event in new if event.kind != UNDO}:
        tx.insert(
            DETAILS.get(kind, notes),
            ({"event_id": n, **one.detail} for n, one in numbered if one.kind == kind),
        )
    return [SavedEvent(event_id=n, at=at, is_new=True) for n, _ in numbered]


def append_one(
    tx: Transaction, event: NewEvent, check: Callable[[], object] | None = None
) -> int:
    """Write one event, unless it was sent before; returns its number in any case.

    Args:
        tx: By which to write.
        event: The event.
        check: Raises if the change cannot be taken; called if it is new.
    """
    if event.client_id is not None and (known := saved_before(tx, [event])):
        return known[event.client_id].event_id
    if check is not None:
        check()
    return append(tx, [event])[0].event_id


def saved_before(tx: Transaction, new: Sequence[NewEvent]) -> dict[str, SavedEvent]:
    """Events that were written before under the same `client_id`: sent once more.

    Raises:
        StoreError: A `client_id` stands for a change of another kind, video or rater.
    """
    asked = {event.client_id: event for event in new if event.client_id is not None}
    if not asked:
        return {}
    known: dict[str, SavedEvent] = {}
    for row in _of_clients(tx, asked):
        event = asked[row["client_id"]]
        same = (row["kind"], row["rater"]) == (event.kind, event.rater)
        # An undo learns its video only from the event that it takes back.
        if not same or event.video_id not in (None, row["video_id"]):
            raise StoreError(
                f"the client_id {row['client_id']} stands for another change already "
                f"(event {row['event_id']}); nothing was saved, send a new one"
            )
        known[row["client_id"]] = value_of(SavedEvent, row, is_new=False)
    return known


def _of_clients(tx: Transaction, client_ids: Iterable[str]) -> Sequence[Columns]:
    return tx.rows(tx.select(events).where(tx.any_of(events.c.client_id, client_ids)))


def write_note(
    tx: Transaction, kind: str, rater: str, detail: Mapping[str, Any]
) -> int:
    """Write an event that is no change; `detail["video_id"]` names its video.

    Raises:
        StoreError: The kind is that of a change, the detail is no JSON, or there is no
            such video.
    """
    if kind in (*DETAILS, UNDO):
        raise StoreError(f"{kind} is a kind of change; a note needs another kind")
    to_json(detail)  # raises before anything is written
    about = detail.get("video_id")
    video_id = about if isinstance(about, str) else None
    if video_id is not None:
        References(tx, [video_id]).check_frame(video_id)
    own = {"detail": dict(detail)}
    event = NewEvent(rater=rater, kind=kind, video_id=video_id, detail=own)
    return append_one(tx, event)


def last_event_id(tx: Transaction) -> int:
    """Number of the latest event, 0 if there is none."""
    return tx.value(tx.select(projects.c.last_event_id)) or 0


def undos(tx: Transaction, video_id: str | None = None) -> dict[int, int]:
    """The event that each undo names, by the number of the undo.

    Args:
        tx: By which to read.
        video_id: Only of changes that are about this video; None = all. An undo is
            about the video of the change at the end of its chain.
    """
    asked = tx.select(events.c.event_id, events.c.undoes, video_id=video_id)
    rows = tx.execute(asked.where(events.c.undoes.is_not(None)))
    return {row.event_id: row.undoes for row in rows}


def with_events(tx: Transaction, table: sa.Table, **same: object) -> sa.Select[Any]:
    """Rows of one kind of change in order, each with time and rater of its event."""
    asked = tx.select(table, events.c.at, events.c.rater, **same)
    return asked.join_from(table, events).order_by(table.c.event_id)


def latest(tx: Transaction, table: sa.Table, at: int | None = None) -> Columns | None:
    """The last row of one kind of event up to an event; None = up to now."""
    asked = tx.select(table).order_by(table.c.event_id.desc()).limit(1)
    return tx.row(asked if at is None else asked.where(table.c.event_id <= at))


def in_force(
    tx: Transaction,
    table: sa.Table,
    *,
    at: int | None = None,
    after: int = 0,
    video_id: str | None = None,
) -> sa.Select[Any]:
    """Asks for rows of changes that are in force, as `with_events` does for all.

    The number of the last event is read first: what it bounds cannot change any more,
    so the two queries that follow agree, whoever writes in between.

    Args:
        tx: By which to read.
        table: The table of one kind of change.
        at: As the log stood when this was its last event; None = now.
        after: Only changes later than this event.
        video_id: Only of this video; None = all.
    """
    last = last_event_id(tx)
    end = last if at is None else min(at, last)
    number = table.c.event_id
    gone = tx.any_of(number, undone(undos(tx, video_id), at=end))
    asked = with_events(tx, table, video_id=video_id)
    return asked.where(number > after, number <= end, ~gone)


class EventLog(Transactions):
    """The log as a reader sees it."""

    def last_event_id(self) -> int:
        """Number of the latest event, 0 if there is none."""
        with self._reading() as tx:
            return last_event_id(tx)

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 1000,
        video_id: str | None = None,
        seen_by: str | None = None,
    ) -> list[Event]:
        """The first `limit` events after one, in order.

        Args:
            after: Only later ones than this event.
            limit: At most so many.
            video_id: Only about this video.
            seen_by: Only what a rater may see who is blind to the others; None = all.
        """
        with self._reading() as tx:
            return _events(
                tx, after=after, limit=limit, video_id=video_id, seen_by=seen_by
            )

    def latest_events(  # noqa: PLR0913 - each a condition of its own
        self,
        *,
        before: int | None = None,
        limit: int = 1000,
        kinds: Collection[str] | None = None,
        rater: str | None = None,
        video_id: str | None = None,
        tracks: Collection[tuple[str, int]] | None = None,
        seen_by: str | None = None,
    ) -> list[Event]:
        """The last `limit` events before one, the newest first.

        Args:
            before: Only earlier ones than this event; None = up to the end.
            limit: At most so many.
            kinds: Only of these kinds; `NOTE` stands for all that are no change.
            rater: Only of this rater; empty = feltline itself.
            video_id: Only about this video.
            tracks: Only about these tracks, each of a video, by the numbers that the
                events hold; an undo is about those of the change at the end of its
                chain.
            seen_by: Only what a rater may see who is blind to the others; None = all.
        """
        with self._reading() as tx:
            asked = tx.select(events, rater=rater, video_id=video_id)
            asked = _seen_by(asked, seen_by)
            if tracks is not None:
                asked = asked.where(_is_about(tx, tracks))
            if before is not None:
                asked = asked.where(events.c.event_id < before)
            if kinds is not None:
                is_note = events.c.kind.not_in((*CHANGES, UNDO))
                wanted = events.c.kind.in_(kinds)
                asked = asked.where(wanted | is_note if NOTE in kinds else wanted)
            rows = tx.rows(asked.order_by(events.c.event_id.desc()).limit(limit))
            return _with_details(tx, rows)

    def event(self, event_id: int) -> Event:
        """One event.

        Raises:
            StoreError: There is no such event; it may have gone with its video.
        """
        with self._reading() as tx:
            found = _events(tx, after=event_id - 1, limit=1, video_id=None)
        if not found or found[0].event_id != event_id:
            raise StoreError(f"there is no event {event_id} in the log of this project")
        return found[0]

    def event_of_client(self, client_id: str) -> int | None:
        """The event that was written under this name, None if there is none."""
        found = self.events_of_clients([client_id])
        return found[client_id].event_id if found else None

    def events_of_clients(self, client_ids: Sequence[str]) -> dict[str, SavedEvent]:
        """The events that were written under these names; unknown ones are left out."""
        with self._reading() as tx:
            return {
                row["client_id"]: value_of(SavedEvent, row, is_new=False)
                for row in _of_clients(tx, client_ids)
            }

    def undone(self) -> frozenset[int]:
        """Events that are taken back at present."""
        with self._reading() as tx:
            return undone(undos(tx))

    def raters(self) -> list[str]:
        """Everyone who ever changed something, sorted."""
        with self._reading() as tx:
            asked = tx.select(events.c.rater).where(
                events.c.kind.in_(CHANGES), events.c.rater != ""
            )
            return sorted(tx.values(asked.distinct()))

    def note(self, kind: str, *, rater: str, detail: Mapping[str, Any]) -> int:
        """Keep in the log that something happened; returns the event's number.

        Args:
            kind: What happened, such as `export`; not a kind of change.
            rater: Who did it; empty for feltline itself.
            detail: JSON. Its `video_id`, if it has one, says which video it is about:
                the note goes when that video is purged.

        Raises:
            StoreError: There is no such video.
        """
        with self._writing() as tx:
            return write_note(tx, kind, rater, detail)


def _seen_by(asked: sa.Select[Any], rater: str | None) -> sa.Select[Any]:
    """Only events of a rater, and what others did that says nothing of faces."""
    if rater is None:
        return asked
    is_open = events.c.kind.in_(SEEN_BY_ALL)
    return asked.where(sa.or_(events.c.rater == rater, is_open))


def _events(
    tx: Transaction,
    *,
    after: int,
    limit: int,
    video_id: str | None,
    seen_by: str | None = None,
) -> list[Event]:
    asked = tx.select(events, video_id=video_id).where(events.c.event_id > after)
    asked = _seen_by(asked, seen_by)
    rows = tx.rows(asked.order_by(events.c.event_id).limit(limit))
    return _with_details(tx, rows)


def _is_about(
    tx: Transaction, tracks: Collection[tuple[str, int]]
) -> sa.ColumnElement[bool]:
    """The condition that an event is about one of some tracks."""
    wanted = [f"{track_id} {video_id}" for video_id, track_id in tracks]
    told = [
        tx.select(table.c.event_id).where(
            tx.any_of(
                sa.cast(table.c.track_id, sa.Text) + " " + table.c.video_id, wanted
            )
        )
        for table in (judgements, track_edits, persons, traces)
    ]
    first = sa.union_all(*told).subquery()
    about = sa.select(first.c.event_id).cte(recursive=True)
    undoing = tx.select(events.c.event_id).where(events.c.undoes == about.c.event_id)
    return events.c.event_id.in_(sa.select(about.union_all(undoing).c.event_id))


def _with_details(tx: Transaction, rows: Sequence[Columns]) -> list[Event]:
    detail = _details(tx, rows)
    return [
        value_of(Event, row, detail=detail.get(row["event_id"], {})) for row in rows
    ]


def _details(tx: Transaction, rows: Sequence[Columns]) -> dict[int, dict[str, Any]]:
    """Own columns of events, by number; a statement for each kind among them."""
    found: dict[int, dict[str, Any]] = {}
    for table in (*DETAILS.values(), notes):
        numbers = [
            row["event_id"]
            for row in rows
            if row["kind"] != UNDO and DETAILS.get(row["kind"], notes) is table
        ]
        # Arrays are read by themselves: they are large, and nothing that is shown.
        plain = [c for c in table.c if not isinstance(c.type, sa.LargeBinary)]
        asked = tx.select(*plain).where(tx.any_of(table.c.event_id, numbers))
        for own in tx.rows(asked) if numbers else ():
            columns = {k: v for k, v in own.items() if k not in _KEYS}
            found[own["event_id"]] = columns.get("detail", columns)
    return found
