"""What goes over the wire: answers, by the names of the code and the database."""

import math
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
from pydantic import BaseModel

__all__ = [
    "ChangedBody",
    "CostPoint",
    "ErrorBody",
    "EstimateBody",
    "EventBody",
    "ItemBody",
    "LabelBody",
    "NextBody",
    "PersonBody",
    "PositionBody",
    "QueueBody",
    "RunBody",
    "SavedBody",
    "ServedVideo",
    "SessionBody",
    "SheetBody",
    "SheetCell",
    "SheetCluster",
    "SuggestionsBody",
    "ThresholdBody",
    "ThresholdSetBody",
    "TrackBody",
    "UndoBody",
    "UndoneBody",
    "rounded",
]

DECIMALS: Final = 4


def rounded(value: float | np.floating | None) -> float | None:
    """To four decimals; missing stays missing."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), DECIMALS)


class Body(BaseModel):
    """An answer."""


class ErrorBody(Body):
    """What went wrong, in a sentence."""

    error: str


class ChangedBody(Body):
    """A change is in the database, under this number of the log."""

    event_id: int


class ThresholdSetBody(ChangedBody):
    """The threshold in force now."""

    threshold: float


class SessionBody(Body):
    """Who is here, and the project's promises."""

    project: dict[str, str]
    rater: str
    csrf: str
    threshold: float
    tolerance: float
    coverage: float
    expressions: list[str]
    version: str


class TrackBody(Body):
    """A face of a video."""

    track_id: int
    person: str
    ignored: bool
    n_frames: int
    first_frame: int
    last_frame: int
    n_labels: int
    n_pending: int
    estimated: bool


class ServedVideo(Body):
    """A video of the project."""

    video_id: str
    duration_s: float | None
    n_frames: int
    width: int
    height: int
    playable: Literal["original", "ready", "building", "failed"]
    proxy_progress: float
    tracks: list[TrackBody]
    n_labels: int
    n_pending: int


class LabelBody(Body):
    """A label in force."""

    event_id: int
    at: datetime
    video_id: str
    track_id: int
    scope: str
    first_frame: int
    last_frame: int
    valence: float | None
    arousal: float | None
    expression: str | None
    rater: str
    active_s: float | None
    shown_run_id: str | None
    comment: str
    decision: str
    origin: str


class EstimateBody(Body):
    """The machine's label of one frame."""

    valence: float | None
    arousal: float | None
    low_valence: float | None
    high_valence: float | None
    low_arousal: float | None
    high_arousal: float | None
    confidence: float | None
    expression: list[float] | None
    run_id: str


class ItemBody(Body):
    """One thing to look at; `estimate` is missing where it is to be judged blind."""

    item_id: str
    kind: Literal["queue", "audit", "suggested"]
    video_id: str
    track_id: int
    frame: int
    time_s: float
    first_frame: int
    last_frame: int
    reason: str
    blind: bool
    estimate: EstimateBody | None


class PositionBody(Body):
    """How far the work is."""

    done: int
    total: int
    seconds_left: float | None


class QueueBody(Body):
    """The next items."""

    items: list[ItemBody]
    position: PositionBody


class NextBody(Body):
    """The next item, if there is one."""

    item: ItemBody | None
    position: PositionBody


class SavedBody(Body):
    """A change is in the database; what comes next."""

    event_id: int
    at: datetime
    next: ItemBody | None
    position: PositionBody


class UndoneBody(Body):
    """What was taken back."""

    kind: str
    video_id: str | None
    track_id: int | None
    frame: int | None


class UndoBody(Body):
    """The undoing event; missing where there was nothing to undo."""

    event_id: int | None
    undone: UndoneBody | None


class SuggestionsBody(Body):
    """Suggested frames without a label."""

    items: list[ItemBody]
    done: int
    total: int


class SheetCell(Body):
    """A face on the contact sheet."""

    video_id: str
    track_id: int
    frame: int
    time_s: float
    label: dict[str, Any] | None
    estimate: EstimateBody | None


class SheetCluster(Body):
    """Faces that look alike."""

    cells: list[SheetCell]


class SheetBody(Body):
    """Faces side by side."""

    title: str
    clusters: list[SheetCluster]


class CostPoint(Body):
    """What a threshold would mean."""

    threshold: float
    frames: int
    share: float
    items: float
    minutes: float
    wrong: float


class ThresholdBody(Body):
    """The threshold in force, and what others would mean."""

    threshold: float
    points: list[CostPoint]


class PersonBody(Body):
    """A person and the tracks that show them."""

    name: str
    tracks: list[dict[str, str | int]]


class EventBody(Body):
    """One row of the log."""

    event_id: int
    at: datetime
    rater: str
    kind: str
    undoes: int | None
    undone: bool
    video_id: str | None
    detail: dict[str, Any]


class RunBody(Body):
    """Estimates taken in."""

    run_id: str
    rows: int
