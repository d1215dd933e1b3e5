"""Proxy builder: what the page plays of each video, made in the background if need be.

What was found out or built once is there after a restart; what was not finished is
begun anew.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float64
from starlette.exceptions import HTTPException

from feltline.errors import FeltlineError, OriginalLostError
from feltline.project import Originals
from feltline.server.proxy_store import Kept, Playback, ProxyStore
from feltline.server.video_folders import Original
from feltline.server.worker import Background
from feltline.video import StoppedError, browser_plays, frame_times, write_proxy

__all__ = ["ProxyBuilder", "ProxyState"]

logger = logging.getLogger(__name__)

_MAX_WAIT_S: Final = 1.0
"""So long in all, questions after a video's state wait for it to be looked at."""
_PROGRESS_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyState:
    """What there is to play of a video.

    Attributes:
        playback: Which file, if any.
        progress: Share that is done, 0 to 1; 1 where there is something to play.
        failure: Why building failed, as a sentence; else empty.
    """

    playback: Playback
    progress: float = 0.0
    failure: str = ""


_ORIGINAL: Final = ProxyState(playback="original", progress=1.0)
_READY: Final = ProxyState(playback="ready", progress=1.0)
_WAITING: Final = ProxyState(playback="building")
_OUTCOMES: Final = {"ready": "built", "failed": "failed", "building": "stopped"}


