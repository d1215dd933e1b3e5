"""Which events are in force: arithmetic on event numbers, nothing else.

An event is in force at N if no event up to N that is itself in force at N undoes it.
An undo always names an earlier event, so one pass from the newest to the oldest
decides every event after all that could undo it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

CHANGES: Final = (
    *("judgement", "track-edit", "person", "threshold"),
    *("frame-comment", "comment-state", "trace", "trace-lag", "comparison"),
    "reopening",
)
"""Kinds of events by which a person changes the project; each can be undone."""

OWN_CHANGES: Final = tuple(kind for kind in CHANGES if kind != "reopening")
"""Those that a rater makes by hand: an undo of the latest change is of one of them."""

BY_ITSELF: Final = ("trace-lag",)
"""Kinds of changes that feltline makes by itself, too, with no rater: no undo of the
last change meets them, and leads, or whose trace it is, take them back by number."""

ANYONES: Final = ("track-edit", "reopening", *BY_ITSELF)
"""Kinds of changes that who leads may take back whoever made them."""

SEEN_BY_ALL: Final = ("track-edit", "person", "threshold")
"""Kinds of changes that a rater may see who is blind to the other raters: they are of
the project, and say nothing of what anybody sees in a face."""

UNDO: Final = "undo"
"""Kind of the event that takes another one back; redo is an undo of it."""


def undone(undos: Mapping[int, int], *, at: int | None = None) -> frozenset[int]:
    """Events that are not in force, because an undo in force names them.

    Args:
        undos: The event that each undo names, by the number of the undo.
        at: Look at the log as it was when this was its last event; None = now.
    """
    gone: set[int] = set()
    for event_id in sorted(undos, reverse=True):
        if (at is None or event_id <= at) and event_id not in gone:
            gone.add(undos[event_id])
    return frozenset(gone)


def takes_back(event_id: int, undos: Mapping[int, int]) -> bool:
    """Whether an undo takes a change back, rather than bringing one back."""
    depth, target = 1, undos[event_id]
    while target in undos:
        depth, target = depth + 1, undos[target]
    return depth % 2 == 1


def redo_target(
    undos: Mapping[int, int], own: Iterable[int], latest_change: int
) -> int | None:
    """The undo that a redo takes back, if there is one.

    Args:
        undos: The event that each undo names, by the number of the undo.
        own: The undos of the rater who asks.
        latest_change: Number of that rater's latest change, 0 if there is none; it
            makes what was undone before it final.
    """
    gone = undone(undos)
    for event_id in sorted(own, reverse=True):
        if event_id < latest_change:
            return None
        if event_id not in gone and takes_back(event_id, undos):
            return event_id
    return None
