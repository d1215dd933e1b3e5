"""What the log of a project says of it since it was read last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from feltline.store import Store

__all__ = ["News", "read_log"]

MOST_EVENTS: Final = 1000
"""So many are read at once."""

_LISTS: Final = frozenset({"person", "suggestions"})
_WORDS: Final = frozenset({"label", "review", "track-edit", "undo"})
_COMING_AND_GOING: Final = frozenset({"video-added", "video-read-again", "purge"})


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A stretch of the log.

    Attributes:
        videos: The newest event about each video of which something was said.
        has_others: Whether videos came or went.
        has_threshold: Whether the threshold may be another.
        has_lists: Whether persons were named or frames suggested.
    """

    videos: Mapping[str, int]
    has_others: bool
    has_threshold: bool
    has_lists: bool


def read_log(store: Store, *, after: int, until: int) -> News:
    """What stands in the log after an event, up to another one.

    Args:
        store: The project's database.
        after: The last event that is known.
        until: The last one to read.
    """
    videos: dict[str, int] = {}
    has_others = has_threshold = has_lists = False
    while after < until:
        events = store.events(after=after, limit=MOST_EVENTS)
        for event in events:
            has_lists |= event.kind in _LISTS
            has_others |= event.kind in _COMING_AND_GOING
            # An undo that is about no video may be that of a threshold.
            may_be = event.kind in ("threshold", "undo")
            has_threshold |= may_be and event.video_id is None
            if event.kind in _WORDS and event.video_id is not None:
                videos[event.video_id] = event.event_id
        after = events[-1].event_id if events else until
    return News(
        videos=videos,
        has_others=has_others,
        has_threshold=has_threshold,
        has_lists=has_lists,
    )
