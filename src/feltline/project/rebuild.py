"""Past states rebuilt from judgements and feature files alone."""

from dataclasses import astuple, replace

import numpy as np

from feltline.errors import FacesLostError, InputError
from feltline.project.learning import learnt_model
from feltline.project.predicting import Predictor, model_in_force
from feltline.project.project import Project
from feltline.project.snapshot import lack_of
from feltline.settings import version
from feltline.types import Basis, Model

__all__ = ["rebuild"]


def rebuild(
    project: Project, *, event_id: int | None = None, model_id: str | None = None
) -> Predictor:
    """Learn a model of the past anew, and predict with it; the same to 1e-9.

    Args:
        project: The project.
        event_id: The model in force after this event, or
        model_id: this model.

    Returns:
        Predictions of any state: pass it `load_video(project, name, at=event_id)`.

    Raises:
        InputError: The program's version or the encoder differ, a purge removed what
            the model was learnt from, or features of a video that it was learnt from
            are lost now or others; the message says which. Or exactly one of the two
            was not given.
    """
    if (event_id is None) == (model_id is None):
        raise InputError("give an event or a model to rebuild, one of the two")
    if model_id is None:
        event_id = event_id or 0
        _check_went(project, event_id)
        model_id = project.store.current_model_id(at=event_id)
        if model_id is None:
            return Predictor(project, *_default_then(project, event_id))
    model = _kept(project, model_id)
    basis = project.store.basis(model.basis_id)
    return Predictor(project, _learnt_again(project, model, basis), basis)


def _check_went(project: Project, event_id: int) -> None:
    """Raise `InputError` if a purge took the model that was in force after an event."""
    store, last = project.store, event_id
    kept = store.current_model_id(at=event_id) is not None
    since = store.model_event(event_id) if kept else 0
    while some := store.events(after=last):
        for event in some:
            went = event.detail.get("model_events", ())
            if event.kind == "purge" and any(since < n <= event_id for n in went):
                raise InputError(
                    f"the model in force at event {event_id} is not kept any more: a "
                    f"video that it was learnt from was purged (event "
                    f"{event.event_id}), and everything learnt from it went with it"
                )
        last = some[-1].event_id


def _default_then(project: Project, event_id: int) -> tuple[Model, Basis]:
    """The default model of the videos that were there after an event.

    Raises:
        InputError: They are not all there any more, as they were.
    """
    later: set[str] = set()
    last = event_id
    while some := project.store.events(after=last):
        for event in some:
            if event.kind in ("purge", "video-read-again"):
                raise InputError(
                    f"no model was kept at event {event_id}, and a video that the "
                    f"default model may have rested on was purged, or lost and read "
                    f"again, since then (event {event.event_id})"
                )
            if event.kind == "video-added":
                later.add(str(event.video_id))
        last = some[-1].event_id
    for video in project.store.videos():
        if video.video_id not in later and (lack := lack_of(project, video)):
            raise InputError(f"the default model cannot be rebuilt: {lack}") from lack
    return model_in_force(project, at=event_id, without=later)


def _kept(project: Project, model_id: str) -> Model:
    """What is kept of a model, if it can be learnt again.

    Raises:
        InputError: It cannot.
    """
    if model_id not in project.store.model_ids():
        raise InputError(
            f"model {model_id} is not kept any more: a video that it was learnt from "
            f"was purged, and everything learnt from it went with it"
        )
    model = project.store.model(model_id)
    if model.code_version != version():
        raise InputError(
            f"model {model_id} was learnt by feltline {model.code_version}, and this "
            f"is {version()}; install that version to rebuild it"
        )
    if model.encoder_id != project.encoder_id:
        raise InputError(
            f"model {model_id} was learnt with the encoder {model.encoder_id}, and "
            f"feltline.toml names {project.encoder_id} now "
            f"({project.settings.encoder}); set the former one again"
        )
    return model


def _learnt_again(project: Project, model: Model, basis: Basis) -> Model:
    settings = replace(
        project.settings, tolerance=model.tolerance, coverage=model.coverage
    )
    then = Project(project.folder, settings, project.store)
    try:
        again = learnt_model(
            then, basis, at=model.learnt_from_event, left_out=model.left_out
        )
    except FacesLostError as error:
        raise InputError(
            f"model {model.model_id} cannot be rebuilt without the features of every "
            f"video that it was learnt from: {error}"
        ) from error
    if not _agree(model, again):
        raise InputError(
            f"model {model.model_id} comes out otherwise: what was extracted from a "
            f"video is not what it was learnt from; learn anew (feltline propagate) "
            f"and rebuild that"
        )
    return again


def _agree(one: Model, other: Model) -> bool:
    """Whether two models are the same but for rounding."""

    def numbers(model: Model) -> list[np.ndarray]:
        return [
            np.array([astuple(hyper) for hyper in model.hyperparameters]),
            model.shared.information,
            model.shared.projection,
            model.calibration.residual_quantiles,
        ]

    return one.n_judgements == other.n_judgements and all(
        np.allclose(a, b, rtol=1e-6, atol=1e-6)
        for a, b in zip(numbers(one), numbers(other), strict=True)
    )
