"""The consensus of raters by the engine: its posterior of the project's rule.

Each frame that people judged has a value of the rule: the curve, and what is ambiguous
in that very face, which all who judge it share. Raters read the rule each with a bias,
a scale and a noise of their own (`gp.raters`), and its posterior is a Gaussian
process's (Rasmussen and Williams 2006, eqs. 2.25 and 2.26) of that sum. So a value is
pulled towards what its rater means by it, two raters count by their noise, and frames
nearby and the encoder speak where few judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from feltline.fewshot.calibration import half_width
from feltline.fewshot.gp.blocks import ObservedTrack
from feltline.fewshot.gp.features import TrackFeatures
from feltline.fewshot.gp.kernel import distances, local_covariance, local_variance
from feltline.fewshot.gp.posterior import CHUNK, Stretch, TrackPosterior
from feltline.fewshot.gp.solve import carriers_of, cross_covariance, latent_of
from feltline.fewshot.model import track_posterior
from feltline.types import Model, Observation, RaterEffect

__all__ = ["ConsensusCurve", "consensus_at", "consensus_of", "rule_at"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConsensusCurve:
    """What the raters' rule gives to frames of a track. n frames, m dimensions.

    On the unit scale, NaN in dimensions of which nothing is known.

    Attributes:
        value: Posterior mean.
        low: Lower end of the interval at the model's coverage.
        high: Upper end of it.
        effects: Bias, scale and noise of each rater whom the model learnt from.
    """

    value: Float32[np.ndarray, "n m"]
    low: Float32[np.ndarray, "n m"]
    high: Float32[np.ndarray, "n m"]
    effects: tuple[RaterEffect, ...]


def consensus_of(
    model: Model,
    features: TrackFeatures,
    observations: Sequence[Observation],
    *,
    learnt: Sequence[ObservedTrack] | None = None,
    partners: Sequence[ObservedTrack] = (),
) -> ConsensusCurve:
    """Consensus curve of a track; arguments are those of `model.track_posterior`."""
    posterior = track_posterior(
        model, features, observations, learnt=learnt, partners=partners
    )
    return consensus_at(posterior, np.arange(len(features)))


def consensus_at(
    posterior: TrackPosterior, at: Int64[np.ndarray, " a"]
) -> ConsensusCurve:
    """The same at some frames of a track that has been conditioned, increasing."""
    model = posterior.model
    mean, variance = rule_at(posterior, at)
    half = half_width(model.calibration, variance, model.coverage)
    half[:, posterior.missing] = mean[:, posterior.missing] = np.nan
    return ConsensusCurve(
        value=np.clip(mean, -1, 1),
        low=np.clip(mean - half, -1, 1),
        high=np.clip(mean + half, -1, 1),
        effects=model.rater_effects,
    )


def rule_at(
    posterior: TrackPosterior, at: Int64[np.ndarray, " a"]
) -> tuple[Float32[np.ndarray, "a m"], Float32[np.ndarray, "a m"]]:
    """Mean and variance of the rule at some frames, without any rater's noise.

    Args:
        posterior: Of the track.
        at: Positions, increasing.
    """
    m = len(posterior.shared)
    mean, variance = np.empty((2, len(at), m), np.float32)
    time_s, start = posterior.features.time_s[at], 0
    for part in posterior.stretches or (None,):
        until = np.inf if part is None else part.until_s
        end = int(np.searchsorted(time_s, until, side="right"))
        for first in range(start, end, CHUNK):
            here = slice(first, min(first + CHUNK, end))
            mean[here], variance[here] = _in_stretch(posterior, part, at[here])
        start = end
    return mean, variance


def _in_stretch(
    posterior: TrackPosterior, part: Stretch | None, at: Int64[np.ndarray, " a"]
) -> tuple[Float32[np.ndarray, "a m"], Float32[np.ndarray, "a m"]]:
    """The same of frames that one stretch of observations speaks for."""
    features = posterior.features.at(at)
    mean, variance = np.empty((2, len(at), len(posterior.shared)), np.float32)
    for j, hyper in enumerate(posterior.model.hyperparameters):
        ambiguity = hyper.ambiguity * features.ambiguity[:, j]
        block, cross = None, None
        if part is not None:
            block, own = part.blocks[j], part.observed
            same = np.equal.outer(features.frame, own.features.frame)
            same &= own.features.track_number == 0
            local = local_covariance(hyper, distances(features, own.features))
            # A frame shares its ambiguity with the observations that weigh it.
            local = local + (same * ambiguity[:, None]).astype(local.dtype)
            cross = cross_covariance(hyper, features, local, own, block)
        carriers = carriers_of(posterior.shared[j], block)
        known = latent_of(hyper, features, j, carriers, cross)
        own_part = local_variance(hyper) + (known.own**2).sum(axis=1) + ambiguity
        rest = np.maximum(own_part - (known.explained**2).sum(axis=1), 0)
        mean[:, j] = known.mean
        variance[:, j] = rest + (known.open_shared**2).sum(axis=1)
    return mean, variance
