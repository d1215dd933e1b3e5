"""Gaussian-process regression from a few labels to all frames of a project.

The lifecycle: `fit` learns hyper-parameters (shared by the whole project, never per
clip) and conditions on the labels; `predict` gives mean and variance of any track, in
chunks, at a cost linear in its frames; `with_label` takes one more label at the cost of
its own track.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from feltline.errors import ShapeError
from feltline.fewshot.features import Points, has_opinions, points_of
from feltline.fewshot.kernel import (
    NOISE,
    SHIPPED,
    SHIPPED_BLIND,
    HyperParameters,
    label_noise,
    pair_up,
    shared_features,
)
from feltline.fewshot.labels import LabelledFrames, labelled_frames
from feltline.fewshot.learning import NOISE_FLOOR, fit_hyperparameters
from feltline.fewshot.solve import (
    Block,
    Labelled,
    Latent,
    Shared,
    block_of,
    covariance_of,
    labelled,
    latent_of,
    leave_one_out,
    shared_of,
    variance_of,
)
from feltline.types import DIMENSIONS, Embeddings, FaceTrack, SupportSet

__all__ = ["Posterior", "Prediction", "blank", "fit", "learn_from", "shipped_for"]

MOST_IN_BLOCK: Final = 2000
"""Labels of one track that are solved together. A track with more is cut into stretches
of time that share only what tracks share; its labels are so dense that those beyond the
cut hardly matter."""

FREEDOM: Final = 0.5
"""How far a project's labels may move the hyper-parameters, as a share of how far they
may move when defaults are learnt. At 1, learning from a few labels per clip raised the
error of the rated clips by up to 8 %; at 0.5 by 3 % at most."""

CHUNK: Final = 512
"""Frames predicted at once: bounds memory, and fits the processor's cache (twice as
fast as 4096)."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Mean and variance of the label a person would give.

    Attributes:
        mean: Not clipped to [-1, 1].
        variance: Of a new label, its noise included.
    """

    mean: Float32[np.ndarray, "n 2"]
    variance: Float32[np.ndarray, "n 2"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stretch:
    """Labels of a track up to a time, with their factors per dimension."""

    until_s: float
    labels: Labelled
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """A project conditioned on its labels.

    Attributes:
        hyperparameters: What was learnt, in the order of `kernel.NAMES`.
        points: Frames of each track.
        frames: The labelled frames, by track and time.
        stretches: Solved labels of each track that has any.
        shared: Weights of the shared features, per dimension.
        raters: How many raters' mean a label of this project usually is.
    """

    hyperparameters: HyperParameters
    points: tuple[Points, ...]
    frames: LabelledFrames
    stretches: dict[int, tuple[_Stretch, ...]]
    shared: tuple[Shared, ...]
    raters: float

    @property
    def residual(self) -> Float64[np.ndarray, "k 2"]:
        """Standardised residual of each labelled frame, predicted from all others."""
        rows = [
            np.stack(
                [
                    leave_one_out(block, shared)
                    for block, shared in zip(part.blocks, self.shared, strict=True)
                ],
                axis=1,
            )
            for _, parts in sorted(self.stretches.items())
            for part in parts
        ]
        return np.concatenate(rows) if rows else np.empty((0, len(DIMENSIONS)))

    def predict(self, track: int) -> Prediction:
        """What a person would say of every frame of one track."""
        n = len(self.points[track])
        mean = np.empty((n, len(DIMENSIONS)), np.float32)
        spread = np.empty((n, len(DIMENSIONS)), np.float32)
        for here, part in self._pieces(track):
            points = self.points[track].at(here)
            pairs = None if part is None else pair_up(points, part.labels.points)
            for j, theta in enumerate(self.hyperparameters):
                own = None
                if part is not None and pairs is not None:
                    own = pairs, part.blocks[j]
                known = latent_of(theta, points, j, self.shared[j], own)
                noise = label_noise(theta, points, j, self.raters)
                mean[here, j] = known.mean
                spread[here, j] = variance_of(theta, known) + noise
        return Prediction(mean, spread)

    def covariance(
        self,
        track: int,
        a: Int64[np.ndarray, " a"],
        b: Int64[np.ndarray, " b"],
        dimension: int,
    ) -> Float[np.ndarray, "a b"]:
        """Covariance of frames of one track after the labels, (a, b), noise apart.

        Where a track is cut into stretches, that of the frame in the middle of `a`
        speaks for all.
        """
        theta, parts = self.hyperparameters[dimension], self.stretches.get(track, ())
        points = self.points[track]
        part = None
        if parts and len(a):
            middle = points.time_s[a[len(a) // 2]]
            part = next(p for p in parts if middle <= p.until_s)

        def known(some: Points) -> Latent:
            own = None
            if part is not None:
                own = pair_up(some, part.labels.points), part.blocks[dimension]
            return latent_of(theta, some, dimension, self.shared[dimension], own)

        first, second = points.at(a), points.at(b)
        return covariance_of(theta, first, second, known(first), known(second))

    def rater_noise(self, dimension: int) -> float:
        """Variance of a new label about what its frame deserves."""
        return float(np.exp(self.hyperparameters[dimension][NOISE]) / self.raters)

    def with_label(
        self, track: int, at: int, affect: Float[np.ndarray, " 2"]
    ) -> "Posterior":
        """The same with one more label, at the same hyper-parameters.

        Args:
            track: Number of the track.
            at: Position in it; a label already there is replaced.
            affect: Valence and arousal in [-1, 1].
        """
        other = (self.frames.track != track) | (self.frames.at != at)
        place = np.stack([self.frames.track, self.frames.at])[:, other]
        place = np.concatenate([place, [[track], [at]]], axis=1)
        order = np.lexsort(place[::-1])
        frames = LabelledFrames(
            track=place[0][order],
            at=place[1][order],
            affect=np.vstack([self.frames.affect[other], affect])[order],
            raters=np.append(self.frames.raters[other], self.raters)[order],
            rater_variance=self.frames.rater_variance,
        )
        new = _solved(self.hyperparameters, self.points, frames, track)
        old = self.stretches.get(track, ())
        shared = tuple(
            self.shared[j].exchanged(
                [part.blocks[j] for part in old], [part.blocks[j] for part in new]
            )
            for j in range(len(DIMENSIONS))
        )
        return replace(
            self,
            frames=frames,
            stretches=self.stretches | {track: new},
            shared=shared,
        )

    def _pieces(self, track: int) -> Iterator[tuple[slice, _Stretch | None]]:
        """Runs of frames of a track, each with the labels that speak for it."""
        time_s = self.points[track].time_s
        parts = self.stretches.get(track, ())
        start = 0
        for part in parts or (None,):
            until = np.inf if part is None else part.until_s
            end = int(np.searchsorted(time_s, until, side="right"))
            for at in range(start, end, CHUNK):
                yield slice(at, min(at + CHUNK, end)), part
            start = end


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
    return _conditioned(theta, points, frames)


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
    groups = [own for number in frames.tracks for own in _cut(points, frames, number)]
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
    return _conditioned(theta, tuple(points_of(tracks, embeddings)), frames)


def shipped_for(embeddings: Sequence[Embeddings]) -> HyperParameters:
    """The default hyper-parameters: with an opinion to start from, or without."""
    return SHIPPED if has_opinions(embeddings) else SHIPPED_BLIND


def _conditioned(
    theta: HyperParameters, points: tuple[Points, ...], frames: LabelledFrames
) -> Posterior:
    stretches = {
        number: _solved(theta, points, frames, number) for number in frames.tracks
    }
    blocks = [part.blocks for parts in stretches.values() for part in parts]
    nothing = points[0].at(slice(0)) if points else None
    width = 0 if nothing is None else shared_features(theta[0], nothing, 0).shape[1]
    return Posterior(
        hyperparameters=theta,
        points=points,
        frames=frames,
        stretches=stretches,
        shared=tuple(
            shared_of([of[j] for of in blocks], width) for j in range(len(DIMENSIONS))
        ),
        raters=float(np.median(frames.raters)) if len(frames) else 1.0,
    )


def _solved(
    theta: HyperParameters,
    points: Sequence[Points],
    frames: LabelledFrames,
    track: int,
) -> tuple[_Stretch, ...]:
    """The labels of one track, cut into stretches and factored."""
    parts = list(_cut(points, frames, track))
    ends = [
        (before.points.time_s[-1] + after.points.time_s[0]) / 2
        for before, after in pairwise(parts)
    ]
    return tuple(
        _Stretch(
            until_s=float(until),
            labels=own,
            blocks=tuple(block_of(one, own, j) for j, one in enumerate(theta)),
        )
        for own, until in zip(parts, [*ends, np.inf], strict=True)
    )


def _cut(
    points: Sequence[Points], frames: LabelledFrames, track: int
) -> Iterator[Labelled]:
    """A track's labels in stretches of at most `MOST_IN_BLOCK`."""
    rows = np.flatnonzero(frames.track == track)
    for some in np.array_split(rows, -(-len(rows) // MOST_IN_BLOCK)):
        yield labelled(
            points[track].at(frames.at[some]), frames.affect[some], frames.raters[some]
        )
