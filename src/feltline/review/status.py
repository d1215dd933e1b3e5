"""How far a project is, in figures."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from feltline.project import audit_due, find_damaged, find_lost_originals, find_orphans
from feltline.review.live import LiveProject
from feltline.review.model_state import ModelState, model_state
from feltline.review.overview import overview_of
from feltline.review.queue import Queue
from feltline.settings import ConsensusPolicy

__all__ = ["RaterStatus", "Status", "status_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterStatus:
    """What one rater did.

    Attributes:
        rater: Who.
        judgements: Judgements in force.
        blind: Values and classes given without sight of the prediction.
        active_minutes: Minutes spent, of the judgements that were timed.
    """

    rater: str
    judgements: int
    blind: int
    active_minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A project in figures. Frames count once per face.

    Attributes:
        name: Of the project.
        videos: How many there are.
        hours: Their length.
        tracks: Faces followed.
        frames: Frames that show one.
        judgements: Judgements in force.
        labels: Values and classes in force; given anew, one still counts once.
        decisions: Judgements in force that give neither.
        raters: Who gave them.
        work: What each of them did, who did most first.
        consensus: How one value is made of several raters'.
        reviewed: Frames that people have dealt with.
        accepted: Open frames whose prediction is at or above the threshold.
        pending: Open frames under it.
        items_left: About so many decisions to come.
        minutes_left: About so long.
        threshold: The one in force.
        model_id: The model in force; empty where there is no face.
        model: What it rests on, and how old it is.
        active_minutes: Minutes that raters spent, of the judgements that were timed.
        traced_minutes: Minutes of video that raters rated while it played.
        audits: How many audits were judged.
        audits_right: Share of these that are off by at most the tolerance; None
            without any.
        audit_overdue: Whether an audit is due by the schedule and not decided yet.
        reopened: How many videos an audit reopened.
        suggestions_left: Suggested frames that nobody has judged.
        lost: Videos whose feature files are lost; their frames are not counted.
        problems: What is wrong with the database, what lies in the project's folders
            without a video, and which videos' files are missing or others now, if they
            were looked over.
    """

    name: str
    videos: int
    hours: float
    tracks: int
    frames: int
    judgements: int
    labels: int
    decisions: int
    raters: tuple[str, ...]
    work: tuple[RaterStatus, ...]
    consensus: ConsensusPolicy
    reviewed: int
    accepted: int
    pending: int
    items_left: int
    minutes_left: float
    threshold: float
    model_id: str
    model: ModelState
    active_minutes: float
    traced_minutes: float
    audits: int
    audits_right: float | None
    audit_overdue: bool
    reopened: int
    suggestions_left: int
    lost: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        learnt_at = self.model.learnt_at
        said = asdict(self)
        said["model"]["learnt_at"] = learnt_at and learnt_at.isoformat()
        return said


def status_of(live: LiveProject, *, check: bool = False) -> Status:
    """The figures of a project whose summaries are up to date.

    Args:
        live: The project; `LiveProject.settle` brings its summaries up to date.
        check: Whether to look the whole database over, and the folders beside it.
    """
    project, queue, totals = live.project, Queue(live), live.index.totals()
    seen = overview_of(live, queue)
    position = seen.position
    entries = live.index.videos.values()
    return Status(
        name=project.settings.name,
        videos=len(entries),
        hours=float(np.sum([e.record.duration_s for e in entries])) / 3600,
        tracks=totals.tracks,
        frames=totals.frames,
        judgements=sum(entry.n_judgements.total() for entry in entries),
        labels=sum(entry.n_labels for entry in entries),
        decisions=sum(entry.n_others for entry in entries),
        raters=tuple(sorted(x.rater for x in seen.raters if x.tally.judgements)),
        work=tuple(
            RaterStatus(
                rater=one.rater,
                judgements=one.tally.judgements,
                blind=one.tally.blind,
                active_minutes=one.tally.active_s / 60,
            )
            for one in seen.raters
        ),
        consensus=project.settings.consensus,
        reviewed=totals.reviewed,
        accepted=totals.accepted(live.threshold),
        pending=totals.pending(live.threshold),
        items_left=position.total - position.done,
        minutes_left=position.seconds_left / 60,
        threshold=live.threshold,
        model_id=live.model_id,
        model=model_state(live),
        active_minutes=seen.active_s / 60,
        traced_minutes=seen.traced_s / 60,
        audits=seen.audits.n,
        audits_right=seen.audits.right if seen.audits.n else None,
        audit_overdue=audit_due(project).is_overdue,
        reopened=len(project.reopened),
        suggestions_left=len(queue.suggested.items()[0]),
        lost=tuple(live.lost),
        problems=(
            *project.store.check(),
            *find_orphans(project),
            *find_damaged(project),
            *find_lost_originals(project),
        )
        if check
        else (),
    )
