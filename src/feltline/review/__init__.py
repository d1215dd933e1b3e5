"""Review: what to ask next, what a threshold costs, and how far the work is."""

from feltline.review.assigning import Candidate, Overlap, deal, deal_known
from feltline.review.audit_batches import BatchOutcome, outcome_of, settle_batches
from feltline.review.audit_draws import draw_batch
from feltline.review.comparisons import (
    DimensionScore,
    PairFace,
    next_pair,
    score_comparisons,
)
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
from feltline.review.places import current_track, track_now
from feltline.review.queue import Position, Queue
from feltline.review.rater_view import RaterView
from feltline.review.repeats import anchoring_of, ask_again, is_anchored
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
)
from feltline.review.worker import Worker

__all__ = [
    "BatchOutcome",
    "Candidate",
    "Cost",
    "DimensionScore",
    "Disagreement",
    "Face",
    "Item",
    "LiveProject",
    "ModelState",
    "Overlap",
    "Overview",
    "PairFace",
    "Position",
    "Queue",
    "RaterView",
    "Source",
    "Status",
    "TrackView",
    "Worker",
    "anchoring_of",
    "ask_again",
    "assign_work",
    "assigned_items",
    "candidates_of",
    "clusters",
    "costs_of",
    "current_track",
    "deal",
    "deal_known",
    "disagreements_in",
    "draw_batch",
    "first_lag",
    "former_lags",
    "is_anchored",
    "lag_seen_by",
    "model_level",
    "model_state",
    "next_pair",
    "outcome_of",
    "overview_of",
    "persons_of",
    "read_delta",
    "score_comparisons",
    "settle_batches",
    "similar_to",
    "status_of",
    "track_now",
]
