"""What goes over the wire: requests checked when they are read, and answers.

Numbers and texts have bounds, so that nothing reaches the project that it could not
hold. Names are those of the code and the database.
"""

import math
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from feltline.types import EXPRESSIONS

__all__ = [
    "ClientId",
    "CostPoint",
    "ErrorBody",
    "EstimateBody",
    "EventBody",
    "FrameNumber",
    "ItemBody",
    "LabelBody",
    "LabelRequest",
    "LabelsRequest",
    "MergeRequest",
    "NameRequest",
    "NextBody",
    "PersonBody",
    "PositionBody",
    "QueueBody",
    "ReviewRequest",
    "RunBody",
    "SavedBody",
    "ServedVideo",
    "SessionBody",
    "SheetBody",
    "SheetCell",
    "SheetCluster",
    "SplitRequest",
    "SuggestRequest",
    "SuggestionsBody",
    "ThresholdBody",
    "ThresholdRequest",
    "TrackBody",
    "TrackNumber",
    "UndoBody",
    "UndoneBody",
    "VideoName",
    "WithClient",
    "rounded",
]

DECIMALS = 4


def rounded(value: float | None) -> float | None:
    """To four decimals; missing stays missing."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), DECIMALS)


def _plain(text: str) -> str:
    """Refuse what a database or a page could not hold.

    Raises:
        ValueError: The text has control characters, or half a character.
    """
    if any((ord(c) < 32 and c not in "\n\t") or ord(c) == 127 for c in text):
        raise ValueError("control characters are not allowed")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError("the text has half of a surrogate pair")
    return text


def _known_expression(name: str) -> str:
    if name not in EXPRESSIONS:
        raise ValueError(f"there is no expression {name[:40]!r}: {EXPRESSIONS}")
    return name


Plain = AfterValidator(_plain)
VideoName = Annotated[str, Field(min_length=1, max_length=512), Plain]
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
TrackNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]
FrameNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]
Affect = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Expression = Annotated[str, Field(max_length=40), AfterValidator(_known_expression)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Comment = Annotated[str, Field(max_length=2000), Plain]
RunName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9+._-]*$")]
ItemName = Annotated[str, Field(max_length=80, pattern=r"^[a-z]+(\.[0-9]{1,9}){4}$")]


class Body(BaseModel):
    """A request or an answer."""

    model_config = ConfigDict(extra="forbid")


class ErrorBody(Body):
    """What went wrong, in a sentence."""

    error: str


class WithClient(Body):
    """A change, named by the browser so that sending it twice changes nothing."""

    client_id: ClientId


class LabelRequest(WithClient):
    """A person's label of a frame, a span or the whole clip."""

    video_id: VideoName
    track_id: TrackNumber
    scope: Literal["frame", "span", "clip"] = "frame"
    first_frame: FrameNumber
    last_frame: FrameNumber
    valence: Affect | None = None
    arousal: Affect | None = None
    expression: Expression | None = None
    active_s: Seconds | None = None
    shown_run_id: RunName | None = None
    comment: Comment = ""
    decision: Literal["label", "accept", "edit"] = "label"
    item_id: ItemName | None = None

    @model_validator(mode="after")
    def _whole(self) -> "LabelRequest":
        if (self.valence is None) != (self.arousal is None):
            raise ValueError("valence and arousal come together")
        if self.valence is None and self.expression is None:
            raise ValueError("a label needs valence and arousal, or an expression")
        if self.last_frame < self.first_frame:
            raise ValueError("last_frame comes before first_frame")
        if self.scope == "frame" and self.last_frame != self.first_frame:
            raise ValueError("a label of one frame has first_frame = last_frame")
        return self


class LabelsRequest(Body):
    """Several labels at once, as from a contact sheet."""

    labels: Annotated[list[LabelRequest], Field(min_length=1, max_length=500)]


class ReviewRequest(WithClient):
    """A decision about a machine label that gives no value."""

    video_id: VideoName
    track_id: TrackNumber
    frame: FrameNumber
    first_frame: FrameNumber
    last_frame: FrameNumber
    decision: Literal["reject", "skip", "unsure"]
    run_id: RunName | None = None
    active_s: Seconds | None = None
    comment: Comment = ""
    item_id: ItemName | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "ReviewRequest":
        if not self.first_frame <= self.frame <= self.last_frame:
            raise ValueError("frame must lie between first_frame and last_frame")
        return self


class SplitRequest(WithClient):
    """From this frame on, another person."""

    frame: FrameNumber


class MergeRequest(WithClient):
    """The same person as in this track."""

    into: TrackNumber


class NameRequest(WithClient):
    """Who a track shows; empty = nobody named."""

    name: Annotated[str, Field(max_length=200), Plain]


class ThresholdRequest(WithClient):
    """The confidence that accepts."""

    value: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class SuggestRequest(Body):
    """How many frames to suggest: exactly one of the three."""

    labels_per_clip: Annotated[int, Field(ge=1, le=1000)] | None = None
    share: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    total: Annotated[int, Field(ge=1, le=100_000)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "SuggestRequest":
        given = [self.labels_per_clip, self.share, self.total]
        if sum(v is not None for v in given) != 1:
            raise ValueError("give exactly one of labels_per_clip, share and total")
        return self


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
