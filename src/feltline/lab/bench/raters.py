"""Simulated raters: what a person who works with the product would judge.

A rater knows the ratings of a clip. Between rated frames the curve is straight, for the
means of spans and clips. Frames are judged blind, spans where the curve is flat
or over a varying stretch; an honest rater accepts what is shown where it is near enough
and gives the own value elsewhere, a lazy one presses Enter whatever is shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64

from feltline.fewshot.active.track_queue import build_queue
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.lab.bench.clips import Clip
from feltline.lab.bench.engine import frame_judgement
from feltline.settings import THRESHOLD, TOLERANCE
from feltline.types import DEFAULT_SCHEMA, Judgement, Prediction, Shown

__all__ = ["STEPS", "Desk", "Step"]

Step = Literal[
    "frames", "flat_span", "varying_span", "honest", "lazy", "repeat", "class", "clip"
]
"""One thing a rater does to a clip."""

FLAT_SHARE: Final = 0.13
VARYING_SHARE: Final = 0.2
"""Lengths of spans, as shares of a clip's rated frames: 8 and 12 frames of a walk."""

FLAT_WITHIN: Final = 0.1
"""A curve is flat where its standard deviation is at most this in every dimension."""

ACCEPTS: Final = 4
CLASSES: Final = 4
REPEATS: Final = 1
"""Frames of a clip that are accepted or edited, get a class alone, and are judged again
blind after they were accepted."""

SHORT: Final = 8
"""Of a clip with few rated frames, no more than one of so many is taken in a step."""


