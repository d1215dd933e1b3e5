"""Predictions of a project's tracks by its current model, one track at a time."""

from collections.abc import Sequence

from feltline.fewshot import TrackFeatures, TrackPosterior
from feltline.project.project import Project
from feltline.project.snapshot import VideoState
from feltline.types import Basis, LabelSchema, Model, Observation, Prediction

__all__ = ["Learnt", "Predictor", "current_model"]

Learnt = Sequence[tuple[TrackFeatures, Sequence[Observation]]]
"""What tracks as they were contributed to a model when it was learnt."""


def current_model(project: Project, *, at: int | None = None) -> Model:
    """The one model in force, that page, export, status and suggestions read.

    Args:
        project: The project.
        at: The model in force after this event; now if absent.

    Returns:
        The default model (`model_id` begins with `default-`) where none was learnt.

    Raises:
        NothingToLabelError: No video of the project shows a face.
        InputError: A model was learnt with another encoder.
    """
    raise NotImplementedError


class Predictor:
    """One model at work on the tracks of a project. Holds no arrays of tracks.

    Args:
        project: The project.
        model: The model; the current one if absent.
    """

    project: Project
    model: Model
    basis: Basis
    schema: LabelSchema

    def __init__(self, project: Project, model: Model | None = None) -> None:
        raise NotImplementedError

    def features(self, video: VideoState, track_id: int) -> TrackFeatures:
        """Frames of a track as the kernel sees them."""
        raise NotImplementedError

    def learnt(self, video: VideoState, track_id: int) -> Learnt | None:
        """What the frames of a track contributed when the model was learnt.

        Through the track edits of that time: the tracks then that share a frame with
        it. None where that is what is observed now.
        """
        raise NotImplementedError

    def predict(self, video: VideoState, track_id: int) -> Prediction:
        """What the model says of every frame of a track; costs that track only."""
        raise NotImplementedError

    def posterior(self, video: VideoState, track_id: int) -> TrackPosterior:
        """What active learning needs of a track."""
        raise NotImplementedError
