"""Log watcher: takes in what others do, settings included; forgets purged videos."""

import logging
import threading
from typing import Final

from feltline.errors import FeltlineError, InputError
from feltline.review.index import Index
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
        self._fault = ""
        self._index = served.live.index
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking, after a last look for purged videos."""
        self._stop.set()
        self._thread.join()
        try:
            self.look()
        except (FeltlineError, TimeoutError):
            logger.exception("what was made of purged videos may be left")

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            try:
                self.look()
            except Exception:
                # The next look may find the database free again.
                logger.exception("looking for what other processes changed failed")

    def look(self) -> None:
        """Take in what other processes changed since the last time."""
        served = self._served
        self._look_at_settings()
        if served.project.store.last_event_id() > served.live.taken:
            served.worker.look()
            served.worker.wait()
        index = served.live.index
        if index is not self._index:
            # From here on nothing is answered about videos that are not in it.
            for content in _contents(self._index) - _contents(index):
                served.proxies.forget(content)
                served.picture_cache.forget(content)
            self._index = index

    def _look_at_settings(self) -> None:
        """Go by the settings file where it was changed by hand.

        Else the next model would be learnt with the tolerance of before, though the
        command line has put the new one in force.
        """
        try:
            is_changed = self._served.project.reread_settings()
        except InputError as error:
            if str(error) != self._fault:  # once, not at each look
                self._fault = str(error)
                logger.warning("the settings of before stay in force: %s", error)
            return
        self._fault = ""
        if is_changed:
            self._served.worker.look()
            self._served.events.publish("settings", {})


def _contents(index: Index) -> set[str]:
    return {entry.record.content_hash for entry in index.videos.values()}
