"""Rater views: what one rater sees of a project, blind to what the others said.

Nothing that is made from a rater view depends on what another rater said, except
predictions of tracks on which the rater has no open blind assignment, and which frames
are dealt with.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from feltline.project import VideoState, annotate, lay_over
from feltline.review.index import LABELS, VideoEntry, is_decided, origin_of
from feltline.review.live import LiveProject
from feltline.review.places import current_track
from feltline.review.queue import Position, Queue
from feltline.review.summaries import Totals
from feltline.review.track_view import Key, TrackView
from feltline.store import JudgementCount, StoredJudgement
from feltline.types import Prediction

__all__ = ["OwnCounts", "RaterView", "without_prediction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCounts:
    """Judgements in force of one rater in one video.

    Attributes:
        by_track: By the number that the track has now.
        by_origin: Values and classes by how they came about.
    """

    by_track: Mapping[int, int]
    by_origin: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_track.values())


class RaterView:
    """What one rater sees of a project that is worked in, as of when it is made.

    Args:
        live: The project.
        rater_id: The rater.
    """

    def __init__(self, live: LiveProject, rater_id: str) -> None:
        self._live = live
        self.rater_id = rater_id
        self.hidden = _hidden(live, rater_id)
        """Tracks whose predictions are hidden, by the numbers of now: those on which
        the rater has an open blind assignment."""

    def hides(self, video_id: str, track_id: int) -> bool:
        """Whether the prediction of a track is hidden."""
        return (video_id, track_id) in self.hidden

    def own(self, judgements: Sequence[StoredJudgement]) -> list[StoredJudgement]:
        """Those of the rater."""
        return [s for s in judgements if s.judgement.rater == self.rater_id]

    def view(self, video: VideoState, view: TrackView) -> TrackView:
        """A track with the rater's own judgements only.

        Args:
            video: Its video.
            view: The track as all see it together.
        """
        own = self.own(video.judgements_of(view.track.track_id))
        prediction = view.prediction
        if self.hides(*view.key):
            prediction = without_prediction(prediction)
        seen = [_unmarked(stored) for stored in own]
        annotations = annotate(view.track.frame, seen, video.schema)
        return replace(
            view,
            annotations=annotations,
            prediction=prediction,
            rows=lay_over(annotations, prediction, video.schema),
            events=tuple(s.event_id for s in own if s.judgement.decision != "skip"),
        )

    @property
    def is_blind(self) -> bool:
        """Whether the common queue waits until blind assignments are done.

        Which items it has, and in which order, says what the model makes of all tracks.
        """
        return bool(self.hidden)

    def totals(self, only: str | None = None) -> Totals:
        """Sums over the tracks whose predictions the rater may see."""
        index = self._live.index
        totals = index.totals(only).copy()
        for name in {video_id for video_id, _ in self.hidden}:
            entry = index.videos.get(name)
            summary = None if entry is None else entry.summary
            if summary is not None and only in (None, name):
                tracks = [s for s in summary.tracks if self.hides(name, s.track_id)]
                totals.add(replace(summary, tracks=tuple(tracks)), -1)
        return totals

    def n_decided(self, only: str | None = None) -> int:
        """The rater's own judgements in force that settle something."""
        return sum(
            one.count
            for one in self._counts
            if only in (None, one.video_id) and is_decided(one.decision, one.purpose)
        )

    def position(self, queue: Queue, only: str | None = None) -> Position:
        """How far the rater's own work is, with all videos or only one."""
        done, totals = self.n_decided(only), self.totals(only)
        n_open = self._live.project.store.n_open_assignments(
            self.rater_id, video_id=only
        )
        left = int(np.ceil(totals.expected_items)) + n_open
        seconds = queue.seconds_per_item(self.rater_id)
        return Position(done=done, total=done + left, seconds_left=left * seconds)

    def counts(self, entry: VideoEntry) -> OwnCounts:
        """The rater's own judgements in a video."""
        name = entry.record.video_id
        rows = [one for one in self._counts if one.video_id == name]
        by_track: Counter[int] = Counter()
        for one in rows:
            by_track[one.found_track_id] += one.count
        video = self._live.readable(name) if entry.has_edits else None
        if video is not None:
            own = self.own(video.judgements)
            by_track = Counter(s.judgement.track_id for s in own)
        by_origin: Counter[str] = Counter()
        for one in rows:
            # A honeypot must count as other work does, or it would be known.
            if one.decision in LABELS and one.purpose != "training":
                by_origin[origin_of(one.decision, one.origin)] += one.count
        return OwnCounts(by_track=by_track, by_origin=by_origin)

    @cached_property
    def _counts(self) -> list[JudgementCount]:
        return self._live.project.store.judgement_counts(rater=self.rater_id)


def _unmarked(stored: StoredJudgement) -> StoredJudgement:
    """The answer to a honeypot as one to other work: its rater must not tell."""
    if stored.judgement.purpose != "honeypot":
        return stored
    return replace(stored, judgement=replace(stored.judgement, purpose="work"))


def without_prediction(prediction: Prediction) -> Prediction:
    """A prediction that says nothing but of which model it is."""
    return replace(
        prediction,
        value=np.full_like(prediction.value, np.nan),
        low=np.full_like(prediction.low, np.nan),
        high=np.full_like(prediction.high, np.nan),
        confidence=np.full_like(prediction.confidence, np.nan),
        class_probability=np.full_like(prediction.class_probability, np.nan),
        evidence=np.empty((len(prediction), 0), np.int32),
        is_observed=np.zeros(len(prediction), bool),
    )


def _hidden(live: LiveProject, rater_id: str) -> frozenset[Key]:
    """Tracks with an open blind assignment of a rater.

    Where tracks of a video were edited, all of them: a part of the found track may be
    in any. Nothing is hidden for an assignment that nobody can answer, as its face is
    ignored or lost: all other work would wait for it.
    """
    found: set[Key] = set()
    edited: set[str] = set()
    for name, found_track_id in live.project.store.open_blind(rater_id):
        entry = live.index.videos.get(name)
        if entry is None or entry.is_lost:
            continue
        if entry.has_edits:
            edited.add(name)
        else:
            found.add((name, found_track_id))
    for name in edited:
        video = live.readable(name)
        if video is not None and _is_asked(live, video, rater_id):
            found |= {(name, track.track_id) for track in video.tracks}
    return frozenset(found)


def _is_asked(live: LiveProject, video: VideoState, rater_id: str) -> bool:
    """Whether a face with an open blind assignment of a rater is seen in a video."""
    asked = live.project.store.open_assignments(rater_id, only=video.video.video_id)
    return any(
        one.is_blind and current_track(video, one.found_track_id, one.frame) is not None
        for one in asked
    )
