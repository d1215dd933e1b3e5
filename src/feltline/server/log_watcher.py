"""Looks for what other processes add to the project or take from it."""

import logging
import threading
from typing import Final

from feltline.errors import FeltlineError
from feltline.review import read_log
from feltline.server.context import Served

__all__ = ["Watcher"]

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 3.0


class Watcher:
    """A thread that takes in what the command line and other servers do meanwhile.

    Args:
        served: What is served.
    """

    def __init__(self, served: Served) -> None:
        self._served = served
        self._stop = threading.Event()
        self._told = served.live.taken
        self._until = 0
        self._contents = self._in_memory()
        """Content hashes of videos that this server may have made pictures of."""
        self._leaving: set[str] = set()
        """Those that were purged, but requests are still answered about them."""
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking; what was made of purged videos is forgotten once more."""
        self._stop.set()
        self._thread.join()
        try:
            self._forget_purged()
        except FeltlineError:
            logger.exception("what was made of purged videos may be left")

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
        until, is_busy = store.last_event_id(), live.is_busy
        if until != self._until or self._leaving:
            self._forget_purged()
            self._until = until
        after = max(self._told, live.taken)
        # What was changed on the page itself was told, and is taken in by and by.
        if is_busy or until <= after:
            return
        news = read_log(store, after=after, until=until)
        for name in news.videos:
            live.changed(name, until)
        if news.has_others or news.has_threshold or news.has_lists:
            live.changed(None, until)
        self._told = until

    def _forget_purged(self) -> None:
        """Pictures and copies that were being made of a video go with it.

        Until the project in memory has taken the purge in, requests are answered from
        its old state, so that something may be made anew: it is forgotten again then.
        """
        there = {v.content_hash for v in self._served.project.store.videos()}
        in_memory = self._in_memory()
        purged = self._contents - there
        for content in purged:
            self._served.proxies.forget(content)
            self._served.pictures.forget(content)
        self._contents, self._leaving = there | in_memory, purged & in_memory

    def _in_memory(self) -> set[str]:
        """Content hashes of the videos that requests are answered about."""
        videos = self._served.live.scene.videos.values()
        return {video.video.content_hash for video in videos}
