"""Read the log: its events, and what is in force now or was at any of them."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from itertools import product
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from feltline.store.event_log import in_chunks
from feltline.store.log_rules import CHANGES, undone
from feltline.store.schema import (
    DETAILS,
    Columns,
    events,
    projects,
    thresholds,
)
from feltline.store.undo import undos
from feltline.store.values import (
    Event,
    PersonName,
    Review,
    StoredLabel,
    StoredPersonName,
    StoredReview,
    StoredTrackEdit,
    TrackEdit,
)
from feltline.types import HumanLabel

__all__ = [
    "events_after",
    "in_force",
    "label_of",
    "last_event_id",
    "one_event",
    "person_of",
    "raters",
    "review_of",
    "threshold",
    "track_edit_of",
]

_T = TypeVar("_T")
_KEYS: Final = ("project_id", "event_id")
_EVENT: Final = tuple(f.name for f in fields(Event) if f.name != "detail")
_LABEL: Final = tuple(f.name for f in fields(HumanLabel))
_REVIEW: Final = tuple(f.name for f in fields(Review))
_EDIT: Final = tuple(f.name for f in fields(TrackEdit))
_PERSON: Final = tuple(f.name for f in fields(PersonName))


def last_event_id(connection: sa.Connection, project_id: str) -> int:
    """Number of the latest event, 0 if there is none."""
    asked = sa.select(projects.c.last_event_id).where(
        projects.c.project_id == project_id
    )
    return connection.execute(asked).scalar() or 0


def events_after(
    connection: sa.Connection,
    project_id: str,
    *,
    after: int,
    limit: int,
    video_id: str | None,
) -> list[Event]:
    """Events in order, each with what it says."""
    asked = (
        sa.select(events)
        .where(events.c.project_id == project_id, events.c.event_id > after)
        .order_by(events.c.event_id)
        .limit(limit)
    )
    if video_id is not None:
        asked = asked.where(events.c.video_id == video_id)
    rows = connection.execute(asked).mappings().all()
    said = _details(connection, project_id, [row["event_id"] for row in rows])
    return [
        Event(
            **{name: row[name] for name in _EVENT},
            detail=said.get(row["event_id"], {}),
        )
        for row in rows
    ]


def one_event(
    connection: sa.Connection, project_id: str, event_id: int
) -> Event | None:
    """One event with what it says, None if there is none of that number."""
    found = events_after(
        connection, project_id, after=event_id - 1, limit=1, video_id=None
    )
    return found[0] if found and found[0].event_id == event_id else None


def _details(
    connection: sa.Connection, project_id: str, numbers: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """What events say, by number."""
    said: dict[int, dict[str, Any]] = {}
    for table, some in product(DETAILS, in_chunks(numbers)):
        rows = connection.execute(
            sa.select(table).where(
                table.c.project_id == project_id, table.c.event_id.in_(some)
            )
        )
        for row in rows.mappings():
            columns = {k: v for k, v in row.items() if k not in _KEYS}
            if table.name == "notes":
                columns = columns["detail"]
            detail = said.setdefault(row["event_id"], {})
            if table.name == "reviews" and detail:  # the answer that came with a label
                detail["review"] = columns
            else:
                detail.update(columns)
    return said


def event_of_client(
    connection: sa.Connection, project_id: str, client_id: str
) -> int | None:
    """Number of the event that a browser gave this name."""
    asked = sa.select(events.c.event_id).where(
        events.c.project_id == project_id, events.c.client_id == client_id
    )
    return connection.execute(asked).scalar()


def in_force(
    connection: sa.Connection,
    project_id: str,
    table: sa.Table,
    made: Callable[[Columns], _T],
    *,
    at: int | None,
    video_id: str | None,
) -> list[_T]:
    """What stands in a table of details and was in force at an event, in order.

    The number of the last event is read first: what it bounds cannot change any more,
    so the two queries that follow agree, whoever writes in between.
    """
    last = last_event_id(connection, project_id)
    end = last if at is None else min(at, last)
    asked = (
        sa.select(table, events.c.at, events.c.rater)
        .join(
            events,
            sa.and_(
                events.c.project_id == table.c.project_id,
                events.c.event_id == table.c.event_id,
            ),
        )
        .where(table.c.project_id == project_id, table.c.event_id <= end)
        .order_by(table.c.event_id)
    )
    if video_id is not None:
        asked = asked.where(table.c.video_id == video_id)
    gone = undone(undos(connection, project_id), at=end)
    rows = connection.execute(asked).mappings()
    return [made(row) for row in rows if row["event_id"] not in gone]


def threshold(
    connection: sa.Connection, project_id: str, *, at: int | None
) -> float | None:
    """The threshold set last and in force, None if there is none."""
    values = in_force(
        connection,
        project_id,
        thresholds,
        lambda row: float(row["value"]),
        at=at,
        video_id=None,
    )
    return values[-1] if values else None


def raters(connection: sa.Connection, project_id: str) -> list[str]:
    """Everyone who ever changed something, in order of the alphabet."""
    asked = (
        sa.select(events.c.rater)
        .where(events.c.project_id == project_id, events.c.kind.in_(CHANGES))
        .distinct()
    )
    return sorted(connection.execute(asked).scalars())


def label_of(row: Columns) -> StoredLabel:
    """A label from a row of `labels` and its event."""
    return StoredLabel(
        event_id=row["event_id"],
        at=row["at"],
        found_track_id=row["found_track_id"],
        label=HumanLabel(**{name: row[name] for name in _LABEL}),
    )


def review_of(row: Columns) -> StoredReview:
    """A review from a row of `reviews` and its event."""
    return StoredReview(
        event_id=row["event_id"],
        at=row["at"],
        found_track_id=row["found_track_id"],
        review=Review(**{name: row[name] for name in _REVIEW}),
    )


def track_edit_of(row: Columns) -> StoredTrackEdit:
    """A repair from a row of `track_edits` and its event."""
    return StoredTrackEdit(
        event_id=row["event_id"],
        at=row["at"],
        rater=row["rater"],
        edit=TrackEdit(**{name: row[name] for name in _EDIT}),
    )


def person_of(row: Columns) -> StoredPersonName:
    """A name from a row of `persons` and its event."""
    return StoredPersonName(
        event_id=row["event_id"],
        at=row["at"],
        rater=row["rater"],
        found_track_id=row["found_track_id"],
        person=PersonName(**{name: row[name] for name in _PERSON}),
    )
