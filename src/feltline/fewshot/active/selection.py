"""The greedy choice of frames within one track, and what it would bring.

Greedy reduction of the posterior variance summed over all frames (A-optimal design;
each step is one pivot of a Cholesky factorisation): the frame that says most about the
others comes first, and what it says is taken off before the next is chosen, so that the
choice is diverse by itself.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from feltline.fewshot.active.reasons import ReasonCode
from feltline.fewshot.gp.kernel import closeness
from feltline.fewshot.gp.posterior import Posterior
from feltline.types import DIMENSIONS, FaceTrack

__all__ = ["Chooser", "thinned"]

MOST_CANDIDATES: Final = 600
MOST_TARGETS: Final = 800
"""Long tracks are thinned to this many frames to choose from, and to do well on."""

UNLIKE: Final = 0.3
"""Closeness in time and looks below which two frames say little about each other."""

DOUBTFUL: Final = 0.5
"""Confidence below which a label is more likely wrong than right."""


@dataclass(slots=True, eq=False)
class Chooser:
    """One track on the way to its next labels.

    Keeps the posterior covariance of candidates with themselves and with targets, and
    takes one rank off both per choice. c = candidates, t = targets.

    Attributes:
        candidate: Positions in the track that may be chosen.
        target: Positions in it that are to be done well.
        weight: How many frames each target stands for.
        mean: Estimate of each target.
        spread: Variance of a new label of each target, its noise included, (t, 2).
        closed: Candidates that may not be chosen (any more).
    """

    candidate: Int64[np.ndarray, " c"]
    target: Int64[np.ndarray, " t"]
    weight: Float64[np.ndarray, " t"]
    mean: Float32[np.ndarray, "t 2"]
    spread: Float[np.ndarray, "t 2"]
    closed: Bool[np.ndarray, " c"]
    _within: list[Float[np.ndarray, "c c"]]
    _across: list[Float[np.ndarray, "c t"]]
    _common: Float[np.ndarray, "c c"]
    _labelled: Float[np.ndarray, "c k"]
    _confidence: Float32[np.ndarray, " c"] | None
    _noise: tuple[float, ...]
    _chosen: list[int] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        known: Posterior,
        number: int,
        track: FaceTrack,
        allowed: Int64[np.ndarray, " a"],
        confidence: Float32[np.ndarray, " n"] | None = None,
    ) -> "Chooser":
        """A track of a project as it stands, all of its frames to be done well.

        Args:
            known: The project on its labels, if any.
            number: Of the track.
            track: The track.
            allowed: Positions that may be chosen.
            confidence: Of each frame's label as it stands; None before any label.
        """
        candidate = thinned(allowed, MOST_CANDIDATES)
        target = thinned(np.arange(len(track)), MOST_TARGETS)
        weight = np.full(len(target), len(track) / max(len(target), 1))
        sure = None if confidence is None else confidence[candidate]
        return cls.between(known, number, candidate, target, weight, sure)

    @classmethod
    def between(
        cls,
        known: Posterior,
        number: int,
        candidate: Int64[np.ndarray, " c"],
        target: Int64[np.ndarray, " t"],
        weight: Float64[np.ndarray, " t"],
        confidence: Float32[np.ndarray, " c"] | None,
    ) -> "Chooser":
        """Some frames of a track to choose from, others to be done well.

        Args:
            known: The project on its labels, if any.
            number: Of the track.
            candidate: Positions that may be chosen.
            target: Positions that are to be done well.
            weight: How many frames each target stands for.
            confidence: Of each candidate as it stands; None before any label.
        """
        points, theta = known.points[number], known.hyperparameters
        labelled = known.frames.at[known.frames.track == number]
        some, both = points.at(candidate), range(len(DIMENSIONS))
        everything, c = np.concatenate([candidate, target]), len(candidate)
        joint = [known.covariance(number, candidate, everything, j) for j in both]
        now = known.predict(number, target)
        return cls(
            candidate=candidate,
            target=target,
            weight=weight,
            mean=now.mean,
            spread=now.variance.astype(np.float64),
            closed=np.zeros(len(candidate), bool),
            _within=[one[:, :c].copy() for one in joint],
            _across=[one[:, c:].copy() for one in joint],
            _common=closeness(theta, some, some),
            _labelled=closeness(theta, some, points.at(labelled)),
            _confidence=confidence,
            # Not the encoder's doubt of a frame: that would ask for none but the faces
            # that it finds easy, and their labels say nothing of the others.
            _noise=tuple(known.rater_noise(j) for j in both),
        )

    def gains(self) -> Float[np.ndarray, " c"]:
        """Variance each candidate's label would take off all frames of the track."""
        gain, weight = np.zeros(len(self.candidate)), self.weight.astype(np.float32)
        for within, across, noise in zip(
            self._within, self._across, self._noise, strict=True
        ):
            told = np.einsum("ct,ct->c", across * weight, across)
            gain += told / (np.diag(within) + noise)
        gain[self.closed] = -np.inf
        return gain

    def choose(self) -> tuple[int, ReasonCode]:
        """Take the best candidate; return its position in the track and the reason."""
        best = int(self.gains().argmax())
        return int(self.candidate[best]), self.take(best)

    def take(self, best: int) -> ReasonCode:
        """Take a candidate, by its number among them; return the reason."""
        reason = self._reason(best)
        for j, noise in enumerate(self._noise):
            within, across = self._within[j], self._across[j]
            pivot = within[best, best] + noise
            column, row = within[:, best].copy(), across[best].copy()
            within -= np.outer(column, column / pivot)
            across -= np.outer(column, row / pivot)
            self.spread[:, j] -= row**2 / pivot
        self._chosen.append(best)
        self.closed[best] = True
        return reason

    def _reason(self, best: int) -> ReasonCode:
        """Why this one, by what is known of it and of the ones before."""
        shared = np.concatenate(
            [self._common[best, self._chosen], self._labelled[best]]
        )
        if not len(shared):
            return "typical"
        if shared.max() < UNLIKE:
            return "far"
        if self._confidence is not None and self._confidence[best] < DOUBTFUL:
            return "likely_wrong"
        return "between"

    @property
    def chosen(self) -> Int64[np.ndarray, " s"]:
        """Positions in the track that have been chosen."""
        return np.asarray(self.candidate[self._chosen])

    def left(self) -> int:
        """How many candidates are still to be had."""
        return int((~self.closed).sum())


def thinned(position: Int64[np.ndarray, " m"], most: int) -> Int64[np.ndarray, " c"]:
    """At most so many of them, evenly spread."""
    if len(position) <= most:
        return position
    return position[np.linspace(0, len(position) - 1, most).round().astype(np.int64)]
