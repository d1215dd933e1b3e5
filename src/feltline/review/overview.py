"""Overview: the work on a project for whoever leads it.

From track summaries and tallies alone: looking at it costs the videos that were judged
since the last look, and no track.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from feltline.review.index import VideoEntry
from feltline.review.live import LiveProject
from feltline.review.persons import persons_of
from feltline.review.queue import Position, Queue
from feltline.review.summaries import Totals, accepted_of, pending_of
from feltline.review.tallies import N_VALUE_BINS, Audited, RaterTally, VideoTally
from feltline.store import StoredPersonName

__all__ = [
    "AuditResult",
    "Overview",
    "PersonProgress",
    "RaterWork",
    "VideoProgress",
    "audits_of",
    "overview_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoProgress:
    """How far one video is. Frames count once per face.

    Attributes:
        video_id: The video.
        frames: Frames that show a face.
        reviewed: Those that people have dealt with.
        accepted: Open frames whose prediction is at or above the threshold.
        pending: Open frames under it.
        judgements: Judgements in force.
        active_s: Seconds spent on them.
        traced_s: Seconds of it that were rated while it played, each time anew.
        is_counted: Whether its tracks were looked at; if not, frames are not known.
        is_lost: Whether its feature file is lost.
    """

    video_id: str
    frames: int
    reviewed: int
    accepted: int
    pending: int
    judgements: int
    active_s: float
    traced_s: float
    is_counted: bool
    is_lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonProgress:
    """How far the faces of one person are, named by people, over all videos."""

    name: str
    videos: int
    frames: int
    reviewed: int
    accepted: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """What audits say of accepted predictions.

    Attributes:
        n: How many audits were judged.
        right: Share of them that are off by at most the tolerance in every dimension;
            NaN without any.
        promised: Mean confidence that was promised of these; NaN without any.
        error: Mean absolute error per dimension in the units of the label schema.
    """

    n: int
    right: float
    promised: float
    error: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterWork:
    """What one rater did, over all videos; `traced_s` as in `VideoProgress`."""

    rater: str
    tally: RaterTally
    audits: AuditResult
    traced_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overview:
    """The work on a project.

    Attributes:
        totals: Sums over all tracks.
        videos: Each video.
        persons: Each person who was named.
        raters: Each rater, who did most first.
        audits: All audits.
        values: Per dimension, labels by bin of their value over its scale.
        classes: Labels by class.
        active_s: Seconds spent, of the judgements that were timed.
        n_timed: How many of them were, of
        judgements: all that are in force.
        traced_s: Seconds of video that were rated while it played, by all raters.
        position: What is done, and what is expected to come.
        seconds_per_item: Active seconds of a decision, which the forecast rests on.
    """

    totals: Totals
    videos: tuple[VideoProgress, ...]
    persons: tuple[PersonProgress, ...]
    raters: tuple[RaterWork, ...]
    audits: AuditResult
    values: tuple[tuple[int, ...], ...]
    classes: Counter[str]
    active_s: float
    n_timed: int
    judgements: int
    traced_s: float
    position: Position
    seconds_per_item: float


def overview_of(live: LiveProject, queue: Queue) -> Overview:
    """The work on a project, as its summaries have it."""
    live.count_judgements()
    entries = dict(live.index.videos)
    tallies = live.tallies.of(entries)
    raters: dict[str, RaterTally] = {}
    n_dimensions = len(live.project.schema.dimensions)
    values = np.zeros((n_dimensions, N_VALUE_BINS), np.int64)
    classes: Counter[str] = Counter()
    audits: list[Audited] = []
    for tally in tallies.values():
        for rater, own in tally.raters.items():
            raters.setdefault(rater, RaterTally()).add(own)
        values += tally.values
        classes += tally.classes
        audits += tally.audits
    of_video, of_rater = defaultdict[str, float](float), defaultdict[str, float](float)
    for one in live.project.store.trace_counts():
        raters.setdefault(one.rater, RaterTally())
        of_video[one.video_id] += one.seconds
        of_rater[one.rater] += one.seconds
    order = sorted(raters, key=lambda name: (-raters[name].judgements, name))
    return Overview(
        totals=live.index.totals(),
        videos=tuple(
            _video(live, entry, tallies[name], of_video[name])
            for name, entry in entries.items()
        ),
        persons=_persons(live, entries.values()),
        raters=tuple(
            RaterWork(
                rater=name,
                tally=raters[name],
                audits=audits_of(live, [a for a in audits if a.rater == name]),
                traced_s=of_rater[name],
            )
            for name in order
        ),
        audits=audits_of(live, audits),
        values=tuple(tuple(row) for row in values.tolist()),
        classes=classes,
        active_s=sum((tally.active_s for tally in raters.values()), 0.0),
        n_timed=sum(tally.n_timed for tally in raters.values()),
        judgements=sum(tally.judgements for tally in raters.values()),
        traced_s=sum(of_rater.values(), 0.0),
        position=queue.position(),
        seconds_per_item=queue.seconds_per_item(),
    )


def _video(
    live: LiveProject, entry: VideoEntry, tally: VideoTally, traced_s: float
) -> VideoProgress:
    name = entry.record.video_id
    tracks = () if entry.summary is None else entry.summary.tracks
    threshold = live.threshold_of(name)
    return VideoProgress(
        video_id=name,
        frames=sum(s.n_frames for s in tracks),
        reviewed=sum(s.n_reviewed for s in tracks),
        accepted=sum(accepted_of(s, threshold) for s in tracks),
        pending=sum(pending_of(s, threshold) for s in tracks),
        judgements=sum(own.judgements for own in tally.raters.values()),
        active_s=sum((own.active_s for own in tally.raters.values()), 0.0),
        traced_s=traced_s,
        is_counted=entry.summary is not None or not entry.found,
        is_lost=entry.is_lost,
    )


def _persons(
    live: LiveProject, entries: Iterable[VideoEntry]
) -> tuple[PersonProgress, ...]:
    named: dict[str, list[StoredPersonName]] = {}
    for stored in live.project.store.persons():
        named.setdefault(stored.person.video_id, []).append(stored)
    counts: dict[str, Counter[str]] = {}
    for entry in entries:
        own = named.get(entry.record.video_id, [])
        shown = persons_of(live, entry, own) if own else {}
        threshold = live.threshold_of(entry.record.video_id)
        here: dict[str, Counter[str]] = {}
        for s in () if entry.summary is None else entry.summary.tracks:
            if name := shown.get(s.track_id, ""):
                so_far = here.setdefault(name, Counter(videos=1))
                so_far["frames"] += s.n_frames
                so_far["reviewed"] += s.n_reviewed
                so_far["accepted"] += accepted_of(s, threshold)
                so_far["pending"] += pending_of(s, threshold)
        for name, so_far in here.items():
            counts.setdefault(name, Counter()).update(so_far)
    return tuple(
        PersonProgress(
            name=name,
            videos=n["videos"],
            frames=n["frames"],
            reviewed=n["reviewed"],
            accepted=n["accepted"],
            pending=n["pending"],
        )
        for name, n in sorted(counts.items())
    )


def audits_of(live: LiveProject, audits: Sequence[Audited]) -> AuditResult:
    """What some audits say; errors in the units of the label schema."""
    dimensions = live.project.schema.dimensions
    if not audits:
        none = (float("nan"),) * len(dimensions)
        return AuditResult(n=0, right=float("nan"), promised=float("nan"), error=none)
    error = np.array([audit.error for audit in audits])
    known = np.isfinite(error)
    is_right = (error <= live.project.settings.tolerance) | ~known
    promised = np.array([audit.confidence for audit in audits])
    is_promised = np.isfinite(promised)
    half = np.array([(d.high - d.low) / 2 for d in dimensions])
    n = known.sum(axis=0)
    total = np.where(known, error, 0).sum(axis=0) * half
    mean = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    return AuditResult(
        n=len(audits),
        right=float(is_right.all(axis=1).mean()),
        promised=float(promised[is_promised].mean()) if is_promised.any() else np.nan,
        error=tuple(mean.tolist()),
    )
