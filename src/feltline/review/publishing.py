"""What open pages are told of a project: each change once, and never a storm."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["Publish", "Publisher"]

Publish = Callable[[str, dict[str, Any]], None]
"""Told (name of the notification, what about it)."""


def _ignore(_name: str, _what: dict[str, Any]) -> None:
    """Nobody listens."""


class Publisher:
    """Passes notifications on.

    Args:
        publish: Told what is new.
    """

    def __init__(self, publish: Publish | None) -> None:
        self._publish = publish or _ignore
        self._published: dict[str | None, int] = {}
        """The newest change about each video, or about none, that was published."""

    def changed(self, video_id: str | None, event_id: int) -> None:
        """Something is new in the log about a video, or about none; told once."""
        if event_id > self._published.get(video_id, 0):
            self._published[video_id] = event_id
            self._publish("changed", {"event_id": event_id, "video_id": video_id})

    def changed_all(self, newest: Mapping[str, int]) -> None:
        """The same for several videos, by the newest event about each."""
        for video_id, event_id in newest.items():
            self.changed(video_id, event_id)

    def refilled(
        self,
        video_id: str | None,
        track_ids: Sequence[int],
        model_id: str,
        **more: float,
    ) -> None:
        """Tracks of a video have new predictions; of None: any of the project may."""
        what = {"video_id": video_id, "track_ids": list(track_ids)}
        self._publish("refilled", what | {"model_id": model_id} | more)

    def failed(self) -> None:
        """The worker failed at something; what was said is in the database."""
        self._publish("failed", {})
