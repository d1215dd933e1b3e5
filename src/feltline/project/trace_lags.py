"""Reaction lags of raters against one another, found before a model is learnt.

When a trace is given, its lag is found from what its rater may see. Once several raters
have rated the same face at the same time, their traces say by how much each comes
after the others. What is common to all stays as it was, or is that of who set theirs.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import numpy as np

from feltline.agreement.reaction_lag import LagPrior, estimate_lags
from feltline.errors import FacesLostError, StoreError
from feltline.project.project import Project
from feltline.project.snapshot import VideoState, load_video
from feltline.project.trace_edits import PlacedTrace
from feltline.store import MOST_LAG_S, TraceLag
from feltline.types import Trace

__all__ = ["keep_raters_lags"]

LEAST_CHANGE_S: Final = 0.05
"""Lags that differ by less are the same: a step of the grid that they are found on."""

LONGEST_S: Final = 7200.0
"""Traces that span more are not compared as a whole."""


def keep_raters_lags(project: Project) -> int:
    """Keep the lags of traces that other raters' traces can be compared with.

    A video is compared anew once a trace came since the last time. A lag that a person
    set stays; one that a person took back is not estimated again until then.

    Returns:
        How many were written.
    """
    store, n = project.store, 0
    for name in _stale(project):
        try:
            video = load_video(project, name)
        except FacesLostError:
            continue  # its traces lie on no face now, so nothing learns from them
        for event_id, lag in _lags_in(video).items():
            with suppress(StoreError):  # taken back, or purged, meanwhile
                store.set_trace_lag(event_id, lag)
                n += 1
    return n


def _stale(project: Project) -> list[str]:
    """Videos with traces of several raters, some of them not compared yet."""
    raters, newest = defaultdict(set), dict[str, int]()
    for head in project.store.trace_heads():
        raters[head.video_id].add(head.rater)
        newest[head.video_id] = head.event_id
    several = [name for name, some in raters.items() if len(some) > 1]
    if not several:
        return []
    compared = dict[str, int]()
    for name in several:
        for one in project.store.trace_lags(video_id=name, with_undone=True):
            if one.lag.method == "raters":
                compared[name] = one.event_id
    return [name for name in several if newest[name] > compared.get(name, 0)]


def _lags_in(video: VideoState) -> dict[int, TraceLag]:
    """Lags of a video that come out otherwise than they stand, by trace."""
    groups = defaultdict[tuple[object, ...], list[PlacedTrace]](list)
    for one in video.traces:
        given = one.stored.trace
        groups[one.track_id, given.dimensions, given.mode].append(one)
    found: dict[int, TraceLag] = {}
    for some in groups.values():
        if len({one.stored.trace.rater for one in some}) > 1:
            found |= _lags_of(video, some)
    return found


def _lags_of(video: VideoState, placed: Sequence[PlacedTrace]) -> dict[int, TraceLag]:
    """The same of traces of one face in the same dimensions."""
    traces = {
        trace.trace_id: trace for trace in video.unit_traces_of(placed[0].track_id)
    }
    some = [one for one in placed if one.stored.event_id in traces]
    own = [traces[one.stored.event_id] for one in some]
    if len(own) < 2 or _span(own) > LONGEST_S:
        return {}
    speed = np.array([one.stored.trace.speed for one in some])
    usual = LagPrior(mean_s=0.5) if own[0].mode == "relative" else LagPrior()
    now = [
        usual.mean_s * own_speed if one.lag is None else one.lag.lag.lag_s
        for one, own_speed in zip(some, speed.tolist(), strict=True)
    ]
    prior = LagPrior(
        mean_s=float(np.mean(now)), sd_s=usual.sd_s * float(np.mean(speed))
    )
    lags = estimate_lags(own, prior=prior, most_s=6.0 * float(np.max(speed)))
    is_set = np.array([o.lag is not None and o.lag.lag.method == "set" for o in some])
    is_known = np.isfinite(lags.lag_s)
    # Only differences are seen: those that a person set say where all of them lie.
    shift = np.subtract(now, lags.lag_s)[is_set & is_known]
    by_s = float(shift.mean()) if len(shift) else 0.0
    made = {}
    for at in np.flatnonzero(is_known & ~is_set).tolist():
        ends = (lags.low_s[at], lags.lag_s[at], lags.high_s[at])
        low, lag, high = np.round(np.clip(np.add(ends, by_s), 0, MOST_LAG_S), 3)
        if some[at].lag is None or abs(lag - now[at]) >= LEAST_CHANGE_S:
            made[some[at].stored.event_id] = TraceLag(
                lag_s=float(lag),
                low_s=float(min(low, lag)),
                high_s=float(max(high, lag)),
                method="raters",
            )
    return made


def _span(traces: Sequence[Trace]) -> float:
    first = min(float(one.time_s[0]) for one in traces)
    return max(float(one.time_s[-1]) for one in traces) - first
