"""Index of a project: rows about its videos and tracks, without any array.

Opening reads it in a handful of statements. A judgement changes the entry of its video
and no other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from feltline.review.summaries import Totals, accepted_of, pending_of
from feltline.store import (
    Store,
    StoredJudgement,
    TrackRecord,
    TrackSummary,
    VideoRecord,
    VideoSummary,
)
from feltline.types import PRACTICE, Decision, Purpose

__all__ = ["LABELS", "Index", "VideoEntry", "is_decided", "origin_of"]

LABELS: Final = ("label", "accept", "edit")
"""Decisions that give a value or class."""


def is_decided(decision: Decision, purpose: Purpose) -> bool:
    """Whether a judgement settles what it was asked for.

    A skipped item comes back; a skipped audit does not: the next place of the queue
    has another one.
    """
    return decision != "skip" or purpose == "audit"


@dataclass(slots=True, eq=False)
class VideoEntry:
    """What is known of one video without its arrays.

    Attributes:
        record: The video as it was added.
        found: Tracks as they were found.
        revision: Last event about its judgements or tracks.
        edited: Last event that may be about its tracks.
        has_edits: Whether its tracks were edited.
        n_judgements: Judgements in force per found track.
        n_labels: Values and classes in force; one given anew for the same frames counts
            once, and answers to training items and honeypots not at all.
        n_others: Judgements in force that give neither.
        n_decided: Judgements in force that settle something.
        n_by_rater: Judgements in force per rater.
        n_by_origin: The same by how they came about: `label` by a person, `accept`,
            `import`.
        summary: Summaries of its tracks; None = there are none yet.
        n_accepted: Open frames of its tracks at or above the threshold in force.
        worth: Per track that has frames under the threshold, what its best item may
            gain: the bound of all its open frames, in the share of those.
        is_lost: Whether its feature file was found to be lost: it has no summary then,
            and is left out till it is read again.
    """

    record: VideoRecord
    found: tuple[TrackRecord, ...]
    revision: int = 0
    edited: int = 0
    has_edits: bool = False
    n_judgements: Counter[int] = field(default_factory=Counter)
    n_labels: int = 0
    n_others: int = 0
    n_decided: int = 0
    n_by_rater: Counter[str] = field(default_factory=Counter)
    n_by_origin: Counter[str] = field(default_factory=Counter)
    summary: VideoSummary | None = None
    n_accepted: int = 0
    worth: tuple[tuple[tuple[str, int], float], ...] = ()
    is_lost: bool = False

    def is_fresh(self, model_id: str) -> bool:
        """Whether its summaries hold for this model and all that was said."""
        if self.is_lost:
            return True  # there is nothing to make others from
        s = self.summary
        return s is not None and s.model_id == model_id and s.revision >= self.revision

    def put(self, summary: VideoSummary | None, threshold: float) -> None:
        """Put other summaries in the place of the old ones."""
        self.summary = summary
        tracks = () if summary is None else summary.tracks
        self.n_accepted = sum(accepted_of(s, threshold) for s in tracks)
        self.worth = tuple(
            (
                (self.record.video_id, s.track_id),
                s.best_gain * pending / max(s.n_frames - s.n_reviewed, 1),
            )
            for s in tracks
            if (pending := pending_of(s, threshold))
        )

    def count(self, judgements: Iterable[StoredJudgement]) -> None:
        """Count the judgements in force anew."""
        rows = list(judgements)
        self.n_judgements = Counter(s.found_track_id for s in rows)
        labels = [s for s in rows if s.judgement.decision in LABELS]
        teaching = [s for s in labels if s.judgement.teaches]
        self.n_labels = len({_place_of(stored) for stored in teaching})
        self.n_others = len(rows) - len(labels)
        self.n_decided = sum(
            is_decided(s.judgement.decision, s.judgement.purpose) for s in rows
        )
        self.n_by_rater = Counter(s.judgement.rater for s in rows)
        self.n_by_origin = Counter(
            origin_of(s.judgement.decision, s.judgement.origin) for s in teaching
        )


def origin_of(decision: Decision, origin: str) -> str:
    """How a value or class came about."""
    if origin == "import":
        return "import"
    return "accept" if decision == "accept" else "label"


def _place_of(stored: StoredJudgement) -> tuple[object, ...]:
    """Whose judgement it is, and of what: what `Store.label_counts` counts by."""
    one = stored.judgement
    of_what = one.scope, one.first_frame, one.last_frame
    return stored.found_track_id, one.rater, *of_what


class Index:
    """All videos of a project by name.

    Args:
        store: The project's database.
        threshold: The one in force.
        reopened: Least confidence of videos that an audit reopened.
        model_id: The current model.
    """

    def __init__(
        self,
        store: Store,
        *,
        threshold: float,
        reopened: Mapping[str, float],
        model_id: str,
    ) -> None:
        at = store.last_event_id()
        found: dict[str, list[TrackRecord]] = defaultdict(list)
        for track in store.found_tracks():
            found[track.video_id].append(track)
        self.videos = {
            record.video_id: VideoEntry(record=record, found=tuple(found[name]))
            for record in sorted(store.videos(), key=lambda v: v.video_id)
            for name in [record.video_id]
        }
        for count in store.judgement_counts():
            if (entry := self.videos.get(count.video_id)) is not None:
                entry.n_judgements[count.found_track_id] += count.count
                entry.n_others += count.count * (count.decision not in LABELS)
                is_done = is_decided(count.decision, count.purpose)
                entry.n_decided += count.count * is_done
                entry.n_by_rater[count.rater] += count.count
                if count.decision in LABELS and count.purpose not in PRACTICE:
                    origin = origin_of(count.decision, count.origin)
                    entry.n_by_origin[origin] += count.count
        for name, n_labels in store.label_counts(LABELS).items():
            if (entry := self.videos.get(name)) is not None:
                entry.n_labels = n_labels
        for stored in store.track_edits():
            if (entry := self.videos.get(stored.edit.video_id)) is not None:
                entry.has_edits = True
        self._totals = Totals(threshold, reopened)
        self._read_summaries(store, threshold, model_id, at)
        self.set_threshold(threshold, reopened)

    def _read_summaries(
        self, store: Store, threshold: float, model_id: str, at: int
    ) -> None:
        for summary in store.summaries():
            if (entry := self.videos.get(summary.video_id)) is not None:
                entry.summary = summary
                entry.revision = summary.revision
        stale = {
            one: set(store.stale_summaries(model_id=model_id, threshold=one))
            for one in {threshold, *map(self.threshold_of, self.videos)}
        }
        for name, entry in self.videos.items():
            if name in stale[self.threshold_of(name)]:
                entry.revision = at  # what happened up to then is not taken in

    def summaries(self, video_id: str | None = None) -> Iterator[TrackSummary]:
        """Summaries of all tracks, or of those of one video, in order."""
        entries = [self.videos[video_id]] if video_id else list(self.videos.values())
        for entry in entries:
            if entry.summary is not None:
                yield from entry.summary.tracks

    def replace_summary(self, summary: VideoSummary) -> None:
        """Put new summaries of one video in the place of its old ones."""
        entry = self.videos[summary.video_id]
        totals = self._totals.copy()  # others may be reading the old ones
        totals.add(entry.summary, -1)
        totals.add(summary)
        entry.put(summary, self.threshold_of(summary.video_id))
        entry.is_lost, self._totals = False, totals

    def lose(self, entry: VideoEntry) -> None:
        """Leave out a video whose feature file is lost."""
        totals = self._totals.copy()
        totals.add(entry.summary, -1)
        entry.put(None, totals.threshold)
        entry.is_lost, self._totals = True, totals

    def threshold_of(self, video_id: str) -> float:
        """The threshold in force in a video: an audit may have raised it there."""
        totals = self._totals
        return max(totals.threshold, totals.reopened.get(video_id, 0.0))

    def set_threshold(self, threshold: float, reopened: Mapping[str, float]) -> None:
        """Sum up for another threshold, or other reopened videos."""
        totals = Totals(threshold, reopened)
        for name, entry in self.videos.items():
            totals.add(entry.summary)
            entry.put(entry.summary, max(threshold, reopened.get(name, 0.0)))
        self._totals = totals

    def totals(self, video_id: str | None = None) -> Totals:
        """Sums over all tracks, or over those of one video."""
        if video_id is None:
            return self._totals
        one = Totals(self._totals.threshold, self._totals.reopened)
        one.add(self.videos[video_id].summary)
        return one

    def worth(self) -> Iterator[tuple[tuple[str, int], float]]:
        """Tracks with open frames under the threshold, and what each may gain."""
        for entry in list(self.videos.values()):
            yield from entry.worth

    def n_pending_tracks(self) -> int:
        """Tracks with open frames under the threshold."""
        return sum(len(entry.worth) for entry in list(self.videos.values()))

    def n_decided(self, video_id: str | None = None) -> int:
        """Judgements in force that settle something."""
        if video_id is not None:
            return self.videos[video_id].n_decided
        return sum(entry.n_decided for entry in self.videos.values())
