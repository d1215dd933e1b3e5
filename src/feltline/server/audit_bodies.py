"""Bodies of audits, anchoring and pairwise comparisons.

Rates are shares in [0, 1]; missing numbers are null.
"""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from feltline.server.requests import (
    ClassName,
    FrameNumber,
    Request,
    Seconds,
    TrackNumber,
    VideoName,
    WithClient,
)
from feltline.server.work_bodies import RaterName
from feltline.store import Answer, BatchState
from feltline.types import Decision

MOST_ITEMS = 2000

Rate = Annotated[float, Field(ge=0.01, le=0.9, allow_inf_nan=False)]
Confidence = Annotated[float, Field(ge=0.5, le=0.999, allow_inf_nan=False)]


class ScheduleRequest(Request):
    """When audits are due and what they must show; null leaves a setting as it is.

    Attributes:
        every_judgements: Due after so many labels; 0 = not by labels.
        every_days: Due after so many days; 0 = not by days.
        bound: Error rate of accepted labels that is agreed to.
        confidence: With which the bound must hold.
        blocks_export: Whether an overdue audit blocks the export of machine values.
    """

    every_judgements: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    every_days: Annotated[float, Field(ge=0, le=3650, allow_inf_nan=False)] | None = (
        None
    )
    bound: Rate | None = None
    confidence: Confidence | None = None
    blocks_export: bool | None = None


class ScheduleBody(BaseModel):
    """The settings of audits, and how many items they need.

    Attributes:
        least_items: So many items in a row must be right for the bound to hold.
    """

    every_judgements: int
    every_days: float
    bound: float
    confidence: float
    blocks_export: bool
    least_items: int


class DueBody(BaseModel):
    """How an audit stands by the schedule.

    Attributes:
        is_overdue: Whether the schedule wants an audit that is not decided yet.
        blocks_export: Whether an export is refused because of that.
        judgements_left: Labels until one is due, 0 = due; null = not by labels.
        days_left: Days until one is due, 0 = due; null = not by days.
    """

    is_overdue: bool
    blocks_export: bool
    judgements_left: int | None
    days_left: float | None


class BatchRequest(WithClient):
    """Draw a batch of accepted labels and assign it.

    Attributes:
        raters: Ids of who judges it blind; empty = whoever asks.
        count: Items; null = thrice as many as must be right in a row.
    """

    raters: Annotated[list[RaterName], Field(max_length=100)] = Field(
        default_factory=list
    )
    count: Annotated[int, Field(ge=1, le=MOST_ITEMS)] | None = None


class ReopeningBody(BaseModel):
    """What a batch reopened; its event can be undone by who leads.

    Attributes:
        event_id: The event.
        least_confidence: Labels of these videos below it wait for people again; 1.01 =
            all of them.
        n_videos: How many videos.
        is_in_force: Whether it was not undone.
    """

    event_id: int
    least_confidence: float
    n_videos: int
    is_in_force: bool


class BatchBody(BaseModel):
    """An audit batch as it stands.

    Attributes:
        model_id: Model whose labels are audited.
        threshold: On confidence, when it was drawn.
        bound: Error rate that is agreed to.
        confidence: With which the bounds hold, whenever they are looked at.
        tolerance: On the scale [-1, 1]; labels that are off by more are wrong.
        n_accepted: Accepted labels that it was drawn from.
        n_items: Items that were drawn.
        n: Items that are judged.
        n_wrong: Those that are off by more than the tolerance, rejected or cannot be
            judged.
        error_rate: Weighted estimate of the error rate; null before any is judged.
        lower_bound: Of the error rate, one-sided at `confidence`.
        upper_bound: Likewise.
        due_at: When the next audit was due by the schedule then; null = not by days.
        due_judgements: After how many labels in all, likewise.
        reopening: What it reopened; null = nothing.
    """

    batch_id: int
    state: BatchState
    model_id: str
    threshold: float
    bound: float
    confidence: float
    tolerance: float
    n_accepted: int
    n_items: int
    n: int
    n_wrong: int
    error_rate: float | None
    lower_bound: float
    upper_bound: float
    created_at: datetime
    due_at: datetime | None
    due_judgements: int | None
    reopening: ReopeningBody | None


