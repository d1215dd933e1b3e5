"""Changes beside judgements (track edits, names, the threshold); undo and redo."""

from dataclasses import replace

from feltline.errors import ShapeError, StoreError
from feltline.store.assignments import answer_again
from feltline.store.event_log import (
    EventLog,
    NewEvent,
    append,
    append_one,
    in_force,
    saved_before,
    undos,
)
from feltline.store.integrity import References, check_edit
from feltline.store.log_rules import (
    ANYONES,
    BY_ITSELF,
    CHANGES,
    OWN_CHANGES,
    UNDO,
    redo_target,
    takes_back,
    undone,
)
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import (
    Columns,
    events,
    persons,
    thresholds,
    trace_lags,
    track_edits,
)
from feltline.store.transactions import Transaction
from feltline.store.values import (
    PersonName,
    StoredPersonName,
    StoredTrackEdit,
    TrackEdit,
)


class Changes(EventLog):
    """What people change beside their judgements, and what they take back.

    Where a method takes `at`, it answers as the log stood when that event was its last
    one; None = now.
    """

    def edit_track(
        self, edit: TrackEdit, *, rater: str, client_id: str | None = None
    ) -> int:
        """Keep a track edit; returns the event's number.

        Raises:
            StoreError: There is no such track, or the number for a new one is taken.
        """
        event = NewEvent(
            rater=rater,
            kind="track-edit",
            client_id=client_id,
            video_id=edit.video_id,
            detail=columns_of(edit, track_edits),
        )
        with self._writing() as tx:
            return append_one(tx, event, lambda: check_edit(tx, edit))

    def track_edits(
        self, *, at: int | None = None, video_id: str | None = None
    ) -> list[StoredTrackEdit]:
        """Track edits in force, in order."""
        with self._reading() as tx:
            rows = tx.rows(in_force(tx, track_edits, at=at, video_id=video_id))
        return [
            value_of(StoredTrackEdit, row, edit=value_of(TrackEdit, row))
            for row in rows
        ]

    def name_person(
        self,
        person: PersonName,
        *,
        found_track_id: int,
        rater: str,
        client_id: str | None = None,
    ) -> int:
        """Keep who a track shows; returns the event's number.

        Raises:
            StoreError: There is no such video or found track.
        """
        video_id = person.video_id
        event = NewEvent(
            rater=rater,
            kind="person",
            client_id=client_id,
            video_id=video_id,
            detail=columns_of(person, persons) | {"found_track_id": found_track_id},
        )

        with self._writing() as tx:
            references = References(tx, [video_id])
            return append_one(
                tx, event, lambda: references.check_track(video_id, found_track_id)
            )

    def persons(
        self, *, at: int | None = None, video_id: str | None = None
    ) -> list[StoredPersonName]:
        """Names in force, in order; a later one of the same track replaces one."""
        with self._reading() as tx:
            rows = tx.rows(in_force(tx, persons, at=at, video_id=video_id))
        return [
            value_of(StoredPersonName, row, person=value_of(PersonName, row))
            for row in rows
        ]

    def set_threshold(
        self, value: float, *, rater: str, client_id: str | None = None
    ) -> int:
        """Keep a new threshold on confidence; returns the event's number.

        Raises:
            ShapeError: It is outside [0, 1].
        """
        if not 0 <= value <= 1:
            raise ShapeError(f"a threshold lies in [0, 1], but {value:g} was set")
        detail = {"value": value}
        event = NewEvent(
            rater=rater, kind="threshold", client_id=client_id, detail=detail
        )
        with self._writing() as tx:
            return append_one(tx, event)

    def threshold(self, at: int | None = None) -> float | None:
        """The threshold set last and in force, None if none was."""
        with self._reading() as tx:
            rows = tx.rows(in_force(tx, thresholds, at=at))
        return float(rows[-1]["value"]) if rows else None

    def undo(
        self,
        *,
        rater: str,
        event_id: int | None = None,
        client_id: str | None = None,
        of_anyone: bool = False,
    ) -> int | None:
        """Take back an event, or the rater's latest change that is in force.

        Args:
            rater: Who takes it back.
            event_id: The event.
            client_id: Name of the change.
            of_anyone: Whether a track edit, a reopening or a lag may be another's:
                tracks are everybody's, while judgements are their rater's own.

        Returns:
            Number of the new event; None if there is nothing to take back.

        Raises:
            StoreError: The event is no change, is another rater's, or is undone; or it
                would bring back the answer to an assignment that another answers now.
        """
        new = NewEvent(rater=rater, kind=UNDO, client_id=client_id)
        with self._writing() as tx:
            if known := saved_before(tx, [new]):
                return known[client_id or ""].event_id
            if event_id is None:
                target = _latest_change(tx, rater)
            else:
                target = _target(tx, event_id, rater, of_anyone=of_anyone)
            return _take_back(tx, new, target)

    def is_undo(self, event_id: int) -> bool:
        """Whether an event takes a change back, so that a redo may bring it back."""
        with self._reading() as tx:
            taken = undos(tx)
        return event_id in taken and takes_back(event_id, taken)

    def redo(self, *, rater: str, client_id: str | None = None) -> int | None:
        """Bring back what the rater undid last.

        Returns:
            Number of the new event; None if nothing was undone, or if the rater has
            changed something since.
        """
        new = NewEvent(rater=rater, kind=UNDO, client_id=client_id)
        with self._writing() as tx:
            if known := saved_before(tx, [new]):
                return known[client_id or ""].event_id
            mine = tx.select(events.c.event_id, rater=rater)
            own = tx.values(mine.where(events.c.kind == UNDO))
            changed = tx.value(
                mine.where(events.c.kind.in_(OWN_CHANGES))
                .order_by(events.c.event_id.desc())
                .limit(1)
            )
            target = redo_target(undos(tx), own, changed or 0)
            if target is None:
                return None
            return _take_back(tx, new, tx.find(events, event_id=target))


