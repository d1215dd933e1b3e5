"""A project in memory, so that a correction re-fills its video while the rater looks.

The database is the truth and is written first; then `changed` is told which video is
affected. One thread takes the changes in turn, exchanges the labels of the tracks that
they touch (hyper-parameters stay as they are), and puts a new `View` in the place of
the old one. Views never change, so whoever reads one needs no lock. Tracks of other
videos move only through what all tracks share; they are done again when there is
nothing else to do.

A re-fill is named `<run>+<event>`: the hyper-parameters of that run, and the labels in
force after that event, so that it can be made again at any time.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import numpy as np

from feltline.errors import NothingToLabelError
from feltline.fewshot import Filling, plan_review
from feltline.pipeline import (
    PRIOR,
    Judged,
    Project,
    ProjectState,
    VideoState,
    fill_state,
    keep_run,
    load_state,
    reread,
)
from feltline.review.view import View
from feltline.store import StoredLabel, StoredReview
from feltline.types import Estimate, FaceTrack

__all__ = ["LiveProject", "Publish"]

logger = logging.getLogger(__name__)

Publish = Callable[[str, dict[str, Any]], None]
"""Told (name of the news, what about it)."""

CALM_S: Final = 1.0
"""So long after the last change, tracks of other videos are brought up to date."""

GROWTH: Final = 1.25
"""Hyper-parameters are learnt again from so many times the labels that they were learnt
from."""

Key = tuple[str, int]


class LiveProject:
    """An open project that is worked in.

    Args:
        project: The project; it stays the caller's to close.
        publish: Told what has changed.
    """

    def __init__(self, project: Project, publish: Publish | None = None) -> None:
        self.project = project
        self._publish = publish or (lambda _name, _what: None)
        self._wake = threading.Condition()
        self._dirty: dict[str, tuple[int, float]] = {}
        self._stale: set[Key] = set()
        self._busy = False
        self._closing = False
        self._calm_at = 0.0
        self._reviews: list[StoredReview] | None = None
        self._learnt_from = 0
        self.threshold = project.threshold
        self._videos: dict[str, VideoState] = {}
        self._numbers: dict[Key, int] = {}
        self._views: dict[Key, View] = {}
        self._filling: Filling | None = None
        self._base = PRIOR
        self._load()
        self._worker = threading.Thread(target=self._work, name="refill", daemon=True)
        self._worker.start()

    def close(self) -> None:
        """Stop working; what was changed is in the database already."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        self._worker.join()

    def wait(self, timeout_s: float = 60.0) -> None:
        """Return when all changes told of have been taken in.

        Raises:
            TimeoutError: It took longer.
        """
        with self._wake:
            done = self._wake.wait_for(
                lambda: not self._dirty and not self._busy, timeout_s
            )
        if not done:
            raise TimeoutError(f"re-filling took more than {timeout_s:g} s")

    # ---- reading

    @property
    def names(self) -> list[str]:
        """Names of the videos, by name."""
        return list(self._videos)

    def video(self, video_id: str) -> VideoState:
        """One video.

        Raises:
            KeyError: There is no such video.
        """
        return self._videos[video_id]

    def view(self, video_id: str, track_id: int) -> View:
        """One track.

        Raises:
            KeyError: There is no such video or track.
        """
        return self._views[video_id, track_id]

    def views(self, video_id: str | None = None) -> list[View]:
        """All tracks, or those of one video."""
        views = self._views
        return [v for (name, _), v in views.items() if video_id in (None, name)]

    @property
    def filling(self) -> Filling:
        """The engine on the labels so far; its tracks are in the order of `views`.

        Raises:
            NothingToLabelError: There is no face in the project.
        """
        filling = self._filling
        if filling is None:
            raise NothingToLabelError("there is no face in this project")
        return filling

    def number(self, video_id: str, track_id: int) -> int:
        """Place of a track in `filling` and `views`."""
        return self._numbers[video_id, track_id]

    @property
    def state(self) -> ProjectState:
        """The whole project."""
        return ProjectState(videos=tuple(self._videos.values()))

    @property
    def reviews(self) -> list[StoredReview]:
        """Decisions in force, in their order."""
        known = self._reviews
        if known is None:
            known = self.project.store.reviews()
            self._reviews = known
        return known

    def labels(self, video_id: str) -> tuple[StoredLabel, ...]:
        """Labels of a video in force, by the numbers that its tracks have now."""
        return self._videos[video_id].labels

    # ---- changing

    def changed(self, video_id: str | None, event_id: int) -> None:
        """Something that people say of a video has changed in the database.

        Args:
            video_id: The video; None if nothing of a video changed.
            event_id: The change.
        """
        self._take(video_id, event_id)
        self._publish("changed", {"event_id": event_id, "video_id": video_id})

    def repaired(self, video_id: str, event_id: int) -> None:
        """Tracks of a video have changed; told to others once the new ones stand.

        Args:
            video_id: The video.
            event_id: The change.
        """
        self._take(video_id, event_id)
        self.wait()
        self._publish("changed", {"event_id": event_id, "video_id": video_id})

    def _take(self, video_id: str | None, event_id: int) -> None:
        self._reviews = None
        if video_id is not None:
            with self._wake:
                _, since = self._dirty.get(video_id, (0, time.monotonic()))
                self._dirty[video_id] = event_id, since
                self._wake.notify_all()

    def set_threshold(self, value: float) -> None:
        """Another threshold is in force: what to ask for changes everywhere."""
        self.threshold = value
        with self._wake:
            for name in self._videos:
                self._dirty.setdefault(name, (0, time.monotonic()))
            self._wake.notify_all()

    def take_in(self) -> list[str]:
        """Take in videos that were added to the project, or purged from it, meanwhile.

        Returns:
            Names of the videos that are new.
        """
        names = self.project.store.video_names()
        if set(names) == set(self._videos):
            return []
        new = [name for name in names if name not in self._videos]
        with self._wake:
            self._wake.wait_for(lambda: not self._busy)
            self._reviews = None
            self._load()
        return new

    # ---- the worker

    def _load(self) -> None:
        """Everything from the database."""
        event_id = self.project.store.last_event_id()
        state = load_state(self.project, at=event_id)
        self._videos = {v.video.video_id: v for v in state.videos}
        self._learn(event_id)

    def _learn(self, event_id: int) -> None:
        """Learn hyper-parameters from the labels of all videos, and keep the run."""
        state = self.state
        self._filling = fill_state(self.project, state) if state.tracks else None
        estimates = self._see_all()
        self._base, self._learnt_from = PRIOR, len(state.support)
        if self._filling is not None and len(state.support):
            run = keep_run(self.project, self._filling, estimates, event_id)
            self._base = run.run_id

    def _relearn(self) -> None:
        """Learn again, from how the project stands now."""
        event_id = self.project.store.last_event_id()
        self._videos = {
            name: reread(self.project, video, at=event_id)
            for name, video in self._videos.items()
        }
        self._learn(event_id)
        for name, video in self._videos.items():
            self._tell(name, [t.track_id for t in video.tracks])

    def _worth_learning(self) -> bool:
        """Whether there are enough more labels than were learnt from."""
        filling = self._filling
        return filling is not None and (
            len(filling.support) > GROWTH * self._learnt_from
        )

    def _rebuild_tracks(self, event_id: int) -> None:
        """Tracks are others than before: condition all anew as hyper-parameters are."""
        state = self.state
        around = None
        if self._filling is not None and self._base != PRIOR:
            around = self._filling.posterior.hyperparameters
        self._filling = None
        if state.tracks:
            self._filling = fill_state(
                self.project, state, around=around, run_id=f"{self._base}+{event_id}"
            )
        self._see_all()

    def _see_all(self) -> list[Estimate | None]:
        """See every track afresh."""
        tracks = self.state.tracks
        self._numbers = {(t.video_id, t.track_id): i for i, t in enumerate(tracks)}
        views = [self._seen(t, self._judged(t)) for t in tracks]
        self._views = {(v.track.video_id, v.track.track_id): v for v in views}
        self._stale = set()
        return [v.estimate for v in views]

    def _judged(self, track: FaceTrack) -> Judged:
        video = self._videos[track.video_id]
        number = video.number_of(track.track_id)
        assert number is not None  # noqa: S101 - `track` is one of this video's
        return video.judged[number]

    def _seen(self, track: FaceTrack, judged: Judged) -> View:
        """A track as the filling has it now."""
        filling = self._filling
        assert filling is not None  # noqa: S101 - there is a track, so it was filled
        number = self._numbers[track.video_id, track.track_id]
        estimate = filling.estimate(number)
        plan = None
        if estimate is not None:
            plan = plan_review(
                filling,
                number,
                self.threshold,
                judged=judged.dealt_with,
                confidence=estimate.confidence,
            )
        return View(
            track=track,
            judged=judged,
            estimate=estimate,
            plan=plan,
            made_at=datetime.now(tz=UTC),
        )

    def _work(self) -> None:
        while True:
            task = self._next_task()
            if task is None:
                return
            try:
                task()
            except Exception:
                # The last resort of this thread: it must live on for the next change.
                logger.exception("re-filling failed; the labels are safe")
                self._publish("failed", {})

    def _next_task(self) -> Callable[[], None] | None:
        """Wait for something to do; None when closing."""
        with self._wake:
            self._busy = False
            self._wake.notify_all()
            while not self._closing:
                if self._dirty:
                    video_id = next(iter(self._dirty))
                    event_id, since = self._dirty.pop(video_id)
                    self._busy, self._calm_at = True, time.monotonic() + CALM_S
                    return partial(self._refill, video_id, event_id, since)
                wait_s = self._calm_at - time.monotonic()
                idle = self._idle_task()
                if idle is not None and wait_s <= 0:
                    self._busy = True
                    return idle
                self._wake.wait(None if idle is None else wait_s)
            return None

    def _idle_task(self) -> Callable[[], None] | None:
        """What to do when there is nothing else to do."""
        if self._worth_learning():
            return self._relearn
        if self._stale:
            return self._freshen
        return None

    def _refill(self, video_id: str, event_id: int, since: float) -> None:
        """Take in what people say of one video now."""
        if video_id not in self._videos:
            return
        before = self._videos[video_id]
        after = reread(self.project, before)
        self._videos[video_id] = after
        if after.edits != before.edits:
            self._rebuild_tracks(event_id)
        else:
            if event_id > 0:
                self._exchange(before, after, event_id)
            for track, said in zip(after.tracks, after.judged, strict=True):
                self._put(self._seen(track, said))
        self._tell(
            video_id,
            [t.track_id for t in after.tracks],
            seconds=round(time.monotonic() - since, 4),
        )

    def _exchange(self, before: VideoState, after: VideoState, event_id: int) -> None:
        """Give the engine the labels of tracks whose labels have changed."""
        moved = False
        for track, old, new in zip(
            after.tracks, before.judged, after.judged, strict=True
        ):
            if _teach_alike(old, new):
                continue
            assert self._filling is not None  # noqa: S101 - there is a track
            number = self._numbers[track.video_id, track.track_id]
            run_id = f"{self._base}+{event_id}"
            self._filling = self._filling.with_track_labels(
                number, new.support, run_id, new.choices
            )
            moved = True
        if moved:
            mine = after.video.video_id
            self._stale = {key for key in self._views if key[0] != mine}

    def _freshen(self) -> None:
        """Bring one track up to date with labels of other videos."""
        key = self._stale.pop()
        old = self._views.get(key)
        if old is not None:
            self._put(self._seen(old.track, old.judged))
            self._tell(key[0], [key[1]])

    def _put(self, view: View) -> None:
        key = view.track.video_id, view.track.track_id
        self._views = self._views | {key: view}

    def _tell(self, video_id: str, track_ids: Iterable[int], **more: float) -> None:
        filling = self._filling
        self._publish(
            "refilled",
            {
                "video_id": video_id,
                "track_ids": list(track_ids),
                "run_id": "" if filling is None else filling.run_id,
                **more,
            },
        )


def _teach_alike(old: Judged, new: Judged) -> bool:
    """Whether the engine would learn the same from both."""
    return (
        old.support.rater == new.support.rater
        and np.array_equal(old.support.frame, new.support.frame)
        and np.array_equal(old.support.affect, new.support.affect)
        and np.array_equal(old.support.expression, new.support.expression)
        and np.array_equal(old.choices.frame, new.choices.frame)
        and np.array_equal(old.choices.expression, new.choices.expression)
    )
