"""The event log: append to it, read it, and tell what is in force."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.columns import to_json
from feltline.store.integrity import References
from feltline.store.log_rules import CHANGES, UNDO, undone
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import DETAILS, Columns, events, notes, projects
from feltline.store.transactions import Transaction, Transactions, in_chunks
from feltline.store.values import Event, SavedEvent

_T = TypeVar("_T")
_KEYS: Final = ("project_id", "event_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that has no number yet; attributes as in `Event`."""

    rater: str
    kind: str
    client_id: str | None = None
    video_id: str | None = None
    undoes: int | None = None

    def __post_init__(self) -> None:
        if not self.rater and self.kind in (*CHANGES, UNDO):
            raise StoreError(f"a change ({self.kind}) needs the name of its rater")


def append(tx: Transaction, new: Sequence[NewEvent]) -> list[SavedEvent]:
    """Write events at the end of the log, in order; two statements."""
    if not new:
        return []
    first = tx.next_number("last_event_id", by=len(new)) - len(new) + 1
    at = datetime.now(tz=UTC)
    tx.insert(
        events,
        (
            {"event_id": number, "at": at, **columns_of(event, events)}
            for number, event in enumerate(new, start=first)
        ),
    )
    return [SavedEvent(event_id=first + i, at=at, is_new=True) for i in range(len(new))]


def append_one(
    tx: Transaction,
    event: NewEvent,
    detail: Mapping[str, Any],
    check: Callable[[], object] | None = None,
) -> int:
    """Write one event with its own columns, unless it was sent before.

    Args:
        tx: By which to write.
        event: The event.
        detail: Its columns in the table of its kind.
        check: Raises if the change cannot be taken; called if it is new.

    Returns:
        Number of the event, also of one written before under its `client_id`.
    """
    if event.client_id is not None:
        known = saved_before(tx, [event])
        if known:
            return known[event.client_id].event_id
    if check is not None:
        check()
    (saved,) = append(tx, [event])
    table = DETAILS.get(event.kind, notes)
    tx.insert(table, [{"event_id": saved.event_id, **detail}])
    return saved.event_id


def saved_before(tx: Transaction, new: Sequence[NewEvent]) -> dict[str, SavedEvent]:
    """Events that were written before under the same `client_id`: sent once more.

    Raises:
        StoreError: A `client_id` stands for a change of another kind, video or rater.
    """
    asked = {event.client_id: event for event in new if event.client_id is not None}
    known: dict[str, SavedEvent] = {}
    for row in _of_clients(tx, list(asked)):
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


def _of_clients(tx: Transaction, client_ids: Sequence[str]) -> Iterator[Columns]:
    for names in in_chunks(client_ids):
        yield from tx.rows(tx.select(events).where(events.c.client_id.in_(names)))


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
        References(tx).check_frame(video_id, 0)
    event = NewEvent(rater=rater, kind=kind, video_id=video_id)
    return append_one(tx, event, {"detail": dict(detail)})


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
    asked = tx.select(events.c.event_id, events.c.undoes)
    asked = asked.where(events.c.undoes.is_not(None))
    if video_id is not None:
        asked = asked.where(events.c.video_id == video_id)
    return {row.event_id: row.undoes for row in tx.execute(asked)}


def in_force(
    tx: Transaction,
    table: sa.Table,
    made: Callable[[Columns], _T],
    *,
    at: int | None = None,
    after: int = 0,
    video_id: str | None = None,
) -> list[_T]:
    """Rows of changes that are in force, in order.

    The number of the last event is read first: what it bounds cannot change any more,
    so the two queries that follow agree, whoever writes in between.

    Args:
        tx: By which to read.
        table: The table of one kind of change.
        made: Makes a value of a row joined with its event.
        at: As the log stood when this was its last event; None = now.
        after: Only changes later than this event.
        video_id: Only of this video; None = all.
    """
    last = last_event_id(tx)
    end = last if at is None else min(at, last)
    asked = (
        tx.select(table, events.c.at, events.c.rater)
        .join_from(table, events)
        .where(table.c.event_id <= end, table.c.event_id > after)
        .order_by(table.c.event_id)
    )
    if video_id is not None:
        asked = asked.where(table.c.video_id == video_id)
    gone = undone(undos(tx, video_id), at=end)
    rows = tx.execute(asked.execution_options(yield_per=1000)).mappings()
    return [made(row) for row in rows if row["event_id"] not in gone]


class EventLog(Transactions):
    """The log as a reader sees it."""

    def last_event_id(self) -> int:
        """Number of the latest event, 0 if there is none."""
        with self._reading() as tx:
            return last_event_id(tx)

    def events(
        self, *, after: int = 0, limit: int = 1000, video_id: str | None = None
    ) -> list[Event]:
        """The first `limit` events after one, in order."""
        with self._reading() as tx:
            return _events(tx, after=after, limit=limit, video_id=video_id)

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
            asked = tx.select(events.c.rater).where(events.c.kind.in_(CHANGES))
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


def _events(
    tx: Transaction, *, after: int, limit: int, video_id: str | None
) -> list[Event]:
    asked = tx.select(events).where(events.c.event_id > after)
    if video_id is not None:
        asked = asked.where(events.c.video_id == video_id)
    rows = tx.rows(asked.order_by(events.c.event_id).limit(limit))
    detail = _details(tx, rows)
    return [
        value_of(Event, row, detail=detail.get(row["event_id"], {})) for row in rows
    ]


def _details(tx: Transaction, rows: Sequence[Columns]) -> dict[int, dict[str, Any]]:
    """Own columns of events, by number; a statement for each kind among them."""
    numbers: dict[str, list[int]] = {}
    for row in rows:
        if row["kind"] != UNDO:
            table = DETAILS.get(row["kind"], notes)
            numbers.setdefault(table.name, []).append(row["event_id"])
    found: dict[int, dict[str, Any]] = {}
    for table in (*DETAILS.values(), notes):
        for some in in_chunks(numbers.get(table.name, [])):
            for own in tx.rows(tx.select(table).where(table.c.event_id.in_(some))):
                columns = {k: v for k, v in own.items() if k not in _KEYS}
                found[own["event_id"]] = columns.get("detail", columns)
    return found