def _target(tx: Transaction, event_id: int, rater: str, *, of_anyone: bool) -> Columns:
    """The event that may be taken back by this rater; raise `StoreError` otherwise."""
    row = tx.find(events, event_id=event_id)
    if row is None or row["kind"] not in (*CHANGES, UNDO):
        raise StoreError(
            f"event {event_id} is no change that could be undone; look at the log again"
        )
    may_be_anyones = of_anyone and row["kind"] in ANYONES
    if row["rater"] != rater and not (may_be_anyones or _is_of_own(tx, row, rater)):
        raise StoreError(
            f"event {event_id} is another rater's change; nobody else can undo it"
        )
    taken = undos(tx, row["video_id"])
    gone = undone(taken)
    if event_id in gone:
        by = [n for n, target in taken.items() if target == event_id and n not in gone]
        raise StoreError(f"event {event_id} is undone already, by event {by[0]}")
    return row


def _is_of_own(tx: Transaction, row: Columns, rater: str) -> bool:
    """Whether an event is a lag that was estimated of the rater's own trace alone.

    One that was estimated with other raters' traces says something of those.
    """
    if row["kind"] not in BY_ITSELF or row["rater"]:
        return False
    lag = tx.find(trace_lags, event_id=row["event_id"])
    if lag is None or lag["method"] == "raters":
        return False
    trace = tx.find(events, event_id=lag["trace_event_id"])
    return trace is not None and trace["rater"] == rater


def _latest_change(tx: Transaction, rater: str) -> Columns | None:
    asked = tx.select(events, rater=rater).where(
        events.c.kind.in_(OWN_CHANGES),
        ~tx.any_of(events.c.event_id, undone(undos(tx))),
    )
    return tx.row(asked.order_by(events.c.event_id.desc()).limit(1))


def _take_back(tx: Transaction, new: NewEvent, target: Columns | None) -> int | None:
    if target is None:
        return None
    if target["kind"] == UNDO:
        _bring_back(tx, target["event_id"])
    event = replace(new, video_id=target["video_id"], undoes=target["event_id"])
    return append(tx, [event])[0].event_id


def _bring_back(tx: Transaction, undo_id: int) -> None:
    """What to do before an undo is taken back, if that brings a change back."""
    taken = undos(tx)
    if not takes_back(undo_id, taken):
        return
    root = undo_id
    while root in taken:
        root = taken[root]
    event = tx.find(events, event_id=root)
    if event is not None and event["kind"] in ("judgement", "trace"):
        answer_again(tx, root, event["rater"])
