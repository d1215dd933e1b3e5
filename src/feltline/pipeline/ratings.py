"""What raters said blind, as tables of raters by items: of one video, or of several.

An item is what two raters can both have judged: a frame of a face, the same span of it,
or the whole face. Only judgements count that were given with nothing of the machine in
sight: who accepts or edits what is shown agrees with it, not with another rater. Where
a rater judged an item more than once, the last one stands; the repeat of an item
(purpose `repeat`) is compared with the one before it. Answers to practice items and
honeypots are compared with what is known, not with other raters.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from feltline.store import StoredJudgement
from feltline.types import Judgement, LabelSchema

__all__ = ["DAY_S", "RatingTable", "Repeats", "pooled", "ratings_in"]

DAY_S = 86_400.0

Item = tuple[str, int, int, int]
"""Video, track as it is now, first and last frame; a whole face has -1 and -1."""

Repeats = Mapping[tuple[int, str], Sequence[tuple[float, float]]]
"""By dimension and rater: first and second rating of each item that was repeated."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RatingTable:
    """Ratings of r raters of n items in m dimensions, in the units of the schema.

    Attributes:
        raters: Ids of who gave a value or class, sorted.
        values: What each said; NaN where nothing.
        day: When, in days since 1970; NaN likewise.
        votes: Index of the class that each chose; -1 where none.
        repeats: What was rated twice.
        n_blind: Judgements that count, by rater.
        n_shown: Judgements left out because the machine's value was in sight, by rater.
    """

    raters: tuple[str, ...]
    values: Float64[np.ndarray, "r n m"]
    day: Float64[np.ndarray, "r n m"]
    votes: Int64[np.ndarray, "r n"]
    repeats: Repeats
    n_blind: Counter[str]
    n_shown: Counter[str]


def ratings_in(
    judgements: Iterable[StoredJudgement], schema: LabelSchema
) -> RatingTable:
    """The ratings among judgements.

    Args:
        judgements: In force, in order, on tracks as they are now.
        schema: Of the project.
    """
    value: dict[tuple[str, Item, int], tuple[float, float]] = {}
    vote: dict[tuple[str, Item], int] = {}
    repeats: dict[tuple[int, str], list[tuple[float, float]]] = {}
    blind, shown = Counter[str](), Counter[str]()
    for stored in judgements:
        said = stored.judgement
        gives = said.decision in ("label", "accept", "edit")
        if not gives or said.purpose == "resolve" or not said.teaches:
            continue
        if said.shown is not None and said.shown.value is not None:
            shown[said.rater] += 1
            continue
        blind[said.rater] += 1
        item, day = _item(said), stored.at.timestamp() / DAY_S
        for at, own in enumerate(said.value):
            if own is None:
                continue
            key = (said.rater, item, at)
            if said.purpose == "repeat" and key in value:
                repeats.setdefault((at, said.rater), []).append((value[key][0], own))
            value[key] = (own, day)
        if said.expression is not None:
            vote[said.rater, item] = schema.class_index(said.expression)
    raters = tuple(sorted({r for r, _, _ in value} | {r for r, _ in vote}))
    items = dict.fromkeys([*(i for _, i, _ in value), *(i for _, i in vote)])
    row = {rater: number for number, rater in enumerate(raters)}
    column = {item: number for number, item in enumerate(items)}
    shape = len(raters), len(items), len(schema.dimensions)
    values, days = np.full((2, *shape), np.nan)
    votes = np.full(shape[:2], -1, np.int64)
    for (rater, item, at), (own, day) in value.items():
        place = row[rater], column[item], at
        values[place], days[place] = own, day
    for (rater, item), chosen in vote.items():
        votes[row[rater], column[item]] = chosen
    return RatingTable(
        raters=raters,
        values=values,
        day=days,
        votes=votes,
        repeats=repeats,
        n_blind=blind,
        n_shown=shown,
    )


def pooled(tables: Sequence[RatingTable], n_dimensions: int) -> RatingTable:
    """Ratings of several videos as one table."""
    raters = tuple(sorted({rater for one in tables for rater in one.raters}))
    row = {rater: number for number, rater in enumerate(raters)}
    n = sum(one.votes.shape[1] for one in tables)
    values, day = np.full((2, len(raters), n, n_dimensions), np.nan)
    votes = np.full((len(raters), n), -1, np.int64)
    repeats: dict[tuple[int, str], list[tuple[float, float]]] = {}
    blind, shown = Counter[str](), Counter[str]()
    first = 0
    for one in tables:
        here = slice(first, first + one.votes.shape[1])
        rows = [row[rater] for rater in one.raters]
        values[rows, here], day[rows, here] = one.values, one.day
        votes[rows, here] = one.votes
        for key, pairs in one.repeats.items():
            repeats.setdefault(key, []).extend(pairs)
        blind.update(one.n_blind)
        shown.update(one.n_shown)
        first = here.stop
    return RatingTable(
        raters=raters,
        values=values,
        day=day,
        votes=votes,
        repeats=repeats,
        n_blind=blind,
        n_shown=shown,
    )


def _item(said: Judgement) -> Item:
    if said.scope == "clip":
        return said.video_id, said.track_id, -1, -1
    return said.video_id, said.track_id, said.first_frame, said.last_frame
