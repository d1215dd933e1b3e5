"""Greedy A-optimal selection of frames within one track, mixed with uncertainty.

Each step takes the frame whose label would take most posterior variance off all frames
(A-optimal design, Krause, Singh and Guestrin 2008; one pivot of a Cholesky
factorisation a step), and takes what that label would say off the covariance before the
next is chosen: so the frames are diverse without a term for it.

A-optimal design trusts the kernel to the end: it prefers frames in the middle that say
a little of many. From the second label on, the frame's own variance counts as well
(uncertainty sampling), once for each frame right around it, of which its label holds
whatever the kernel is. On the rated clips this was better at three to six labels and no
worse at two, and so it was on walks (docs/results/suggestions.md); the first label,
which settles the level of the whole track, is better left to the design alone.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from feltline.fewshot.active.reasons import QueryReason
from feltline.fewshot.gp.posterior import TrackPosterior

__all__ = [
    "GreedySelector",
    "frames_around",
    "labelled_positions",
    "most_gained",
    "thinned",
]

MAX_CANDIDATES: Final = 300
MAX_TARGETS: Final = 400
"""Long tracks are thinned to this many frames to choose from, and to do well on."""

POOR_QUALITY: Final = 0.3
"""Faces below this quality are asked for only where there are no better ones."""

MAX_LABELS: Final = 200
"""Labelled frames of a track that candidates are compared with."""

UNLIKE: Final = 0.3
"""Closeness in time and appearance below which two frames say little of each other."""

AROUND_S: Final = 0.25
"""So far to each side in time, frames are right around a frame. On the rated clips an
eighth and a half of a second did about as well."""

LIKELY_WRONG: Final = 0.5
"""Confidence below which a prediction is more likely wrong than right."""


class GreedySelector:
    """One track on the way to its next labels.

    Keeps the posterior covariance of candidates with themselves and with targets, and
    takes one rank off both per choice. c candidates, t targets, m dimensions.

    Args:
        posterior: What is known of the track.
        candidate: Positions in the track that may be chosen.
        target: Positions in it that are to be done well.
        weight: How many frames each target stands for.
        around: How many frames lie right around each candidate (`frames_around`).
        confidence: Of each candidate as it stands; None before any label.

    Attributes:
        mean: Predicted value of each target, (t, m).
        variance: Of a new label of each target, its noise included, (t, m).
        closed: Candidates that may not be chosen (any more), (c,).
    """

    def __init__(
        self,
        posterior: TrackPosterior,
        candidate: Int64[np.ndarray, " c"],
        target: Int64[np.ndarray, " t"],
        weight: Float64[np.ndarray, " t"],
        around: Int64[np.ndarray, " c"],
        confidence: Float32[np.ndarray, " c"] | None,
    ) -> None:
        self.candidate, self.target = candidate, target
        self.weight, self.around = weight, around
        self.mean, variance = posterior.predict(target)
        self.variance = variance.astype(np.float64)
        self.closed = np.zeros(len(candidate), bool)
        both, c = np.concatenate([candidate, target]), len(candidate)
        dimensions = range(self.mean.shape[1])
        joint = posterior.joint(candidate, both)
        self._within = [one[:, :c].copy() for one in joint.covariance]
        self._across = [one[:, c:].copy() for one in joint.covariance]
        self._closeness = posterior.similarity_in([one[:, :c] for one in joint.local])
        labelled = thinned(labelled_positions(posterior), MAX_LABELS)
        self._closeness_to_labels = posterior.similarity(candidate, labelled)
        self._confidence = confidence
        # Without the label ambiguity of a frame: with it none but the faces that the
        # encoder finds easy would be asked for, and those say nothing of the others.
        self._noise = [posterior.rater_noise(j) for j in dimensions]
        self._chosen: list[int] = []

    @classmethod
    def of_track(
        cls,
        posterior: TrackPosterior,
        allowed: Int64[np.ndarray, " a"],
    ) -> "GreedySelector":
        """A track as it stands, all of its frames to be done well."""
        n, candidate = len(posterior.features), thinned(allowed, MAX_CANDIDATES)
        target = thinned(np.arange(n), MAX_TARGETS)
        weight = np.full(len(target), n / max(len(target), 1))
        is_known = len(labelled_positions(posterior)) and not posterior.missing.any()
        sure = posterior.confidence(candidate) if is_known else None
        time_s = posterior.features.time_s
        around = frames_around(time_s, time_s[candidate])
        return cls(posterior, candidate, target, weight, around, sure)

    def gains(self) -> Float64[np.ndarray, " c"]:
        """Variance each candidate's label would take off all frames of the track."""
        gain, weight = np.zeros(len(self.candidate)), self.weight.astype(np.float32)
        for within, across, noise in zip(
            self._within, self._across, self._noise, strict=True
        ):
            gain += _gain(np.diag(within), across, weight, noise)
        return gain

    def best(self) -> tuple[int, float]:
        """The candidate to take next, by its number, and its gain.

        What tracks are compared by is the gain alone, -inf where all are closed.
        """
        gain = self.gains()
        worth = gain.copy()
        if self._chosen or self._closeness_to_labels.shape[1]:
            for within in self._within:
                worth += self.around * np.diag(within)
        worth[self.closed] = -np.inf
        best = int(worth.argmax())
        return best, -np.inf if self.closed[best] else float(gain[best])

    def take(self, best: int) -> QueryReason:
        """Take a candidate, by its number among them; return the reason."""
        reason = self._reason(best)
        for j, noise in enumerate(self._noise):
            # Conditioning on one more label (Rasmussen and Williams eq. 2.26): a
            # rank-one update, whatever its value will be.
            within, across = self._within[j], self._across[j]
            pivot = within[best, best] + noise
            column, row = within[:, best].copy(), across[best].copy()
            within -= np.outer(column, column / pivot)
            across -= np.outer(column, row / pivot)
            self.variance[:, j] -= row**2 / pivot
        self._chosen.append(best)
        self.closed[best] = True
        return reason

    def take_positions(self, positions: Sequence[int]) -> None:
        """Take candidates again, by their positions in the track."""
        for best in np.searchsorted(self.candidate, positions).tolist():
            self.take(best)

    def _reason(self, best: int) -> QueryReason:
        """Why this one, by what is known of it and of the ones before."""
        near = np.concatenate(
            [self._closeness[best, self._chosen], self._closeness_to_labels[best]]
        )
        if not len(near):
            return "typical"
        if near.max() < UNLIKE:
            return "far"
        if self._confidence is not None and self._confidence[best] < LIKELY_WRONG:
            return "likely_wrong"
        return "least_certain"

    @property
    def chosen(self) -> Int64[np.ndarray, " s"]:
        """Positions in the track that have been chosen."""
        return np.asarray(self.candidate[self._chosen])

    @property
    def n_open(self) -> int:
        """How many candidates are still to be had."""
        return int((~self.closed).sum())


