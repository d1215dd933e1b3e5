"""Few labels in, a label for every frame out: the engine and its baselines.

Arrays in, arrays out; nothing here reads files or knows what a video is.
"""

from feltline.fewshot.active.forecasting import Outlook, forecast
from feltline.fewshot.active.query_track import QueryTrack
from feltline.fewshot.active.reasons import REASONS
from feltline.fewshot.active.search import GreedySearch
from feltline.fewshot.active.similar import clusters_of, similar_frames, spread_out
from feltline.fewshot.active.suggestion import (
    Budget,
    Selection,
    Suggestion,
    suggest_frames,
)
from feltline.fewshot.active.track_queue import TrackQueue, build_queue
from feltline.fewshot.baselines import INTERPOLATIONS
from feltline.fewshot.consensus import ConsensusCurve, consensus_at, consensus_of
from feltline.fewshot.expressions import contradicts
from feltline.fewshot.gp.appearance import centred, fit_basis
from feltline.fewshot.gp.blocks import ObservedTrack, joined
from feltline.fewshot.gp.features import TrackFeatures, track_features
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.fewshot.labelling import (
    basis_of,
    features_of,
    label_by_baseline,
    learn_tracks,
    with_values,
)
from feltline.fewshot.labels import observations_of
from feltline.fewshot.model import (
    default_model,
    disagreeing_raters,
    learn,
    promising,
    track_posterior,
)
from feltline.fewshot.predictions import (
    LabelOptions,
    predict_posterior,
    predict_track,
)
from feltline.fewshot.trace_observations import observations_from
from feltline.fewshot.traced import observations_of_traces

__all__ = [
    "INTERPOLATIONS",
    "REASONS",
    "Budget",
    "ConsensusCurve",
    "GreedySearch",
    "LabelOptions",
    "ObservedTrack",
    "Outlook",
    "QueryTrack",
    "Selection",
    "Suggestion",
    "TrackFeatures",
    "TrackPosterior",
    "TrackQueue",
    "basis_of",
    "build_queue",
    "centred",
    "clusters_of",
    "consensus_at",
    "consensus_of",
    "contradicts",
    "default_model",
    "disagreeing_raters",
    "features_of",
    "fit_basis",
    "forecast",
    "joined",
    "label_by_baseline",
    "learn",
    "learn_tracks",
    "observations_from",
    "observations_of",
    "observations_of_traces",
    "predict_posterior",
    "predict_track",
    "promising",
    "similar_frames",
    "spread_out",
    "suggest_frames",
    "track_features",
    "track_posterior",
    "with_values",
]
