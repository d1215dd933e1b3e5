"""The one worker of a project that is served.

In this order: it takes in the log, brings the videos that were touched up to date and
tells the pages, builds queues of the tracks that are worth most, writes summaries down,
brings the summaries of other videos up to date; and when it is idle and learning is
due, a model is learnt beside it.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from feltline.errors import StoreError
from feltline.project import is_due, learn
from feltline.review.audit_batches import settle_batches
from feltline.review.audit_draws import DueAudits
from feltline.review.live import WRITE_AT, LiveProject
from feltline.review.log_delta import read_delta
from feltline.review.queue import Queue
from feltline.store import VideoSummary

__all__ = ["Worker"]

logger = logging.getLogger(__name__)

IDLE_S: Final = 1.0
"""So long after the last change, what can wait is done."""

LOOK_EVERY_S: Final = 1.0
"""How often it looks for tracks whose queue is worth building, and for learning."""

AFTER_FAULT_S: Final = 30.0
"""So long after a fault, what can wait is not tried again."""

TELL_EVERY_S: Final = 2.0
"""How often pages are told that counts of other videos have changed."""


Publish = Callable[[str, dict[str, Any]], None]
"""Told (name of the notification, what about it)."""


class _ClosedError(Exception):
    """There is no more use in going on."""


class Worker:
    """Keeps a project's caches and summaries up to date in the background.

    Args:
        live: The project.
        queue: Its review queue.
        publish: Told what has changed.
        learns: Whether it learns models.
        raters: Says who judges the audits that the schedule wants; the project's
            rater if absent.
    """

    def __init__(
        self,
        live: LiveProject,
        queue: Queue,
        publish: Publish | None = None,
        *,
        learns: bool = True,
        raters: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        self._live, self._queue = live, queue
        self._publish = publish or (lambda _name, _what: None)
        self._published: dict[str | None, int] = {}
        """The newest change about each video, or about none, that was published."""
        self._learns = learns
        self._due = DueAudits(live, raters)
        self._wake = threading.Condition()
        self._asked, self._done = 0, -1
        """How often something was told, and how much of that is taken in."""
        self._asked_at = time.monotonic()
        self._idle_at = self._told_at = 0.0
        self._closing = self._is_behind = False
        self._touched: dict[str, float] = {}
        """Videos to bring up to date, and when that was asked for."""
        self._unwritten: dict[str, VideoSummary] = {}
        self._has_news = False
        self._looked_over: object = None
        """Index of which lost feature files were looked for."""
        self._stale: tuple[object, list[str]] = (None, [])
        """Videos to summarise anew, last changed last, and of which state."""
        self._build_at = 0.0
        self._checked_at = -1
        self._learning: threading.Thread | None = None
        self._progress: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work, or go on after `close`."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="review", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop working; what was said is in the database already."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()
        if self._learning is not None:  # which the other may have started at the end
            self._learning.join()

    def changed(
        self, video_id: str | None, event_id: int, *, is_edit: bool = True
    ) -> None:
        """Something is new in the database's log.

        Args:
            video_id: The video that it is about; None if it is about none.
            event_id: The change.
            is_edit: Whether the video's tracks may be others than before.
        """
        if video_id is not None:
            self._live.touched(video_id, event_id, is_edit=is_edit)
        self._tell_changed(video_id, event_id)
        self.look()

    def look(self) -> None:
        """Look at the log, which others may have written."""
        with self._wake:
            self._asked += 1
            self._asked_at = min(self._asked_at, time.monotonic())
            self._wake.notify_all()

    def wait(self, timeout_s: float = 60.0) -> None:
        """Return when all that was told until now has been taken in.

        Raises:
            TimeoutError: It took longer.
        """
        with self._wake:
            asked = self._asked
            done = self._wake.wait_for(
                lambda: self._done >= asked or self._closing, timeout_s
            )
        if not done:
            raise TimeoutError(
                f"taking in the last changes takes more than {timeout_s:g} s; they are "
                f"saved, and show when it is done"
            )

    def learn_now(self, rater: str | None = None) -> bool:
        """Learn a model beside all else, whether one is due or not.

        In a thread of its own, so that judgements need not wait for it.

        Args:
            rater: Who asked for it, as the log names them; the project's rater where
                nobody did.

        Returns:
            Whether it was begun; not where one is being learnt already.
        """
        with self._wake:
            busy = self._learning is not None and self._learning.is_alive()
            if busy or self._closing:
                return False
            self._progress = 0, 0
            self._learning = threading.Thread(
                target=self._learn_model, args=(rater,), name="learn", daemon=True
            )
            self._learning.start()
        return True

    @property
    def learning(self) -> tuple[int, int] | None:
        """How far the learning of a model is: videos read, of how many; None = no."""
        return self._progress

    # ---- the thread

    def _work(self) -> None:
        while (task := self._next_task()) is not None:
            try:
                task()
            except Exception:
                # The last resort of this thread: it must live on for the next change,
                # which takes in what this one did not.
                logger.exception("a task of the review failed; judgements are safe")
                self._idle_at = time.monotonic() + AFTER_FAULT_S
                self._publish("failed", {})
                with self._wake:
                    self._finish(self._asked)

    def _next_task(self) -> Callable[[], None] | None:
        """Wait for something to do; None when closed."""
        with self._wake:
            while not self._closing:
                if self._asked > self._done:
                    return self._catch_up
                wait_s = self._idle_at - time.monotonic()
                task = self._task_at_leisure()
                if task is not None and wait_s <= 0:
                    return task
                self._wake.wait(LOOK_EVERY_S if task is None else wait_s)
            return None

    def _task_at_leisure(self) -> Callable[[], None] | None:
        """What to do when nothing was told."""
        if self._is_behind or self._touched:  # once more, after a fault
            return self._catch_up
        if self._looked_over is not self._live.index:
            return self._find_lost
        if time.monotonic() >= self._build_at:
            return self._build
        if self._next_stale() is not None:
            return self._refresh
        if self._unwritten:
            return self._write
        if self._has_news:
            return self._tell_counts
        if self._due.is_to_look():
            return self._draw_audit
        return self._learn if self._may_learn() else None

    def _finish(self, asked: int) -> None:
        self._done = max(self._done, asked)
        self._wake.notify_all()

    def _catch_up(self) -> None:
        """Take in the log, then bring what it touches up to date."""
        with self._wake:
            asked, asked_at = self._asked, self._asked_at
            self._asked_at = math.inf
        self._is_behind = True
        live, store = self._live, self._live.project.store
        after, until, model_id = live.taken, store.last_event_id(), live.model_id
        delta = read_delta(store, after=after, until=until)
        live.follow(delta, until)
        self._is_behind = False
        if settle_batches(live):
            live.read_threshold()
            self.look()  # what that wrote is taken in next
        for video_id in delta.videos:
            if video_id in live.index.videos:
                self._touched.setdefault(video_id, asked_at)
        for video_id, event_id in delta.videos.items():
            self._tell_changed(video_id, event_id)
        # Also of what is about no video, such as other guidelines or an export.
        is_other = until > max(delta.videos.values(), default=after)
        if delta.has_videos or delta.has_lists or delta.has_threshold or is_other:
            self._tell_changed(None, until)
        if live.model_id != model_id or delta.has_videos:
            self._tell_refilled(None)
        self._bring_up(list(self._touched))
        with self._wake:
            self._finish(asked)
        self._build_at = 0.0
        self._idle_at = time.monotonic() + (IDLE_S if delta.videos else 0.0)

    def _bring_up(self, names: Iterable[str]) -> None:
        """Videos that were touched: compute, summarise, tell."""
        for name in names:
            if name not in self._live.index.videos:  # purged meanwhile
                self._touched.pop(name, None)
                continue
            asked_at = self._touched[name]
            track_ids = self._summarise(name)
            seconds = round(time.monotonic() - min(asked_at, time.monotonic()), 4)
            self._touched.pop(name, None)
            self._tell_refilled(name, track_ids, seconds=seconds)

    def _summarise(self, name: str, *, keeps: bool = True) -> list[int]:
        summary = self._live.summarise_readable(name, keeps=keeps)
        if summary is None:
            self._unwritten.pop(name, None)
            return []
        self._unwritten[name] = summary
        if len(self._unwritten) >= WRITE_AT:
            self._write()
        return [track.track_id for track in summary.tracks]

    def _refresh(self) -> None:
        """One video whose summaries are out of date."""
        name = self._next_stale()
        if name is not None:
            self._summarise(name, keeps=False)
            self._has_news = True
        if self._has_news and time.monotonic() > self._told_at + TELL_EVERY_S:
            self._tell_counts()

    def _find_lost(self) -> None:
        self._looked_over = self._live.index
        self._live.find_lost()

    def _next_stale(self) -> str | None:
        live = self._live
        state = live.taken, live.model_id
        if self._stale[0] != state:
            self._stale = state, live.stale()[::-1]
        names = self._stale[1]
        while names and not live.is_stale(names[-1]):
            names.pop()
        return names[-1] if names else None

    def _tell_counts(self) -> None:
        """Pages look at queue and counts anew; not at each video, or it is a storm."""
        self._has_news, self._told_at = False, time.monotonic()
        self._tell_refilled(None)

    def _build(self) -> None:
        """The queue of the track that is worth most, of those that have none."""
        key = self._queue.next_to_build()
        if key is None:
            self._build_at = time.monotonic() + LOOK_EVERY_S
        else:
            self._queue.build(key)
            self._has_news = True
            summary = self._live.entry(key[0]).summary
            if summary is not None:
                self._unwritten[key[0]] = summary

    def _write(self) -> None:
        """Summaries into the database, many in few statements."""
        some, self._unwritten = self._unwritten, {}
        self._live.project.store.save_summaries(list(some.values()))

    # ---- what open pages are told

    def _tell_changed(self, video_id: str | None, event_id: int) -> None:
        """Something is new in the log about a video, or about none; told once."""
        if event_id > self._published.get(video_id, 0):
            self._published[video_id] = event_id
            self._publish("changed", {"event_id": event_id, "video_id": video_id})

    def _tell_refilled(
        self, video_id: str | None, track_ids: Iterable[int] = (), **more: float
    ) -> None:
        """Tracks of a video have new predictions; of None: any of the project may."""
        what = {"video_id": video_id, "track_ids": list(track_ids)}
        self._publish("refilled", what | {"model_id": self._live.model_id} | more)

    # ---- audits

    def _draw_audit(self) -> None:
        if self._due.draw() is not None:
            self.look()

    # ---- learning

    def _may_learn(self) -> bool:
        """Whether learning is due; asked once after each change of the log."""
        busy = self._learning is not None and self._learning.is_alive()
        if not self._learns or busy or self._checked_at == self._live.taken:
            return False
        self._checked_at = self._live.taken
        return self._live.model_id != "" and is_due(self._live.project)

    def _learn(self) -> None:
        self.learn_now()

    def _learn_model(self, rater: str | None = None) -> None:
        project = self._live.project
        try:
            try:
                learn(project, rater=rater, progress=self._go_on)
            except StoreError as error:  # a video that went in was purged meanwhile
                logger.info("learning begins anew: %s", error)
                learn(project, rater=rater, progress=self._go_on)
        except _ClosedError:
            return
        except Exception:
            # The model in force serves on; the next change tries again.
            logger.exception("learning failed; judgements are safe")
            self._publish("failed", {})
            return
        finally:
            self._progress = None
            self._tell_progress(1, 1)
        self.changed(None, project.store.last_event_id())

    def _go_on(self, _what: str, done: int, of: int) -> None:
        """Say how far learning is, and leave off once the project is closed."""
        if self._closing:
            raise _ClosedError
        self._progress = done, of
        self._tell_progress(min(done, of - 1), of)  # the model itself is to come

    def _tell_progress(self, done: int, of: int) -> None:
        what = {"what": "learn", "video_id": None, "done": done, "of": of}
        self._publish("progress", what)
