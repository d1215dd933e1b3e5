"""A project conditioned on its labels: predictions, covariances, other labels.

`Posterior.predict` gives mean and variance of any frames, in chunks, at a cost linear
in their number; `Posterior.with_track_labels` exchanges the labels of one track at the
cost of that track.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from feltline.errors import ShapeError
from feltline.fewshot.gp.features import Points
from feltline.fewshot.gp.kernel import (
    NOISE,
    HyperParameters,
    Matrix,
    as_closeness,
    label_noise,
    pair_up,
    shared_features,
    telling,
)
from feltline.fewshot.gp.solve import (
    Block,
    Labelled,
    Reading,
    Shared,
    block_of,
    covariance_of,
    labelled,
    latent_of,
    leave_one_out,
    reading_of,
    shared_of,
    variance_of,
)
from feltline.fewshot.labels import LabelledFrames
from feltline.types import DIMENSIONS

__all__ = ["Piece", "Posterior", "Prediction", "conditioned", "cut"]

MOST_IN_BLOCK: Final = 2000
"""Labels of one track that are solved together. A track with more is cut into stretches
of time that share only what tracks share; its labels are so dense that those beyond the
cut hardly matter."""

CHUNK: Final = 1024
"""Frames predicted at once: bounds memory. Half as many cost a fifth more time, more
of them save next to none."""


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
class Piece:
    """The prediction of a run of frames, with the labels it rests on.

    Attributes:
        here: Which of the frames asked for, in order of time.
        mean: As in `Prediction`.
        variance: As in `Prediction`.
        labels: Which of the track's labelled frames are close enough to speak for these
            frames: all, but for tracks of very many.
        closeness: How much these labelled frames have in common with each frame.
    """

    here: slice
    mean: Float32[np.ndarray, "m 2"]
    variance: Float32[np.ndarray, "m 2"]
    labels: slice
    closeness: Float[np.ndarray, "m k"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stretch:
    """Labels of a track up to a time, with their factors per dimension."""

    until_s: float
    rows: slice
    labels: Labelled
    blocks: tuple[Block, ...]


_Known = tuple[Float32[np.ndarray, "m 2"], Float32[np.ndarray, "m 2"], list[Matrix]]
"""Mean and variance of some frames, and per dimension what their covariances with the
labels differ by."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posterior:
    """A project conditioned on its labels.

    Attributes:
        hyperparameters: What was learnt, in the order of `kernel.NAMES`.
        points: Frames of each track.
        frames: The labelled frames, by track and time.
        stretches: Solved labels of each track that has any.
        shared: Weights of the shared features, per dimension.
    """

    hyperparameters: HyperParameters
    points: tuple[Points, ...]
    frames: LabelledFrames
    stretches: dict[int, tuple[_Stretch, ...]]
    shared: tuple[Shared, ...]

    @property
    def raters(self) -> float:
        """How many raters' mean a label of this project usually is."""
        return float(np.median(self.frames.raters)) if len(self.frames) else 1.0

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

    def predict(
        self, track: int, at: Int64[np.ndarray, " a"] | None = None
    ) -> Prediction:
        """What a person would say of frames of one track.

        Args:
            track: Number of the track.
            at: Positions in it, in any order; all of them if absent.
        """
        points = self.points[track]
        order = None if at is None else np.argsort(points.time_s[at], kind="stable")
        if at is not None:
            points = points.at(at[order])
        mean = np.empty((len(points), len(DIMENSIONS)), np.float32)
        variance = np.empty_like(mean)
        for here, _, known in self._runs(track, points):
            mean[here], variance[here], _ = known
        if order is not None:
            mean[order], variance[order] = mean.copy(), variance.copy()
        return Prediction(mean, variance)

    def pieces(self, track: int) -> Iterator[Piece]:
        """`predict` run by run, with the labels each frame is close to."""
        for here, part, known in self._runs(track, self.points[track]):
            mean, variance, own = known
            yield Piece(
                here=here,
                mean=mean,
                variance=variance,
                labels=slice(0, 0) if part is None else part.rows,
                closeness=as_closeness(self.hyperparameters, own)
                if own
                else np.empty((len(mean), 0), np.float32),
            )

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
        reading = self._readings(part)[dimension]

        there, row = np.unique(np.concatenate([a, b]), return_inverse=True)
        some, own = points.at(there), None
        if part is not None:
            own = telling(theta, pair_up(some, part.labels.points))
        known = latent_of(theta, some, dimension, reading, own)
        left, right = row[: len(a)], row[len(a) :]
        first, second = points.at(a), points.at(b)
        return covariance_of(theta, first, second, known.at(left), known.at(right))

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
        other = (self.frames.track == track) & (self.frames.at != at)
        return self.with_track_labels(
            track,
            np.append(self.frames.at[other], at),
            np.vstack([self.frames.affect[other], affect]),
            np.append(self.frames.raters[other], self.raters),
        )

    def with_track_labels(
        self,
        track: int,
        at: Int64[np.ndarray, " m"],
        affect: Float[np.ndarray, "m 2"],
        raters: Float[np.ndarray, " m"],
    ) -> "Posterior":
        """The same with other labels of one track, at the same hyper-parameters.

        Args:
            track: Number of the track.
            at: Positions in it, none twice, in any order; none takes all labels off.
            affect: Mean of each frame's raters.
            raters: How many labels that is the mean of.

        Raises:
            ShapeError: A position is given twice.
        """
        if len(np.unique(at)) < len(at):
            raise ShapeError("each labelled frame of a track is to be given once")
        frames = self.frames.exchanged(track, at, affect, raters)
        new = _solved(self.hyperparameters, self.points, frames, track)
        old = self.stretches.get(track, ())
        shared = tuple(
            self.shared[j].exchanged(
                [part.blocks[j] for part in old], [part.blocks[j] for part in new]
            )
            for j in range(len(DIMENSIONS))
        )
        others = {n: parts for n, parts in self.stretches.items() if n != track}
        return replace(
            self,
            frames=frames,
            stretches=others | {track: new} if new else others,
            shared=shared,
        )

    def _readings(self, part: _Stretch | None) -> list[Reading]:
        """What the labels say of frames, per dimension."""
        blocks = (None,) * len(self.shared) if part is None else part.blocks
        return [reading_of(s, b) for s, b in zip(self.shared, blocks, strict=True)]

    def _known(
        self, points: Points, part: _Stretch | None, readings: Sequence[Reading]
    ) -> _Known:
        """Mean and variance of frames, and what tells them from one another."""
        near: list[Matrix] = []
        if part is not None:
            pairs = pair_up(points, part.labels.points)
            near = [telling(theta, pairs) for theta in self.hyperparameters]
        mean = np.empty((len(points), len(DIMENSIONS)), np.float32)
        variance, raters = np.empty_like(mean), self.raters
        for j, theta in enumerate(self.hyperparameters):
            own = near[j] if near else None
            known = latent_of(theta, points, j, readings[j], own)
            mean[:, j] = known.mean
            noise = label_noise(theta, points, j, raters)
            variance[:, j] = variance_of(theta, known) + noise
        return mean, variance, near

    def _runs(
        self, track: int, points: Points
    ) -> Iterator[tuple[slice, _Stretch | None, _Known]]:
        """Runs of frames in order of time, each with the labels that speak for it."""
        start = 0
        for part in self.stretches.get(track, (None,)):
            until = np.inf if part is None else part.until_s
            end = int(np.searchsorted(points.time_s, until, side="right"))
            readings = self._readings(part) if end > start else []
            for at in range(start, end, CHUNK):
                here = slice(at, min(at + CHUNK, end))
                yield here, part, self._known(points.at(here), part, readings)
            start = end


