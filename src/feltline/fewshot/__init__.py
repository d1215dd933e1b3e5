"""Few labels in, a label for every frame out: the engine and its baselines.

Arrays in, arrays out; nothing here reads files or knows what a video is.
"""

from feltline.fewshot.interpolation import INTERPOLATIONS
from feltline.fewshot.labelling import LabelOptions, label_tracks
from feltline.fewshot.suggest import Budget, Selection, Suggestion, suggest_frames

__all__ = [
    "INTERPOLATIONS",
    "Budget",
    "LabelOptions",
    "Selection",
    "Suggestion",
    "label_tracks",
    "suggest_frames",
]
