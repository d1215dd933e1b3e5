"""Inter-rater agreement of live rating: before and after reaction lags are removed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np

from feltline.agreement.pairs_of_raters import mean_pair, pairwise
from feltline.agreement.traces import common_grid, resampled
from feltline.errors import FacesLostError
from feltline.project import Project, unit_trace
from feltline.project.snapshot import ProjectLog
from feltline.types import Trace, TraceMode

__all__ = ["TraceAgreement", "traces_in"]

STEP_S: Final = 0.1
"""Step of the times at which raters are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceAgreement:
    """Agreement of raters who rated one face live, in one dimension.

    Attributes:
        video_id: Video of the face.
        track_id: The face, as it is now.
        dimension: What was rated.
        mode: What the values are measured on. Relative ones have no unit in common, so
            of them only the correlation is told.
        seconds: Seconds of the video of which two raters or more speak.
        lag_s: Mean lag that is removed, by rater.
        ccc: Concordance correlation of two raters, mean, lags removed.
        pcc: Pearson's correlation.
        ccc_before: The same with the lags still in.
        pcc_before: Likewise.
    """

    video_id: str
    track_id: int
    dimension: str
    mode: TraceMode
    seconds: float
    lag_s: Mapping[str, float]
    ccc: float
    pcc: float
    ccc_before: float
    pcc_before: float


_Face = tuple[str, int, TraceMode, tuple[str, ...]]


def traces_in(
    project: Project, *, dimensions: Sequence[str] = ()
) -> list[TraceAgreement]:
    """Agreement of each face that two raters or more rated live.

    Args:
        project: The project.
        dimensions: Only these; all if absent.
    """
    faces = defaultdict[_Face, list[Trace]](list)
    log, store = ProjectLog(project), project.store
    for name in sorted({head.video_id for head in store.trace_heads()}):
        with suppress(FacesLostError):  # named by the other part of the agreement
            video = log.load(store.video(name))
            for one in video.traces:
                track = video.track(one.track_id)
                trace = unit_trace(one, track, project.schema)
                if trace is not None:
                    face = (name, one.track_id, trace.mode, trace.dimensions)
                    faces[face].append(trace)
    return [
        one
        for face, traces in faces.items()
        if len({trace.rater for trace in traces}) > 1
        for one in _of_face(face, traces)
        if not dimensions or one.dimension in dimensions
    ]


def _of_face(face: _Face, traces: Sequence[Trace]) -> Iterator[TraceAgreement]:
    video_id, track_id, mode, names = face
    time_s = common_grid(traces, step_s=STEP_S)
    by_rater = defaultdict[str, list[Trace]](list)
    for trace in traces:
        by_rater[trace.rater].append(trace)
    after = _curves(by_rater.values(), time_s, is_removed=True)
    before = _curves(by_rater.values(), time_s, is_removed=False)
    for at, name in enumerate(names):
        shared = (np.isfinite(after[:, :, at]).sum(axis=0) > 1).sum()
        found, was = pairwise(after[:, :, at]), pairwise(before[:, :, at])
        is_bounded = mode == "bounded"
        yield TraceAgreement(
            video_id=video_id,
            track_id=track_id,
            dimension=name,
            mode=mode,
            seconds=float(shared) * STEP_S,
            lag_s={
                rater: float(np.mean([trace.lag_s for trace in own]))
                for rater, own in by_rater.items()
            },
            ccc=mean_pair(found.ccc) if is_bounded else np.nan,
            pcc=mean_pair(found.pcc),
            ccc_before=mean_pair(was.ccc) if is_bounded else np.nan,
            pcc_before=mean_pair(was.pcc),
        )


def _curves(
    raters: Iterable[Sequence[Trace]], time_s: np.ndarray, *, is_removed: bool
) -> np.ndarray:
    """What each rater said of each time, NaN of others; what was rated again counts."""
    made = []
    for own in raters:
        curve = np.full((len(time_s), len(own[0].dimensions)), np.nan)
        for trace in own:
            lag_s = trace.lag_s if is_removed else 0.0
            at = time_s + lag_s
            is_there = (at >= trace.time_s[0]) & (at <= trace.time_s[-1])
            said = resampled(trace, time_s, lag_s=lag_s)
            curve = np.where(is_there[:, None], said, curve)
        made.append(curve)
    return np.stack(made)
