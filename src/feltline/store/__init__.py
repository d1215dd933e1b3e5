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
from feltline.store.audit_batches import (
    AuditBatch,
    AuditedItem,
    AuditItem,
    BatchState,
    LabelCount,
    NewBatch,
    Reopening,
)
from feltline.store.comparisons import Answer, Comparison, StoredComparison
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
from feltline.store.repeats import Repeat, plan_of_repeat
from feltline.store.sign_ins import SignInSession
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
from feltline.store.work_counts import PlanCount, WorkCount

__all__ = [
    "CONTENT_HASH",
    "MOST_LAG_S",
    "NOTE",
    "N_BINS",
    "SPEEDS",
    "Accounts",
    "Answer",
    "AnswerUse",
    "ApiToken",
    "Assignment",
    "AssignmentKind",
    "AssignmentState",
    "AuditBatch",
    "AuditItem",
    "AuditedItem",
    "BatchState",
    "Comparison",
    "Event",
    "FrameComment",
    "GivenTrace",
    "JudgementCount",
    "JudgementDelta",
    "KnownAnswer",
    "LabelCount",
    "LagMethod",
    "LegacyArrays",
    "Membership",
    "Mention",
    "NewAssignment",
    "NewBatch",
    "NewJudgement",
    "NewTrace",
    "PersonName",
    "PlanCount",
    "PredictionRun",
    "Purged",
    "Reopening",
    "Repeat",
    "SavedEvent",
    "SignInSession",
    "Store",
    "StoredComment",
    "StoredComparison",
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
    "plan_of_repeat",
    "sign_in_name_of",
]
