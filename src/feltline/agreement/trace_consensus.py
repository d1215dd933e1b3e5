"""Consensus of traces: lags removed, raters weighed by how they go with the others.

Bounded traces keep their values. Relative ones have a zero and a unit of their own:
each is standardised and multiplied by the root of its standard deviation, half way
between the plain mean, in which whoever pressed most decides, and the mean of z-scores,
in which whoever touched a key once counts like whoever followed throughout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float64

from feltline.agreement.consensus import ewe, weighted_mean
from feltline.agreement.reaction_lag import Lags
from feltline.agreement.traces import (
    GRID_S,
    check_traces,
    common_grid,
    expected_values,
    standardised,
)
from feltline.errors import ShapeError
from feltline.types.traces import Trace

__all__ = [
    "ConsensusTrace",
    "LagRemoval",
    "TraceWeights",
    "consensus_trace",
    "lagged_values",
    "removal_of",
]

INTERVAL_SDS: Final = 2 * 1.645
"""Width of a 90 % interval in standard deviations."""

TraceWeights = Literal["none", "ewe"]
"""All traces alike, or the evaluator weighted estimator."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConsensusTrace:
    """One curve from several traces. n times, r traces, d dimensions.

    Attributes:
        time_s: Times in the video.
        value: In the units of bounded traces; of relative ones only rise and fall mean
            something. NaN where no trace speaks of a time.
        weight: Of each trace, sum 1 in each dimension; 0 where it never moves.
        is_weighted: Per dimension, whether the weights are from agreement; if not,
            no trace goes with the others, or there are fewer than two.
    """

    time_s: Float64[np.ndarray, " n"]
    value: Float64[np.ndarray, "n d"]
    weight: Float64[np.ndarray, "r d"]
    is_weighted: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LagRemoval:
    """Which lags to remove of r traces, and how surely they are known.

    Attributes:
        lag_s: Lag of each.
        sd_s: Standard deviation of what is not known of it; 0 = known.
    """

    lag_s: Float64[np.ndarray, " r"]
    sd_s: Float64[np.ndarray, " r"]

    @classmethod
    def of(cls, lag_s: Float64[np.ndarray, " r"]) -> "LagRemoval":
        """Lags that are known, or taken to be."""
        return cls(lag_s=lag_s, sd_s=np.zeros(len(lag_s)))


def removal_of(traces: Sequence[Trace], lags: Lags) -> LagRemoval:
    """What to remove of traces whose lags were estimated.

    The lag of each where its interval excludes the common mean, else the mean: a lag of
    a poor trace is a guess, and removing it would add its error. Of relative traces it
    is always the mean, with the spread of raters around it: they have too few changes
    for a lag each (on the PAGAN log, lags of their own made consensuses of five worse).
    """
    if all(trace.mode == "relative" for trace in traces):
        return LagRemoval(
            lag_s=np.full(len(traces), lags.mean_s),
            sd_s=np.full(len(traces), lags.prior.sd_s),
        )
    apart = (lags.low_s > lags.mean_s) | (lags.high_s < lags.mean_s)
    width = lags.high_s - lags.low_s
    return LagRemoval(
        lag_s=np.where(apart, lags.lag_s, lags.mean_s),
        sd_s=np.where(np.isfinite(width), width, 0.0) / INTERVAL_SDS,
    )


def consensus_trace(
    traces: Sequence[Trace],
    removal: LagRemoval,
    *,
    weights: TraceWeights = "ewe",
    step_s: float = GRID_S,
) -> ConsensusTrace:
    """The consensus of traces of one stretch of video.

    A trace without any movement says nothing, and is left out.

    Args:
        traces: One per rater, all of the same dimensions and mode.
        removal: Lags to remove, as `removal_of` or `LagRemoval.of` give them.
        weights: How traces are weighed.
        step_s: Step of the times.
    """
    values, time_s = lagged_values(traces, removal, step_s=step_s)
    made = [_of_dimension(own, traces[0].mode, weights) for own in values]
    return ConsensusTrace(
        time_s=time_s,
        value=np.stack([value for value, _, _ in made], axis=1),
        weight=np.stack([weight for _, weight, _ in made], axis=1),
        is_weighted=tuple(is_weighted for _, _, is_weighted in made),
    )


def lagged_values(
    traces: Sequence[Trace],
    removal: LagRemoval,
    *,
    step_s: float = GRID_S,
) -> tuple[Float64[np.ndarray, "d r n"], Float64[np.ndarray, " n"]]:
    """Values of traces on one grid with their lags removed, and its times.

    Raises:
        ShapeError: If there is no trace, or dimensions, modes or lags do not fit.
    """
    check_traces(traces)
    if len({trace.mode for trace in traces}) > 1:
        raise ShapeError(
            "bounded and relative traces have no unit in common; make a consensus of "
            "each kind"
        )
    if len(removal.lag_s) != len(traces):
        raise ShapeError(
            f"{len(traces)} traces need as many lags, not {len(removal.lag_s)}"
        )
    time_s = common_grid(traces, step_s=step_s)
    curves = [
        expected_values(trace, time_s, lag_s=float(lag), lag_sd_s=float(sd))
        for trace, lag, sd in zip(traces, removal.lag_s, removal.sd_s, strict=True)
    ]
    return np.stack(curves).transpose(2, 0, 1), time_s


def _of_dimension(
    values: np.ndarray, mode: str, weights: TraceWeights
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Consensus, weights, and whether they are from agreement, in one dimension."""
    z = standardised(values)
    moves = (np.where(np.isfinite(z), z, 0.0) != 0).any(axis=1)
    prior = moves.astype(np.float64)
    if mode == "relative":
        prior = np.sqrt(np.nanstd(values, axis=1)) * moves
        values = z
    if not prior.any():
        return np.full(values.shape[1], np.nan), prior, False
    if weights == "ewe" and moves.sum() >= 2:
        found = ewe(values, prior_weight=prior)
        if np.isfinite(found.weight).all():
            return found.value, found.weight, True
    return weighted_mean(values, prior), prior / prior.sum(), False
