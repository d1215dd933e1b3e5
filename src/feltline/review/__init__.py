"""Review: what to ask next, what a threshold costs, and how far the work is."""

from feltline.review.assigning import Candidate, Overlap, deal, deal_known
from feltline.review.contact_sheet import Face, clusters, similar_to
from feltline.review.costs import Cost, costs_of
from feltline.review.disagreements import (
    Disagreement,
    disagreements_in,
)
from feltline.review.items import Item
from feltline.review.live import LiveProject
from feltline.review.log_delta import read_delta
from feltline.review.model_state import ModelState, model_state
from feltline.review.overview import Overview, overview_of
from feltline.review.persons import persons_of
from feltline.review.queue import Position, Queue
from feltline.review.rater_view import RaterView
from feltline.review.status import Status, status_of
from feltline.review.tracing import (
    first_lag,
    former_lags,
    lag_seen_by,
    model_level,
)
from feltline.review.track_view import TrackView
from feltline.review.work import (
    Source,
    assign_work,
    assigned_items,
    candidates_of,
    current_track,
)
from feltline.review.worker import Worker

__all__ = [
    "Candidate",
    "Cost",
    "Disagreement",
    "Face",
    "Item",
    "LiveProject",
    "ModelState",
    "Overlap",
    "Overview",
    "Position",
    "Queue",
    "RaterView",
    "Source",
    "Status",
    "TrackView",
    "Worker",
    "assign_work",
    "assigned_items",
    "candidates_of",
    "clusters",
    "costs_of",
    "current_track",
    "deal",
    "deal_known",
    "disagreements_in",
    "first_lag",
    "former_lags",
    "lag_seen_by",
    "model_level",
    "model_state",
    "overview_of",
    "persons_of",
    "read_delta",
    "similar_to",
    "status_of",
]
