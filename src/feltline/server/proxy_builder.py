"""Proxy builder: what the page plays of each video, made in the background if need be.

What was found out or built once is there after a restart; what was not finished is
begun anew.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Float64
from starlette.exceptions import HTTPException

from feltline.errors import FeltlineError, OriginalLostError
from feltline.project import Originals
from feltline.server.proxy_store import ProxyStore
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
        playback: The original; a ready proxy; one that is being built, or waits for
            its turn; or nothing, because building failed.
        progress: Share that is done, 0 to 1; 1 where there is something to play.
        failure: Why building failed, as a sentence; else empty.
    """

    playback: Literal["original", "ready", "building", "failed"]
    progress: float = 0.0
    failure: str = ""


_ORIGINAL: Final = ProxyState(playback="original", progress=1.0)
_READY: Final = ProxyState(playback="ready", progress=1.0)
_WAITING: Final = ProxyState(playback="building")


class ProxyBuilder:
    """Builds proxies, one at a time, and knows what is there; safe under threads.

    A video whose state is asked for is looked at; if browsers do not play it exactly,
    its proxy is built when its turn comes. Those that somebody wants to play go first.

    Args:
        folder: Where to keep them, that of a video in `folder/<content hash>`.
        image_rate_hz: Pictures per second of a folder of pictures.
        publish: Called with `progress` (what, video_id, done, of) of builds whose
            video's name is known; `done` equals `of` when one has ended, well or not.
        ended: Called with "built", "failed" or "stopped", and how many seconds it took.
        is_known: Whether a video of this content hash is still there; of another,
            nothing is kept.
        originals: Tell whether the original is still the one that was added; asked
            whenever it is to be read or played. A proxy that is ready is of the right
            content, whatever became of the original. None trusts all.
    """

    def __init__(
        self,
        folder: Path,
        *,
        image_rate_hz: float = 25.0,
        publish: Callable[[str, dict[str, Any]], object] = lambda *_: None,
        ended: Callable[[str, float], object] = lambda *_: None,
        is_known: Callable[[str], bool] = lambda _: True,
        originals: Originals | None = None,
    ) -> None:
        self._store = ProxyStore(folder)
        self._image_rate_hz = image_rate_hz
        self._publish = publish
        self._ended = ended
        self._is_known = is_known
        self._originals = originals
        self._forgotten: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._states: dict[str, ProxyState] = {}
        self._videos: dict[str, tuple[Path, str | None]] = {}
        self._wait_left_s = _MAX_WAIT_S
        self._builds = Background(self._build, name="feltline-proxies")

    @property
    def n_waiting(self) -> int:
        """Videos that are being built or wait for their turn."""
        return len(self._builds)

    def state(
        self, path: Path, content_hash: str, video_id: str | None = None
    ) -> ProxyState:
        """What there is to play of a video.

        The first questions wait until the video was looked at, which takes as long as
        reading it. After a second of that in all, the answer is "building" until it
        was looked at in the background.

        Args:
            path: The original.
            content_hash: Of what is in it.
            video_id: Its name, for events.
        """
        known = self._known(path, content_hash, video_id)
        if known == _READY or (known is not None and known.playback == "building"):
            return known
        is_quick = self._originals is None or (
            self._originals.is_quick(path, content_hash)
        )
        if self._wait_left_s <= 0 and not (is_quick and known is not None):
            return self._enqueue(content_hash, is_urgent=False)
        began = time.monotonic()
        try:
            self._verify(path, content_hash)
            return known or self._look(path, content_hash)
        except OriginalLostError as error:
            return _failed(str(error))
        finally:
            with self._lock:
                self._wait_left_s -= time.monotonic() - began

    def build(
        self, path: Path, content_hash: str, video_id: str | None = None
    ) -> ProxyState:
        """Have a proxy built next if one is needed, also where that failed before.

        Raises:
            OriginalLostError: The original is missing, or another file is there.
        """
        known = self._known(path, content_hash, video_id)
        if known != _READY:
            self._verify(path, content_hash)
        if known in (_ORIGINAL, _READY):
            return known
        return self._enqueue(content_hash, is_urgent=True)

    def file_to_play(
        self, path: Path, content_hash: str, video_id: str | None = None
    ) -> Path:
        """The file to play.

        Raises:
            HTTPException: There is none yet, or building it failed (409).
            OriginalLostError: The original is missing, or another file is there.
        """
        is_original = self._played(path, content_hash, video_id) == _ORIGINAL
        return path if is_original else self._store.proxy(content_hash)

    def times(
        self, path: Path, content_hash: str, video_id: str | None = None
    ) -> Float64[np.ndarray, " n"]:
        """Time in seconds of each frame in the file to play.

        Raises:
            HTTPException: There is none yet, or building it failed (409).
        """
        is_original = self._played(path, content_hash, video_id) == _ORIGINAL
        try:
            return self._store.times(content_hash, is_proxy=not is_original)
        except OSError as error:
            with self._lock:
                self._states.pop(content_hash, None)
            raise HTTPException(
                409, f"what was kept to play {path.name} is gone; try again"
            ) from error

    def forget(self, content_hash: str) -> int:
        """Delete what is kept of a video, ending its build if one is under way.

        Returns:
            Bytes removed.
        """
        self._builds.drop(content_hash)
        with self._lock:
            self._states.pop(content_hash, None)
            self._videos.pop(content_hash, None)
            self._forgotten[content_hash] += 1
            return self._store.forget(content_hash)

    def close(self) -> None:
        """Stop at once; nothing half-done stays."""
        self._builds.close()

    def _known(
        self, path: Path, content_hash: str, video_id: str | None
    ) -> ProxyState | None:
        """The state as far as memory and folder tell."""
        with self._lock:
            _, named = self._videos.get(content_hash, (path, None))
            self._videos[content_hash] = path, video_id or named
            if content_hash not in self._states:
                kept = self._store.kept(content_hash)
                if kept is None:
                    return None
                self._states[content_hash] = _READY if kept == "proxy" else _ORIGINAL
            return self._states[content_hash]

    def _played(
        self, path: Path, content_hash: str, video_id: str | None
    ) -> ProxyState:
        """The state of a video that somebody wants to play now.

        Raises:
            HTTPException: There is nothing to play (409).
        """
        known = self._known(path, content_hash, video_id)
        if known != _READY:
            self._verify(path, content_hash)
        state = known or self._look(path, content_hash)
        if state.playback == "failed":
            raise HTTPException(
                409, f"{path.name} cannot be prepared for playing: {state.failure}"
            )
        if state.playback == "building":
            self._enqueue(content_hash, is_urgent=True)
            raise HTTPException(
                409,
                f"{path.name} is being prepared for playing ({state.progress:.0%} "
                f"done); try again later",
            )
        return state

    def _look(self, path: Path, content_hash: str) -> ProxyState:
        """Find out whether browsers play the original; if not, a proxy is to come."""
        try:
            if not self._plays(path, content_hash):
                return self._enqueue(content_hash, is_urgent=False)
        except FeltlineError as error:
            return self._note(content_hash, _failed(str(error)))
        return self._note(content_hash, _ORIGINAL)

    def _plays(self, path: Path, content_hash: str) -> bool:
        """Whether browsers play the original; if so, its times are kept.

        Not of a video that is purged, also meanwhile.
        """
        generation = self._forgotten[content_hash]
        is_known = self._is_known(content_hash)
        self._verify(path, content_hash)
        if not browser_plays(path):
            return False
        time_s = frame_times(path)
        self._verify(path, content_hash)  # it may have been replaced meanwhile
        with self._lock:
            if is_known and self._forgotten[content_hash] == generation:
                self._store.keep_original(content_hash, time_s)
        return True

    def _verify(self, path: Path, content_hash: str) -> None:
        """Raise unless the original is still the video that was added.

        Raises:
            OriginalLostError: It is missing, or another file is there.
        """
        if self._originals is not None:
            self._originals.verify(path, content_hash)

    def _enqueue(self, content_hash: str, *, is_urgent: bool) -> ProxyState:
        """Have a video's proxy built in the background."""
        with self._lock:
            state = self._states.get(content_hash, _WAITING)
            # A build whose outcome is noted may not be over for the worker yet.
            is_again = state.playback != "building"
            if is_again:
                state = _WAITING
            self._states[content_hash] = state
        self._builds.add(content_hash, is_urgent=is_urgent, is_again=is_again)
        return state

    def _note(self, content_hash: str, state: ProxyState) -> ProxyState:
        with self._lock:
            self._states[content_hash] = state
        return state

    def _build(self, content_hash: str, stopped: threading.Event) -> None:
        """Look at a video and build its proxy if it needs one; in the background."""
        path, video_id = self._videos[content_hash]
        began = time.monotonic()
        try:
            outcome, state = "built", self._built(path, content_hash, stopped)
        except StoppedError:
            outcome, state = "stopped", _WAITING
        except FeltlineError as error:
            outcome, state = "failed", _failed(str(error))
        except Exception:
            logger.exception("building a proxy failed")
            why = "feltline itself failed; its log says where"
            outcome, state = "failed", _failed(why)
        self._note(content_hash, state)
        if state != _ORIGINAL:
            self._ended(outcome, time.monotonic() - began)
        if outcome != "stopped":
            self._report(video_id, 1, 1)

    def _built(
        self, path: Path, content_hash: str, stopped: threading.Event
    ) -> ProxyState:
        """What there is to play once this has been done."""
        if self._plays(path, content_hash):
            return _ORIGINAL
        if not self._is_known(content_hash):
            raise StoppedError(f"{path.name} is no longer in the project")
        _, video_id = self._videos[content_hash]
        reported_at = time.monotonic()

        def progress(done: int, of: int) -> None:
            nonlocal reported_at
            # The last word is that of the end, when all is in its place.
            if time.monotonic() - reported_at >= _PROGRESS_EVERY_S and done < of:
                reported_at = time.monotonic()
                state = ProxyState(playback="building", progress=done / of)
                self._note(content_hash, state)
                self._report(video_id, done, of)

        self._store.prepare(content_hash)
        time_s = write_proxy(
            path,
            self._store.proxy(content_hash),
            image_rate_hz=self._image_rate_hz,
            progress=progress,
            stopped=stopped,
        )
        try:
            self._verify(path, content_hash)
        except OriginalLostError:  # replaced meanwhile: the proxy is of another file
            self._store.forget(content_hash)
            raise
        self._store.keep_proxy(content_hash, time_s)
        return _READY

    def _report(self, video_id: str | None, done: int, of: int) -> None:
        if video_id is not None:
            how_far = {"what": "proxy", "video_id": video_id, "done": done, "of": of}
            self._publish("progress", how_far)


def _failed(failure: str) -> ProxyState:
    return ProxyState(playback="failed", failure=failure)
