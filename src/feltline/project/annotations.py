"""Annotations: what people say of every frame of a track, from judgements in force.

Judgements are laid in the order in which they were given, so that a rater's later
judgement stands over the earlier one. Value and class are separate groups, and in the
value every dimension is by itself: what a judgement leaves open stays as it was. A
rejection removes both until a newer judgement. Several raters stand side by side: the
consensus of their values is by policy, their class the one that most of them chose. A
resolution (adjudication) stands over what all raters said and will say of its frames,
until a later resolution. What is judged for practice or as a test says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from feltline.project.consensus_policy import combined
from feltline.settings import CONSENSUS, ConsensusPolicy
from feltline.store import StoredJudgement
from feltline.types import Judgement, LabelSchema

__all__ = ["SOURCES", "RaterAnnotations", "TrackAnnotations", "annotate"]

SOURCES: Final = (
    *("model", "frame", "span", "accepted", "import", "set-aside", "reviewed"),
)
"""How a person came to the value or class of a frame: `model` where no person gave one,
`set-aside` where none did and the machine's was rejected or could not be judged,
`reviewed` where the machine's stands and a person dealt with it all the same, as with
the other frames of a stretch that was answered by one of them."""

MODEL, FRAME, SPAN, ACCEPTED, IMPORTED, SET_ASIDE, REVIEWED = range(len(SOURCES))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaterAnnotations:
    """What one rater says of each frame of a track. n frames, m dimensions.

    Attributes:
        value: In the schema's units, NaN in dimensions that were not given.
        expression: Index of the class, -1 = none.
        value_source: Index into `SOURCES`.
        class_source: Likewise, of the class.
        value_event: Event of the judgement that gave the value last, 0 = none.
        class_event: Likewise, of the class.
    """

    value: Float64[np.ndarray, "n m"]
    expression: Int64[np.ndarray, " n"]
    value_source: UInt8[np.ndarray, " n"]
    class_source: UInt8[np.ndarray, " n"]
    value_event: Int64[np.ndarray, " n"]
    class_event: Int64[np.ndarray, " n"]

    @classmethod
    def empty(cls, n: int, m: int) -> "RaterAnnotations":
        """Nothing said."""
        return cls(
            value=np.full((n, m), np.nan),
            expression=np.full(n, -1, np.int64),
            value_source=np.zeros(n, np.uint8),
            class_source=np.zeros(n, np.uint8),
            value_event=np.zeros(n, np.int64),
            class_event=np.zeros(n, np.int64),
        )

    def lay(self, here: slice, stored: StoredJudgement, schema: LabelSchema) -> None:
        """Put one judgement over its frames; what it leaves open stays as it was."""
        judgement = stored.judgement
        if judgement.has_value:
            for at, value in enumerate(judgement.value):
                if value is not None:
                    self.value[here, at] = value
            self.value_source[here] = _source_of(judgement)
            self.value_event[here] = stored.event_id
        if judgement.expression is not None:
            self.expression[here] = schema.class_index(judgement.expression)
            self.class_source[here] = _source_of(judgement)
            self.class_event[here] = stored.event_id

    def clear(self, here: slice) -> None:
        """Take everything away from some frames."""
        self.value[here], self.expression[here] = np.nan, -1
        for codes in (self.value_source, self.class_source):
            codes[here] = MODEL
        for events in (self.value_event, self.class_event):
            events[here] = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackAnnotations:
    """People's judgements on one track. n frames, m dimensions.

    Attributes:
        value: Consensus of the raters' values in the schema's units, or the resolved
            one; NaN in dimensions that nobody gave.
        low: Lower end of its interval; the value itself unless the engine made it.
        high: Upper end of it.
        expression: Index of the class that most raters chose (the first of several) or
            that was resolved, -1 = none.
        value_source: Index into `SOURCES` of the newest judgement of the value.
        class_source: Likewise, of the class.
        value_raters: How many raters gave a value.
        class_raters: How many gave a class.
        reviewed: Frames that a person dealt with, by whatever decision but `skip`.
        rejected: Frames whose value and class are not to be used.
        revision: Event of the newest judgement that deals with each frame, 0 = none.
        raters: Each rater by itself, as if nothing had been resolved.
    """

    value: Float64[np.ndarray, "n m"]
    low: Float64[np.ndarray, "n m"]
    high: Float64[np.ndarray, "n m"]
    expression: Int64[np.ndarray, " n"]
    value_source: UInt8[np.ndarray, " n"]
    class_source: UInt8[np.ndarray, " n"]
    value_raters: Int64[np.ndarray, " n"]
    class_raters: Int64[np.ndarray, " n"]
    reviewed: Bool[np.ndarray, " n"]
    rejected: Bool[np.ndarray, " n"]
    revision: Int64[np.ndarray, " n"]
    raters: dict[str, RaterAnnotations]

    @property
    def has_value(self) -> Bool[np.ndarray, " n"]:
        """Frames of which a person gave a value, in one dimension at least."""
        return np.asarray(self.value_raters > 0)

    @property
    def has_class(self) -> Bool[np.ndarray, " n"]:
        """Frames of which a person gave a class."""
        return np.asarray(self.class_raters > 0)


def annotate(
    frame: Int64[np.ndarray, " n"],
    judgements: Sequence[StoredJudgement],
    schema: LabelSchema,
    consensus: ConsensusPolicy = CONSENSUS,
) -> TrackAnnotations:
    """Lay judgements over the frames of a track.

    Args:
        frame: Frames of the track as it is now, increasing.
        judgements: In force on it, by its present number, in the order in which they
            were given. What labels a whole clip sums it up and says nothing of its
            single frames; what rejects one speaks of each of them.
        schema: Of the project.
        consensus: How one value is made of several raters'; the engine's own needs a
            model, and is put in the place of the mean by `Predictor.annotated`.
    """
    n, m = len(frame), len(schema.dimensions)
    raters: dict[str, RaterAnnotations] = {}
    rejected, aside = np.zeros(n, bool), np.zeros(n, bool)
    revision = np.zeros(n, np.int64)
    resolutions: list[StoredJudgement] = []
    for stored in judgements:
        judgement = stored.judgement
        gives = judgement.decision in ("label", "accept", "edit")
        is_of_clip = gives and judgement.scope == "clip"
        if judgement.decision == "skip" or is_of_clip or not judgement.teaches:
            continue
        reviewed = _slice(frame, judgement.reviewed)
        revision[reviewed] = stored.event_id
        if judgement.purpose == "resolve":
            resolutions.append(stored)
            continue
        aside[reviewed] = not gives
        here = _slice(frame, (judgement.first_frame, judgement.last_frame))
        if gives:
            rejected[here] = False
            layer = raters.setdefault(judgement.rater, RaterAnnotations.empty(n, m))
            layer.lay(here, stored, schema)
        elif judgement.decision == "reject":
            rejected[here] = True
            for layer in raters.values():
                layer.clear(here)
    made = _consensus(raters, rejected, aside, revision, schema, consensus)
    return _resolved(made, frame, resolutions, schema)


def _resolved(
    consensus: TrackAnnotations,
    frame: Int64[np.ndarray, " n"],
    resolutions: Sequence[StoredJudgement],
    schema: LabelSchema,
) -> TrackAnnotations:
    """Resolutions laid over the consensus; what they leave open is the raters'."""
    if not resolutions:
        return consensus
    own = RaterAnnotations.empty(len(frame), len(schema.dimensions))
    lifted, rejected = np.zeros((2, len(frame)), bool)
    for stored in resolutions:
        judgement = stored.judgement
        here = _slice(frame, (judgement.first_frame, judgement.last_frame))
        if judgement.decision == "reject":
            own.clear(here)
            lifted[here], rejected[here] = False, True
        elif judgement.decision != "cannot":
            own.lay(here, stored, schema)
            lifted[here], rejected[here] = True, False
    is_given = np.isfinite(own.value)
    gives_value, gives_class = own.value_event > 0, own.class_event > 0
    made = replace(
        consensus,
        rejected=(consensus.rejected & ~lifted) | rejected,
        value=np.where(is_given, own.value, consensus.value),
        low=np.where(is_given, own.value, consensus.low),
        high=np.where(is_given, own.value, consensus.high),
        value_source=np.where(gives_value, own.value_source, consensus.value_source),
        value_raters=np.where(gives_value, 1, consensus.value_raters),
        expression=np.where(gives_class, own.expression, consensus.expression),
        class_source=np.where(gives_class, own.class_source, consensus.class_source),
        class_raters=np.where(gives_class, 1, consensus.class_raters),
    )
    for values in (made.value, made.low, made.high):
        values[rejected] = np.nan
    made.expression[rejected] = -1
    for sources, counts in (
        (made.value_source, made.value_raters),
        (made.class_source, made.class_raters),
    ):
        sources[rejected], counts[rejected] = SET_ASIDE, 0
    return made


