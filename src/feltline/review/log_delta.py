"""Log deltas: what the log of a project says since it was read last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from feltline.store import Store

__all__ = ["LogDelta", "read_delta"]

MAX_EVENTS: Final = 1000
"""So many are read at once."""

_LISTS: Final = frozenset({"person", "suggestions"})
_EDITS: Final = frozenset({"track-edit", "undo"})
_JUDGED: Final = _EDITS | {"judgement", "trace", "trace-lag", "comparison"}
_READ_AGAIN: Final = "video-read-again"
_THRESHOLDS: Final = frozenset({"threshold", "reopening"})
_VIDEOS: Final = frozenset(
    {
        *("video-added", _READ_AGAIN, "video-relocated", "purge"),
        *("label-schema", "tolerance"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDelta:
    """A stretch of the log.

    Attributes:
        videos: The newest event about judgements, traces or tracks of each video.
        edited: Those whose tracks may be others.
        read_again: Videos whose features may be others.
        has_videos: Whether videos came or went.
        has_threshold: Whether the threshold may be another.
        has_model: Whether the model may be another.
        has_lists: Whether persons were named or frames suggested.
    """

    videos: Mapping[str, int]
    edited: frozenset[str]
    read_again: frozenset[str]
    has_videos: bool
    has_threshold: bool
    has_model: bool
    has_lists: bool


def read_delta(store: Store, *, after: int, until: int) -> LogDelta:
    """What stands in the log after an event, up to another one.

    Args:
        store: The project's database.
        after: The last event that is known.
        until: The last one to read.
    """
    videos: dict[str, int] = {}
    edited: set[str] = set()
    read_again: set[str] = set()
    kinds: set[str] = set()
    while after < until:
        events = store.events(after=after, limit=MAX_EVENTS)
        for event in events:
            # An undo that is about no video may be that of a threshold.
            is_undo = event.kind == "undo" and event.video_id is None
            kinds.add("threshold" if is_undo else event.kind)
            if event.kind == _READ_AGAIN and event.video_id is not None:
                read_again.add(event.video_id)
            if event.kind in _JUDGED and event.video_id is not None:
                videos[event.video_id] = event.event_id
                if event.kind in _EDITS:
                    edited.add(event.video_id)
        after = events[-1].event_id if events else until
    has_videos = bool(kinds & _VIDEOS)
    return LogDelta(
        videos=videos,
        edited=frozenset(edited),
        read_again=frozenset(read_again),
        has_videos=has_videos,
        has_threshold=bool(kinds & _THRESHOLDS),
        has_model=has_videos or "model" in kinds,
        has_lists=bool(kinds & _LISTS),
    )
