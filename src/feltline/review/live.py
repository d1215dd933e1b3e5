"""A project that is worked in: everything is read or computed when it is asked for.

The database is the truth and is written first; then `changed` is called. From then on
whoever asks gets what the log says: states of videos and views of tracks are cached by
the last event about their video and by model, so an older one is never given out. A
judgement costs its own track, a track edit its own video.

A worker in the background (see `worker`) follows the log, warms the caches for whoever
looks, keeps the summaries, and learns anew.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from feltline.errors import FacesLostError, NothingToLabelError
from feltline.project import (
    Predictor,
    Project,
    VideoState,
    load_video,
    reread,
)
from feltline.project.snapshot import feature_file_of
from feltline.review.bounded_cache import BoundedCache
from feltline.review.index import Index, VideoEntry
from feltline.review.log_delta import LogDelta
from feltline.review.summaries import UNPLANNED, summarise
from feltline.review.tallies import Tallies
from feltline.review.track_view import Key, TrackView
from feltline.store import VideoSummary
from feltline.types import Progress

__all__ = ["WRITE_AT", "LiveProject"]

logger = logging.getLogger(__name__)

MAX_VIDEO_BYTES: Final = 256 * 2**20
"""States of videos in memory."""
MAX_VIEW_BYTES: Final = 256 * 2**20
WRITE_AT: Final = 64
"""So many videos' summaries are written at once."""


V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[V]):
    """A value, and the last event about its video that it takes into account."""

    revision: int
    value: V