class ProxyBuilder:
    """Builds proxies, one at a time, and knows what is there; safe under threads.

    A video whose state is asked for is looked at; if browsers do not play it exactly,
    its proxy is built when its turn comes. Those that somebody wants to play go first.

    Args:
        store: Where to keep them.
        image_rate_hz: Pictures per second of a folder of pictures.
        publish: Called with `progress` (what, video_id, done, of) of builds; `done`
            equals `of` when one has ended, well or not.
        ended: Called with "built", "failed" or "stopped", and how many seconds it took.
        originals: Tell whether the original is still the one that was added; asked
            whenever it is to be read or played. A proxy that is ready is of the right
            content, whatever became of the original. None trusts all.
    """

    def __init__(
        self,
        store: ProxyStore,
        *,
        image_rate_hz: float = 25.0,
        publish: Callable[[str, dict[str, Any]], object] = lambda *_: None,
        ended: Callable[[str, float], object] = lambda *_: None,
        originals: Originals | None = None,
    ) -> None:
        self._store = store
        self._image_rate_hz = image_rate_hz
        self._publish = publish
        self._ended = ended
        self._originals = originals
        self._lock = threading.Lock()
        self._states: dict[str, ProxyState] = {}
        self._videos: dict[str, Original] = {}
        self._wait_left_s = _MAX_WAIT_S
        self._builds = Background(self._build, name="feltline-proxies")

    @property
    def n_waiting(self) -> int:
        """Videos that are being built or wait for their turn."""
        return len(self._builds)

    def state(self, video: Original) -> ProxyState:
        """What there is to play of a video.

        The first questions wait until the video was looked at, which takes as long as
        reading it. After a second of that in all, the answer is "building" until it
        was looked at in the background.
        """
        known = self._known(video)
        if known == _READY or (known is not None and known.playback == "building"):
            return known
        is_quick = self._originals is None or (
            self._originals.is_quick(video.path, video.content_hash)
        )
        if self._wait_left_s <= 0 and not (is_quick and known is not None):
            return self._enqueue(video, is_urgent=False)
        began = time.monotonic()
        try:
            self._verify(video)
            return known or self._look(video)
        except OriginalLostError as error:
            return _failed(str(error))
        finally:
            with self._lock:
                self._wait_left_s -= time.monotonic() - began

    def build(self, video: Original) -> ProxyState:
        """Have a proxy built next if one is needed, also where that failed before.

        Raises:
            OriginalLostError: The original is missing, or another file is there.
        """
        known = self._known(video)
        if known != _READY:
            self._verify(video)
        if known in (_ORIGINAL, _READY):
            return known
        return self._enqueue(video, is_urgent=True)

    def file_to_play(self, video: Original) -> Path:
        """The file to play.

        Raises:
            HTTPException: There is none yet, or building it failed (409).
            OriginalLostError: The original is missing, or another file is there.
        """
        is_original = self._played(video) == "original"
        return video.path if is_original else self._store.proxy(video.content_hash)

    def times(self, video: Original) -> Float64[np.ndarray, " n"]:
        """Time in seconds of each frame in the file to play.

        Raises:
            HTTPException: There is none yet, or building it failed (409).
        """
        what = self._played(video)
        try:
            return self._store.times(video.content_hash, what)
        except OSError as error:
            with self._lock:
                self._states.pop(video.content_hash, None)
            raise HTTPException(
                409, f"what was kept to play {video.path.name} is gone; try again"
            ) from error

    def forget(self, content_hash: str) -> None:
        """Delete what is kept of a video, ending its build if one is under way."""
        self._builds.drop(content_hash)
        with self._lock:
            self._states.pop(content_hash, None)
            self._videos.pop(content_hash, None)
        self._store.forget(content_hash)

    def close(self) -> None:
        """Stop at once; nothing half-done stays."""
        self._builds.close()

    def _known(self, video: Original) -> ProxyState | None:
        """The state as far as memory and folder tell."""
        key = video.content_hash
        with self._lock:
            self._videos[key] = video
            if key not in self._states:
                kept = self._store.kept(key)
                if kept is None:
                    return None
                self._states[key] = _READY if kept == "proxy" else _ORIGINAL
            return self._states[key]

    def _played(self, video: Original) -> Kept:
        """Which file of a video that somebody wants to play now.

        Raises:
            HTTPException: There is nothing to play (409).
        """
        known = self._known(video)
        if known != _READY:
            self._verify(video)
        state, name = known or self._look(video), video.path.name
        if state.playback == "failed":
            raise HTTPException(
                409, f"{name} cannot be prepared for playing: {state.failure}"
            )
        if state.playback == "building":
            self._enqueue(video, is_urgent=True)
            raise HTTPException(
                409,
                f"{name} is being prepared for playing ({state.progress:.0%} done); "
                f"try again later",
            )
        return "original" if state == _ORIGINAL else "proxy"

    def _look(self, video: Original) -> ProxyState:
        """Find out whether browsers play the original; if not, a proxy is to come."""
        try:
            if not self._plays(video):
                return self._enqueue(video, is_urgent=False)
        except FeltlineError as error:
            return self._note(video, _failed(str(error)))
        return self._note(video, _ORIGINAL)

    def _plays(self, video: Original) -> bool:
        """Whether browsers play the original; if so, its times are kept."""
        self._verify(video)
        if not browser_plays(video.path):
            return False
        time_s = frame_times(video.path)
        self._verify(video)  # it may have been replaced meanwhile
        self._store.keep(video.content_hash, "original", time_s)
        return True

    def _verify(self, video: Original) -> None:
        """Raise unless the original is still the video that was added.

        Raises:
            OriginalLostError: It is missing, or another file is there.
        """
        if self._originals is not None:
            self._originals.verify(video.path, video.content_hash)

    def _enqueue(self, video: Original, *, is_urgent: bool) -> ProxyState:
        """Have a video's proxy built in the background."""
        key = video.content_hash
        with self._lock:
            state = self._states.get(key, _WAITING)
            # A build whose outcome is noted may not be over for the worker yet.
            is_again = state.playback != "building"
            if is_again:
                state = _WAITING
            self._states[key] = state
        self._builds.add(key, is_urgent=is_urgent, is_again=is_again)
        return state

    def _note(self, video: Original, state: ProxyState) -> ProxyState:
        with self._lock:
            self._states[video.content_hash] = state
        return state

    def _build(self, content_hash: str, stopped: threading.Event) -> None:
        """Look at a video and build its proxy if it needs one; in the background."""
        video = self._videos[content_hash]
        began = time.monotonic()
        try:
            state = self._built(video, stopped)
        except StoppedError:
            state = _WAITING
        except FeltlineError as error:
            state = _failed(str(error))
        except Exception:
            logger.exception("building a proxy failed")
            state = _failed("feltline itself failed; its log says where")
        self._note(video, state)
        if state != _ORIGINAL:
            self._ended(_OUTCOMES[state.playback], time.monotonic() - began)
        if state != _WAITING:
            self._report(video, 1, 1)

    def _built(self, video: Original, stopped: threading.Event) -> ProxyState:
        """What there is to play once this has been done."""
        if self._plays(video):
            return _ORIGINAL
        reported_at = time.monotonic()

        def progress(done: int, of: int) -> None:
            nonlocal reported_at
            # The last word is that of the end, when all is in its place.
            if time.monotonic() - reported_at >= _PROGRESS_EVERY_S and done < of:
                reported_at = time.monotonic()
                self._note(video, ProxyState(playback="building", progress=done / of))
                self._report(video, done, of)

        time_s = write_proxy(
            video.path,
            self._store.prepare(video.content_hash),
            image_rate_hz=self._image_rate_hz,
            progress=progress,
            stopped=stopped,
        )
        try:
            self._verify(video)
        except OriginalLostError:  # replaced meanwhile: the proxy is of another file
            self._store.forget(video.content_hash)
            raise
        self._store.keep(video.content_hash, "proxy", time_s)
        return _READY

    def _report(self, video: Original, done: int, of: int) -> None:
        progress = {"what": "proxy", "video_id": video.video_id, "done": done, "of": of}
        self._publish("progress", progress)


def _failed(failure: str) -> ProxyState:
    return ProxyState(playback="failed", failure=failure)
