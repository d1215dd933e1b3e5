"""A project's database: judgements and other changes, videos, models, and when.

The log is the truth. Every change by a person is an event that is never rewritten; to
undo is one more event that names the one it takes back, and to redo is to undo that. So
any past state can be asked for: `store.judgements(at=event_id)`.
"""

from feltline.store.accounts import Accounts, Membership, User, sign_in_name_of
from feltline.store.api_tokens import ApiToken
from feltline.store.assignments import (
    Assignment,
    AssignmentKind,
    AssignmentState,
    NewAssignment,
)
from feltline.store.event_log import NOTE
from feltline.store.frame_comments import FrameComment, StoredComment, mentioned
from feltline.store.known_answers import AnswerUse, KnownAnswer
from feltline.store.records import (
    CONTENT_HASH,
    N_BINS,
    LegacyArrays,
    Mention,
    PredictionRun,
    Purged,
    Suggested,
    TrackRecord,
    TrackSummary,
    VideoRecord,
    VideoSummary,
)
from feltline.store.snapshots import check_snapshot
from feltline.store.store import Store
from feltline.store.values import (
    Event,
    JudgementCount,
    JudgementDelta,
    NewJudgement,
    PersonName,
    SavedEvent,
    StoredJudgement,
    StoredPersonName,
    StoredTrackEdit,
    TrackEdit,
)
from feltline.store.work_counts import PlanCount, WorkCount

__all__ = [
    "CONTENT_HASH",
    "NOTE",
    "N_BINS",
    "Accounts",
    "AnswerUse",
    "ApiToken",
    "Assignment",
    "AssignmentKind",
    "AssignmentState",
    "Event",
    "FrameComment",
    "JudgementCount",
    "JudgementDelta",
    "KnownAnswer",
    "LegacyArrays",
    "Membership",
    "Mention",
    "NewAssignment",
    "NewJudgement",
    "PersonName",
    "PlanCount",
    "PredictionRun",
    "Purged",
    "SavedEvent",
    "Store",
    "StoredComment",
    "StoredJudgement",
    "StoredPersonName",
    "StoredTrackEdit",
    "Suggested",
    "TrackEdit",
    "TrackRecord",
    "TrackSummary",
    "User",
    "VideoRecord",
    "VideoSummary",
    "WorkCount",
    "check_snapshot",
    "mentioned",
    "sign_in_name_of",
]
