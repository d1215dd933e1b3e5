"""Blind repeats: some answers to shown values are asked again, for anchoring control.

One answer to a shown value in so many brings a repeat of one that the rater gave some
time ago, as a blind assignment. Which does is decided by a hash, so that nobody can
foretell it and a request that is sent twice asks once.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.agreement.anchoring import Pull, anchoring_pull
from feltline.review.live import LiveProject
from feltline.store import (
    Assignment,
    NewAssignment,
    Repeat,
    StoredJudgement,
    plan_of_repeat,
)
from feltline.types import Judgement, LabelSchema

__all__ = [
    "AFTER",
    "RaterPull",
    "anchoring_of",
    "ask_again",
    "is_anchored",
    "repeat_of",
]

AFTER: Final = 30
"""A face is asked for again after so many other answers of the rater, at the least."""
WITHIN: Final = 60
"""And only if it is among so many last ones."""

_DRAW: Final = 2.0**64


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterPull:
    """How far shown values pull one rater in one dimension."""

    rater_id: str
    dimension: str
    pull: Pull


def ask_again(live: LiveProject, rater_id: str, event_id: int) -> Assignment | None:
    """Assign a blind repeat to a rater, if a new answer to a shown value brings one.

    Args:
        live: The project.
        rater_id: The rater.
        event_id: The new answer.

    Returns:
        The assignment; None where there is none to make.
    """
    project = live.project
    named = f"{project.settings.project_id}\0{event_id}\0repeat"
    digest = hashlib.sha256(named.encode()).digest()
    if int.from_bytes(digest[:8], "big") / _DRAW >= project.settings.audit.repeat_share:
        return None
    store = project.store
    last = store.recent_judgements(limit=WITHIN, rater=rater_id)
    for stored in reversed(last[:-AFTER]):
        plan = plan_of_repeat(stored.event_id)
        if not is_anchored(stored.judgement) or store.assignments(plan=plan):
            continue
        # In nobody's name: the rater reads the own entries of the log.
        return store.assign([repeat_of(stored)], plan=plan, rater="")[0]
    return None


def is_anchored(one: Judgement) -> bool:
    """Whether a judgement gives a frame a value while the machine's was in sight."""
    return (
        one.scope == "frame"
        and one.has_value
        and one.purpose in ("work", "suggested")
        and one.shown is not None
        and one.shown.value is not None
    )


def repeat_of(stored: StoredJudgement) -> NewAssignment:
    """The assignment that asks for a judgement again, blind."""
    given = stored.judgement
    return NewAssignment(
        rater_id=given.rater,
        video_id=given.video_id,
        found_track_id=stored.found_track_id,
        track_id=given.track_id,
        first_frame=given.first_frame,
        last_frame=given.last_frame,
        frame=given.first_frame,
        scope="frame",
        kind="repeat",
        is_blind=True,
    )


def anchoring_of(live: LiveProject) -> list[RaterPull]:
    """The pull of shown values on each rater who repeated anything."""
    by_rater: dict[str, list[Repeat]] = {}
    for one in live.project.store.repeats():
        by_rater.setdefault(one.first.judgement.rater, []).append(one)
    names = live.project.schema.dimension_names
    return [
        RaterPull(rater_id=rater, dimension=name, pull=_pull(live, repeats, at))
        for rater, repeats in sorted(by_rater.items())
        for at, name in enumerate(names)
    ]


def _pull(live: LiveProject, repeats: Sequence[Repeat], at: int) -> Pull:
    """The pull in one dimension, of the repeats that gave it both times."""
    schema = live.project.schema
    rows = np.array([_unit(schema, one) for one in repeats], np.float64)[:, :, at]
    rows = rows[np.isfinite(rows).all(axis=1)]
    return anchoring_pull(rows[:, 0], rows[:, 1], rows[:, 2])


def _unit(schema: LabelSchema, one: Repeat) -> Float64[np.ndarray, "3 m"]:
    """The shown, the given and the blind value on the scale [-1, 1]; NaN = none."""
    shown = one.first.judgement.shown
    values = (
        None if shown is None else shown.value,
        one.first.judgement.value,
        one.again.judgement.value,
    )
    none = (None,) * len(schema.dimensions)
    rows = np.array([value or none for value in values], np.float64)
    return np.asarray(schema.to_unit(rows), np.float64)
