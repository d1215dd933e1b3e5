"""Labelling without a project: from observations to a prediction of every track."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from feltline.errors import EncoderError, InputError, NothingToLabelError, ShapeError
from feltline.fewshot.baselines.interpolation import carriers, interpolate
from feltline.fewshot.baselines.mtclar import Compare, anchors_past, by_one_anchor
from feltline.fewshot.gp.appearance import centred, fit_basis, project
from feltline.fewshot.gp.features import TrackFeatures, track_features
from feltline.fewshot.model import default_model, learn
from feltline.fewshot.predictions import (
    N_EVIDENCE,
    LabelOptions,
    predict_track,
    without_uncertainty,
)
from feltline.types import (
    DEFAULT_SCHEMA,
    DIMENSIONS,
    Basis,
    Embeddings,
    FaceTrack,
    HyperParameters,
    LabelSchema,
    Method,
    Model,
    Observation,
    Prediction,
)

__all__ = ["basis_of", "features_of", "label_tracks", "learn_tracks"]


def label_tracks(  # noqa: PLR0913 - keyword-only, each a choice of its own
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    observations: Sequence[Sequence[Observation]],
    options: LabelOptions | None = None,
    *,
    schema: LabelSchema = DEFAULT_SCHEMA,
    hyperparameters: tuple[HyperParameters, ...] | None = None,
    comparisons: Sequence[Compare] | None = None,
    ood_score: Sequence[Float32[np.ndarray, " _"]] | None = None,
) -> list[Prediction | None]:
    """Carry the labels of some tracks to all of their frames.

    Args:
        tracks: All tracks.
        embeddings: Their embeddings, in the same order.
        observations: What people said of each track (`labels.observations_of`).
        options: Method and promises.
        schema: Dimensions and classes.
        hyperparameters: Of the engine to stay near, per dimension; if absent, the
            shipped ones.
        comparisons: Per track, what compares its frames; needed by `mt-clar` alone.
        ood_score: Per track, how unlike the faces that the encoder knows each frame is
            (1 = the edge of the ordinary); all ordinary if absent.

    Returns:
        One prediction per track; None for a track of which nothing is known: without
        a value of its own, and without a zero-shot prediction that the method uses.

    Raises:
        NothingToLabelError: There is no value, or no track.
        ShapeError: Tracks, embeddings and observations differ in number or length.
        EncoderError: The embeddings come from different encoders, or `mt-clar` without
            comparisons.
        InputError: `mt-clar` in other dimensions than valence and arousal.
    """
    options = options or LabelOptions()
    valued = _valued(tracks, observations)
    if options.method == "gp":
        model, features = learn_tracks(
            tracks,
            embeddings,
            observations,
            options,
            schema=schema,
            hyperparameters=hyperparameters,
            ood_score=ood_score,
        )
        whole = [
            predict_track(model, some, said, schema=schema)
            for some, said in zip(features, observations, strict=True)
        ]
        return [None if np.isnan(one.value).all() else one for one in whole]
    names = schema.dimension_names
    if options.method == "mt-clar" and names != DIMENSIONS:
        raise InputError(
            f"mt-clar compares {' and '.join(DIMENSIONS)}, but this label schema has "
            f"{', '.join(names)}; use gp"
        )
    if options.method == "mt-clar" and comparisons is None:
        raise EncoderError("mt-clar needs pair heads to compare faces with")
    made: list[Prediction | None] = []
    for i, (track, own) in enumerate(zip(tracks, valued, strict=True)):
        if not own:
            made.append(None)
            continue
        at, label = _by_position(own)
        if options.method == "mt-clar" and comparisons is not None:
            value, evidence = _by_anchor(track, at, label, comparisons[i])
        else:
            value, evidence = _by_time(track, at, label, options.method)
        n_classes = len(schema.classes)
        made.append(
            without_uncertainty(options.method, value, evidence, own, n_classes)
        )
    return made


def learn_tracks(  # noqa: PLR0913 - keyword-only, each a choice of its own
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    observations: Sequence[Sequence[Observation]],
    options: LabelOptions,
    *,
    schema: LabelSchema = DEFAULT_SCHEMA,
    hyperparameters: tuple[HyperParameters, ...] | None = None,
    ood_score: Sequence[Float32[np.ndarray, " _"]] | None = None,
) -> tuple[Model, list[TrackFeatures]]:
    """Learn a model from some tracks, and give their features on its basis.

    Arguments and errors as for `label_tracks`.
    """
    _valued(tracks, observations)
    basis = basis_of(tracks, embeddings)
    features = features_of(tracks, embeddings, basis, schema, ood_score)
    prior = default_model(
        basis=basis,
        schema=schema,
        has_zero_shot=np.all([f.has_zero_shot for f in features], axis=0).tolist(),
        tolerance=options.tolerance,
        coverage=options.coverage,
        hyperparameters=hyperparameters,
    )
    clips = [track.video_id for track in tracks]
    learnt_from = zip(features, observations, clips, strict=True)
    return learn(learnt_from, prior, schema=schema), features


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


def _valued(
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
