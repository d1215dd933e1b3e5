"""What people have said of the frames of a track: labels and decisions, laid over it.

Labels are rows of the log. Here those in force are painted on the frames that they
speak of, in the order in which they were given, so that a rater's later word stands
over the earlier one. Several raters' words stand side by side; the value is their mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from feltline.fewshot import Choices
from feltline.store import StoredLabel, StoredReview
from feltline.types import EXPRESSIONS, FaceTrack, SupportSet

__all__ = [
    "IMPORTED",
    "ORIGINS",
    "Judged",
    "RaterWord",
    "joined_choices",
    "joined_support",
    "judged",
]

ORIGINS: Final = ("model", "frame", "span", "accepted", "import", "set-aside")
"""Where the value of a frame comes from; `set-aside` is a machine value that a person
rejected or could not judge."""

MODEL, FRAME, SPAN, ACCEPTED, IMPORTED, SET_ASIDE = range(len(ORIGINS))

MOST_OF_SPAN: Final = 8
"""So many evenly spaced frames of a span teach the engine: more of the same value would
only make it surer of itself than one judgement warrants."""


@dataclass(slots=True, eq=False)
class RaterWord:
    """One rater's word on each frame of a track. n = frames of the track.

    Attributes:
        affect: NaN where no value was given.
        expression: Index into `EXPRESSIONS`, -1 where no class was given.
        origin: Index into `ORIGINS`.
        event: The label that stands there, 0 where there is none.
        teaches: Frames whose value the engine learns from.
        teaches_class: Frames whose class it learns from.
    """

    affect: Float32[np.ndarray, "n 2"]
    expression: Int64[np.ndarray, " n"]
    origin: UInt8[np.ndarray, " n"]
    event: Int64[np.ndarray, " n"]
    teaches: Bool[np.ndarray, " n"]
    teaches_class: Bool[np.ndarray, " n"]

    @classmethod
    def blank(cls, n: int) -> "RaterWord":
        """Nothing said."""
        return cls(
            affect=np.full((n, 2), np.nan, np.float32),
            expression=np.full(n, -1, np.int64),
            origin=np.zeros(n, np.uint8),
            event=np.zeros(n, np.int64),
            teaches=np.zeros(n, bool),
            teaches_class=np.zeros(n, bool),
        )

    def paint(self, track: FaceTrack, stored: StoredLabel) -> None:
        """Put one label over its frames; a part that it leaves open stays as it was."""
        label = stored.label
        here = slice(
            int(np.searchsorted(track.frame, label.first_frame)),
            int(np.searchsorted(track.frame, label.last_frame, side="right")),
        )
        n = here.stop - here.start
        if n <= 0:
            return
        some = np.linspace(0, n - 1, min(n, MOST_OF_SPAN)).round().astype(int)
        if label.valence is not None and label.arousal is not None:
            self.affect[here] = label.valence, label.arousal
            self.teaches[here] = False
            self.teaches[here.start + some] = True
        if label.expression is not None:
            self.expression[here] = EXPRESSIONS.index(label.expression)
            self.teaches_class[here] = False
            self.teaches_class[here.start + some] = True
        self.origin[here] = _origin_of(stored)
        self.event[here] = stored.event_id

    def support(self, track: FaceTrack, rater: str) -> SupportSet:
        """The values that the engine learns from."""
        at = np.flatnonzero(self.teaches)
        return SupportSet(
            video_id=(track.video_id,) * len(at),
            track_id=np.full(len(at), track.track_id, np.int64),
            frame=track.frame[at],
            affect=self.affect[at],
            expression=self.expression[at],
            rater=(rater,) * len(at),
        )

    def choices(self, track: FaceTrack) -> Choices:
        """The classes that it learns from where there is no value beside them."""
        at = np.flatnonzero(self.teaches_class & ~self.teaches)
        return Choices(
            video_id=(track.video_id,) * len(at),
            track_id=np.full(len(at), track.track_id, np.int64),
            frame=track.frame[at],
            expression=self.expression[at],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """People's word on one track. n = frames of the track.

    Attributes:
        affect: Mean of the raters' values, NaN where nobody gave one.
        expression: Index into `EXPRESSIONS` that most raters chose, -1 where none did.
        origin: Index into `ORIGINS`.
        dealt_with: Frames that a person has labelled or decided about.
        rejected: Frames whose machine value a person rejected.
        revision: Event that the frame's word rests on last, 0 where there is none.
        support: Values (and classes beside them) that the engine learns from.
        choices: Classes that it learns from without a value.
        raters: Each rater's own word.
    """

    affect: Float32[np.ndarray, "n 2"]
    expression: Int64[np.ndarray, " n"]
    origin: UInt8[np.ndarray, " n"]
    dealt_with: Bool[np.ndarray, " n"]
    rejected: Bool[np.ndarray, " n"]
    revision: Int64[np.ndarray, " n"]
    support: SupportSet
    choices: Choices
    raters: dict[str, RaterWord]


def judged(
    track: FaceTrack,
    labels: Sequence[StoredLabel],
    reviews: Sequence[StoredReview] = (),
) -> Judged:
    """Lay labels and decisions over a track.

    Args:
        track: The track as it is now.
        labels: Labels in force that stand on it, in the order in which they were given.
            Those of a whole clip are passed over: they sum it up and say nothing of its
            frames.
        reviews: Decisions in force, in their order.
    """
    n = len(track)
    by_rater: dict[str, RaterWord] = {}
    for stored in labels:
        if stored.label.scope == "clip":
            continue
        rater = stored.label.rater
        by_rater.setdefault(rater, RaterWord.blank(n)).paint(track, stored)
    layers = list(by_rater.values())
    said = _decisions(track, reviews)
    affect, expression, origin, revision = _consensus(n, layers)
    given = revision > 0
    aside = said.aside & ~given
    origin[aside] = SET_ASIDE
    revision[aside] = said.event[aside]
    return Judged(
        affect=affect,
        expression=expression,
        origin=origin,
        dealt_with=given | said.dealt_with,
        rejected=said.rejected & aside,
        revision=revision,
        support=joined_support(
            [layer.support(track, rater) for rater, layer in by_rater.items()]
        ),
        choices=joined_choices([layer.choices(track) for layer in layers]),
        raters=by_rater,
    )


def _origin_of(stored: StoredLabel) -> int:
    if stored.label.origin == "import":
        return IMPORTED
    if stored.label.decision == "accept":
        return ACCEPTED
    return SPAN if stored.label.scope == "span" else FRAME


def _consensus(
    n: int, layers: Sequence[RaterWord]
) -> tuple[
    Float32[np.ndarray, "n 2"],
    Int64[np.ndarray, " n"],
    UInt8[np.ndarray, " n"],
    Int64[np.ndarray, " n"],
]:
    """Mean value, chosen class, origin and last event of each frame."""
    affect = np.full((n, 2), np.nan, np.float32)
    expression = np.full(n, -1, np.int64)
    origin, revision = np.zeros(n, np.uint8), np.zeros(n, np.int64)
    if not layers:
        return affect, expression, origin, revision
    values = np.stack([layer.affect for layer in layers])
    given = np.isfinite(values).all(axis=2)
    count = given.sum(axis=0)
    has_value = count > 0
    summed = np.where(given[..., None], values, 0).sum(axis=0)
    affect[has_value] = summed[has_value] / count[has_value, None]
    votes = np.stack(
        [
            sum((layer.expression == c).astype(np.int64) for layer in layers)
            for c in range(len(EXPRESSIONS))
        ]
    )
    expression = np.where(votes.sum(axis=0) > 0, votes.argmax(axis=0), -1)
    events = np.stack([layer.event for layer in layers])
    last = events.argmax(axis=0)
    origin = np.stack([layer.origin for layer in layers])[last, np.arange(n)]
    return affect, expression, origin, events.max(axis=0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Decisions:
    """What reviews say of each frame: dealt with, set aside, rejected; the last event.

    To accept or to mend a frame deals with its neighbours too, but leaves them the
    machine's.
    """

    dealt_with: Bool[np.ndarray, " n"]
    aside: Bool[np.ndarray, " n"]
    rejected: Bool[np.ndarray, " n"]
    event: Int64[np.ndarray, " n"]


def _decisions(track: FaceTrack, reviews: Sequence[StoredReview]) -> _Decisions:
    n = len(track)
    dealt, aside, rejected = (np.zeros(n, bool) for _ in range(3))
    event = np.zeros(n, np.int64)
    for stored in reviews:
        review = stored.review
        if review.decision == "skip":
            continue
        inside = (track.frame >= review.first_frame) & (
            track.frame <= review.last_frame
        )
        dealt[inside] = True
        aside[inside] = review.decision in ("reject", "unsure")
        rejected[inside] = review.decision == "reject"
        event[inside] = stored.event_id
    return _Decisions(dealt_with=dealt, aside=aside, rejected=rejected, event=event)


def joined_choices(parts: Sequence[Choices]) -> Choices:
    """Several sets of choices as one."""
    none = np.empty(0, np.int64)
    return Choices(
        video_id=tuple(v for part in parts for v in part.video_id),
        track_id=np.concatenate([none, *(part.track_id for part in parts)]),
        frame=np.concatenate([none, *(part.frame for part in parts)]),
        expression=np.concatenate([none, *(part.expression for part in parts)]),
    )


def joined_support(parts: Sequence[SupportSet]) -> SupportSet:
    """Several support sets as one."""
    none = np.empty(0, np.int64)
    return SupportSet(
        video_id=tuple(v for part in parts for v in part.video_id),
        track_id=np.concatenate([none, *(part.track_id for part in parts)]),
        frame=np.concatenate([none, *(part.frame for part in parts)]),
        affect=np.concatenate(
            [np.empty((0, 2), np.float32), *(part.affect for part in parts)]
        ),
        expression=np.concatenate([none, *(part.expression for part in parts)]),
        rater=tuple(r for part in parts for r in part.rater),
    )
