"""A project's database: what was found, said and calculated, and when.

The log is the truth. Every change by a person is an event that is never rewritten; to
undo is one more event that names the one it takes back, and to redo is to undo that. So
any past state can be asked for: `store.labels(at=event_id)`.
"""

from feltline.store.store import Store
from feltline.store.values import (
    Changes,
    Decision,
    Event,
    PersonName,
    Review,
    Run,
    StoredLabel,
    StoredPersonName,
    StoredReview,
    StoredTrackEdit,
    Suggested,
    ThresholdSet,
    TrackEdit,
    VideoRecord,
)

__all__ = [
    "Changes",
    "Decision",
    "Event",
    "PersonName",
    "Review",
    "Run",
    "Store",
    "StoredLabel",
    "StoredPersonName",
    "StoredReview",
    "StoredTrackEdit",
    "Suggested",
    "ThresholdSet",
    "TrackEdit",
    "VideoRecord",
]
