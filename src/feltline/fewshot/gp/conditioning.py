"""Gaussian-process regression from a few labels to all frames of a project.

`fit` learns hyper-parameters (shared by the whole project, never per clip) and
conditions on the labels; `blank` is a project before its first label. What they give is
a `Posterior`, which predicts and takes other labels (`feltline.fewshot.gp.posterior`).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from feltline.errors import ShapeError
from feltline.fewshot.gp.features import Points, has_opinions, points_of
from feltline.fewshot.gp.fit import NOISE_FLOOR, fit_hyperparameters
from feltline.fewshot.gp.kernel import NOISE, SHIPPED, SHIPPED_BLIND, HyperParameters
from feltline.fewshot.gp.posterior import Posterior, conditioned, cut
from feltline.fewshot.labels import LabelledFrames, labelled_frames
from feltline.types import DIMENSIONS, Embeddings, FaceTrack, SupportSet

__all__ = ["blank", "fit", "learn_from", "shipped_for"]

FREEDOM: Final = 0.5
"""How far a project's labels may move the hyper-parameters, as a share of how far they
may move when defaults are learnt. At 1, learning from a few labels per clip raised the
error of the rated clips by up to 8 %; at 0.5 by 3 % at most."""


def fit(
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    support: SupportSet,
    *,
    around: HyperParameters | None = None,
    learn: bool = True,
) -> Posterior:
    """Condition a project on its labels.

    Args:
        tracks: All tracks of the project.
        embeddings: Their embeddings, in the same order.
        support: The labels, at least one.
        around: Hyper-parameters to start from and stay near; if absent, those shipped
            for such embeddings.
        learn: Whether to adapt them to the labels; otherwise `around` is used as it is.

    Raises:
        ShapeError: No label, or one that fits no track.
        EncoderError: The embeddings come from different encoders.
    """
    if len(support) == 0:
        raise ShapeError("fitting needs at least one label")
    points = tuple(points_of(tracks, embeddings))
    theta = shipped_for(embeddings) if around is None else around
    frames = _gathered(tracks, support, theta)
    if learn:
        theta = _learnt(points, frames, theta, FREEDOM)
    return conditioned(theta, points, frames)


def learn_from(
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    support: SupportSet,
    around: HyperParameters,
) -> HyperParameters:
    """Hyper-parameters from many labels, free to go far from where they start.

    Args:
        tracks: All tracks of a labelled project.
        embeddings: Their embeddings, in the same order.
        support: Its labels.
        around: Where to start.
    """
    frames = _gathered(tracks, support, around)
    return _learnt(points_of(tracks, embeddings), frames, around, 1.0)


def _gathered(
    tracks: Sequence[FaceTrack], support: SupportSet, theta: HyperParameters
) -> LabelledFrames:
    shipped = np.maximum(np.exp(theta[:, NOISE]), NOISE_FLOOR)
    return labelled_frames(tracks, support, shipped_variance=shipped)


def _learnt(
    points: Sequence[Points],
    frames: LabelledFrames,
    around: HyperParameters,
    freedom: float,
) -> HyperParameters:
    groups = [own for number in frames.tracks for own in cut(points, frames, number)]
    return fit_hyperparameters(
        [groups], around, rater_variance=frames.rater_variance, freedom=freedom
    )


def blank(
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    *,
    around: HyperParameters | None = None,
) -> Posterior:
    """A project without a label: what the encoder alone would say, and how surely."""
    theta = shipped_for(embeddings) if around is None else around
    none = np.empty(0, np.int64)
    frames = LabelledFrames(
        track=none,
        at=none,
        affect=np.empty((0, len(DIMENSIONS))),
        raters=np.empty(0),
        rater_variance=None,
    )
    return conditioned(theta, tuple(points_of(tracks, embeddings)), frames)


def shipped_for(embeddings: Sequence[Embeddings]) -> HyperParameters:
    """The default hyper-parameters: with an opinion to start from, or without."""
    return SHIPPED if has_opinions(embeddings) else SHIPPED_BLIND