class LiveProject:
    """An open project that is worked in; safe under threads.

    Args:
        project: The project; it stays the caller's to close.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.threshold = round(project.threshold, 2)  # in steps, as bins are
        self._reopened = project.reopened
        self.taken = project.store.last_event_id()
        """The last event of the log that was read."""
        self.predictor = _predictor_of(project)
        self._lock = threading.Lock()
        self._videos = BoundedCache[str, _Kept[VideoState]](
            MAX_VIDEO_BYTES, lambda kept: kept.value.n_bytes
        )
        self._views = BoundedCache[Key, _Kept[TrackView]](
            MAX_VIEW_BYTES, lambda kept: kept.value.n_bytes
        )
        self.index = self._read_index()
        self._uncounted: set[str] = set()
        """Videos whose judgements are to be counted anew."""
        self._told_lost: set[str] = set()
        self.tallies = Tallies(project.store, project.schema)

    # ---- reading

    @property
    def model_id(self) -> str:
        """The current model; empty where there is no face."""
        return "" if self.predictor is None else self.predictor.model.model_id

    def entry(self, video_id: str) -> VideoEntry:
        """What is known of a video without its arrays.

        Raises:
            KeyError: There is no such video.
        """
        return self.index.videos[video_id]

    def video(self, video_id: str) -> VideoState:
        """A video as it stands.

        Raises:
            KeyError: There is no such video.
        """
        return self._video(self.entry(video_id)).value

    def tracks_of(self, video_id: str) -> VideoState:
        """A video with its tracks as they are; its judgements may be older ones.

        Raises:
            KeyError: There is no such video.
        """
        entry, kept = self.entry(video_id), self._videos.get(video_id)
        if kept is not None and kept.revision >= entry.edited:
            return kept.value
        return self._video(entry).value

    def view(self, video_id: str, track_id: int, *, keeps: bool = True) -> TrackView:
        """A track as it stands; two threads that ask for the same compute it once.

        Args:
            video_id: Its video.
            track_id: Its number.
            keeps: Whether it is kept at hand; not where a pass over all videos would
                push out what people look at.

        Raises:
            KeyError: There is no such video or track.
        """
        entry, key = self.entry(video_id), (video_id, track_id)
        if (kept := self._kept_view(entry, key)) is not None:
            return kept
        with self._views.alone(key):
            if (kept := self._kept_view(entry, key)) is not None:
                return kept
            # Read before the state: what comes meanwhile makes this out of date.
            revision, predictor = entry.revision, self.predictor
            before = self._views.get(key)
            state = self._video(entry, keeps=keeps).value
            if predictor is None:
                raise KeyError(track_id)
            with self.noting_loss(video_id):
                view = TrackView.of(
                    state, track_id, predictor, None if before is None else before.value
                )
            if keeps or before is not None:
                self._views.put(key, _Kept(revision, view))
            return view

    def n_decided(self, video_id: str | None = None) -> int:
        """Judgements in force that settle something, up to the last one."""
        self.count_judgements()
        return self.index.n_decided(video_id)

    def count_judgements(self) -> None:
        """Count anew the judgements of videos that were touched since the last time."""
        with self._lock:
            names, self._uncounted = self._uncounted, set()
        for name in names:
            if (entry := self.index.videos.get(name)) is not None:
                entry.count(self.project.store.judgements(video_id=name))

    def views(self, video_id: str) -> list[TrackView]:
        """All tracks of a video as they stand.

        Raises:
            KeyError: There is no such video.
        """
        return [self.view(video_id, t.track_id) for t in self.video(video_id).tracks]

    def _kept_view(self, entry: VideoEntry, key: Key) -> TrackView | None:
        """The view of a track that is kept, if it is that of now."""
        kept = self._views.get(key)
        if kept is None or kept.revision != entry.revision or entry.is_lost:
            return None
        policy = self.project.settings.consensus
        return kept.value if kept.value.is_current(self.model_id, policy) else None

    def _video(self, entry: VideoEntry, *, keeps: bool = True) -> _Kept[VideoState]:
        revision, name = entry.revision, entry.record.video_id
        kept = self._videos.get(name)
        same = kept is not None and kept.value.video == entry.record
        if kept is not None and same and kept.revision == revision:
            return kept
        with self.noting_loss(name):
            state = (
                reread(self.project, kept.value)
                if kept is not None and same
                else load_video(self.project, name)
            )
        made = _Kept(revision, state)
        if keeps or kept is not None:
            self._videos.put(name, made)
        return made

    # ---- lost feature files

    @property
    def lost(self) -> list[str]:
        """Videos whose feature files were found to be lost."""
        return [name for name, entry in self.index.videos.items() if entry.is_lost]

    def readable(self, video_id: str) -> VideoState | None:
        """A video as it stands; None if its feature file is lost.

        Raises:
            KeyError: There is no such video.
        """
        try:
            return self.video(video_id)
        except FacesLostError:
            return None

    @contextmanager
    def noting_loss(self, video_id: str) -> Iterator[None]:
        """Leave a video out from now on if its feature file turns out to be lost."""
        try:
            yield
        except FacesLostError as error:
            self._videos.drop(video_id)
            with self._lock:
                entry = self.index.videos.get(video_id)
                if entry is not None and not entry.is_lost:
                    self.index.lose(entry)
                is_new = video_id not in self._told_lost
                self._told_lost.add(video_id)
            if is_new:
                logger.warning("%s is left out: %s", video_id, error)
            raise

    def find_lost(self) -> None:
        """Look for the feature file of every video; only sizes are compared."""
        for name, entry in list(self.index.videos.items()):
            with suppress(FacesLostError), self.noting_loss(name):
                feature_file_of(self.project, entry.record)

    # ---- following the log

    def touched(self, video_id: str, event_id: int, *, is_edit: bool = True) -> None:
        """An event is about judgements or tracks of a video: read it anew when asked.

        Videos that are not known yet are left to `follow`.

        Args:
            video_id: The video.
            event_id: The event.
            is_edit: Whether its tracks may be others than before.
        """
        with self._lock:
            entry = self.index.videos.get(video_id)
            if entry is not None and event_id > entry.revision:
                entry.revision = event_id
                if is_edit:
                    entry.edited = event_id
                self._uncounted.add(video_id)

    def read_threshold(self) -> None:
        """Another threshold may be in force, or other videos may be reopened."""
        threshold = round(self.project.threshold, 2)
        reopened = self.project.reopened
        if (threshold, reopened) != (self.threshold, self._reopened):
            with self._lock:
                self.threshold, self._reopened = threshold, reopened
                self.index.set_threshold(threshold, reopened)

    def threshold_of(self, video_id: str) -> float:
        """The threshold in force in a video: an audit may have raised it there."""
        return max(self.threshold, self._reopened.get(video_id, 0.0))

    def follow(self, delta: LogDelta, until: int) -> None:
        """Take in what the log says up to an event."""
        if delta.has_threshold:
            self.read_threshold()
        if delta.has_model:
            self.predictor = _predictor_of(self.project)
        if delta.has_videos:
            self.index = self._read_index()
            for name in delta.read_again & self.index.videos.keys():
                self.touched(name, until)
                self._forget(name)
        for video_id, event_id in delta.videos.items():
            self.touched(video_id, event_id, is_edit=video_id in delta.edited)
        self.taken = until

    def _forget(self, video_id: str) -> None:
        """Let go of what was made of former features of a video."""
        for key in self._views.keys():  # noqa: SIM118 - a copy, of no mapping
            if key[0] == video_id:
                self._views.drop(key)
        self._videos.drop(video_id)

    def summarise(self, video_id: str, *, keeps: bool = True) -> VideoSummary:
        """Summaries of a video as it stands, and its counts, put into the index.

        Args:
            video_id: The video.
            keeps: Whether its views are kept at hand, as in `view`.

        Raises:
            KeyError: There is no such video.
        """
        entry = self.entry(video_id)
        revision = entry.revision  # read before the state, as in `view`
        state = self._video(entry, keeps=keeps).value
        summary = VideoSummary(
            video_id=video_id,
            model_id=self.model_id,
            revision=revision,
            threshold=self.threshold_of(video_id),
            tracks=tuple(
                summarise(self.view(video_id, track.track_id, keeps=keeps))
                for track in state.tracks
            ),
        )
        with self._lock:
            entry.has_edits = bool(state.edits)
            self.index.replace_summary(summary)
        return summary

    def summarise_readable(
        self, video_id: str, *, keeps: bool = True
    ) -> VideoSummary | None:
        """`summarise`, or None if the feature file of the video is lost.

        Raises:
            KeyError: There is no such video.
        """
        try:
            return self.summarise(video_id, keeps=keeps)
        except FacesLostError:
            return None

    def set_items(self, key: Key, best_gain: float, n_items: float) -> None:
        """Note in a track's summary what its queue says at the threshold in force."""
        with self._lock:
            entry = self.index.videos.get(key[0])
            old = None if entry is None else entry.summary
            if old is None:
                return
            threshold = self.threshold_of(key[0])
            is_same = old.threshold == threshold
            tracks = [
                replace(s, best_gain=best_gain, n_items=n_items)
                if s.track_id == key[1]
                else (s if is_same else replace(s, n_items=UNPLANNED))
                for s in old.tracks
            ]
            self.index.replace_summary(
                replace(old, threshold=threshold, tracks=tuple(tracks))
            )

    def stale(self) -> list[str]:
        """Videos whose summaries are missing or out of date, last changed first."""
        model_id = self.model_id
        if not model_id:
            return []
        entries = self.index.videos.items()
        names = [(e.revision, name) for name, e in entries if not e.is_fresh(model_id)]
        return [name for _, name in sorted(names, reverse=True)]

    def is_stale(self, video_id: str) -> bool:
        """Whether the summaries of a video, if it is still there, are out of date."""
        entry = self.index.videos.get(video_id)
        return entry is not None and not entry.is_fresh(self.model_id)

    def settle(self, progress: Progress | None = None) -> None:
        """Bring all summaries up to date, and write them: for whoever has no worker.

        Args:
            progress: Told how far it is.
        """
        self.find_lost()
        names = self.stale()
        made: list[VideoSummary] = []
        for done, name in enumerate(names, start=1):
            if (summary := self.summarise_readable(name)) is not None:
                made.append(summary)
            if progress is not None:
                progress("videos", done, len(names))
            if len(made) >= WRITE_AT or done == len(names):
                self.project.store.save_summaries(made)
                made = []

    def _read_index(self) -> Index:
        return Index(
            self.project.store,
            threshold=self.threshold,
            reopened=self._reopened,
            model_id=self.model_id,
        )


def _predictor_of(project: Project) -> Predictor | None:
    """The current model at work; None where there is no face, or all are lost."""
    try:
        return Predictor(project)
    except (NothingToLabelError, FacesLostError):
        return None
