"""Observations: what the engine learns from a track's judgements, one of each.

A later judgement of the same rater replaces what that rater said before of the same
frames, each dimension and the class by itself; a later reject, whoever gives it, takes
all values and classes off its frames. What is left of a span is one observation still:
the mean of the curve over what is left. The mean of a whole clip says nothing of any
one frame, so it replaces, and is replaced by, such means alone. A resolution
(adjudication) replaces what all raters said, earlier or later, until a later
resolution. Answers to training items and honeypots say something of their rater and
nothing new of the frame: they are left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float64, Int64

from feltline.errors import ShapeError
from feltline.fewshot.gp.shipped import EXTRA_NOISE
from feltline.types import (
    FaceTrack,
    Judgement,
    LabelSchema,
    NoiseKind,
    Observation,
)

__all__ = ["StoredLike", "observations_of"]

MOST_POSITIONS: Final = 16
"""Evenly spread positions that stand for a span: the mean of a curve that is smooth
over a sixteenth of it."""


@runtime_checkable
class StoredLike(Protocol):
    """A judgement with the event that entered it."""

    @property
    def event_id(self) -> int:
        """Orders judgements; 1 is the first."""
        ...

    @property
    def judgement(self) -> Judgement:
        """Numbered by the tracks as they are now."""
        ...


def observations_of(
    track: FaceTrack, judgements: Iterable[StoredLike], schema: LabelSchema
) -> list[Observation]:
    """One observation per judgement that has something left to say of a track.

    Args:
        track: The track as it is now.
        judgements: Those of this track in force, in order of event.
        schema: Dimensions, units and classes; values are brought to the unit scale.

    Returns:
        In order of event. A judgement of which one dimension was replaced or moved and
        another was not gives one for each part. Frames outside the track say nothing.

    Raises:
        ShapeError: A class is not in the schema, or a value has not one entry per
            dimension.
    """
    m = len(schema.dimensions)
    latest_first = [s for s in judgements if s.judgement.teaches][::-1]
    is_resolution = [s.judgement.purpose == "resolve" for s in latest_first]
    resolved = _Later(n=len(track), columns=m + 1)
    later = _Later(n=len(track), columns=m + 1, resolved=resolved)
    made: list[list[Observation]] = []
    accepted: dict[tuple[str, int], Float64[np.ndarray, " m"]] = {}
    for stored, is_one in zip(latest_first, is_resolution, strict=True):
        if is_one:  # first of all: they also take off what was said after them
            here = _frames_of(track, stored.judgement)
            if stored.judgement.decision == "reject":
                resolved.reject(here)
            if stored.judgement.has_value or stored.judgement.expression is not None:
                made.append(_observed(stored, here, resolved, schema))
    for stored, is_one in zip(latest_first, is_resolution, strict=True):
        if is_one:
            continue
        one = stored.judgement
        here = _frames_of(track, one)
        if one.decision == "reject":
            later.reject(here)
        if one.has_value or one.expression is not None:
            made.append(_observed(stored, here, later, schema))
        if one.decision == "accept" and one.scope == "frame" and one.has_value:
            accepted[one.rater, here.start] = _unit_value(one, schema)
    every = [part for parts in made for part in parts]
    every.sort(key=lambda part: part.judgement_id)  # stable: parts stay in order
    return [_beside(one, accepted) for one in every] if accepted else every


@dataclass(slots=True, eq=False)
class _Later:
    """Which frames later judgements speak of, per rater and column, from the last on.

    Columns: the dimensions, then the class. It holds masks only for raters who spoke,
    of whole clips and of parts apart; resolutions, whoever gives them, are one rater's.
    """

    n: int
    columns: int
    taken: dict[tuple[str, bool], np.ndarray] = field(default_factory=dict)
    rejected: np.ndarray | None = None
    resolved: "_Later | None" = None
    """What resolutions take off, where this is of raters."""

    def left(self, one: Judgement, column: int, here: slice) -> Int64[np.ndarray, " p"]:
        """Positions of which the rater says nothing later; takes them."""
        is_resolution = self.resolved is None
        layer = "" if is_resolution else one.rater, one.scope == "clip"
        if layer not in self.taken:
            self.taken[layer] = np.zeros((self.columns, self.n), bool)
        mine = self.taken[layer][column, here]
        free = ~mine
        if self.rejected is not None:
            free &= ~self.rejected[here]
        if self.resolved is not None:
            free &= ~self.resolved.takes_off(column, here, is_clip=layer[1])
        mine[:] = True
        return np.asarray(here.start + np.flatnonzero(free))

    def takes_off(
        self, column: int, here: slice, *, is_clip: bool
    ) -> Bool[np.ndarray, " p"]:
        """Frames of which raters have nothing left to say in a column."""
        taken = self.taken.get(("", is_clip))
        off = np.zeros(here.stop - here.start, bool)
        off |= False if taken is None else taken[column, here]
        off |= False if self.rejected is None else self.rejected[here]
        return off

    def reject(self, here: slice) -> None:
        """Take frames off for everybody."""
        if self.rejected is None:
            self.rejected = np.zeros(self.n, bool)
        self.rejected[here] = True


def _beside(
    one: Observation, accepted: dict[tuple[str, int], Float64[np.ndarray, " m"]]
) -> Observation:
    """A blind observation with what its rater had accepted at the same frame."""
    before = accepted.get((one.rater, one.middle))
    if before is None or one.noise != "blind":
        return one
    return replace(one, accepted=np.where(np.isfinite(one.value), before, np.nan))


def _frames_of(track: FaceTrack, one: Judgement) -> slice:
    """Positions in the track that a judgement speaks of; may be empty."""
    return slice(
        int(np.searchsorted(track.frame, one.first_frame)),
        int(np.searchsorted(track.frame, one.last_frame, side="right")),
    )


def _observed(
    stored: StoredLike, here: slice, later: _Later, schema: LabelSchema
) -> list[Observation]:
    """What is left of one judgement: a part per set of frames and kind of noise."""
    one, m = stored.judgement, len(schema.dimensions)
    value = _unit_value(one, schema)
    chosen = schema.class_index(one.expression)
    parts: dict[tuple[bytes, NoiseKind], tuple[np.ndarray, np.ndarray, int]] = {}
    for column in range(m + 1):
        said = chosen >= 0 if column == m else bool(np.isfinite(value[column]))
        if not said:
            continue
        left = later.left(one, column, here)
        if not len(left):
            continue
        if column == m:
            key = next((k for k in parts if k[0] == left.tobytes()), None)
            key = key or (left.tobytes(), _kind(one, None))
        else:
            key = (left.tobytes(), _kind(one, column))
        _, mine, _ = parts.get(key, (left, np.full(m, np.nan), -1))
        if column < m:
            mine[column] = value[column]
        parts[key] = (left, mine, chosen if column == m else -1)
    return [_observation(stored, kind, *part) for (_, kind), part in parts.items()]


def _observation(
    stored: StoredLike,
    kind: NoiseKind,
    left: Int64[np.ndarray, " p"],
    value: Float64[np.ndarray, " m"],
    chosen: int,
) -> Observation:
    position, shown = left, stored.judgement.shown
    if len(left) > MOST_POSITIONS:
        # Midpoint rule: the middles of as many equal parts.
        middle = (np.arange(MOST_POSITIONS) + 0.5) * len(left) / MOST_POSITIONS
        position = left[middle.astype(np.int64)]
    return Observation(
        judgement_id=stored.event_id,
        position=position,
        weight=np.full(len(position), 1 / len(position)),
        value=value,
        expression=chosen,
        rater=stored.judgement.rater,
        noise=kind,
        unsure=stored.judgement.unsure,
        shown_confidence=shown.confidence if shown is not None else None,
    )


def _unit_value(one: Judgement, schema: LabelSchema) -> Float64[np.ndarray, " m"]:
    """A judgement's value on the unit scale; NaN where it gives none."""
    m = len(schema.dimensions)
    given: Sequence[float | None] = one.value or (None,) * m
    if len(given) != m:
        names = ", ".join(schema.dimension_names)
        raise ShapeError(
            f"a value needs one number (or none) for each of {names}, but the "
            f"judgement of {one.video_id} by {one.rater} has {len(given)}"
        )
    known = np.array([np.nan if v is None else v for v in given], np.float64)
    return schema.to_unit(known)