class AuditBatchesBody(BaseModel):
    """Audits of a project: schedule, what is due, batches, the latest first."""

    schedule: ScheduleBody
    due: DueBody
    batches: list[BatchBody]


class BoundsBody(BaseModel):
    """The bounds after so many items, in the order in which they were judged."""

    n: int
    lower_bound: float
    upper_bound: float


class StratumBody(BaseModel):
    """Items of one stratum.

    Attributes:
        person: Name of the person; of an unnamed face its video and number.
        quadrant: Sign of the first dimensions: `+-` is a high first, a low second; `?`
            where the model knows none.
        quality: Of the pictures: `low`, `middle` or `high`.
    """

    person: str
    quadrant: str
    quality: str
    n_items: int
    n: int
    n_wrong: int


class AuditItemBody(BaseModel):
    """One item of a batch that is wrong; a face by the number that it has now.

    Attributes:
        track_id: Null where the face is not seen there any more.
        value: What the model said when it was drawn, in the units of the schema.
        expression: Class of the model then; null = none.
        answer: What the rater said; empty where no value was given.
        answer_expression: Class that the rater gave; null = none.
        decision: `reject` and `cannot` are wrong, too.
    """

    video_id: str
    track_id: int | None
    frame: int
    confidence: float
    value: list[float | None]
    expression: str | None
    answer: list[float | None]
    answer_expression: str | None
    decision: Decision
    rater_id: str


class BatchDetailsBody(BatchBody):
    """An audit batch with its course, strata and the items that were wrong."""

    bounds: list[BoundsBody]
    strata: list[StratumBody]
    wrong: list[AuditItemBody]


class PullBody(BaseModel):
    """How far shown values pull one rater in one dimension; see `agreement.Pull`.

    Attributes:
        pull: Share of the distance to the shown value; null with fewer than
            `least_repeats` repeats, or where nothing can be said.
        low: Lower end of its 90 % interval.
        high: Upper end.
        is_warned: Whether it is surely above `warning_level`.
    """

    rater_id: str
    dimension: str
    n: int
    pull: float | None
    low: float | None
    high: float | None
    is_warned: bool


class AnchoringBody(BaseModel):
    """Anchoring of all raters who repeated anything."""

    warning_level: float
    least_repeats: int
    raters: list[PullBody]


class ComparedFace(BaseModel):
    """A face that is compared."""

    video_id: str
    track_id: int
    frame: int
    time_s: float


class PairBody(BaseModel):
    """Two faces to compare in one dimension: which is higher?"""

    dimension: str
    first: ComparedFace
    second: ComparedFace


class NextPairBody(BaseModel):
    """The next pair; null where there is none, or blind assignments come first."""

    pair: PairBody | None


class ComparisonRequest(WithClient):
    """Which of two faces is higher in a dimension."""

    video_id: VideoName
    track_id: TrackNumber
    frame: FrameNumber
    other_video_id: VideoName
    other_track_id: TrackNumber
    other_frame: FrameNumber
    dimension: ClassName
    answer: Answer
    active_s: Seconds | None = None


class ComparisonScoreBody(BaseModel):
    """How far comparisons and curves agree in one dimension.

    Attributes:
        n: Comparisons that say `first`, `second` or `same`.
        n_cannot: Comparisons that could not be judged.
        share: Of `n`, how many agree with the curves; null without any.
        low: Lower end of its 95 % interval (Wilson).
        high: Upper end.
    """

    dimension: str
    n: int
    n_cannot: int
    share: float | None
    low: float | None
    high: float | None
