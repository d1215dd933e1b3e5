"""Undo and redo: each is one more event in the log."""

from dataclasses import replace

from feltline.errors import StoreError
from feltline.store.event_log import EventLog, NewEvent, append, saved_before, undos
from feltline.store.log_rules import CHANGES, UNDO, redo_target, takes_back, undone
from feltline.store.schema import Columns, events
from feltline.store.transactions import Transaction


class Undoing(EventLog):
    """Changes taken back, and brought back."""

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
            of_anyone: Whether a track edit may be another rater's: tracks are
                everybody's, while judgements are their rater's own.

        Returns:
            Number of the new event; None if there is nothing to take back.

        Raises:
            StoreError: The event is no change, is another rater's, or is undone.
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
            mine = tx.select(events.c.event_id).where(events.c.rater == rater)
            own = tx.values(mine.where(events.c.kind == UNDO))
            changed = mine.where(events.c.kind.in_(CHANGES))
            latest = tx.value(changed.order_by(events.c.event_id.desc()).limit(1))
            target = redo_target(undos(tx), own, latest or 0)
            return _take_back(tx, new, None if target is None else _row(tx, target))


def _target(tx: Transaction, event_id: int, rater: str, *, of_anyone: bool) -> Columns:
    """The event that may be taken back by this rater.

    Raises:
        StoreError: It is no change, is another rater's, or is undone.
    """
    row = _row(tx, event_id)
    if row is None or row["kind"] not in (*CHANGES, UNDO):
        raise StoreError(
            f"event {event_id} is no change that could be undone; look at the log again"
        )
    may_be_anyones = of_anyone and row["kind"] == "track-edit"
    if row["rater"] != rater and not may_be_anyones:
        raise StoreError(
            f"event {event_id} is a change of {row['rater']}; nobody else can undo it"
        )
    taken = undos(tx, row["video_id"])
    gone = undone(taken)
    if event_id in gone:
        by = [n for n, target in taken.items() if target == event_id and n not in gone]
        raise StoreError(f"event {event_id} is undone already, by event {by[0]}")
    return row


def _row(tx: Transaction, event_id: int) -> Columns | None:
    return tx.row(tx.select(events).where(events.c.event_id == event_id))


def _latest_change(tx: Transaction, rater: str) -> Columns | None:
    gone = undone(undos(tx))
    asked = (
        tx.select(events)
        .where(events.c.rater == rater, events.c.kind.in_(CHANGES))
        .order_by(events.c.event_id.desc())
        .limit(len(gone) + 1)  # at most so many are passed over
    )
    return next((row for row in tx.rows(asked) if row["event_id"] not in gone), None)


def _take_back(tx: Transaction, new: NewEvent, target: Columns | None) -> int | None:
    if target is None:
        return None
    event = replace(new, video_id=target["video_id"], undoes=target["event_id"])
    return append(tx, [event])[0].event_id
