"""Predictions of a project's tracks by its current model, one track at a time."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int64

from feltline.errors import FacesLostError, InputError
from feltline.fewshot import (
    ObservedTrack,
    TrackFeatures,
    TrackPosterior,
    centred,
    consensus_at,
    default_model,
    predict_posterior,
    track_features,
    track_posterior,
)
from feltline.project.annotations import TrackAnnotations
from feltline.project.basis import fitted_basis
from feltline.project.project import Project
from feltline.project.snapshot import (
    ProjectLog,
    VideoState,
    feature_file_of,
    reread,
)
from feltline.settings import ConsensusPolicy
from feltline.types import (
    DIMENSIONS,
    Basis,
    LabelSchema,
    Model,
    Prediction,
)

__all__ = [
    "Predictor",
    "current_model",
    "features_of",
    "model_in_force",
    "unlearnt_model",
]


def current_model(project: Project) -> Model:
    """The one model in force, that page, export, status and suggestions read."""
    return model_in_force(project)[0]


def model_in_force(
    project: Project, *, at: int | None = None, without: Collection[str] = ()
) -> tuple[Model, Basis]:
    """The one model in force, and its basis; nothing is written.

    Args:
        project: The project.
        at: As the log stood when this was its last event; None = now.
        without: Videos that the default model's basis is not fitted with.

    Returns:
        The default model (`model_id` begins with `default-`) where none was learnt,
        computed of the videos that are there; its id is a hash, so it needs no row.

    Raises:
        NothingToLabelError: No video of the project shows a face.
        InputError: It was learnt with another encoder than the settings name.
    """
    model_id = project.store.current_model_id(at=at)
    if model_id is None:
        basis = fitted_basis(project, without=without).basis
        return unlearnt_model(project, basis), basis
    model = project.store.model(model_id)
    if model.encoder_id != project.encoder_id:
        raise InputError(
            f"model {model_id} was learnt with another encoder than the project's "
            f"settings name now ({project.settings.encoder}); set the former one again "
            f"in feltline.toml, or learn anew with feltline propagate"
        )
    return model, project.store.basis(model.basis_id)


def unlearnt_model(project: Project, basis: Basis) -> Model:
    """The default model: shipped hyper-parameters, nothing learnt."""
    return default_model(
        basis=basis,
        schema=project.schema,
        has_zero_shot=_has_zero_shot(project),
        tolerance=project.settings.tolerance,
        coverage=project.settings.coverage,
    )


def _has_zero_shot(project: Project) -> list[bool]:
    """Per dimension of the schema, whether the encoder says something of each face."""
    known: dict[str, bool] = {}
    for video in project.store.videos():
        with suppress(FacesLostError):
            value = feature_file_of(project, video).faces["zero_shot_value"]
            if len(value):
                has = np.isfinite(value).all(axis=0).tolist()
                known = dict(zip(DIMENSIONS, has, strict=True))
                break
    return [known.get(name, False) for name in project.schema.dimension_names]


def features_of(video: VideoState, track_id: int, basis: Basis) -> TrackFeatures:
    """Frames of a track, as it is now, as the kernel sees them."""
    file = video.features
    rows = {t.track_id: file.rows(t.track_id) for t in video.found}
    at = video.edited.gather(track_id, rows)
    faces, first = file.faces[_as_slice(at)], int(at.min())
    return track_features(
        video.track(track_id),
        zero_shot_value=faces["zero_shot_value"],
        zero_shot_expression=faces["zero_shot_expression"],
        appearance=centred(
            file.appearance(basis, slice(first, int(at.max()) + 1))[at - first]
        ),
        ood_score=faces["ood_score"],
        schema=video.schema,
    )


def _as_slice(at: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"] | slice:
    """Rows that follow one another as a slice, which copies nothing."""
    if len(at) and (np.diff(at) == 1).all():
        return slice(int(at[0]), int(at[-1]) + 1)
    return at


class Predictor:
    """One model at work on the tracks of a project; several threads may use it.

    Args:
        project: The project.
        model: The model, and
        basis: its basis; the model in force if absent.
        is_pass: Whether it goes over the whole project: then the log at learning is
            read at once, not video by video.
    """

    def __init__(
        self,
        project: Project,
        model: Model | None = None,
        basis: Basis | None = None,
        *,
        is_pass: bool = False,
    ) -> None:
        self.project, self._is_pass = project, is_pass
        if model is None:
            model, basis = model_in_force(project)
        self.model, self._basis = model, basis

    @cached_property
    def basis(self) -> Basis:
        """Basis of the model's appearance features."""
        return self._basis or self.project.store.basis(self.model.basis_id)

    @property
    def schema(self) -> LabelSchema:
        """Label schema of the project."""
        return self.project.schema

    @property
    def consensus(self) -> ConsensusPolicy:
        """How the project makes one value of several raters' now."""
        return self.project.settings.consensus

    def features(self, video: VideoState, track_id: int) -> TrackFeatures:
        """Frames of a track as the kernel sees them."""
        return features_of(video, track_id, self.basis)

    def learnt(
        self, video: VideoState, track_id: int
    ) -> Sequence[ObservedTrack] | None:
        """What the frames of a track contributed when the model was learnt.

        Through the track edits of that time: the tracks then that share a frame with
        it. None where that is what is observed now.
        """
        is_left_out = video.video.video_id in self.model.left_out
        if is_left_out or not self.model.learnt_from_event:
            return ()
        then = self._state_then(video)
        is_same = then.edits == video.edits
        if is_same and then.events_of(track_id) == video.events_of(track_id):
            return None
        return [
            (self.features(then, number), observed)
            for number in _tracks_then(video, track_id, then)
            if (observed := then.observations_of(number))
        ]

    def predict(self, video: VideoState, track_id: int) -> Prediction:
        """What the model says of every frame of a track; costs that track only."""
        return predict_posterior(self.posterior(video, track_id), self.schema)

    def annotated(
        self, video: VideoState, track_id: int
    ) -> tuple[TrackAnnotations, Prediction]:
        """What people say of a track, by the project's consensus, and the model.

        Page, export and whoever compares models lay the one over the other.
        """
        policy, schema = self.consensus, self.schema
        annotations = video.annotations_of(track_id, policy)
        posterior = self.posterior(video, track_id)
        if policy == "posterior":
            annotations = _with_posterior(annotations, posterior, schema)
        return annotations, predict_posterior(posterior, schema)

    def posterior(self, video: VideoState, track_id: int) -> TrackPosterior:
        """What active learning needs of a track."""
        return track_posterior(
            self.model,
            self.features(video, track_id),
            video.observations_of(track_id),
            learnt=self.learnt(video, track_id),
        )

    @cached_property
    def _log_then(self) -> ProjectLog:
        return ProjectLog(self.project, at=self.model.learnt_from_event)

    def _state_then(self, video: VideoState) -> VideoState:
        """The video as it was when the model was learnt."""
        if self._is_pass:
            return self._log_then.reread(video)
        at = self.model.learnt_from_event
        then = video.past.get(at)
        if then is None:
            then = reread(self.project, replace(video, past={}), at=at)
            video.past.clear()  # that of another model
            video.past[at] = then
        return then