def _slice(frame: Int64[np.ndarray, " n"], ends: tuple[int, int]) -> slice:
    first, end = np.searchsorted(frame, (ends[0], ends[1] + 1))
    return slice(int(first), int(end))


def _source_of(judgement: Judgement) -> int:
    if judgement.origin == "import":
        return IMPORTED
    if judgement.decision == "accept":
        return ACCEPTED
    return SPAN if judgement.scope == "span" else FRAME


def _consensus(
    raters: dict[str, RaterAnnotations],
    rejected: Bool[np.ndarray, " n"],
    aside: Bool[np.ndarray, " n"],
    revision: Int64[np.ndarray, " n"],
    schema: LabelSchema,
    policy: ConsensusPolicy,
) -> TrackAnnotations:
    """Raters side by side as one."""
    n, m = len(revision), len(schema.dimensions)
    layers = list(raters.values()) or [RaterAnnotations.empty(n, m)]
    values = np.stack([layer.value for layer in layers])
    value = combined(values, policy)
    chosen = np.stack([layer.expression for layer in layers])
    votes = np.stack(
        [(chosen == c).sum(axis=0) for c in range(-1, len(schema.classes))]
    )
    has_class = votes[1:].sum(axis=0)
    best = votes[1:].argmax(axis=0) if len(schema.classes) else np.zeros(n, np.int64)
    return TrackAnnotations(
        value=value,
        low=value,
        high=value,
        expression=np.where(has_class > 0, best, -1),
        value_source=_newest(layers, "value", revision > 0, aside),
        class_source=_newest(layers, "class", revision > 0, aside),
        value_raters=np.isfinite(values).any(axis=2).sum(axis=0),
        class_raters=has_class,
        reviewed=revision > 0,
        rejected=rejected,
        revision=revision,
        raters=raters,
    )


def _newest(
    layers: Sequence[RaterAnnotations],
    group: str,
    reviewed: Bool[np.ndarray, " n"],
    aside: Bool[np.ndarray, " n"],
) -> UInt8[np.ndarray, " n"]:
    """Source of the newest judgement of the value or the class of each frame."""
    events = np.stack([getattr(layer, f"{group}_event") for layer in layers])
    sources = np.stack([getattr(layer, f"{group}_source") for layer in layers])
    newest = sources[events.argmax(axis=0), np.arange(events.shape[1])]
    nobodys = newest == MODEL
    newest[nobodys & reviewed] = REVIEWED
    newest[nobodys & aside] = SET_ASIDE
    return np.asarray(newest)
