"""Looks for what other processes add to the project or take from it."""

import logging
import threading
from typing import Final

from feltline.server.served import Served

__all__ = ["Watcher"]

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 3.0


class Watcher:
    """A thread that takes in videos which `feltline add` brought meanwhile.

    Args:
        served: What is served.
    """

    def __init__(self, served: Served) -> None:
        self._served = served
        self._stop = threading.Event()
        self._seen = served.project.store.last_event_id()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            try:
                self.look()
            except Exception:
                # The next look may find the database free again.
                logger.exception("looking for new videos failed")

    def look(self) -> None:
        """Take in what other processes changed since the last time."""
        served = self._served
        events = served.project.store.events(after=self._seen, limit=1000)
        if not events:
            return
        self._seen = events[-1].event_id
        if any(e.kind in ("video-added", "purge") for e in events):
            served.live.take_in()
            served.news.publish("changed", {"event_id": self._seen, "video_id": None})
        known = set(served.live.names)
        for event in events:
            said = event.kind in ("label", "undo", "review")
            # Labels given on the page were told already; those of a file were not.
            if said and event.client_id is None and event.video_id in known:
                served.live.changed(event.video_id, event.event_id)
