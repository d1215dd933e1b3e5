"""Few labels in, a label for every frame out: the engine and its baselines.

Arrays in, arrays out; nothing here reads files or knows what a video is.
"""

from feltline.fewshot.expressions import contradicts
from feltline.fewshot.forecast import Outlook, forecast
from feltline.fewshot.interpolation import INTERPOLATIONS
from feltline.fewshot.labelling import LabelOptions, label_tracks
from feltline.fewshot.suggest import Budget, Selection, Suggestion, suggest_frames

__all__ = [
    "INTERPOLATIONS",
    "Budget",
    "LabelOptions",
    "Outlook",
    "Selection",
    "Suggestion",
    "contradicts",
    "forecast",
    "label_tracks",
    "suggest_frames",
]
