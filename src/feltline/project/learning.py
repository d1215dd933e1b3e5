"""Learning: an event of the log that makes a new model the current one."""

from feltline.project.project import Project
from feltline.types import Model, Progress

__all__ = ["is_due", "keep_promise", "learn"]


def is_due(project: Project) -> bool:
    """Whether judgements in force differ by more than 10 %, and at least one, from
    those that the current model was learnt from."""
    raise NotImplementedError


def learn(
    project: Project, *, at: int | None = None, progress: Progress | None = None
) -> Model:
    """Learn a model from the judgements in force, and put it in force.

    Only labelled tracks are read. The basis of appearance is fitted anew where there is
    none yet, or when the number of tracks has grown by half since.

    Args:
        project: The project.
        at: From the judgements in force after this event; now if absent.
        progress: Told how far it is.

    Raises:
        NothingToLabelError: There is no face, or no judgement to learn from.
        StoreError: The database cannot be written.
    """
    raise NotImplementedError


def keep_promise(project: Project) -> Model | None:
    """Put the current model in force with the tolerance and coverage of the settings.

    Returns:
        The model with the new promise; None where nothing had changed.
    """
    raise NotImplementedError
