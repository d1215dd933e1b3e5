"""What open pages are told of a project."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from feltline.review.snapshot import Scene

__all__ = ["Publish", "Teller"]

Publish = Callable[[str, dict[str, Any]], None]
"""Told (name of the news, what about it)."""


def _ignore(_name: str, _what: dict[str, Any]) -> None:
    """Nobody listens."""


class Teller:
    """Passes news on, each change once.

    Args:
        publish: Told what is new.
    """

    def __init__(self, publish: Publish | None) -> None:
        self.publish = publish or _ignore
        self._told: dict[str | None, int] = {}
        """The newest change about each video, or about none, that was told."""

    def changed(self, video_id: str | None, event_id: int) -> None:
        """Say that something is new in the log about a video, or about none."""
        self._told[video_id] = max(event_id, self._told.get(video_id, 0))
        self.publish("changed", {"event_id": event_id, "video_id": video_id})

    def came_along(self, newest: Mapping[str, int]) -> None:
        """Say what stood in the log beside what was told: other programs wrote it.

        Args:
            newest: The newest event about each video.
        """
        for video_id, event_id in newest.items():
            if event_id > self._told.get(video_id, 0):
                self.changed(video_id, event_id)

    def refilled(
        self,
        scene: Scene,
        video_id: str,
        track_ids: Sequence[int] | None = None,
        **more: float,
    ) -> None:
        """Say that tracks of a video, or all of them, are seen afresh."""
        if track_ids is None:
            track_ids = [track.track_id for track in scene.videos[video_id].tracks]
        run_id = "" if scene.filling is None else scene.filling.run_id
        said = {"video_id": video_id, "track_ids": list(track_ids), "run_id": run_id}
        self.publish("refilled", said | more)

    def refilled_all(self, scene: Scene) -> None:
        """Say that of every video."""
        for name in scene.videos:
            self.refilled(scene, name)

    def failed(self) -> None:
        """Say that a re-fill failed."""
        self.publish("failed", {})
