"""The prediction of one track: value, interval, confidence, classes, evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int32, Int64

from feltline.fewshot.calibration import (
    confidence,
    half_width,
)
from feltline.fewshot.expressions import (
    NEAR_S,
    adjusted_prior,
    expression_probabilities,
)
from feltline.fewshot.gp.blocks import ObservedTrack
from feltline.fewshot.gp.features import TrackFeatures, smoothed
from feltline.fewshot.gp.kernel import own_share
from feltline.fewshot.gp.observed import Observed, observed
from feltline.fewshot.gp.posterior import Piece, TrackPosterior
from feltline.fewshot.model import track_posterior
from feltline.settings import COVERAGE, TOLERANCE
from feltline.types import LabelSchema, Method, Model, Observation, Prediction

__all__ = [
    "N_EVIDENCE",
    "LabelOptions",
    "predict_posterior",
    "predict_track",
    "without_uncertainty",
]

N_EVIDENCE: Final = 3
"""How many frames of observations are named for each value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """How to carry labels over, and what to promise.

    Attributes:
        method: `gp` is the engine, `mt-clar` the published rule; the others use time
            alone. None but the engine gives interval and confidence.
        tolerance: The error that confidence speaks of, above 0, on the unit scale.
        coverage: The share of intervals meant to hold the label, in (0, 1).
    """

    method: Method = "gp"
    tolerance: float = TOLERANCE
    coverage: float = COVERAGE


def predict_track(
    model: Model,
    features: TrackFeatures,
    observations: Sequence[Observation],
    *,
    learnt: Sequence[ObservedTrack] | None = None,
    partners: Sequence[ObservedTrack] = (),
    schema: LabelSchema,
) -> Prediction:
    """What a model says of every frame of a track; pure, and linear in frames.

    Arguments are those of `model.track_posterior`.
    """
    posterior = track_posterior(
        model, features, observations, learnt=learnt, partners=partners
    )
    return predict_posterior(posterior, schema)


def predict_posterior(posterior: TrackPosterior, schema: LabelSchema) -> Prediction:
    """The prediction of a track that has been conditioned.

    Labels of other tracks speak through the recalibrated zero-shot prediction, which
    has no frame to point at: evidence and choices of classes are the track's own.
    """
    features, model = posterior.features, posterior.model
    n, m = len(features), len(model.hyperparameters)
    mean, variance = np.empty((2, n, m), np.float32)
    evidence = np.full((n, N_EVIDENCE), -1, np.int32)
    own = own_share(model.hyperparameters, features)
    classes = adjusted_prior(
        features.class_probability,
        smoothed(features.time_s, features.class_probability, NEAR_S),
        own,
        schema.class_names,
    )
    alone = _class_alone(posterior)
    for piece in posterior.pieces():
        here = piece.here
        mean[here], variance[here] = piece.mean, piece.variance
        evidence[here] = _strongest(piece, features)
        near, chosen = _choices(posterior, piece, alone)
        classes[here] = expression_probabilities(
            near,
            chosen,
            classes[here],
            own[here],
            np.clip(piece.mean, -1, 1),
            piece.variance,
            schema.places,
        )
    missing = posterior.missing
    if not posterior.is_labelled:
        variance = posterior.unlabelled(variance)
    half = half_width(model.calibration, variance, model.coverage)
    half[:, missing] = mean[:, missing] = np.nan
    sure = confidence(model.calibration, variance, model.tolerance) * features.trust
    return Prediction(
        model_id=model.model_id,
        value=np.clip(mean, -1, 1),
        low=np.clip(mean - half, -1, 1),
        high=np.clip(mean + half, -1, 1),
        confidence=np.zeros_like(sure) if missing.any() else sure,
        class_probability=classes,
        evidence=evidence,
        is_observed=observed_frames(posterior.observations, n),
    )


def without_uncertainty(
    name: str,
    value: Float[np.ndarray, "n m"],
    evidence: Int64[np.ndarray, "n e"],
    observations: Sequence[Observation],
    n_classes: int,
) -> Prediction:
    """The prediction of a method that knows values and their evidence, nothing else."""
    n, m = value.shape
    return Prediction(
        model_id=name,
        value=np.clip(value, -1, 1).astype(np.float32),
        low=np.full((n, m), np.nan, np.float32),
        high=np.full((n, m), np.nan, np.float32),
        confidence=np.full(n, np.nan, np.float32),
        class_probability=np.full((n, n_classes), np.nan, np.float32),
        evidence=evidence.astype(np.int32),
        is_observed=observed_frames(observations, n),
    )


def observed_frames(
    observations: Sequence[Observation], n: int
) -> Bool[np.ndarray, " n"]:
    """Frames that a blind judgement of a value speaks of directly."""
    out = np.zeros(n, bool)
    for one in observations:
        if one.is_blind_frame and np.isfinite(one.value).any():
            out[one.position] = True
    return out


def _strongest(piece: Piece, features: TrackFeatures) -> Int32[np.ndarray, "a e"]:
    """Frames of the closest observations, closest first, -1 to fill up."""
    position = np.array([one.middle for one in piece.observations], np.int64)
    place, first = np.unique(position, return_index=True)  # raters may share a frame
    left, frame = piece.similarity[:, first], features.frame[place]
    rows = np.arange(len(left))
    found = np.full((len(left), N_EVIDENCE), -1, np.int32)
    for column in range(min(N_EVIDENCE, left.shape[1])):
        best = left.argmax(axis=1)
        found[:, column] = frame[best]
        left[rows, best] = -np.inf
    return found


def _class_alone(posterior: TrackPosterior) -> Observed | None:
    """Observations of a class without a value."""
    some = [
        one
        for one in posterior.observations
        if one.expression >= 0 and not np.isfinite(one.value).any()
    ]
    return observed(posterior.features, some, {}) if some else None


def _choices(
    posterior: TrackPosterior, piece: Piece, alone: Observed | None
) -> tuple[Float[np.ndarray, "a k"], Int64[np.ndarray, " k"]]:
    """How close each class that people gave is to some frames, and which it is."""
    chosen = np.array([one.expression for one in piece.observations], np.int64)
    near, given = piece.similarity, chosen >= 0
    if not given.all():
        near, chosen = near[:, given], chosen[given]
    if alone is None:
        return near, chosen
    others = np.array([one.expression for one in alone.observations], np.int64)
    closer = posterior.similarity_to(alone, piece.here)
    return np.concatenate([near, closer], axis=1), np.concatenate([chosen, others])
