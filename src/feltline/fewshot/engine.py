"""Gaussian-process regression from a few labels to all frames of a project.

The lifecycle: `fit` learns hyper-parameters (shared by the whole project, never per
clip) and conditions on the labels; `predict` gives mean and variance of any track, in
chunks, at a cost linear in its frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize

from feltline.errors import ShapeError
from feltline.fewshot.kernel import (
    SHIPPED,
    SHIPPED_BLIND,
    HyperParameters,
    Points,
    between,
    covariance,
    gradients,
    variance,
)
from feltline.fewshot.looks import looks_of
from feltline.types import DIMENSIONS, Embeddings, FaceTrack, SupportSet

__all__ = ["Posterior", "check_labels", "fit", "fit_hyperparameters", "points_of"]

NOISE_FLOOR: Final = 0.05**2
"""Least variance of a label. A rater who judges the same frame again differs by about
0.07, so no label is exact, however well one clip's labels happen to agree."""

STIFFNESS: Final = np.array([1.0, 1.0, 0.7, 1.0, 0.5, 1.0, 0.7])
"""Standard deviations of the log-normal prior around the shipped hyper-parameters."""

REACH: Final = 6.0
"""Farthest that learnt hyper-parameters may lie, in such standard deviations."""

MOST_FOR_HYPERPARAMETERS: Final = 600
"""Labels used to learn hyper-parameters; more cost cubic time and change little."""

CHUNK: Final = 512
"""Frames predicted at once: bounds memory, and fits the processor's cache (twice as
fast as 4096)."""


