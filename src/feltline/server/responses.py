"""Response bodies, by the names of the code and the database.

Values are in the units of the project's label schema, a number or null per dimension in
its order.
"""

import math
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from feltline.review.items import ItemKind
from feltline.server.proxy_store import Playback
from feltline.types import Decision, Permission, Purpose, Role, Scope

DECIMALS: Final = 4

Value = list[float | None]


def rounded(value: float | np.floating | None) -> float | None:
    """To four decimals; missing stays missing."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), DECIMALS)


def rounded_all(values: np.ndarray) -> Value:
    """Each to four decimals; missing ones stay missing."""
    return [rounded(value) for value in values]


class ErrorBody(BaseModel):
    """What went wrong, in a sentence."""

    error: str


class ChangedBody(BaseModel):
    """A change is in the database, under this number of the log."""

    event_id: int


class SavedBody(ChangedBody):
    """A judgement is in the database since then.

    Of an audit, what the model said: the rater has judged, and may see it now. Of a
    training item, what is known of it.
    """

    at: datetime
    audited: "ShownBody | None" = None
    feedback: "FeedbackBody | None" = None


class FeedbackBody(BaseModel):
    """What a training item is known to show, and whether the answer was near it."""

    is_within: bool
    value: Value
    tolerance: list[float]
    expression: str | None
    text: str


class GuidelinesBody(BaseModel):
    """How people are to rate in this project, and the name of this text."""

    text: str
    revision: str


class ThresholdSetBody(ChangedBody):
    """The threshold in force now."""

    threshold: float


class DimensionBody(BaseModel):
    """A continuous dimension; see `feltline.types.Dimension`."""

    name: str
    low: float
    high: float
    low_pole: str
    high_pole: str


class ClassBody(BaseModel):
    """A class of expression; `place` holds typical values on the scale [-1, 1]."""

    name: str
    key: str
    colour: str
    place: dict[str, float]


class LabelSchemaBody(BaseModel):
    """What the project is labelled in."""

    dimensions: list[DimensionBody]
    classes: list[ClassBody]


class SessionProject(BaseModel):
    """Which project this is: copies of one share `project_id`, not `folder_id`."""

    project_id: str
    folder_id: str
    name: str


class SessionBody(BaseModel):
    """Who is here, and the project's promises; tolerance is on the scale [-1, 1].

    `rater` stands in the log, `name` is for people.
    """

    project: SessionProject
    rater: str
    name: str
    role: Role
    permissions: list[Permission]
    csrf: str
    threshold: float
    tolerance: float
    coverage: float
    label_schema: LabelSchemaBody
    version: str


class TrackBody(BaseModel):
    """A face of a video; `n_pending` is null until the track was looked at once."""

    track_id: int
    person: str
    ignored: bool
    n_frames: int
    first_frame: int
    last_frame: int
    n_judgements: int
    n_pending: int | None


class ServedVideo(BaseModel):
    """A video of the project.

    `threshold` is the one in force here: an audit may have raised it above the
    project's. `n_suggested` counts suggested frames that wait; `confidence` is the mean
    over frames that nobody dealt with; `origins` says how values and classes in force
    came about.
    """

    video_id: str
    duration_s: float | None
    n_frames: int
    width: int
    height: int
    playback: Playback
    proxy_progress: float
    tracks: list[TrackBody]
    n_judgements: int
    n_pending: int | None
    threshold: float
    n_suggested: int
    confidence: float | None
    raters: list[str]
    origins: list[Literal["label", "accept", "import"]]


class CrowdBody(BaseModel):
    """Frames in which more faces were in view than are followed."""

    model_config = ConfigDict(from_attributes=True)

    max_faces: int
    frames: int
    most: int


class ProxyBody(BaseModel):
    """What the browser plays of a video."""

    playback: Playback


class ShownBody(BaseModel):
    """What of the machine was in sight, or was judged without being in sight."""

    model_config = ConfigDict(from_attributes=True)

    model_id: str
    value: Value | None
    confidence: float | None
    proposed_by_class: bool


class JudgementBody(BaseModel):
    """A judgement in force; see `feltline.types.Judgement`."""

    event_id: int
    at: datetime
    video_id: str
    track_id: int
    scope: Scope
    first_frame: int
    last_frame: int
    reviewed_first_frame: int
    reviewed_last_frame: int
    value: Value
    expression: str | None
    rater: str
    decision: Decision
    shown: ShownBody | None
    audited: ShownBody | None
    touched: list[bool]
    unsure: bool
    purpose: Purpose
    active_s: float | None
    comment: str
    origin: Literal["human", "import"]


class PredictionBody(BaseModel):
    """What the model says of one frame."""

    model_id: str
    value: Value
    low: Value
    high: Value
    confidence: float | None
    class_probability: list[float] | None


class AnnotationBody(BaseModel):
    """What people said of one frame."""

    value: Value
    expression: str | None


class ItemBody(BaseModel):
    """One thing to look at; `prediction` is null where it is to be judged blind."""

    item_id: str
    kind: ItemKind
    video_id: str
    track_id: int
    frame: int
    time_s: float
    first_frame: int
    last_frame: int
    reason: str
    blind: bool
    prediction: PredictionBody | None


class PositionBody(BaseModel):
    """How far the work is."""

    done: int
    total: int
    seconds_left: float | None


class DoneBody(BaseModel):
    """What was done so far: decisions in force, and the seconds measured for them."""

    decisions: int
    seconds: float


class QueueBody(BaseModel):
    """The next items."""

    items: list[ItemBody]
    position: PositionBody


class SuggestionsBody(BaseModel):
    """Suggested frames that nobody has judged."""

    items: list[ItemBody]
    done: int
    total: int


class UndoneBody(BaseModel):
    """What was taken back."""

    kind: str
    video_id: str | None
    track_id: int | None
    frame: int | None
    detail: dict[str, Any]


class UndoBody(BaseModel):
    """The undoing event; null where there was nothing to undo."""

    event_id: int | None
    undone: UndoneBody | None


class SheetCell(BaseModel):
    """A face on the contact sheet; suggested ones are blind: without prediction."""

    video_id: str
    track_id: int
    frame: int
    time_s: float
    annotation: AnnotationBody | None
    prediction: PredictionBody | None


class SheetCluster(BaseModel):
    """Faces that look alike."""

    cells: list[SheetCell]


class SheetBody(BaseModel):
    """Faces side by side."""

    title: Literal["suggested", "cluster", "similar"]
    clusters: list[SheetCluster]


class CostPoint(BaseModel):
    """What a threshold would mean; see `feltline.review.Cost`."""

    threshold: float
    frames: int
    share: float
    items: float
    minutes: float
    wrong: float


class ThresholdBody(BaseModel):
    """The threshold in force, and what others would mean."""

    threshold: float
    points: list[CostPoint]


class NamedTrackBody(BaseModel):
    """A track that shows a person."""

    video_id: str
    track_id: int


class PersonBody(BaseModel):
    """A person and the tracks that show them."""

    name: str
    tracks: list[NamedTrackBody]


class EventBody(BaseModel):
    """One row of the log."""

    event_id: int
    at: datetime
    rater: str
    kind: str
    undoes: int | None
    undone: bool
    video_id: str | None
    detail: dict[str, Any]


class ImportedBody(BaseModel):
    """Predictions of another model that were taken in."""

    run_id: str
    rows: int