def most_gained(
    posterior: TrackPosterior,
    allowed: Int64[np.ndarray, " a"],
    *,
    candidates: int,
    targets: int,
) -> float:
    """The best of a selector's first gains, without what its choices would need.

    Args:
        posterior: What is known of the track.
        allowed: Positions that may be chosen, at least one.
        candidates: How many of them are looked at.
        targets: On how many frames that is measured.
    """
    n = len(posterior.features)
    candidate, target = thinned(allowed, candidates), thinned(np.arange(n), targets)
    weight = np.full(len(target), n / len(target), np.float32)
    c = len(candidate)
    joint = posterior.joint(candidate, np.concatenate([candidate, target]))
    gain = np.zeros(c)
    for j, one in enumerate(joint.covariance):
        within, across = np.diag(one[:, :c]), one[:, c:]
        gain += _gain(within, across, weight, posterior.rater_noise(j))
    return float(gain.max())


def frames_around(
    time_s: Float64[np.ndarray, " n"], moment_s: Float64[np.ndarray, " c"]
) -> Int64[np.ndarray, " c"]:
    """How many frames lie within `AROUND_S` of each moment; times increase."""
    within = AROUND_S + 1e-9  # rounding of time stamps must not cost a frame
    after = np.searchsorted(time_s, moment_s + within, side="right")
    return np.asarray(after - np.searchsorted(time_s, moment_s - within), np.int64)


def _gain(
    within: Float[np.ndarray, " c"],
    across: Float[np.ndarray, "c t"],
    weight: Float32[np.ndarray, " t"],
    noise: float,
) -> Float[np.ndarray, " c"]:
    """Variance that a label of each candidate takes off the targets."""
    return np.asarray(np.einsum("ct,ct->c", across * weight, across) / (within + noise))


def labelled_positions(posterior: TrackPosterior) -> Int64[np.ndarray, " k"]:
    """Positions that a judgement of value speaks of, increasing, none twice.

    All frames of a span; none of a clip, whose mean says little of any one frame, nor
    those that were compared with another track's.
    """
    speak = [
        np.arange(one.position[0], one.position[-1] + 1)
        for one in posterior.observations
        if one.noise != "clip" and one.tracks == (0,) and np.isfinite(one.value).any()
    ]
    return np.asarray(np.unique(np.concatenate([np.empty(0, np.int64), *speak])))


def thinned(position: Int64[np.ndarray, " m"], most: int) -> Int64[np.ndarray, " c"]:
    """At most so many of them, evenly spread."""
    if len(position) <= most:
        return position
    return position[np.linspace(0, len(position) - 1, most).round().astype(np.int64)]