@dataclass(slots=True, eq=False)
class Desk:
    """One clip in front of its rater.

    Attributes:
        clip: The clip.
        rater: Who judges.
        queried: Rated frames that `suggest` asks for first, by number.
        rng: Source of chance.
        judgements: Given so far, in order.
        touched: Rated frames that a judgement of a frame or span speaks of.
        accepted: Rated frames whose shown value was accepted.
        posterior: What the current model knows of the clip; None before one is learnt.
        prediction: What it predicts.
    """

    clip: Clip
    rater: str
    queried: Int64[np.ndarray, " q"]
    rng: np.random.Generator
    judgements: list[Judgement] = field(default_factory=list)
    touched: Bool[np.ndarray, " m"] = field(init=False)
    accepted: list[int] = field(default_factory=list)
    posterior: TrackPosterior | None = None
    prediction: Prediction | None = None

    def __post_init__(self) -> None:
        self.touched = np.zeros(len(self.clip), bool)

    def give(self, judgement: Judgement, rows: Sequence[int] = ()) -> None:
        """Add a judgement that speaks of some rated frames."""
        self.judgements.append(replace(judgement, rater=self.rater))
        self.touched[list(rows)] = True

    def blind(self, row: int) -> Judgement:
        """This rater's own value and class of a rated frame."""
        clip = self.clip
        return frame_judgement(
            clip, int(clip.at[row]), clip.value[row], int(clip.expression[row])
        )

    def mean(self, first: int, last: int) -> Float64[np.ndarray, " d"]:
        """Mean of the curve from one rated frame to another, over frames between."""
        clip = self.clip
        time_s = clip.track.time_s[clip.at[first] : clip.at[last] + 1]
        curve = [np.interp(time_s, clip.time_s, one) for one in clip.value.T]
        return np.asarray(np.mean(curve, axis=1))

    def count(self, most: int) -> int:
        """How many frames one step takes of this clip."""
        return min(most, max(1, len(self.clip) // SHORT))

    def windows(self, n: int) -> list[int]:
        """First rated frames of all stretches of n that nobody has judged."""
        free = np.convolve(~self.touched, np.ones(n), "valid") == n
        return [int(first) for first in np.flatnonzero(free)]


def _frames(desk: Desk) -> None:
    for row in desk.queried.tolist():
        desk.give(desk.blind(row), [row])


def _span(desk: Desk, first: int, n: int) -> None:
    clip, last = desk.clip, first + n - 1
    span = replace(
        desk.blind(first),
        scope="span",
        last_frame=int(clip.track.frame[clip.at[last]]),
        value=tuple(desk.mean(first, last).tolist()),
        expression=None,
    )
    desk.give(span, range(first, last + 1))


def _flat_span(desk: Desk) -> None:
    n = max(2, round(FLAT_SHARE * len(desk.clip)))
    value = desk.clip.value
    spread = {
        first: float(value[first : first + n].std(axis=0).max())
        for first in desk.windows(n)
    }
    if spread and min(spread.values()) <= FLAT_WITHIN:
        _span(desk, min(spread, key=lambda first: spread[first]), n)


def _varying_span(desk: Desk) -> None:
    n = max(2, round(VARYING_SHARE * len(desk.clip)))
    windows = desk.windows(n)
    if windows:
        _span(desk, int(desk.rng.choice(windows)), n)


def _clip_label(desk: Desk) -> None:
    clip, last = desk.clip, len(desk.clip) - 1
    whole = replace(
        desk.blind(0),
        scope="clip",
        first_frame=int(clip.track.frame[0]),
        last_frame=int(clip.track.frame[-1]),
        value=tuple(desk.mean(0, last).tolist()),
        expression=None,
    )
    desk.give(whole)


def _class_alone(desk: Desk) -> None:
    free = np.flatnonzero(~desk.touched)
    some = desk.rng.choice(free, min(desk.count(CLASSES), len(free)), replace=False)
    places = DEFAULT_SCHEMA.places
    for row in some.tolist():
        expression = int(desk.clip.expression[row])
        if expression < 0:  # ratings without a class: the nearest one in the plane
            apart = ((places - desk.clip.value[row]) ** 2).sum(axis=1)
            expression = int(apart.argmin())
        own = replace(
            desk.blind(row), value=(), expression=DEFAULT_SCHEMA.class_names[expression]
        )
        desk.give(own, [row])


def _review(desk: Desk, *, lazy: bool) -> None:
    """Answer what the product shows: its queue, then the least certain frames."""
    found, posterior = desk.prediction, desk.posterior
    if found is None or posterior is None:
        raise RuntimeError("a rater can only review what a model has predicted")
    for row in _shown_rows(desk, posterior, found)[: desk.count(ACCEPTS)]:
        at = int(desk.clip.at[row])
        value = found.value[at].astype(np.float64)
        accepted = tuple(value.tolist())
        shown = Shown(
            model_id=found.model_id,
            value=accepted,
            confidence=float(found.confidence[at]),
        )
        own = desk.blind(row)
        near = np.abs(value - desk.clip.value[row]).max() <= TOLERANCE
        if lazy or near:
            answer = replace(own, decision="accept", value=accepted, expression=None)
            desk.accepted.append(row)
        else:
            answer = replace(own, decision="edit", touched=(True,) * len(value))
        desk.give(replace(answer, shown=shown), [row])


def _shown_rows(desk: Desk, posterior: TrackPosterior, found: Prediction) -> list[int]:
    """Rated frames in the order in which the page would bring them."""
    clip = desk.clip
    reviewed = np.ones(len(clip.track), bool)
    reviewed[clip.at[~desk.touched]] = False
    queue = build_queue(
        posterior,
        THRESHOLD,
        quality=clip.track.quality,
        reviewed=reviewed,
        confidence_now=found.confidence,
        most=ACCEPTS,
    )
    rows = [int(row) for row in np.searchsorted(clip.at, queue.at)]
    free = np.flatnonzero(~desk.touched)
    order = free[np.argsort(found.confidence[clip.at[free]], kind="stable")]
    return rows + [row for row in order.tolist() if row not in rows]


def _repeat(desk: Desk) -> None:
    """Judge some of the accepted frames again, blind."""
    n = desk.count(REPEATS)
    for row in desk.rng.permutation(desk.accepted)[:n].tolist():
        desk.give(replace(desk.blind(row), purpose="repeat"), [row])


STEPS: Final[dict[Step, Callable[[Desk], None]]] = {
    "frames": _frames,
    "flat_span": _flat_span,
    "varying_span": _varying_span,
    "honest": lambda desk: _review(desk, lazy=False),
    "lazy": lambda desk: _review(desk, lazy=True),
    "repeat": _repeat,
    "class": _class_alone,
    "clip": _clip_label,
}