def _kind(one: Judgement, dimension: int | None) -> NoiseKind:
    """Which noise a judgement has in a dimension (None: its class)."""
    kinds: dict[str, NoiseKind] = {"frame": "blind", "span": "span", "clip": "clip"}
    own, was_shown = kinds[one.scope], _was_shown(one, dimension)
    if one.decision == "label" and not was_shown:
        return own
    answer: NoiseKind = "accept" if one.decision == "accept" else "edit"
    if was_shown and dimension is not None and len(one.touched) > dimension:
        answer = "edit" if one.touched[dimension] else "accept"
    # The larger noise; of equal ones the first, which the rater chose.
    either = (own, answer) if one.decision == "label" else (answer, own)
    return max(either, key=EXTRA_NOISE.__getitem__)


def _was_shown(one: Judgement, dimension: int | None) -> bool:
    """Whether the machine had its say in a dimension (None: the class) in sight.

    On the page of a frame its curve is in sight though no value is, so such a frame is
    not blind; the mean of a span or of a clip shows in no curve.
    """
    if one.shown is None:
        return False
    if one.shown.proposed_by_class:
        return True  # whoever saw a proposal does not measure the model's errors
    if one.shown.value is None:
        return one.scope == "frame"
    given = one.shown.value
    return dimension is None or (
        len(given) > dimension and given[dimension] is not None
    )
