"""Few labels in, a label for every frame out: the engine and its baselines.

Arrays in, arrays out; nothing here reads files or knows what a video is.
"""

from feltline.fewshot.active.forecasting import Outlook, forecast
from feltline.fewshot.active.query_track import QueryTrack, QueryTracks
from feltline.fewshot.active.reasons import REASONS, QueryReason
from feltline.fewshot.active.similar import clusters_of, similar_frames, spread_out
from feltline.fewshot.active.suggestion import (
    Budget,
    Selection,
    Suggestion,
    suggest_frames,
)
from feltline.fewshot.active.track_queue import TrackQueue, build_queue
from feltline.fewshot.baselines.interpolation import INTERPOLATIONS
from feltline.fewshot.expressions import contradicts
from feltline.fewshot.gp.appearance import looks_of
from feltline.fewshot.labelling import label_tracks
from feltline.fewshot.labels import Choices
from feltline.fewshot.model import Filling, fill
from feltline.fewshot.predictions import LabelOptions

__all__ = [
    "INTERPOLATIONS",
    "REASONS",
    "Budget",
    "Choices",
    "Filling",
    "LabelOptions",
    "Outlook",
    "QueryReason",
    "QueryTrack",
    "QueryTracks",
    "TrackQueue",
    "Selection",
    "Suggestion",
    "build_queue",
    "clusters_of",
    "contradicts",
    "fill",
    "forecast",
    "label_tracks",
    "looks_of",
    "similar_frames",
    "spread_out",
    "suggest_frames",
]
