"""Disagreements: stretches of faces that raters see differently, for a lead to resolve.

Each rater's bias, as the model in force has it, is taken off first: who always rates a
little higher does not disagree each time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from feltline.project import VideoState
from feltline.project.annotations import RaterAnnotations
from feltline.review.live import LiveProject
from feltline.types import LabelSchema

__all__ = ["Disagreement", "disagreements_in", "rater_biases"]

MANY: Final = 2.0
"""Values that are further apart than so many tolerances are unlike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Frames of which raters said unlike things.

    Attributes:
        video_id: Their video.
        track_id: Their face.
        frame: The frame of them that is shown.
        first_frame: First one.
        last_frame: Last one.
        time_s: Time stamp of the frame.
        spread: How far values are apart at most, on the unit scale, without biases.
        values: What each rater said, in the units of the label schema.
        classes: The class that each rater chose; None = none.
    """

    video_id: str
    track_id: int
    frame: int
    first_frame: int
    last_frame: int
    time_s: float
    spread: float
    values: Mapping[str, tuple[float | None, ...]]
    classes: Mapping[str, str | None]


def disagreements_in(live: LiveProject, *, limit: int) -> list[Disagreement]:
    """Where raters disagree and no lead has resolved it, the widest first.

    Only videos that several raters judged are looked at.

    Args:
        live: The project.
        limit: At most so many.
    """
    live.count_judgements()
    bias = rater_biases(live)
    most = MANY * live.project.settings.tolerance
    found: list[Disagreement] = []
    for name, entry in list(live.index.videos.items()):
        if sum(n > 0 for n in entry.n_by_rater.values()) < 2:
            continue
        if (video := live.readable(name)) is not None:
            found += _in_video(video, bias, most)
    found.sort(key=lambda one: -one.spread)
    return found[:limit]


def rater_biases(live: LiveProject) -> dict[str, Float64[np.ndarray, " m"]]:
    """Bias of each rater on the unit scale, as the model in force has it."""
    if live.predictor is None:
        return {}
    effects = live.predictor.model.rater_effects
    return {one.rater: one.bias for one in effects}


def _in_video(
    video: VideoState, bias: Mapping[str, np.ndarray], most: float
) -> Iterator[Disagreement]:
    schema = video.schema
    for track in video.tracks:
        layers = video.annotations_of(track.track_id).raters
        if len(layers) < 2:
            continue
        names = sorted(layers)
        unit = np.stack([_unit(layers[name], schema, bias.get(name)) for name in names])
        classes = np.stack([layers[name].expression for name in names])
        spread = _spread(unit)
        is_unlike = (spread > most) | _has_two(classes)
        is_unlike &= ~_resolved(video, track.track_id, track.frame)
        events = np.stack([_events(layers[name]) for name in names])
        for first, last in _stretches(is_unlike, events):
            at = (first + last) // 2
            yield Disagreement(
                video_id=track.video_id,
                track_id=track.track_id,
                frame=int(track.frame[at]),
                first_frame=int(track.frame[first]),
                last_frame=int(track.frame[last]),
                time_s=float(track.time_s[at]),
                spread=float(spread[at]),
                values={
                    name: tuple(
                        None if np.isnan(one) else float(one)
                        for one in layers[name].value[at]
                    )
                    for name in names
                    if np.isfinite(layers[name].value[at]).any()
                },
                classes={
                    name: schema.class_names[chosen]
                    for name in names
                    if (chosen := int(layers[name].expression[at])) >= 0
                },
            )


def _unit(
    layer: RaterAnnotations, schema: LabelSchema, bias: np.ndarray | None
) -> Float64[np.ndarray, "n m"]:
    unit = schema.to_unit(layer.value)
    return np.asarray(unit if bias is None else unit - bias, np.float64)


def _spread(unit: Float64[np.ndarray, "r n m"]) -> Float64[np.ndarray, " n"]:
    """Per frame, the widest distance of two raters in any dimension; 0 = one rater."""
    known = np.isfinite(unit)
    high = np.where(known, unit, -np.inf).max(axis=0)
    low = np.where(known, unit, np.inf).min(axis=0)
    several = known.sum(axis=0) > 1
    apart = np.subtract(high, low, out=np.zeros_like(high), where=several)
    return np.asarray(apart.max(axis=1, initial=0.0))


def _has_two(classes: Int64[np.ndarray, "r n"]) -> Bool[np.ndarray, " n"]:
    """Frames of which two raters chose unlike classes."""
    chosen = classes >= 0
    high = classes.max(axis=0)
    low = np.where(chosen, classes, classes.max(initial=0) + 1).min(axis=0)
    return np.asarray((chosen.sum(axis=0) > 1) & (low < high))


def _events(layer: RaterAnnotations) -> Int64[np.ndarray, " n"]:
    return np.maximum(layer.value_event, layer.class_event)


def _resolved(
    video: VideoState, track_id: int, frame: Int64[np.ndarray, " n"]
) -> Bool[np.ndarray, " n"]:
    """Frames that a resolution speaks of."""
    made = np.zeros(len(frame), bool)
    for stored in video.judgements_of(track_id):
        one = stored.judgement
        if one.purpose == "resolve" and one.decision not in ("skip", "cannot"):
            made |= (frame >= one.first_frame) & (frame <= one.last_frame)
    return made


def _stretches(
    on: Bool[np.ndarray, " n"], events: Int64[np.ndarray, "r n"]
) -> Iterator[tuple[int, int]]:
    """Neighbouring frames that the same judgements speak of: first and last row."""
    at = np.flatnonzero(on)
    if not len(at):
        return
    is_new = np.diff(at) > 1
    is_new |= (events[:, at[1:]] != events[:, at[:-1]]).any(axis=0)
    starts = np.concatenate([[0], np.flatnonzero(is_new) + 1])
    ends = np.concatenate([starts[1:], [len(at)]]) - 1
    yield from zip(at[starts].tolist(), at[ends].tolist(), strict=True)
