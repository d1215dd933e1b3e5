"""Few labels in, a label for every frame out: the engine and its baselines.

Arrays in, arrays out; nothing here reads files or knows what a video is.
"""

from feltline.fewshot.baselines.interpolation import INTERPOLATIONS
from feltline.fewshot.expressions import contradicts
from feltline.fewshot.gp.appearance import centred, fit_basis, project
from feltline.fewshot.gp.features import TrackFeatures, track_features
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.fewshot.labelling import basis_of, features_of, label_tracks
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

__all__ = [
    "INTERPOLATIONS",
    "LabelOptions",
    "TrackFeatures",
    "TrackPosterior",
    "basis_of",
    "centred",
    "contradicts",
    "default_model",
    "disagreeing_raters",
    "features_of",
    "fit_basis",
    "label_tracks",
    "learn",
    "observations_of",
    "predict_posterior",
    "predict_track",
    "project",
    "promising",
    "track_features",
    "track_posterior",
]