def points_of(
    tracks: Sequence[FaceTrack], embeddings: Sequence[Embeddings]
) -> list[Points]:
    """Each track's frames as the kernel sees them.

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
    has_prior = _have_opinions(embeddings)
    return [
        Points(
            track=np.full(len(track), number, np.int64),
            time_s=track.time_s,
            look=look,
            prior=e.prior_va if has_prior else np.zeros_like(e.prior_va),
        )
        for number, (track, e, look) in enumerate(
            zip(tracks, embeddings, looks_of(embeddings), strict=True)
        )
    ]


def check_labels(
    tracks: Sequence[FaceTrack], support: SupportSet
) -> list[tuple[int, int]]:
    """Number of the track, and position in it, of each label.

    Raises:
        ShapeError: A label names a track or a frame that is not there.
    """
    track_number = {(t.video_id, t.track_id): i for i, t in enumerate(tracks)}
    places = []
    for k in range(len(support)):
        key = (support.video_id[k], int(support.track_id[k]))
        if key not in track_number:
            raise ShapeError(
                f"label {k} names face {key[1]} of {key[0]}: no such track"
            )
        number = track_number[key]
        at = int(np.searchsorted(tracks[number].frame, support.frame[k]))
        if at == len(tracks[number]) or tracks[number].frame[at] != support.frame[k]:
            raise ShapeError(
                f"label {k} names frame {support.frame[k]} of face {key[1]} in "
                f"{key[0]}, where that face is not seen"
            )
        places.append((number, at))
    return places


def labelled_points(
    tracks: Sequence[FaceTrack], points: Sequence[Points], support: SupportSet
) -> Points:
    """The labelled frames, in the order of the support set.

    Raises:
        ShapeError: A label names a track or a frame that is not there.
    """
    places = check_labels(tracks, support)
    return Points(
        track=np.array([i for i, _ in places], np.int64),
        time_s=np.array([points[i].time_s[at] for i, at in places]),
        look=np.stack([points[i].look[at] for i, at in places]),
        prior=np.stack([points[i].prior[at] for i, at in places]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """One dimension, conditioned on its labels."""

    theta: Float64[np.ndarray, " 7"]
    weight: Float64[np.ndarray, " k"]
    inverse_root: Float64[np.ndarray, "k k"]

    def leave_one_out(self) -> Float64[np.ndarray, " k"]:
        """Standardised residual of each label, predicted from all the others.

        Closed form (Rasmussen and Williams 2006, eq. 5.12): with the inverse covariance
        P and w = P y, residual w_i / P_ii, variance 1 / P_ii.
        """
        precision = (self.inverse_root**2).sum(axis=0)
        return np.asarray(self.weight / np.sqrt(precision))


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Mean and variance of the label a person would give.

    Attributes:
        mean: Not clipped to [-1, 1].
        variance: Of a new label, its noise included.
    """

    mean: Float32[np.ndarray, "n 2"]
    variance: Float32[np.ndarray, "n 2"]


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """A project conditioned on its labels.

    Attributes:
        points: Frames of each track.
        labels: The labelled frames.
        residual: Standardised leave-one-label-out residuals, (k, 2).
    """

    points: tuple[Points, ...]
    labels: Points
    solved: tuple[_Solved, ...]

    @property
    def residual(self) -> Float64[np.ndarray, "k 2"]:
        """Standardised residual of each label, predicted from all the others."""
        return np.stack([s.leave_one_out() for s in self.solved], axis=1)

    @property
    def hyperparameters(self) -> HyperParameters:
        """Logarithms of what was learnt, in the order of `kernel.NAMES`."""
        return np.stack([s.theta for s in self.solved])

    def predict(self, track: int) -> Prediction:
        """What a person would say of every frame of one track."""
        points = self.points[track]
        blocks = [
            self._predict(points.at(slice(start, start + CHUNK)))
            for start in range(0, len(points), CHUNK)
        ]
        return Prediction(
            mean=np.concatenate([b.mean for b in blocks]),
            variance=np.concatenate([b.variance for b in blocks]),
        )

    def _predict(self, points: Points) -> Prediction:
        n = len(points)
        mean = np.empty((n, 2), np.float32)
        spread = np.empty((n, 2), np.float32)
        parts = between(points, self.labels)
        for j, solved in enumerate(self.solved):
            cross = covariance(solved.theta, points, self.labels, j, parts)
            mean[:, j] = points.prior[:, j] + cross @ solved.weight.astype(np.float32)
            explained = cross @ solved.inverse_root.T.astype(np.float32)
            np.multiply(explained, explained, out=explained)
            rest = variance(solved.theta, points, j) - explained.sum(axis=1)
            spread[:, j] = np.maximum(rest, 0) + np.exp(solved.theta[6])
        return Prediction(mean, spread)


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
        around: Log hyper-parameters to start from and stay near; if absent, those
            shipped for such embeddings.
        learn: Whether to adapt them to the labels; otherwise `around` is used as it is.

    Raises:
        ShapeError: No label, or one that fits no track.
        EncoderError: The embeddings come from different encoders.
    """
    if len(support) == 0:
        raise ShapeError("fitting needs at least one label")
    points = points_of(tracks, embeddings)
    labels = labelled_points(tracks, points, support)
    around = shipped_for(embeddings) if around is None else around
    target = support.affect.astype(np.float64) - labels.prior
    theta = fit_hyperparameters(labels, target, around) if learn else around
    solved = tuple(
        _solve(theta[j], labels, target[:, j], j) for j in range(len(DIMENSIONS))
    )
    return Posterior(tuple(points), labels, solved)


def shipped_for(embeddings: Sequence[Embeddings]) -> HyperParameters:
    """The default hyper-parameters: with an opinion to start from, or without."""
    return SHIPPED if _have_opinions(embeddings) else SHIPPED_BLIND


def _have_opinions(embeddings: Sequence[Embeddings]) -> bool:
    """Whether the encoder says something of every track; else of none it is used."""
    return all(e.has_prior for e in embeddings)


def _noisy(
    theta: Float64[np.ndarray, " 7"], cov: Float[np.ndarray, "k k"]
) -> Float64[np.ndarray, "k k"]:
    """A latent covariance with the noise of the labels on its diagonal."""
    return np.asarray(cov.astype(np.float64) + np.exp(theta[6]) * np.eye(len(cov)))


def _solve(
    theta: Float64[np.ndarray, " 7"],
    labels: Points,
    target: Float64[np.ndarray, " k"],
    dimension: int,
) -> _Solved:
    noisy = _noisy(theta, covariance(theta, labels, labels, dimension))
    root = np.linalg.cholesky(noisy)
    inverse_root = solve_triangular(root, np.eye(len(root)), lower=True)
    return _Solved(theta, cho_solve((root, True), target), inverse_root)


def fit_hyperparameters(
    labels: Points, target: Float64[np.ndarray, "k 2"], around: HyperParameters
) -> HyperParameters:
    """Penalised type-II maximum likelihood, each dimension by itself.

    Args:
        labels: The labelled frames.
        target: Labels minus the encoder's prior.
        around: Centre of the log-normal prior on the hyper-parameters.
    """
    if len(labels) > MOST_FOR_HYPERPARAMETERS:
        spread = np.linspace(0, len(labels) - 1, MOST_FOR_HYPERPARAMETERS).round()
        labels, target = labels.at(spread.astype(int)), target[spread.astype(int)]
    parts = between(labels, labels)
    learnt = []
    for j in range(len(DIMENSIONS)):

        def cost(
            theta: Float64[np.ndarray, " 7"], j: int = j
        ) -> tuple[float, Float64[np.ndarray, " 7"]]:
            cov = covariance(theta, labels, labels, j, parts)
            value, slope = _evidence(theta, cov, gradients(theta, parts), target[:, j])
            away = (theta - around[j]) / STIFFNESS
            return value + float(away @ away) / 2, slope + away / STIFFNESS

        # A line search may try steps at which the exponential overflows.
        low, high = around[j] - REACH * STIFFNESS, around[j] + REACH * STIFFNESS
        low[6] = np.log(NOISE_FLOOR)
        bounds = list(zip(low, np.maximum(high, low), strict=True))
        found = minimize(cost, around[j], jac=True, method="L-BFGS-B", bounds=bounds)
        learnt.append(found.x)
    return np.stack(learnt)


def _evidence(
    theta: Float64[np.ndarray, " 7"],
    cov: Float[np.ndarray, "k k"],
    slopes: Sequence[Float[np.ndarray, "k k"]],
    target: Float64[np.ndarray, " k"],
) -> tuple[float, Float64[np.ndarray, " 7"]]:
    """Negative log likelihood of the labels and its gradient by log hyper-parameters.

    Rasmussen and Williams 2006, eqs. 5.8 and 5.9.
    """
    root = np.linalg.cholesky(_noisy(theta, cov))
    precision = cho_solve((root, True), np.eye(len(root)))
    weight = precision @ target
    value = target @ weight / 2 + np.log(np.diag(root)).sum()
    outer = precision - np.outer(weight, weight)
    slope = [float((outer * s).sum()) / 2 for s in slopes]
    slope.append(float(np.trace(outer)) * float(np.exp(theta[6])) / 2)
    return float(value), np.array(slope)
