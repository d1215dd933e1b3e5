"""Few labels in, a label for every frame out: the engine and its baselines.

Arrays in, arrays out; nothing here reads files or knows what a video is.
"""

from feltline.fewshot.drafts import LabelOptions
from feltline.fewshot.expressions import contradicts
from feltline.fewshot.filling import Filling, fill
from feltline.fewshot.forecast import Outlook, forecast
from feltline.fewshot.interpolation import INTERPOLATIONS
from feltline.fewshot.labelling import label_tracks
from feltline.fewshot.labels import Choices
from feltline.fewshot.looks import looks_of
from feltline.fewshot.plan import ReviewPlan, plan_review
from feltline.fewshot.reasons import REASONS, ReasonCode
from feltline.fewshot.similar import clusters_of, similar_frames, spread_out
from feltline.fewshot.suggest import Budget, Selection, Suggestion, suggest_frames

__all__ = [
    "INTERPOLATIONS",
    "REASONS",
    "Budget",
    "Choices",
    "Filling",
    "LabelOptions",
    "Outlook",
    "ReasonCode",
    "ReviewPlan",
    "Selection",
    "Suggestion",
    "clusters_of",
    "contradicts",
    "fill",
    "forecast",
    "label_tracks",
    "looks_of",
    "plan_review",
    "similar_frames",
    "spread_out",
    "suggest_frames",
]
