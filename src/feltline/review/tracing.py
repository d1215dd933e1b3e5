"""Reaction lags of live rating: what is taken off a trace when it is given.

A rater is blind to the other raters, so the lag that is shown to one rests on what that
rater may see: the model's curve of the face, unless it is hidden, and the rater's own
former lags. Lags against other raters' traces are found when a model is learnt
(`project.trace_lags`), and shown to who leads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from feltline.agreement.reaction_lag import LagPrior, estimate_lags, prior_of
from feltline.review.track_view import TrackView
from feltline.store import MOST_LAG_S, StoredLag, TraceHead, TraceLag
from feltline.types import LabelSchema, Trace, TraceMode

__all__ = ["FormerLag", "first_lag", "former_lags", "lag_seen_by", "model_level"]

MOST_OF_PERSON_S: Final = 6.0
"""Longest lag of a person; of a video at double speed it is twice as long."""

LEAST_CORRELATION: Final = 0.2
"""With the model's curve, at the lag; under it, the curve says nothing of the lag."""

MOST_S: Final = 3600.0
"""Longest trace that is compared with a curve while its rater waits."""

Z90: Final = 1.645
"""Half of a normal distribution's 90 % interval, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerLag:
    """Lag of an earlier trace of the same rater, in seconds of the person."""

    lag_s: float
    mode: TraceMode


def first_lag(
    trace: Trace,
    *,
    speed: float,
    former: Sequence[FormerLag],
    level: Trace | None,
) -> TraceLag:
    """The lag that is taken off a trace when it is given.

    Args:
        trace: On the unit scale, its lag still in it.
        speed: At which the video played.
        former: Lags of the rater's earlier traces that the rater may see.
        level: The model's curve of what was rated (`model_level`); None where it says
            nothing, or the rater may not see it.
    """
    prior = _prior(
        trace, speed, [one.lag_s for one in former if one.mode == trace.mode]
    )
    if level is not None and trace.time_s[-1] - trace.time_s[0] <= MOST_S:
        most_s = MOST_OF_PERSON_S * speed
        found = estimate_lags(
            [trace], level=_around(level, trace, most_s), most_s=most_s, prior=prior
        )
        if found.moves[0] and found.correlation[0] >= LEAST_CORRELATION:
            lag, low, high = (
                float(one[0]) for one in (found.lag_s, found.low_s, found.high_s)
            )
            return TraceLag(
                lag_s=round(lag, 3),
                low_s=round(max(min(low, lag), 0), 3),
                high_s=round(max(high, lag), 3),
                method="model",
            )
    half = Z90 * float(np.hypot(prior.mean_sd_s, prior.sd_s))
    return TraceLag(
        lag_s=round(prior.mean_s, 3),
        low_s=round(max(prior.mean_s - half, 0.0), 3),
        high_s=round(min(prior.mean_s + half, MOST_LAG_S), 3),
        method="expected",
    )


def _around(level: Trace, trace: Trace, most_s: float) -> Trace:
    """What a trace may speak of: the curve of a film is longer than any grid."""
    first_s, last_s = float(trace.time_s[0]) - most_s, float(trace.time_s[-1])
    at, end = np.searchsorted(level.time_s, (first_s, last_s))
    at, end = max(int(at) - 1, 0), int(end) + 1  # the grid begins and ends between two
    return replace(level, time_s=level.time_s[at:end], value=level.value[at:end])


def _prior(trace: Trace, speed: float, former: Sequence[float]) -> LagPrior:
    """What is expected of the lag of a trace, in seconds of the video.

    The mean of what is expected of anybody and of the rater's former lags, each of
    them worth as much; the more of them, the less the lag may lie elsewhere.
    """
    usual = prior_of([trace])
    n = len(former)
    mean_s = (usual.mean_s + float(np.sum(former))) / (1 + n)
    return LagPrior(
        mean_s=mean_s * speed,
        mean_sd_s=usual.mean_sd_s * speed / (1 + n) ** 0.5,
        sd_s=usual.sd_s * speed * (0.5 if n else 1.0),
    )


def model_level(
    view: TrackView, dimensions: Sequence[str], schema: LabelSchema
) -> Trace | None:
    """The model's curve of a track in some dimensions; None where it says nothing."""
    names = schema.dimension_names
    value = view.prediction.value[:, [names.index(name) for name in dimensions]]
    known = np.isfinite(value).all(axis=1)
    time_s = view.track.time_s[known]
    if len(time_s) < 2 or (np.diff(time_s) <= 0).any():
        return None
    return Trace(
        trace_id=0,
        rater="",
        time_s=time_s,
        value=value[known].astype(np.float64),
        dimensions=tuple(dimensions),
        mode="bounded",
    )


def lag_seen_by(
    rater: str | None, trace_id: int, lags: Sequence[StoredLag]
) -> StoredLag | None:
    """The lag of a trace that is shown to somebody.

    Args:
        rater: Who sees it, blind to the other raters; None = who leads: the lag that
            is taken off.
        trace_id: Event of the trace.
        lags: In force, in order.
    """
    own = [one for one in lags if one.trace_event_id == trace_id]
    if rater is not None:
        own = [
            one
            for one in own
            if one.rater == rater or (not one.rater and one.lag.method != "raters")
        ]
    return own[-1] if own else None


def former_lags(
    rater: str, heads: Sequence[TraceHead], lags: Sequence[StoredLag]
) -> list[FormerLag]:
    """Lags of a rater's traces that were found or set, as far as the rater sees them.

    Args:
        rater: The rater.
        heads: The rater's traces in force, of any video.
        lags: In force, of these traces at least, in order.
    """
    by_trace: dict[int, list[StoredLag]] = {}
    for one in lags:
        by_trace.setdefault(one.trace_event_id, []).append(one)
    made = []
    for head in heads:
        seen = lag_seen_by(rater, head.event_id, by_trace.get(head.event_id, ()))
        if seen is not None and seen.lag.method != "expected":
            lag_s = seen.lag.lag_s / head.speed
            made.append(FormerLag(lag_s=lag_s, mode=head.mode))
    return made
