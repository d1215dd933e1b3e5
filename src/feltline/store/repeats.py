"""Blind repeats: answers to shown values that were asked again with nothing shown."""

from dataclasses import dataclass

from feltline.store.event_log import EventLog, in_force
from feltline.store.judgements import read_judgements
from feltline.store.schema import judgements
from feltline.store.team_schema import assignments
from feltline.store.values import StoredJudgement

__all__ = ["Repeat", "Repeats", "plan_of_repeat"]

_PLAN = "repeat-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """Two answers of one rater to the same face, both in force.

    Attributes:
        first: With the machine's value in sight.
        again: Blind, later.
    """

    first: StoredJudgement
    again: StoredJudgement


def plan_of_repeat(event_id: int) -> str:
    """Name of the plan that asks for a judgement again: so it is asked once."""
    return f"{_PLAN}{event_id}"


class Repeats(EventLog):
    """What raters judged twice."""

    def repeats(self) -> list[Repeat]:
        """All repeats that are answered, in the order of the answers."""
        columns = assignments.c
        with self._reading() as tx:
            asked = tx.select(columns.plan, columns.answered_event_id, kind="repeat")
            answered = asked.where(columns.state == "answered")
            pairs = [
                (int(row.plan.removeprefix(_PLAN)), row.answered_event_id)
                for row in tx.execute(answered.order_by(columns.answered_event_id))
                if row.plan.startswith(_PLAN)
            ]
            numbers = {number for pair in pairs for number in pair}
            found = in_force(tx, judgements)
            found = found.where(tx.any_of(judgements.c.event_id, numbers))
            by_event = {s.event_id: s for s in read_judgements(tx, found)}
        return [
            Repeat(first=by_event[first], again=by_event[again])
            for first, again in pairs
            if first in by_event and again in by_event
        ]
