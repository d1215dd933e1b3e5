"""Audit batches of a project that is worked in: what they found, and what follows.

A batch is open until the upper bound of the error rate is at or under the agreed one
(passed), the lower bound is above it, or the sample is spent (reopened). Both bounds
hold whenever they are looked at, so it is decided after each answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64

from feltline.agreement.error_bounds import (
    error_lower_bound,
    error_upper_bound,
    least_confidence,
)
from feltline.review.live import LiveProject
from feltline.store import AuditBatch, AuditedItem, AuditItem, BatchState
from feltline.types import Judgement, LabelSchema

__all__ = ["MOST_WEIGHT", "BatchOutcome", "is_wrong", "outcome_of", "settle_batches"]

MOST_WEIGHT: Final = 2.0
"""Half of each draw is uniform, so no item weighs more."""

SLACK: Final = 1e-6
"""So much more than the tolerance is no error: labels are kept as float32."""


KEPT: Final = 128
"""Bounds of so many batches are remembered: a long one takes half a second."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchOutcome:
    """What a batch found so far. n = items that are judged.

    Attributes:
        judged: These items, in the order in which they were judged.
        wrong: Whether each of them is wrong.
        lower: Lower bound of the error rate after each.
        upper: Upper bound likewise.
        error_rate: Weighted estimate of the error rate; NaN without any.
        n_items: Items that were drawn.
        state: What follows by now.
    """

    judged: tuple[AuditedItem, ...]
    wrong: Bool[np.ndarray, " n"]
    lower: Float64[np.ndarray, " n"]
    upper: Float64[np.ndarray, " n"]
    error_rate: float
    n_items: int
    state: BatchState

    @property
    def lower_bound(self) -> float:
        """Of the error rate, after all items that are judged."""
        return float(self.lower[-1]) if len(self.lower) else 0.0

    @property
    def upper_bound(self) -> float:
        """Of the error rate, after all items that are judged."""
        return float(self.upper[-1]) if len(self.upper) else 1.0


def is_wrong(
    item: AuditItem, answer: Judgement, schema: LabelSchema, tolerance: float
) -> bool:
    """Whether an accepted label is wrong by what a person says who did not see it.

    It is if a value that was given is off by more than the tolerance, or if only a
    class was given and the model has another. What is rejected, or cannot be judged, is
    wrong as well: nobody confirms it.

    Args:
        item: What the model said.
        answer: What the person says.
        schema: The label schema.
        tolerance: On the scale [-1, 1].
    """
    if answer.decision not in ("label", "accept", "edit"):
        return True
    if answer.has_value:
        given, said = (
            schema.to_unit(np.array([value], np.float64))[0]
            for value in (answer.value, item.value)
        )
        error = np.abs(given - said)
        error = error[np.isfinite(error)]
        if len(error):
            return bool((error > tolerance + SLACK).any())
    return answer.expression is None or answer.expression != item.expression


def outcome_of(
    batch: AuditBatch, items: Sequence[AuditedItem], schema: LabelSchema
) -> BatchOutcome:
    """What a batch found so far, whenever that is.

    Args:
        batch: The batch.
        items: Its items in the order in which they were drawn.
        schema: The label schema.
    """
    given = [(one.answer.event_id, at) for at, one in enumerate(items) if one.answer]
    judged = tuple(items[at] for _, at in sorted(given))
    wrong = np.array(
        [
            is_wrong(one.item, one.answer.judgement, schema, batch.tolerance)
            for one in judged
            if one.answer is not None
        ],
        bool,
    )
    weight = np.array([one.item.weight for one in judged], np.float64)
    lower, upper = _bounds(tuple(wrong.tolist()), tuple(weight.tolist()), batch.risk)
    state: BatchState = "open"
    if not items or (len(upper) and upper[-1] <= batch.bound):
        state = "passed"
    elif len(judged) == len(items) or lower[-1:].sum() > batch.bound:
        state = "reopened"
    return BatchOutcome(
        judged=judged,
        wrong=wrong,
        lower=lower,
        upper=upper,
        error_rate=float((weight * wrong).mean()) if len(judged) else float("nan"),
        n_items=len(items),
        state=state,
    )


@lru_cache(maxsize=KEPT)
def _bounds(
    wrong: tuple[bool, ...], weight: tuple[float, ...], risk: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound after each item; those of former batches do not change."""
    given = np.array(wrong, bool), np.array(weight, np.float64)
    return (
        error_lower_bound(*given, risk=risk, most_weight=MOST_WEIGHT),
        error_upper_bound(*given, risk=risk, most_weight=MOST_WEIGHT),
    )


def settle_batches(live: LiveProject) -> bool:
    """Close open batches that are decided by now; returns whether any was.

    Two servers may do so at once: the first one does, in one transaction.
    """
    store = live.project.store
    is_any = False
    for batch in store.audit_batches(state="open"):
        found = outcome_of(
            batch, store.audit_items(batch.batch_id), live.project.schema
        )
        if found.state == "passed":
            is_any |= store.close_batch(batch.batch_id, "passed", rater="")
        elif found.state == "reopened":
            is_any |= store.close_batch(
                batch.batch_id,
                "reopened",
                rater=batch.rater or live.project.settings.rater,
                reopens=(_videos_of(live, batch), _least_confidence(batch, found)),
            )
    return is_any


def _videos_of(live: LiveProject, batch: AuditBatch) -> list[str]:
    """Videos that were there when a batch was drawn: it speaks of all of them."""
    return [
        name
        for name, entry in live.index.videos.items()
        if entry.record.added_at <= batch.created_at
    ]


def _least_confidence(batch: AuditBatch, found: BatchOutcome) -> float:
    return least_confidence(
        found.wrong,
        np.array([one.item.weight for one in found.judged], np.float64),
        np.array([one.item.confidence for one in found.judged], np.float64),
        above=batch.threshold,
        bound=batch.bound,
        risk=batch.risk,
        most_weight=MOST_WEIGHT,
    )
