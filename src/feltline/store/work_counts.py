"""How far assigned work is: by rater and kind, and by plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from feltline.store.assignments import AssignmentKind, is_open
from feltline.store.event_log import EventLog
from feltline.store.team_schema import assignments
from feltline.store.transactions import Transaction

__all__ = ["PlanCount", "WorkCount", "WorkCounts"]

MOST_PLANS: Final = 200
"""Plans that are listed, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCount:
    """How many assignments of one kind a rater has.

    Attributes:
        rater_id: The rater.
        kind: The kind.
        n_open: Those to be answered.
        n_answered: Those that are.
    """

    rater_id: str
    kind: AssignmentKind
    n_open: int
    n_answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCount:
    """How far the assignments of one plan are.

    Attributes:
        plan: Its name.
        opened_at: When it was made, in UTC.
        n_raters: How many raters got some of it.
        n_open: Assignments to be answered.
        n_answered: Those that are.
        n_withdrawn: Those that are not asked for any more.
    """

    plan: str
    opened_at: datetime
    n_raters: int
    n_open: int
    n_answered: int
    n_withdrawn: int


class WorkCounts(EventLog):
    """Counts of assignments as they stand."""

    def work_counts(self) -> list[WorkCount]:
        """How much each rater has to do and has done, by kind."""
        by = assignments.c.rater_id, assignments.c.kind
        with self._reading() as tx:
            asked = tx.select(*by).add_columns(*_sums(tx, ("n_open", "n_answered")))
            return tx.read(WorkCount, asked.group_by(*by).order_by(*by))

    def plan_counts(self) -> list[PlanCount]:
        """How far the latest plans of people are, the newest first.

        Blind repeats, each of which is a plan of one, and audit batches are none: they
        are made and ended by their own rules.
        """
        columns = assignments.c
        newest = sa.func.max(columns.assignment_id)
        with self._reading() as tx:
            asked = tx.select(columns.plan).add_columns(
                sa.func.min(columns.opened_at, type_=columns.opened_at.type).label(
                    "opened_at"
                ),
                sa.func.count(columns.rater_id.distinct()).label("n_raters"),
                *_sums(tx, ("n_open", "n_answered", "n_withdrawn")),
            )
            asked = asked.where(columns.batch_id.is_(None), columns.kind != "repeat")
            asked = asked.group_by(columns.plan).order_by(newest.desc())
            return tx.read(PlanCount, asked.limit(MOST_PLANS))


def _sums(tx: Transaction, names: Sequence[str]) -> list[sa.Label[Any]]:
    """How many assignments of a group stand so."""
    open_now, state = is_open(tx), assignments.c.state
    conditions = {
        "n_open": open_now,
        "n_answered": sa.and_(state == "answered", ~open_now),
        "n_withdrawn": state == "withdrawn",
    }
    return [
        sa.func.sum(sa.case((conditions[name], 1), else_=0)).label(name)
        for name in names
    ]
