"""A project in memory, so that a correction re-fills its video while the rater looks.

The database is the truth and is written first; then `changed` is told. One thread reads
what is new in the log, exchanges the labels of the tracks that it touches
(hyper-parameters stay as they are), and puts a new `Scene` in the place of the old one.
Scenes never change, so whoever reads one needs no lock. Tracks of other videos move
only through what all tracks share; they are done again when there is nothing else to
do.

A re-fill is named `<run>+<event>`: the hyper-parameters of that run, and the labels in
force after that event, so that it can be made again at any time.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from feltline.errors import NothingToLabelError
from feltline.fewshot import Filling
from feltline.project import (
    PRIOR,
    Project,
    ProjectState,
    VideoState,
    fill_state,
    keep_run,
    load_state,
    reread,
)
from feltline.review.log_reader import read_log
from feltline.review.notifications import Publish, Teller
from feltline.review.snapshot import Key, Scene
from feltline.review.track_view import View
from feltline.store import StoredLabel, StoredReview
from feltline.types import Progress

__all__ = ["LiveProject"]

logger = logging.getLogger(__name__)

CALM_S: Final = 1.0
"""So long after the last change, tracks of other videos are brought up to date."""

AFTER_FAULT_S: Final = 30.0
"""So long after a fault, what can wait is not tried again."""

GROWTH: Final = 1.25
"""Hyper-parameters are learnt again from so many times the labels that they were learnt
from."""


class _ClosedError(Exception):
    """There is no more use in going on."""


class LiveProject:
    """An open project that is worked in.

    Args:
        project: The project; it stays the caller's to close.
        publish: Told what has changed.
        keeps_runs: Whether what is learnt is kept as a run; to look at a project
            writes nothing.
        progress: Told how far the opening is.
    """

    def __init__(
        self,
        project: Project,
        publish: Publish | None = None,
        *,
        keeps_runs: bool = True,
        progress: Progress | None = None,
    ) -> None:
        self.project = project
        self.scene = Scene(videos={}, filling=None, numbers={}, views={})
        self.threshold = project.threshold
        self._tell = Teller(publish)
        self._keeps_runs = keeps_runs
        self._wake = threading.Condition()
        self._asked = self._done = 0
        """How often something was told, and how much of that is taken in."""
        self._asked_at = math.inf
        self._closing = self._is_behind = False
        self._calm_at = 0.0
        self._planned_for = self.threshold
        self._stale: set[Key] = set()
        self._reviews: tuple[int, list[StoredReview]] | None = None
        self._learnt_from = 0
        self._base = PRIOR
        self.taken = project.store.last_event_id()
        """The last event of the log that was read."""
        self._progress = progress
        self._learn(self._read(self.taken), self.taken)
        self._progress = None  # from here on it is the worker's business
        self._worker = threading.Thread(target=self._work, name="refill", daemon=True)
        self._worker.start()

    def close(self) -> None:
        """Stop working; what was changed is in the database already."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        self._worker.join()

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
                f"re-filling takes more than {timeout_s:g} s; what was changed is "
                f"saved, and shows when it is done"
            )

    @property
    def is_busy(self) -> bool:
        """Whether something was told that is not taken in yet."""
        with self._wake:
            return self._asked > self._done

    # ---- reading; `scene` where several answers must agree

    @property
    def names(self) -> list[str]:
        """Names of the videos, by name."""
        return list(self.scene.videos)

    def video(self, video_id: str) -> VideoState:
        """One video.

        Raises:
            KeyError: There is no such video.
        """
        return self.scene.videos[video_id]

    def view(self, video_id: str, track_id: int) -> View:
        """One track.

        Raises:
            KeyError: There is no such video or track.
        """
        return self.scene.views[video_id, track_id]

    def views(self, video_id: str | None = None) -> list[View]:
        """All tracks, or those of one video."""
        return self.scene.views_of(video_id)

    @property
    def filling(self) -> Filling:
        """The engine on the labels so far; its tracks are in the order of `views`.

        Raises:
            NothingToLabelError: There is no face in the project.
        """
        filling = self.scene.filling
        if filling is None:
            raise NothingToLabelError("there is no face in this project")
        return filling

    @property
    def state(self) -> ProjectState:
        """The whole project."""
        return self.scene.state

    @property
    def reviews(self) -> list[StoredReview]:
        """Decisions in force, in their order."""
        asked, known = self._asked, self._reviews
        if known is None or known[0] != asked:
            # `asked` was read first: what is told meanwhile makes this out of date.
            known = asked, self.project.store.reviews()
            self._reviews = known
        return known[1]

    def labels(self, video_id: str) -> tuple[StoredLabel, ...]:
        """Labels of a video in force, by the numbers that its tracks have now."""
        return self.scene.videos[video_id].labels

    # ---- changing

    def changed(self, video_id: str | None, event_id: int) -> None:
        """Something is new in the database's log.

        Args:
            video_id: The video that it is about; None if it is about none.
            event_id: The change.
        """
        self._tell.changed(video_id, event_id)
        self._ask()

    def repaired(self) -> None:
        """Tracks of a video have changed; told to others once the new ones stand.

        Raises:
            TimeoutError: That takes long.
        """
        self._ask()
        self.wait()

    def set_threshold(self, value: float) -> None:
        """Another threshold is in force: what to ask for changes everywhere."""
        self.threshold = value
        self._ask()

    def _ask(self) -> None:
        with self._wake:
            self._asked += 1
            self._asked_at = min(self._asked_at, time.monotonic())
            self._wake.notify_all()

    # ---- the worker

    def _work(self) -> None:
        while (next_one := self._next_task()) is not None:
            asked, task = next_one
            try:
                task()
            except _ClosedError:
                return
            except Exception:
                # The last resort of this thread: it must live on for the next change,
                # which takes in what this one did not.
                logger.exception("re-filling failed; the labels are safe")
                self._calm_at = time.monotonic() + AFTER_FAULT_S
                self._tell.failed()
            with self._wake:
                self._done = max(self._done, asked)
                self._wake.notify_all()

    def _next_task(self) -> tuple[int, Callable[[], None]] | None:
        """Wait for something to do, and how much of what was told is then taken in."""
        with self._wake:
            while not self._closing:
                if self._asked > self._done:
                    self._calm_at = time.monotonic() + CALM_S
                    asked_at, self._asked_at = self._asked_at, math.inf
                    return self._asked, partial(self._catch_up, asked_at)
                wait_s = self._calm_at - time.monotonic()
                idle = self._idle_task()
                if idle is not None and wait_s <= 0:
                    return 0, idle
                self._wake.wait(None if idle is None else wait_s)
            return None

    def _idle_task(self) -> Callable[[], None] | None:
        """What to do when there is nothing else to do."""
        if self._is_behind:  # taking in failed: once more, though nothing else comes
            return partial(self._catch_up, time.monotonic())
        filling = self.scene.filling
        if filling and len(filling.support) > GROWTH * self._learnt_from:
            return self._relearn
        return self._freshen if self._stale else None

    def _catch_up(self, asked_at: float) -> None:
        """Take in what the log says, and another threshold."""
        self._is_behind = True
        until = self.project.store.last_event_id()
        news = read_log(self.project.store, after=self.taken, until=until)
        if news.has_threshold:
            self.threshold = self.project.threshold
        planned_for = self.threshold
        if news.has_others:
            self._learn(self._read(until), until)
            self._tell.changed(None, until)
            self._tell.refilled_all(self.scene)
        else:
            replan = planned_for != self._planned_for
            known = [n for n in news.videos if n in self.scene.videos]
            self._take_words(known, until, asked_at, replan=replan)
        self._tell.came_along(news.videos)
        self.taken, self._planned_for = until, planned_for
        self._is_behind = False

    def _read(self, at: int) -> ProjectState:
        """The project as it stands after an event; only new videos are read whole."""
        known, tell = self.scene.videos, self._progress
        return load_state(self.project, at=at, known=known, progress=tell)

    def _learn(self, state: ProjectState, at: int) -> None:
        """Learn hyper-parameters from the labels of all videos, and keep the run."""
        videos = {video.video.video_id: video for video in state.videos}
        filling = fill_state(self.project, state) if state.tracks else None
        scene = self._seen_whole(videos, filling)
        base = PRIOR
        if filling is not None and len(state.support):
            base = filling.run_id
            if self._keeps_runs:
                estimates = [view.estimate for view in scene.views.values()]
                keep_run(self.project, filling, estimates, at, left_out=state.left_out)
        self.scene, self._stale = scene, set()
        self._base, self._learnt_from = base, len(state.support)

    def _relearn(self) -> None:
        """Learn again, from how the project stands now."""
        until = self.project.store.last_event_id()
        self._learn(self._read(until), until)
        self._tell.refilled_all(self.scene)

    def _take_words(
        self, names: Sequence[str], at: int, asked_at: float, *, replan: bool
    ) -> None:
        """Take in what people say of some videos.

        Args:
            names: The videos.
            at: The log up to this event.
            asked_at: When that was told, by `time.monotonic`.
            replan: Whether to see all others again too.
        """
        before = self.scene.videos
        after = {n: reread(self.project, before[n], at=at) for n in names}
        if any(after[n].edits != before[n].edits for n in names):
            self._rebuild({**before, **after}, at)
        else:
            old, run_id = self.scene, f"{self._base}+{at}"
            self.scene = old.exchanged(after, run_id)
            if self.scene.filling is not old.filling:
                self._stale |= set(old.views)
            for name in before if replan else names:
                keys = [key for key in self.scene.views if key[0] == name]
                self.scene = self.scene.with_views(
                    [self._seen(self.scene, k) for k in keys]
                )
                self._stale -= set(keys)
        for name in before if replan else names:
            seconds = round(time.monotonic() - asked_at, 4)
            self._tell.refilled(self.scene, name, seconds=seconds)

    def _rebuild(self, videos: Mapping[str, VideoState], at: int) -> None:
        """Tracks are others than before: condition all anew as hyper-parameters are."""
        state, filling = ProjectState(videos=tuple(videos.values())), None
        if state.tracks:
            old = self.scene.filling
            learnt = old is not None and self._base != PRIOR
            around = old.posterior.hyperparameters if old and learnt else None
            run_id = f"{self._base}+{at}"
            filling = fill_state(self.project, state, around=around, run_id=run_id)
        self.scene, self._stale = self._seen_whole(videos, filling), set()

    def _freshen(self) -> None:
        """Bring one track up to date with labels of other videos."""
        key = self._stale.pop()
        self.scene = self.scene.with_views([self._seen(self.scene, key)])
        self._tell.refilled(self.scene, key[0], [key[1]])

    def _seen_whole(
        self, videos: Mapping[str, VideoState], filling: Filling | None
    ) -> Scene:
        """Every track of these videos as this filling has it."""
        keys = [(n, t.track_id) for n, video in videos.items() for t in video.tracks]
        numbers = {key: i for i, key in enumerate(keys)}
        scene = Scene(videos=videos, filling=filling, numbers=numbers, views={})
        views = []
        for done, key in enumerate(keys, start=1):
            views.append(self._seen(scene, key))
            self._advance("faces", done, len(keys))
        return scene.with_views(views)

    def _advance(self, what: str, done: int, of: int) -> None:
        if self._progress is not None:
            self._progress(what, done, of)

    def _seen(self, scene: Scene, key: Key) -> View:
        """A track as the filling of a scene has it."""
        if self._closing:
            raise _ClosedError
        return scene.seen(key, self.threshold)
