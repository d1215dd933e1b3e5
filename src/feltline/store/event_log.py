"""Append events to the log: numbers in the order of commits, repeats told apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.log_rules import CHANGES, UNDO
from feltline.store.schema import events, projects

__all__ = ["NewEvent", "append", "earlier", "in_chunks", "repeated"]

_T = TypeVar("_T")

_CHUNK: Final = 500
"""Values per statement, well under what any SQLite takes."""


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


def append(
    connection: sa.Connection, project_id: str, new: Sequence[NewEvent]
) -> list[int]:
    """Write events at the end of the log; the transaction holds the project's lock.

    Returns:
        Their numbers, in order.
    """
    if not new:
        return []
    mine = projects.c.project_id == project_id
    asked = sa.select(projects.c.last_event_id).where(mine)
    last: int = connection.execute(asked).scalar_one()
    at = datetime.now(tz=UTC)
    rows = [
        {
            "project_id": project_id,
            "event_id": last + i,
            "at": at,
            "rater": event.rater,
            "kind": event.kind,
            "undoes": event.undoes,
            "client_id": event.client_id,
            "video_id": event.video_id,
        }
        for i, event in enumerate(new, start=1)
    ]
    connection.execute(sa.insert(events), rows)
    connection.execute(
        sa.update(projects).where(mine).values(last_event_id=last + len(new))
    )
    return [last + i for i in range(1, len(new) + 1)]


def earlier(
    connection: sa.Connection, project_id: str, new: Sequence[NewEvent]
) -> dict[str, int]:
    """Events that were written before under the same `client_id`: sent once more.

    Raises:
        StoreError: A `client_id` stands for a change of another kind, video or rater.
    """
    asked = {event.client_id: event for event in new if event.client_id is not None}
    known: dict[str, int] = {}
    for names in in_chunks(list(asked)):
        rows = connection.execute(
            sa.select(events).where(
                events.c.project_id == project_id, events.c.client_id.in_(names)
            )
        )
        for row in rows:
            event = asked[row.client_id]
            same = (row.kind, row.rater) == (event.kind, event.rater)
            # An undo learns its video only from the event that it takes back.
            if not same or event.video_id not in (None, row.video_id):
                raise StoreError(
                    f"the client_id {row.client_id} stands for another change already "
                    f"(event {row.event_id}); nothing was saved, send a new one"
                )
            known[row.client_id] = row.event_id
    return known


def repeated(connection: sa.Connection, project_id: str, event: NewEvent) -> int | None:
    """Number of the event if it was written before, else None.

    Raises:
        StoreError: Its `client_id` stands for another change.
    """
    known = earlier(connection, project_id, [event])
    return known.get(event.client_id) if event.client_id is not None else None


def in_chunks(values: Sequence[_T]) -> list[Sequence[_T]]:
    """Parts of a list, each short enough for one statement."""
    return [values[i : i + _CHUNK] for i in range(0, len(values), _CHUNK)]