def conditioned(
    theta: HyperParameters, points: tuple[Points, ...], frames: LabelledFrames
) -> Posterior:
    """A project on these labels, at these hyper-parameters."""
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
    )


def _solved(
    theta: HyperParameters,
    points: Sequence[Points],
    frames: LabelledFrames,
    track: int,
) -> tuple[_Stretch, ...]:
    """The labels of one track, cut into stretches and factored."""
    parts = list(cut(points, frames, track))
    if not parts:
        return ()
    ends = [
        (before.points.time_s[-1] + after.points.time_s[0]) / 2
        for before, after in pairwise(parts)
    ]
    first = np.cumsum([0, *(len(own) for own in parts)]).tolist()
    return tuple(
        _Stretch(
            until_s=float(until),
            rows=slice(*rows),
            labels=own,
            blocks=tuple(block_of(one, own, j) for j, one in enumerate(theta)),
        )
        for own, until, rows in zip(
            parts, [*ends, np.inf], pairwise(first), strict=True
        )
    )


def cut(
    points: Sequence[Points], frames: LabelledFrames, track: int
) -> Iterator[Labelled]:
    """A track's labels in stretches of at most `MOST_IN_BLOCK`."""
    rows = np.flatnonzero(frames.track == track)
    if not len(rows):
        return
    for some in np.array_split(rows, -(-len(rows) // MOST_IN_BLOCK)):
        yield labelled(
            points[track].at(frames.at[some]), frames.affect[some], frames.raters[some]
        )