def _tracks_then(video: VideoState, track_id: int, then: VideoState) -> list[int]:
    """Tracks of that time that share a frame of a face with a track as it is now."""
    shared: set[int] = set()
    for index, at in video.edited.parts[track_id]:
        shared |= set(then.edited.where[video.found[index].track_id][at].tolist())
    return sorted(shared & set(then.edited.parts))


def _with_posterior(
    annotations: TrackAnnotations, posterior: TrackPosterior, schema: LabelSchema
) -> TrackAnnotations:
    """The engine's consensus in the place of every value that several raters gave.

    Args:
        annotations: Of the track, in the schema's units.
        posterior: Of the same track; the raters' values are in it.
        schema: Of the project.
    """
    shared = _shared(annotations)
    at = np.flatnonzero(shared.any(axis=1))
    if not len(at):
        return annotations
    found = consensus_at(posterior, at)
    made = {}
    for name in ("value", "low", "high"):
        column = getattr(annotations, name).copy()
        unit = getattr(found, name).astype(np.float64)
        column[at] = np.where(shared[at], schema.from_unit(unit), column[at])
        made[name] = column
    return replace(annotations, **made)


def _shared(annotations: TrackAnnotations) -> Bool[np.ndarray, "n m"]:
    """Values that two raters or more gave."""
    count = np.zeros(annotations.value.shape, np.int64)
    for one in annotations.raters.values():
        count += np.isfinite(one.value)
    return count > 1
