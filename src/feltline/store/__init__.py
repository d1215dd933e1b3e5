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
    WorkCount,
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
from feltline.store.trace_values import (
    MOST_LAG_S,
    SPEEDS,
    GivenTrace,
    LagMethod,
    NewTrace,
    StoredLag,
    StoredTrace,
    TraceCount,
    TraceDevice,
    TraceHead,
    TraceLag,
)
from feltline.store.traces import check_trace
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

__all__ = [
    "CONTENT_HASH",
    "MOST_LAG_S",
    "NOTE",
    "N_BINS",
    "SPEEDS",
    "Accounts",
    "AnswerUse",
    "ApiToken",
    "Assignment",
    "AssignmentKind",
    "AssignmentState",
    "Event",
    "FrameComment",
    "GivenTrace",
    "JudgementCount",
    "JudgementDelta",
    "KnownAnswer",
    "LagMethod",
    "LegacyArrays",
    "Membership",
    "Mention",
    "NewAssignment",
    "NewJudgement",
    "NewTrace",
    "PersonName",
    "PredictionRun",
    "Purged",
    "SavedEvent",
    "Store",
    "StoredComment",
    "StoredJudgement",
    "StoredLag",
    "StoredPersonName",
    "StoredTrace",
    "StoredTrackEdit",
    "Suggested",
    "TraceCount",
    "TraceDevice",
    "TraceHead",
    "TraceLag",
    "TrackEdit",
    "TrackRecord",
    "TrackSummary",
    "User",
    "VideoRecord",
    "VideoSummary",
    "WorkCount",
    "check_snapshot",
    "check_trace",
    "mentioned",
    "sign_in_name_of",
]
