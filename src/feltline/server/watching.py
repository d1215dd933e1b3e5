"""Looks for what other processes add to the project or take from it."""

import logging
import threading
from typing import Final

from feltline.review import read_log
from feltline.server.served import Served

__all__ = ["Watcher"]

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 3.0


class Watcher:
    """A thread that takes in what the command line does meanwhile.

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
        store, live = self._served.project.store, self._served.live
        until = store.last_event_id()
        if until == self._seen:
            return
        # What was changed on the page was told already; it has a name of the page's.
        news = read_log(store, after=self._seen, until=until, only_unnamed=True)
        if news.has_others:
            self._forget_purged()
        for name in news.videos:
            live.changed(name, until)
        if news.has_others or news.has_threshold:
            live.changed(None, until)
        self._seen = until

    def _forget_purged(self) -> None:
        """Pictures and copies that were being made of a video go with it."""
        there = {v.content_hash for v in self._served.project.store.videos()}
        for video in self._served.live.scene.videos.values():
            content = video.video.content_hash
            if content not in there:
                self._served.proxies.forget(content)
                self._served.pictures.forget(content)
