"""What the page plays of each video: the original, or a proxy made in the background.

Of a video that browsers play, its folder `<content hash>` holds the times of its
frames; of another, the proxy and the times of the proxy's frames. So what was found
out once, or built once, is there after a restart.
"""

import logging
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Float64
from starlette.exceptions import HTTPException

from feltline.errors import FeltlineError
from feltline.server.shelf import check_hash
from feltline.video import (
    IMAGE_RATE_HZ,
    StoppedError,
    browser_plays,
    play_times,
    write_proxy,
)

__all__ = ["Playable", "Proxies", "ProxyState"]

logger = logging.getLogger(__name__)

Playable = Literal["original", "ready", "building", "failed"]
Times = Float64[np.ndarray, " n"]

PROXY: Final = "proxy.mp4"
PROXY_TIMES: Final = "times.npy"
ORIGINAL_TIMES: Final = "original-1.npy"
"""The number is that of the rule in `browser_plays`; a new rule asks anew."""

_PATIENCE_S: Final = 5.0
"""So long in all, questions after a video's state wait for it to be looked at."""
_NEWS_EVERY_S: Final = 0.5
_NICENESS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyState:
    """What there is to play of a video.

    Attributes:
        playable: The original, a ready proxy, one that is being built or waits for
            its turn, or none because building failed.
        progress: Share of the proxy that is done, 0 to 1; 1 if there is something to
            play.
        failure: Why building failed, as a sentence; else empty.
    """

    playable: Playable
    progress: float = 0.0
    failure: str = ""


ORIGINAL: Final = ProxyState(playable="original", progress=1.0)
READY: Final = ProxyState(playable="ready", progress=1.0)
WAITING: Final = ProxyState(playable="building")


@dataclass(slots=True, kw_only=True)
class _Task:
    """A video to be looked at, and to be given a proxy if it needs one."""

    path: Path
    content_hash: str
    video_id: str | None
    stopped: threading.Event = field(default_factory=threading.Event)


class Proxies:
    """Builds proxies, one at a time, and knows what is there; safe under threads.

    A video whose state is asked for is looked at; if browsers do not play it, its
    proxy is built when its turn comes. Videos that somebody wants to play go first.

    Args:
        folder: Where to keep them, that of a video in `folder/<content hash>`.
        image_rate_hz: Pictures per second of a folder of pictures.
        publish: Told `progress` (what, video_id, done, of) of builds whose video's
            name is known; `done` equals `of` when a build has ended, well or not.
        ended: Told "built", "failed" or "stopped", and how many seconds it took.
    """

    def __init__(
        self,
        folder: Path,
        *,
        image_rate_hz: float = IMAGE_RATE_HZ,
        publish: Callable[[str, dict[str, Any]], object] | None = None,
        ended: Callable[[str, float], object] | None = None,
    ) -> None:
        self._folder = folder
        self._image_rate_hz = image_rate_hz
        self._publish = publish
        self._ended = ended
        self._states: dict[str, ProxyState] = {}
        self._tasks: OrderedDict[str, _Task] = OrderedDict()
        self._current: _Task | None = None
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._patience_s = _PATIENCE_S

    @property
    def n_waiting(self) -> int:
        """Videos that are being built or wait for their turn."""
        with self._changed:
            return len(self._tasks) + (self._current is not None)

    def state(
        self, path: Path, content_hash: str, video_id: str | None = None
    ) -> ProxyState:
        """What there is to play of a video.

        The first questions wait until the video was looked at, which takes as long as
        reading it; after some seconds of that, others are told "building" meanwhile.

        Args:
            path: The original.
            content_hash: Of what is in it.
            video_id: Its name, for news.
        """
        known = self._known(content_hash)
        if known is not None:
            return known
        if self._patience_s <= 0:
            return self._enqueue(path, content_hash, video_id, is_urgent=False)
        return self._look(path, content_hash, video_id, is_urgent=False)

    def build(
        self, path: Path, content_hash: str, video_id: str | None = None
    ) -> ProxyState:
        """Begin to make what can be played, also where that has failed before.

        Args:
            path: The original.
            content_hash: Of what is in it.
            video_id: Its name, for news.
        """
        known = self._known(content_hash)
        if known is not None and known.playable in ("original", "ready"):
            return known
        return self._enqueue(path, content_hash, video_id, is_urgent=True)

    def playable_file(
        self, path: Path, content_hash: str, video_id: str | None = None
    ) -> Path:
        """The file to play.

        Args:
            path: The original.
            content_hash: Of what is in it.
            video_id: Its name, for news.

        Raises:
            HTTPException: There is none yet, or building it failed (409).
        """
        if self._wanted(path, content_hash, video_id) == ORIGINAL:
            return path
        return self._folder / content_hash / PROXY

    def times(
        self, path: Path, content_hash: str, video_id: str | None = None
    ) -> Times:
        """Time in seconds of each frame in the file to play.

        Args:
            path: The original.
            content_hash: Of what is in it.
            video_id: Its name, for news.

        Raises:
            HTTPException: There is none yet, or building it failed (409).
        """
        is_original = self._wanted(path, content_hash, video_id) == ORIGINAL
        name = ORIGINAL_TIMES if is_original else PROXY_TIMES
        kept = np.load(self._folder / content_hash / name, allow_pickle=False)
        return np.asarray(kept, np.float64)

    def forget(self, content_hash: str) -> int:
        """Delete what is kept of a video, ending its build if one is under way.

        Returns:
            Bytes removed.
        """
        check_hash(content_hash)
        with self._changed:
            self._tasks.pop(content_hash, None)
            current = self._current
            if current is not None and current.content_hash == content_hash:
                current.stopped.set()
                self._changed.wait_for(lambda: self._current is not current)
            self._states.pop(content_hash, None)
            folder = self._folder / content_hash
            removed = sum(p.stat().st_size for p in folder.glob("*") if p.is_file())
            shutil.rmtree(folder, ignore_errors=True)
        return removed

    def close(self) -> None:
        """Stop at once; what was not finished is begun anew the next time."""
        with self._changed:
            self._is_closed = True
            self._tasks.clear()
            if self._current is not None:
                self._current.stopped.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
