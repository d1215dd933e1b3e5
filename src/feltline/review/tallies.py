"""Tallies: what people did in each video, summed up for whoever plans the work.

Kept per video, by its last event: a judgement has its own video summed up anew, and
only when somebody looks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.review.index import VideoEntry
from feltline.store import Store, StoredJudgement
from feltline.types import Judgement, LabelSchema

__all__ = ["N_VALUE_BINS", "Audited", "RaterTally", "Tallies", "VideoTally"]

N_VALUE_BINS: Final = 20
"""Bins of the distribution of values, over the whole scale of a dimension."""

FEW: Final = 16
"""So many videos are read one by one; more, all at once."""


@dataclass(slots=True, kw_only=True)
class RaterTally:
    """What one rater did.

    Attributes:
        judgements: Judgements in force.
        labels: Those that give a value or class.
        blind: Of the labels, those given without sight of the prediction.
        active_s: Seconds spent, of the judgements that were timed.
        n_timed: How many of them were.
    """

    judgements: int = 0
    labels: int = 0
    blind: int = 0
    active_s: float = 0.0
    n_timed: int = 0

    def add(self, other: "RaterTally") -> None:
        """Add what the same rater did in another video."""
        self.judgements += other.judgements
        self.labels += other.labels
        self.blind += other.blind
        self.active_s += other.active_s
        self.n_timed += other.n_timed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audited:
    """One audit: what an accepted prediction was worth when somebody judged it blind.

    Attributes:
        rater: Who judged.
        error: Absolute difference per dimension on the unit scale; NaN = not judged.
        confidence: What the prediction promised; NaN = nothing.
    """

    rater: str
    error: Float64[np.ndarray, " m"]
    confidence: float


@dataclass(slots=True, kw_only=True, eq=False)
class VideoTally:
    """What people did in one video.

    Attributes:
        raters: By rater.
        audits: Each audit that was judged.
        values: Per dimension, labels by bin of their value.
        classes: Labels by the class that they give.
    """

    raters: dict[str, RaterTally] = field(default_factory=dict)
    audits: list[Audited] = field(default_factory=list)
    values: Int64[np.ndarray, "m b"]
    classes: Counter[str] = field(default_factory=Counter)


class Tallies:
    """Keeps the tallies of a project.

    Args:
        store: Its database.
        schema: Its label schema.
    """

    def __init__(self, store: Store, schema: LabelSchema) -> None:
        self._store, self._schema = store, schema
        self._kept: dict[str, tuple[object, VideoTally]] = {}

    def of(self, entries: Mapping[str, VideoEntry]) -> dict[str, VideoTally]:
        """The tallies of videos whose judgements are counted, up to their last event.

        Args:
            entries: The videos by name, as the index has them.
        """
        state = {
            name: (
                entry.revision,
                entry.n_judgements.total(),
                entry.record.content_hash,
            )
            for name, entry in entries.items()
        }
        kept = {name: one for name, one in self._kept.items() if name in state}
        stale = [n for n, now in state.items() if n not in kept or kept[n][0] != now]
        for name, judgements in self._judgements(stale):
            kept[name] = state[name], self._tally(judgements)
        self._kept = kept
        return {name: tally for name, (_, tally) in kept.items()}

    def _judgements(
        self, names: list[str]
    ) -> Iterable[tuple[str, Iterable[StoredJudgement]]]:
        if len(names) <= FEW:
            for name in names:
                yield name, self._store.judgements(video_id=name)
            return
        by_video: dict[str, list[StoredJudgement]] = {name: [] for name in names}
        for stored in self._store.judgements():
            if stored.judgement.video_id in by_video:
                by_video[stored.judgement.video_id].append(stored)
        yield from by_video.items()

    def _tally(self, judgements: Iterable[StoredJudgement]) -> VideoTally:
        schema = self._schema
        made = VideoTally(
            values=np.zeros((len(schema.dimensions), N_VALUE_BINS), np.int64)
        )
        for stored in judgements:
            one = stored.judgement
            _count(made.raters.setdefault(one.rater, RaterTally()), one)
            if not one.teaches:
                continue
            if one.expression is not None:
                made.classes[one.expression] += 1
            if not one.has_value:
                continue
            value = _unit(schema, one.value)
            at = np.flatnonzero(np.isfinite(value))
            bins = np.floor((value[at] + 1) / 2 * N_VALUE_BINS).astype(np.int64)
            made.values[at, np.clip(bins, 0, N_VALUE_BINS - 1)] += 1
            audited = one.audited
            if one.purpose == "audit" and audited is not None and audited.value:
                promised = audited.confidence
                made.audits.append(
                    Audited(
                        rater=one.rater,
                        error=np.abs(value - _unit(schema, audited.value)),
                        confidence=np.nan if promised is None else promised,
                    )
                )
        return made


def _count(tally: RaterTally, one: Judgement) -> None:
    is_label = one.decision in ("label", "accept", "edit")
    tally.judgements += 1
    tally.labels += is_label
    tally.blind += is_label and one.shown is None
    if one.active_s is not None:
        tally.active_s += one.active_s
        tally.n_timed += 1


def _unit(
    schema: LabelSchema, value: tuple[float | None, ...]
) -> Float64[np.ndarray, " m"]:
    """A value on the scale from -1 to 1; NaN where a dimension was not given."""
    given = np.array([np.nan if v is None else v for v in value], np.float64)
    return np.asarray(schema.to_unit(given[np.newaxis])[0], np.float64)
