"""Take a change back, or bring it back: each is one more event."""

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.event_log import NewEvent, append, repeated
from feltline.store.log_rules import CHANGES, UNDO, redo_target, undone
from feltline.store.schema import Columns, events

__all__ = ["redo", "undo", "undos"]


def undos(connection: sa.Connection, project_id: str) -> dict[int, int]:
    """The event that each undo names, by the number of the undo."""
    asked = sa.select(events.c.event_id, events.c.undoes).where(
        events.c.project_id == project_id, events.c.undoes.is_not(None)
    )
    return {row.event_id: row.undoes for row in connection.execute(asked)}


def undo(
    connection: sa.Connection,
    project_id: str,
    *,
    rater: str,
    event_id: int | None,
    client_id: str | None,
    of_anyone: bool,
) -> int | None:
    """Undo an event, or the rater's latest change that is in force."""
    new = NewEvent(rater=rater, kind=UNDO, client_id=client_id)
    known = repeated(connection, project_id, new)
    if known is not None:
        return known
    taken = undos(connection, project_id)
    gone = undone(taken)
    if event_id is None:
        target = _latest_change(connection, project_id, rater, gone)
        return _take_back(connection, project_id, new, target)
    row = _row(connection, project_id, event_id)
    if row is None or row["kind"] not in (*CHANGES, UNDO):
        raise StoreError(
            f"event {event_id} is no change that could be undone; look at the log again"
        )
    may_be_anyones = of_anyone and row["kind"] == "track-edit"
    if row["rater"] != rater and not may_be_anyones:
        raise StoreError(
            f"event {event_id} is a change of {row['rater']}; nobody else can undo it"
        )
    if event_id in gone:
        by = [n for n, target in taken.items() if target == event_id and n not in gone]
        raise StoreError(f"event {event_id} is undone already, by event {by[0]}")
    return _take_back(connection, project_id, new, row)


def redo(
    connection: sa.Connection,
    project_id: str,
    *,
    rater: str,
    client_id: str | None,
) -> int | None:
    """Undo the rater's latest undo, unless a change of that rater came after it."""
    new = NewEvent(rater=rater, kind=UNDO, client_id=client_id)
    known = repeated(connection, project_id, new)
    if known is not None:
        return known
    mine = (events.c.project_id == project_id, events.c.rater == rater)
    own = connection.execute(
        sa.select(events.c.event_id).where(*mine, events.c.kind == UNDO)
    ).scalars()
    latest = connection.execute(
        sa.select(sa.func.max(events.c.event_id)).where(
            *mine, events.c.kind.in_(CHANGES)
        )
    ).scalar()
    target = redo_target(undos(connection, project_id), list(own), latest or 0)
    if target is None:
        return None
    return _take_back(connection, project_id, new, _row(connection, project_id, target))


def _row(connection: sa.Connection, project_id: str, event_id: int) -> Columns | None:
    asked = sa.select(events).where(
        events.c.project_id == project_id, events.c.event_id == event_id
    )
    return connection.execute(asked).mappings().one_or_none()


def _latest_change(
    connection: sa.Connection, project_id: str, rater: str, gone: frozenset[int]
) -> Columns | None:
    asked = (
        sa.select(events)
        .where(
            events.c.project_id == project_id,
            events.c.rater == rater,
            events.c.kind.in_(CHANGES),
        )
        .order_by(events.c.event_id.desc())
        .limit(len(gone) + 1)  # at most so many are passed over
    )
    rows = connection.execute(asked).mappings()
    return next((row for row in rows if row["event_id"] not in gone), None)


def _take_back(
    connection: sa.Connection,
    project_id: str,
    new: NewEvent,
    target: Columns | None,
) -> int | None:
    if target is None:
        return None
    event = NewEvent(
        rater=new.rater,
        kind=UNDO,
        client_id=new.client_id,
        video_id=target["video_id"],
        undoes=target["event_id"],
    )
    return append(connection, project_id, [event])[0]
