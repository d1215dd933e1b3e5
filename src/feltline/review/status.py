"""How far a project is, in figures."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from feltline.project import find_orphans
from feltline.review.live import LiveProject
from feltline.review.queue import Queue

__all__ = ["Status", "status_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A project in figures. Frames count once per face.

    Attributes:
        name: Of the project.
        videos: How many there are.
        hours: Their length.
        tracks: Faces followed.
        frames: Frames that show one.
        labels: Labels in force.
        raters: Who gave them.
        dealt_with: Frames that people have labelled or decided about.
        accepted: Frames whose machine label is at or above the threshold.
        pending: Frames under it that nobody has dealt with.
        items_left: About so many decisions to come.
        minutes_left: About so long.
        threshold: The one in force.
        suggestions_left: Suggested frames without a label.
        problems: What is wrong with the database, and what lies in the project's
            folders without a video, if they were looked over.
    """

    name: str
    videos: int
    hours: float
    tracks: int
    frames: int
    labels: int
    raters: tuple[str, ...]
    dealt_with: int
    accepted: int
    pending: int
    items_left: int
    minutes_left: float
    threshold: float
    suggestions_left: int
    problems: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def status_of(live: LiveProject, *, check: bool = False) -> Status:
    """The figures of a project in memory.

    Args:
        live: The project.
        check: Whether to look the whole database over, which unpacks every array,
            and the folders beside it.
    """
    project, views, queue = live.project, live.views(), Queue(live)
    position = queue.position()
    open_ones, _, _ = queue.suggested()
    seconds = [video.video.duration_s for video in live.state.videos]
    return Status(
        name=project.settings.name,
        videos=len(live.names),
        hours=float(np.sum(seconds)) / 3600,
        tracks=len(views),
        frames=sum(len(v.track) for v in views),
        labels=sum(len(live.labels(name)) for name in live.names),
        raters=tuple(project.store.raters()),
        dealt_with=sum(int(v.judged.dealt_with.sum()) for v in views),
        accepted=sum(int(v.accepted(live.threshold).sum()) for v in views),
        pending=sum(int(v.pending(live.threshold).sum()) for v in views),
        items_left=position.total - position.done,
        minutes_left=position.seconds_left / 60,
        threshold=live.threshold,
        suggestions_left=len(open_ones),
        problems=(*project.store.check(), *find_orphans(project)) if check else (),
    )
