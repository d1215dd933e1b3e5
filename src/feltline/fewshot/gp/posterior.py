"""One track conditioned on the model and on its observations.

A prediction is made in chunks of frames, at a cost linear in their number. What other
tracks contribute was summed when the model was learnt, so nothing here grows with the
project.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from feltline.fewshot.calibration import confidence
from feltline.fewshot.gp.features import TrackFeatures
from feltline.fewshot.gp.kernel import (
    Matrix,
    as_similarity,
    distances,
    local_covariance,
    local_variance,
)
from feltline.fewshot.gp.observed import Observed, RaterTerm, in_stretches
from feltline.fewshot.gp.solve import (
    Block,
    Carriers,
    Latent,
    Shared,
    block_of,
    carriers_of,
    covariance_of,
    cross_covariance,
    latent_of,
    leave_one_out,
    variance_of,
)
from feltline.types import HyperParameters, Model, Observation

__all__ = ["Joint", "Piece", "Stretch", "TrackPosterior", "solved", "terms_of"]

CHUNK: Final = 1024
"""Frames predicted at once: bounds memory. Half as many cost a fifth more time, more
of them save next to none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretch:
    """Observations of a track up to a time, with their factors per dimension."""

    until_s: float
    observed: Observed
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """The prediction of a run of frames, with the observations it rests on.

    Attributes:
        here: Which frames of the track.
        mean: Not clipped to [-1, 1].
        variance: Of the project's rule at a frame, its noise included.
        observations: Those of values that speak for these frames: all of the track
            alone, but for tracks of very many.
        similarity: How much these have in common with each frame, in [0, 1].
    """

    here: slice
    mean: Float32[np.ndarray, "a m"]
    variance: Float32[np.ndarray, "a m"]
    observations: tuple[Observation, ...]
    similarity: Float[np.ndarray, "a k"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """How the curves at two groups of frames of one track go together.

    Attributes:
        covariance: Per dimension, after the observations.
        local: Per dimension, the part of the prior's that differs from frame to frame.
    """

    covariance: Sequence[Matrix]
    local: Sequence[Matrix]


_Conditioned = tuple[
    Float32[np.ndarray, "a m"], Float32[np.ndarray, "a m"], list[Matrix]
]
"""Mean and variance of some frames, and per dimension the local covariance with the
frames that observations weigh."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackPosterior:
    """One track conditioned on the observations of its block, on the unit scale.

    Attributes:
        model: What was learnt.
        features: The track's frames.
        observations: Those that weigh its frames, those of a class alone included.
        stretches: The solved observations of values of its block, in order of time; the
            track is the block's first.
        shared: Weights of the shared features, per dimension.
    """

    model: Model
    features: TrackFeatures
    observations: tuple[Observation, ...]
    stretches: tuple[Stretch, ...]
    shared: tuple[Shared, ...]

    def predict(
        self, at: Int64[np.ndarray, " a"] | None = None
    ) -> tuple[Float32[np.ndarray, "a m"], Float32[np.ndarray, "a m"]]:
        """Mean and variance of what the project's rule gives to frames, in any order.

        Returns:
            Mean, not clipped to [-1, 1]; variance, with the noise of the project's
            rule (its one rater, or the mean of as many as usual).
        """
        features, order = self.features, None
        if at is not None:
            order = np.argsort(features.time_s[at], kind="stable")
            features = features.at(at[order])
        mean = np.empty((len(features), len(self.shared)), np.float32)
        variance = np.empty_like(mean)
        for here, _, (middle, spread, _) in self._runs(features):
            mean[here], variance[here] = middle, spread
        if order is not None:
            mean[order], variance[order] = mean.copy(), variance.copy()
        return mean, variance

    def pieces(self) -> Iterator[Piece]:
        """`predict` run by run, with the observations that each frame is close to."""
        for here, part, (mean, variance, local) in self._runs(self.features):
            near = np.empty((len(mean), 0), np.float32)
            said: tuple[Observation, ...] = ()
            if part is not None:
                near = _weighed(self.model.hyperparameters, local, part.observed)
                said = part.observed.observations
                if part.observed.features.track is not None:
                    rows = [i for i, one in enumerate(said) if one.tracks == (0,)]
                    near, said = near[:, rows], tuple(said[i] for i in rows)
            yield Piece(
                here=here,
                mean=mean,
                variance=variance,
                observations=said,
                similarity=near,
            )

    def confidence(
        self, at: Int64[np.ndarray, " a"] | None = None
    ) -> Float32[np.ndarray, " a"]:
        """Calibrated confidence of frames, poor and unknown faces taken off.

        Of all frames if none are given; 0 as long as a dimension is missing.
        """
        trust = self.features.trust if at is None else self.features.trust[at]
        _, variance = self.predict(at)
        if not self.is_labelled:
            variance = self.unlabelled(variance, at)
        sure = confidence(self.model.calibration, variance, self.model.tolerance)
        return np.asarray(np.zeros_like(trust) if self.missing.any() else sure * trust)

    def unlabelled(
        self,
        variance: Float32[np.ndarray, "a m"],
        at: Int64[np.ndarray, " a"] | None = None,
    ) -> Float32[np.ndarray, "a m"]:
        """Variance of frames of a track of which nobody has judged a value.

        That of the track's own offset and curve, and of a label. What weights and
        slopes leave open is left out, as it grows with the zero-shot prediction, and
        errors do not (rank correlation of both within -.25 and .12 on the rated clips
        and on walks): with it, to be confident would only mean that a face shows
        little. The quantiles of errors are .8 to 1.2 times those of this variance on
        the rated clips, each person left out.

        Args:
            variance: By `predict`; it stays where the encoder says nothing.
            at: Which frames; all of them if none are given.
        """
        features = self.features if at is None else self.features.at(at)
        found = variance.copy()
        for j in np.flatnonzero(features.has_zero_shot).tolist():
            hyper = self.model.hyperparameters[j]
            own = hyper.offset_variance + local_variance(hyper)
            found[:, j] = own + self._label_noise(j, features)
        return found

    @property
    def is_labelled(self) -> bool:
        """Whether anything is said of the track's values."""
        return any(np.isfinite(one.value).any() for one in self.observations)

    @property
    def missing(self) -> Bool[np.ndarray, " m"]:
        """Dimensions of which neither the encoder nor any observation says anything."""
        said = [np.isfinite(one.value) for one in self.observations]
        return np.asarray(~np.any([self.features.has_zero_shot, *said], axis=0))

    def joint(self, a: Int64[np.ndarray, " a"], b: Int64[np.ndarray, " b"]) -> "Joint":
        """How the curves at two groups of frames go together, noise apart.

        Where the track is cut into stretches, that of the frame in the middle of `a`
        speaks for all.
        """
        part = None
        if self.stretches and len(a):
            middle = self.features.time_s[a[len(a) // 2]]
            part = next(p for p in self.stretches if middle <= p.until_s)
        carriers = self._carriers(part)
        there, row = np.unique(np.concatenate([a, b]), return_inverse=True)
        some, left, right = self.features.at(there), row[: len(a)], row[len(a) :]
        local = self._local(self.features.at(a), self.features.at(b))
        near = [] if part is None else self._local(some, part.observed.features)
        covariance = []
        for j in range(len(self.shared)):
            known = self._latent(j, some, part, carriers[j], near)
            covariance.append(covariance_of(local[j], known.at(left), known.at(right)))
        return Joint(covariance=covariance, local=local)

    def similarity_in(self, local: Sequence[Matrix]) -> Float[np.ndarray, "a b"]:
        """`similarity` where the local covariance is at hand."""
        return as_similarity(self.model.hyperparameters, local)

    def similarity(
        self, a: Int64[np.ndarray, " a"], b: Int64[np.ndarray, " b"]
    ) -> Float[np.ndarray, "a b"]:
        """How much frames have in common in time and appearance, in [0, 1], (a, b)."""
        return self.similarity_in(self._local(self.features.at(a), self.features.at(b)))

    def similarity_to(self, of: Observed, here: slice) -> Float[np.ndarray, "a k"]:
        """The same of some frames with observations: the mean over what they weigh."""
        local = self._local(self.features.at(here), of.features)
        return _weighed(self.model.hyperparameters, local, of)

    def rater_noise(self, dimension: int) -> float:
        """Variance of a new label of the project's rule about the curve."""
        return self.model.hyperparameters[dimension].noise / self.model.raters_per_frame

    def _label_noise(
        self, dimension: int, features: TrackFeatures
    ) -> Float[np.ndarray, " a"]:
        """Variance of a new label about the curve, by how ambiguous each frame is."""
        by_face = self.model.hyperparameters[dimension].ambiguity
        return self.rater_noise(dimension) + by_face * features.ambiguity[:, dimension]

    @property
    def residual(self) -> Float64[np.ndarray, "k m"]:
        """Standardised leave-one-judgement-out residuals, NaN for what is no residual.

        One row per observation of a value; see `solve.leave_one_out`.
        """
        rows = [
            residuals_of(part.observed, part.blocks, self.shared)
            for part in self.stretches
        ]
        return np.concatenate([np.empty((0, len(self.shared))), *rows])

    def _carriers(self, part: Stretch | None) -> list[Carriers]:
        """What the observations say of frames, per dimension."""
        blocks = (None,) * len(self.shared) if part is None else part.blocks
        return [carriers_of(s, b) for s, b in zip(self.shared, blocks, strict=True)]

    def _local(self, a: TrackFeatures, b: TrackFeatures) -> list[Matrix]:
        """Local covariance of two groups of frames, per dimension."""
        apart = distances(a, b)
        return [local_covariance(h, apart) for h in self.model.hyperparameters]

    def _latent(
        self,
        j: int,
        features: TrackFeatures,
        part: Stretch | None,
        carriers: Carriers,
        local: Sequence[Matrix],
    ) -> Latent:
        """The curve of one dimension at some frames; `local` is with observed ones."""
        hyper, cross = self.model.hyperparameters[j], None
        if part is not None:
            cross = cross_covariance(
                hyper, features, local[j], part.observed, part.blocks[j]
            )
        return latent_of(hyper, features, j, carriers, cross)

    def _conditioned(
        self,
        features: TrackFeatures,
        part: Stretch | None,
        carriers: Sequence[Carriers],
    ) -> _Conditioned:
        """Mean and variance of frames, and what tells them from one another."""
        local = [] if part is None else self._local(features, part.observed.features)
        mean = np.empty((len(features), len(self.shared)), np.float32)
        variance = np.empty_like(mean)
        for j, hyper in enumerate(self.model.hyperparameters):
            known = self._latent(j, features, part, carriers[j], local)
            mean[:, j] = known.mean
            noise = self._label_noise(j, features)
            variance[:, j] = variance_of(hyper, known) + noise
        return mean, variance, local

    def _runs(
        self, features: TrackFeatures
    ) -> Iterator[tuple[slice, Stretch | None, _Conditioned]]:
        """Runs of frames in order of time, each with what speaks for it."""
        start = 0
        for part in self.stretches or (None,):
            until = np.inf if part is None else part.until_s
            end = int(np.searchsorted(features.time_s, until, side="right"))
            carriers = self._carriers(part) if end > start else []
            for at in range(start, end, CHUNK):
                here = slice(at, min(at + CHUNK, end))
                yield here, part, self._conditioned(features.at(here), part, carriers)
            start = end


def _weighed(
    hypers: Sequence[HyperParameters], local: Sequence[Matrix], own: Observed
) -> Float[np.ndarray, "a k"]:
    """Closeness of frames to observations, from the local covariance with frames."""
    near = as_similarity(hypers, local)
    if own.weight is None:
        return near
    share = np.abs(own.weight) / np.abs(own.weight).sum(axis=1, keepdims=True)
    return np.asarray(near @ share.T.astype(near.dtype))


def residuals_of(
    own: Observed, blocks: Sequence[Block], shared: Sequence[Shared]
) -> Float64[np.ndarray, "k m"]:
    """Standardised residuals of a stretch's observations, per dimension."""
    out = np.full((len(own), len(shared)), np.nan)
    for j, (block, one) in enumerate(zip(blocks, shared, strict=True)):
        out[block.rows, j] = leave_one_out(own, block, one)
    return out


def terms_of(model: Model) -> dict[str, RaterTerm]:
    """How the model reads each rater that it learnt from."""
    noise = np.array([one.noise for one in model.hyperparameters])
    return {
        one.rater: RaterTerm(
            bias=one.bias,
            scale=one.scale,
            noise_factor=one.noise / noise,
            accept_noise=one.accept_noise,
        )
        for one in model.rater_effects
    }


def solved(
    hypers: Sequence[HyperParameters],
    features: TrackFeatures,
    observations: Sequence[Observation],
    terms: Mapping[str, RaterTerm],
) -> tuple[Stretch, ...]:
    """The observations of a block, a long track's cut into stretches, and factored."""
    parts = list(in_stretches(features, observations, terms))
    ends = [
        features.time_s[
            [before.observations[-1].middle, after.observations[0].middle]
        ].mean()
        for before, after in pairwise(parts)
    ]
    return tuple(
        Stretch(
            until_s=float(until),
            observed=own,
            blocks=tuple(block_of(one, own, j) for j, one in enumerate(hypers)),
        )
        for own, until in zip(parts, [*ends, np.inf][: len(parts)], strict=True)
    )
