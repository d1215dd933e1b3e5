"""Past states rebuilt from judgements and feature files alone."""

from feltline.project.predicting import Predictor
from feltline.project.project import Project

__all__ = ["rebuild"]


def rebuild(
    project: Project, *, event_id: int | None = None, model_id: str | None = None
) -> Predictor:
    """Learn a model of the past anew, and predict with it; the same to 1e-9.

    Args:
        project: The project.
        event_id: The model in force after this event, or
        model_id: this model.

    Raises:
        InputError: The code version or the encoder differ, or a purge removed what the
            model was learnt from; the message says which.
    """
    raise NotImplementedError
