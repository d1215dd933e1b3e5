"""Bodies of a team's work: assignments, known answers, disagreements, comments.

Values are in the units of the label schema; missing numbers are null.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from feltline.review import Source
from feltline.server.requests import (
    ClassName,
    ClientId,
    Comment,
    EventNumber,
    Finite,
    FrameNumber,
    Plain,
    Request,
    Share,
    TrackNumber,
    Value,
    VideoName,
    WithClient,
)
from feltline.server.responses import ItemBody, PositionBody
from feltline.store import AnswerUse, AssignmentKind, AssignmentState
from feltline.types import Role, Scope

MOST_ASSIGNED = 2000

RaterName = Annotated[str, Field(min_length=1, max_length=200), Plain]
PlanName = Annotated[str, Field(min_length=1, max_length=64), Plain]


class WorkItemBody(ItemBody):
    """An item of a rater's work; `assignment_id` is null in the common queue."""

    assignment_id: int | None
    scope: Scope
    is_training: bool


class WorkBody(BaseModel):
    """What a rater is to do next: assignments first, then the common queue."""

    items: list[WorkItemBody]
    position: PositionBody


class TrainingBody(BaseModel):
    """How training items were answered; `rmse` is on the scale [-1, 1]."""

    n: int
    within: int
    rmse: float | None


class HoneypotsBody(BaseModel):
    """How honeypots were answered."""

    n: int
    within: int


class RaterProgressBody(BaseModel):
    """What one rater has to do and did; `active_s` is measured by the server."""

    rater_id: str
    open: int
    answered: int
    active_s: float
    training: TrainingBody
    honeypots: HoneypotsBody


class TeamMemberBody(BaseModel):
    """Somebody of the team; `role` null = they cannot come in any more."""

    rater_id: str
    name: str
    role: Role | None
    may_judge: bool


class OverlapRequest(Request):
    """How many raters judge the same; see `feltline.review.Overlap`."""

    by: Literal["share", "confidence"] = "share"
    share: Share = 0.2
    most_raters: Annotated[int, Field(ge=1, le=20)] = 2


class PlanRequest(WithClient):
    """Assign work.

    Attributes:
        source: Where it comes from.
        video_id: Only of this video; needed where frames are spread over one.
        raters: Ids of who is to judge it.
        overlap: How many judge the same.
        count: At most so many frames; 0 = practice only.
        honeypots: Honeypots by so much of a rater's work.
    """

    source: Source
    video_id: VideoName | None = None
    raters: Annotated[list[RaterName], Field(min_length=1, max_length=100)]
    overlap: OverlapRequest = OverlapRequest()
    count: Annotated[int, Field(ge=0, le=MOST_ASSIGNED)] = 100
    honeypots: Share = 0.05

    @model_validator(mode="after")
    def _has_video(self) -> "PlanRequest":
        if self.source == "video" and self.video_id is None:
            raise ValueError("video_id is missing: which video to spread frames over")
        return self


class PlanBody(BaseModel):
    """What a plan assigned."""

    plan: str
    n_assignments: int
    by_rater: dict[str, int]


class PlanCountBody(BaseModel):
    """How far a plan is; see `feltline.store.PlanCount`."""

    plan: str
    opened_at: datetime
    n_raters: int
    n_open: int
    n_answered: int
    n_withdrawn: int


class AssignmentBody(BaseModel):
    """An assignment as it stands; see `feltline.store.Assignment`."""

    assignment_id: int
    rater_id: str
    video_id: str
    track_id: int
    first_frame: int
    last_frame: int
    frame: int
    scope: Scope
    kind: AssignmentKind
    is_blind: bool
    plan: str
    priority: float
    answer_id: str | None
    state: AssignmentState
    opened_at: datetime
    answered_event_id: int | None


class WithdrawnBody(BaseModel):
    """How many assignments were withdrawn."""

    withdrawn: int


class KnownAnswerRequest(Request):
    """What a face is known to show; `client_id` becomes the answer's id.

    See `feltline.store.KnownAnswer`.
    """

    client_id: ClientId
    video_id: VideoName
    track_id: TrackNumber
    first_frame: FrameNumber
    last_frame: FrameNumber
    value: Value
    tolerance: Annotated[list[Annotated[Finite, Field(ge=0)]], Field(max_length=64)]
    expression: ClassName | None = None
    text: Comment = ""
    use: AnswerUse


class ActiveRequest(Request):
    """Whether a known answer is dealt out."""

    is_active: bool


class KnownAnswerBody(BaseModel):
    """A known answer; see `feltline.store.KnownAnswer`.

    `track_id` is the number that its face has now; null = it is not seen.
    """

    answer_id: str
    video_id: str
    track_id: int | None
    found_track_id: int
    first_frame: int
    last_frame: int
    value: list[float | None]
    tolerance: list[float]
    expression: str | None
    text: str
    use: AnswerUse
    is_active: bool


class RaterAnswerBody(BaseModel):
    """What one rater said of a frame."""

    rater_id: str
    value: list[float | None]
    expression: str | None


class DisagreementBody(BaseModel):
    """Frames of which raters said unlike things; `spread` is on the scale [-1, 1]."""

    video_id: str
    track_id: int
    frame: int
    first_frame: int
    last_frame: int
    time_s: float
    spread: float
    answers: list[RaterAnswerBody]


class CommentRequest(WithClient):
    """A comment on a frame, or a question about it; see `store.FrameComment`."""

    video_id: VideoName
    track_id: TrackNumber | None = None
    frame: FrameNumber
    text: Annotated[str, Field(min_length=1, max_length=2000), Plain]
    is_question: bool = False
    reply_to: EventNumber | None = None
    mentions: Annotated[list[RaterName], Field(max_length=50)] = Field(
        default_factory=list
    )


class CommentStateRequest(WithClient):
    """Whether a comment is settled."""

    is_resolved: bool


class CommentBody(BaseModel):
    """A comment in force; a face by the number that it has now, if it is seen."""

    event_id: int
    at: datetime
    rater_id: str
    video_id: str
    track_id: int | None
    frame: int
    text: str
    is_question: bool
    reply_to: int | None
    mentions: list[str]
    is_resolved: bool
