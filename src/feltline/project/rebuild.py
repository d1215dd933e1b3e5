"""Past states rebuilt from judgements and feature files alone."""

from dataclasses import astuple, replace

import numpy as np

from feltline.errors import InputError
from feltline.project.learning import learnt_model
from feltline.project.predicting import Predictor, current_model
from feltline.project.project import Project
from feltline.settings import version
from feltline.types import Model

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
            the model was learnt from, or features of a video were lost then or are
            now; the message says which. Or exactly one of the two was not given.
    """
    if (event_id is None) == (model_id is None):
        raise InputError("give an event or a model to rebuild, one of the two")
    if model_id is None:
        model_id = project.store.current_model_id(at=event_id)
        if model_id is None:
            return Predictor(project, current_model(project, at=event_id))
    return Predictor(project, _learnt_again(project, _kept(project, model_id)))


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


def _learnt_again(project: Project, model: Model) -> Model:
    settings = replace(
        project.settings, tolerance=model.tolerance, coverage=model.coverage
    )
    then = Project(project.folder, settings, project.store)
    basis = project.store.basis(model.basis_id)
    again = learnt_model(then, basis, at=model.learnt_from_event)
    if not _agree(model, again):
        raise InputError(
            f"model {model.model_id} comes out otherwise: it was learnt from "
            f"{model.n_judgements} judgements, and now there are {again.n_judgements} "
            f"to learn it from; the features of a video were lost then, or are lost "
            f"now. Have feltline status --check name those that are lost and add them "
            f"again; if none is, learn anew (feltline propagate) and rebuild that"
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
