"""Labelling without a project: from observations to a prediction of every track."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from feltline.errors import EncoderError, NothingToLabelError, ShapeError
from feltline.fewshot.baselines import (
    Compare,
    anchors_past,
    by_one_anchor,
    carriers,
    interpolate,
)
from feltline.fewshot.gp.appearance import centred, fit_basis, project
from feltline.fewshot.gp.features import TrackFeatures, track_features
from feltline.fewshot.model import default_model, learn
from feltline.fewshot.predictions import (
    N_EVIDENCE,
    LabelOptions,
    without_uncertainty,
)
from feltline.types import (
    DEFAULT_SCHEMA,
    Basis,
    Embeddings,
    FaceTrack,
    LabelSchema,
    Method,
    Model,
    Observation,
    Prediction,
)

__all__ = [
    "basis_of",
    "features_of",
    "label_by_baseline",
    "learn_tracks",
    "with_values",
]


def learn_tracks(
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    observations: Sequence[Sequence[Observation]],
    options: LabelOptions,
    *,
    ood_score: Sequence[Float32[np.ndarray, " _"]] | None = None,
) -> tuple[Model, list[TrackFeatures]]:
    """Learn a model from some tracks, and give their features on its basis.

    Args:
        tracks: All tracks.
        embeddings: Their embeddings, in the same order.
        observations: What people said of each track (`labels.observations_of`).
        options: What to promise.
        ood_score: Per track, how unlike the faces that the encoder knows each frame is
            (1 = the edge of the ordinary); all ordinary if absent.

    Raises:
        NothingToLabelError: There is no track.
        ShapeError: Tracks and embeddings differ in number or length.
        EncoderError: The embeddings come from different encoders.
    """
    basis = basis_of(tracks, embeddings)
    features = features_of(tracks, embeddings, basis, ood_score=ood_score)
    prior = default_model(
        basis=basis,
        schema=DEFAULT_SCHEMA,
        has_zero_shot=np.all([f.has_zero_shot for f in features], axis=0).tolist(),
        tolerance=options.tolerance,
        coverage=options.coverage,
    )
    clips = [track.video_id for track in tracks]
    learnt_from = zip(features, observations, clips, strict=True)
    return learn(learnt_from, prior, schema=DEFAULT_SCHEMA), features


def label_by_baseline(
    tracks: Sequence[FaceTrack],
    observations: Sequence[Sequence[Observation]],
    method: Method,
    comparisons: Sequence[Compare] | None = None,
) -> list[Prediction | None]:
    """Carry labels over without the engine: in time, or as MT-CLAR does.

    Args:
        tracks: All tracks.
        observations: Those of each track that give a value (`with_values`).
        method: Any but `gp`.
        comparisons: Per track, what compares its frames; needed by `mt-clar` alone.

    Returns:
        One prediction per track; None for a track without a label.

    Raises:
        EncoderError: `mt-clar` without comparisons.
    """
    if method == "mt-clar" and comparisons is None:
        raise EncoderError("mt-clar needs pair heads to compare faces with")
    made: list[Prediction | None] = []
    for i, (track, own) in enumerate(zip(tracks, observations, strict=True)):
        if not own:
            made.append(None)
            continue
        at, label = _by_position(own)
        if comparisons is not None:
            value, evidence = _by_anchor(track, at, label, comparisons[i])
        else:
            value, evidence = _by_time(track, at, label, method)
        classes = len(DEFAULT_SCHEMA.classes)
        made.append(without_uncertainty(method, value, evidence, own, classes))
    return made


def basis_of(tracks: Sequence[FaceTrack], embeddings: Sequence[Embeddings]) -> Basis:
    """The basis of appearance of some tracks.

    Raises:
        ShapeError: Tracks and embeddings differ in number or length.
        EncoderError: The embeddings come from different encoders.
    """
    lengths = [len(track) for track in tracks], [len(e) for e in embeddings]
    if lengths[0] != lengths[1]:
        raise ShapeError(
            f"each track needs its embeddings: tracks have {lengths[0]} frames, "
            f"embeddings {lengths[1]}"
        )
    ids = sorted({e.encoder_id for e in embeddings})
    if len(ids) != 1:
        raise EncoderError(
            f"embeddings of different encoders cannot be compared: {', '.join(ids)}; "
            f"extract all videos of a project with one encoder"
        )
    vectors = (one.vector for one in embeddings)
    return fit_basis(vectors, encoder_id=ids[0], views=embeddings[0].views)


def features_of(
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    basis: Basis,
    schema: LabelSchema = DEFAULT_SCHEMA,
    ood_score: Sequence[Float32[np.ndarray, " _"]] | None = None,
) -> list[TrackFeatures]:
    """Features of some tracks from their embeddings."""
    return [
        track_features(
            track,
            zero_shot_value=one.zero_shot_value,
            zero_shot_expression=one.zero_shot_expression,
            appearance=centred(project(basis, one.vector)),
            ood_score=None if ood_score is None else ood_score[i],
            schema=schema,
        )
        for i, (track, one) in enumerate(zip(tracks, embeddings, strict=True))
    ]


def with_values(
    tracks: Sequence[FaceTrack], observations: Sequence[Sequence[Observation]]
) -> list[list[Observation]]:
    """Per track, the observations that give a value.

    Raises:
        NothingToLabelError: There is none, or no track.
    """
    valued = [[o for o in some if np.isfinite(o.value).any()] for some in observations]
    if not tracks or not any(valued):
        lacking = "face" if not tracks else "label"
        raise NothingToLabelError(
            f"there is no {lacking} to work from: labelling needs at least one face "
            f"and one human label of it"
        )
    return valued


def _by_position(
    observations: Sequence[Observation],
) -> tuple[Int64[np.ndarray, " k"], Float64[np.ndarray, "k m"]]:
    """Middle positions of observations, each once, and the mean value there."""
    at = np.array([one.middle for one in observations], np.int64)
    value = np.array([one.value for one in observations])
    where, group = np.unique(at, return_inverse=True)
    given = np.isfinite(value)
    total, count = np.zeros((2, len(where), value.shape[1]))
    np.add.at(total, group, np.where(given, value, 0))
    np.add.at(count, group, given)
    return where, np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _by_anchor(
    track: FaceTrack,
    at: Int64[np.ndarray, " k"],
    label: Float64[np.ndarray, "k m"],
    compare: Compare,
) -> tuple[Float[np.ndarray, "n m"], Int64[np.ndarray, "n e"]]:
    """MT-CLAR as published: the latest label plus the predicted difference."""
    latest = anchors_past(track.time_s[at], track.time_s)
    apart = compare(at[latest], np.arange(len(track))).difference
    value = by_one_anchor(label[latest], apart)
    return value, _evidence(track, at, latest[:, None])


def _by_time(
    track: FaceTrack,
    at: Int64[np.ndarray, " k"],
    label: Float64[np.ndarray, "k m"],
    method: Method,
) -> tuple[Float[np.ndarray, "n m"], Int64[np.ndarray, "n e"]]:
    """Interpolation in time, of each dimension between the labels that give it."""
    value = np.full((len(track), label.shape[1]), np.nan)
    for j, column in enumerate(label.T):
        given = np.isfinite(column)
        if given.any():
            label_s, some = track.time_s[at[given]], column[given][:, None]
            value[:, j] = interpolate(method, label_s, some, track.time_s)[:, 0]
    by = carriers(method, track.time_s[at], track.time_s)
    return value, _evidence(track, at, by)


def _evidence(
    track: FaceTrack, at: Int64[np.ndarray, " k"], by: Int64[np.ndarray, "n b"]
) -> Int64[np.ndarray, "n e"]:
    """Frame numbers of the labels that carried each value, -1 to fill up."""
    out = np.full((len(track), N_EVIDENCE), -1, np.int64)
    out[:, : by.shape[1]] = np.where(by >= 0, track.frame[at[by]], -1)
    return out
