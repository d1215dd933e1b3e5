"""Assignments: who is to judge what, each answered once and by its rater."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import sqlalchemy as sa

from feltline.errors import ShapeError, StoreError
from feltline.store.event_log import EventLog, undos, write_note
from feltline.store.integrity import References
from feltline.store.log_rules import undone
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import judgements
from feltline.store.team_schema import assignments, audit_items, traces
from feltline.store.transactions import Transaction
from feltline.types import Judgement, Scope

__all__ = [
    "Assignment",
    "AssignmentKind",
    "AssignmentState",
    "Assignments",
    "NewAssignment",
    "is_open",
]

AssignmentKind = Literal[
    "label", "audit", "repeat", "training", "honeypot", "resolve", "trace"
]
AssignmentState = Literal["open", "answered", "withdrawn"]

_KEY: Final = ("rater_id", "plan", "video_id", "found_track_id", "first_frame", "kind")
"""What a plan assigns once, however often it is carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAssignment:
    """What one rater is to judge; it has no number yet.

    Attributes:
        rater_id: Who is to judge it.
        video_id: Video of the face.
        found_track_id: Found track that shows it.
        track_id: Face, by the number that it has when it is assigned.
        first_frame: First frame that is to be judged.
        last_frame: Last one.
        frame: The one of them that is shown.
        scope: What value and class are to speak of.
        kind: Why it is asked for.
        is_blind: Whether nothing of the machine may be in sight.
        priority: Those of higher priority come first.
        answer_id: Known answer that it is compared with; None = none.
        batch_id: Audit batch that it belongs to; None = none.
    """

    rater_id: str
    video_id: str
    found_track_id: int
    track_id: int
    first_frame: int
    last_frame: int
    frame: int
    scope: Scope
    kind: AssignmentKind
    is_blind: bool
    priority: float = 0.0
    answer_id: str | None = None
    batch_id: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.first_frame <= self.frame <= self.last_frame:
            raise ShapeError(
                f"an assignment of frames {self.first_frame}-{self.last_frame} cannot "
                f"show frame {self.frame}"
            )
        if not self.rater_id:
            raise ShapeError("an assignment needs the id of its rater")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(NewAssignment):
    """An assignment as it stands.

    Attributes:
        assignment_id: From 1: plan by plan, within one by rater and priority. So those
            of a rater rise in the order in which they are shown, whatever their kind.
        plan: Name of the plan that made it.
        state: `answered` while the event that answered it is in force.
        opened_at: When it was made, in UTC.
        answered_event_id: Event that answered it last, be it undone; None = none did.
    """

    assignment_id: int
    plan: str
    state: AssignmentState
    opened_at: datetime
    answered_event_id: int | None


class Assignments(EventLog):
    """What raters are asked to judge.

    An assignment is answered by a judgement that names it, in the transaction that
    saves the judgement; it is open again while that judgement is undone.
    """

    def assign(
        self, new: Sequence[NewAssignment], *, plan: str, rater: str
    ) -> list[Assignment]:
        """Make the assignments of a plan; those that it made before stay as they are.

        Args:
            new: What to assign.
            plan: Name of the plan; carried out once more, it assigns nothing twice.
            rater: Who assigns.

        Returns:
            The assignment of each, in the same order.

        Raises:
            StoreError: There is no such video or found track, or it does not reach
                there; nothing was assigned.
        """
        if not plan:
            raise StoreError("a plan of assignments needs a name")
        with self._writing() as tx:
            if n := add_assignments(tx, new, plan):
                detail = {"plan": plan, "n_assignments": n}
                write_note(tx, "assigned", rater, detail)
            known = _by_key(tx, plan)
        return [known[_key(one, plan)] for one in new]

    def open_assignments(
        self,
        rater_id: str,
        *,
        limit: int | None = None,
        after: int = 0,
        at_hand: str | None = None,
        only: str | None = None,
    ) -> list[Assignment]:
        """What a rater is to judge next, the first first.

        Args:
            rater_id: The rater.
            limit: At most so many; None = all.
            after: Without so many first ones.
            at_hand: Video that the rater is in: what is assigned there comes first.
            only: Only of this video; None = all.
        """
        columns = assignments.c
        order = [columns.priority.desc(), columns.assignment_id]
        if at_hand is not None:
            order.insert(0, sa.case((columns.video_id == at_hand, 0), else_=1))
        with self._reading() as tx:
            asked = tx.select(assignments, rater_id=rater_id, video_id=only)
            asked = asked.where(is_open(tx))
            return _read(tx, asked.order_by(*order).limit(limit).offset(after))

    def n_open_assignments(self, rater_id: str, *, video_id: str | None = None) -> int:
        """How many assignments a rater is to answer, in all videos or only one."""
        with self._reading() as tx:
            asked = tx.select(assignments, rater_id=rater_id, video_id=video_id)
            counted = asked.where(is_open(tx)).with_only_columns(sa.func.count())
            return int(tx.value(counted) or 0)

    def assignment(self, assignment_id: int) -> Assignment | None:
        """One assignment; None if there is none of that number in this project."""
        with self._reading() as tx:
            return _find(tx, assignment_id)

    def assignments(
        self,
        *,
        plan: str | None = None,
        rater_id: str | None = None,
        state: AssignmentState | None = None,
        kinds: Collection[AssignmentKind] | None = None,
        limit: int | None = None,
    ) -> list[Assignment]:
        """Assignments as they stand, in the order of their numbers.

        Args:
            plan: Only those that this plan made.
            rater_id: Only of this rater.
            state: Only those that stand so.
            kinds: Only those of these kinds.
            limit: At most so many; None = all.
        """
        with self._reading() as tx:
            asked = tx.select(assignments, plan=plan, rater_id=rater_id)
            if state == "open":
                asked = asked.where(is_open(tx))
            elif state is not None:
                asked = asked.where(assignments.c.state == state, ~is_open(tx))
            if kinds is not None:
                asked = asked.where(assignments.c.kind.in_(kinds))
            asked = asked.order_by(assignments.c.assignment_id)
            return _read(tx, asked.limit(limit))

    def withdraw(self, plan: str) -> int:
        """Ask no more for what a plan assigned and nobody answered; returns how many.

        What was answered stays so, and is asked again if the answer is undone later.
        Items of an audit batch stay: a batch ends by its own rules, or is stopped.
        """
        with self._writing() as tx:
            own = tx.update(assignments, plan=plan, batch_id=None).where(is_open(tx))
            return tx.execute(own.values(state="withdrawn")).rowcount

    def open_blind(self, rater_id: str) -> frozenset[tuple[str, int]]:
        """Videos and found tracks on which a rater has an open blind assignment."""
        columns = assignments.c
        with self._reading() as tx:
            asked = tx.select(
                *(columns.video_id, columns.found_track_id),
                rater_id=rater_id,
                is_blind=True,
            )
            rows = tx.execute(asked.where(is_open(tx)).distinct())
            return frozenset((row.video_id, row.found_track_id) for row in rows)


def add_assignments(tx: Transaction, new: Sequence[NewAssignment], plan: str) -> int:
    """Add those that a plan has not made yet; returns how many.

    Raises:
        StoreError: There is no such video or found track, or it does not reach there.
    """
    references = References(tx, (one.video_id for one in new))
    for one in new:
        _check(references, one)
    known = _by_key(tx, plan)
    fresh = {_key(one, plan): one for one in new}
    fresh = {key: one for key, one in fresh.items() if key not in known}
    if fresh:
        _insert(tx, list(fresh.values()), plan)
    return len(fresh)


def withdraw_batch(tx: Transaction, batch_id: int) -> None:
    """Ask no more for items of an audit batch that nobody answered."""
    own = tx.update(assignments, batch_id=batch_id).where(is_open(tx))
    tx.execute(own.values(state="withdrawn"))


def answer(
    tx: Transaction, assignment_id: int, event_id: int, rater_id: str
) -> Assignment:
    """Mark an assignment as answered by an event, in the transaction that writes that.

    Args:
        tx: The transaction; writers of a project follow one another, so no other can
            answer the same assignment meanwhile.
        assignment_id: The assignment.
        event_id: The event.
        rater_id: Whose event it is.

    Raises:
        StoreError: The assignment is another rater's, answered, withdrawn or none.
    """
    found = _find(tx, assignment_id)
    if found is None or found.rater_id != rater_id:
        # In the same words: nobody learns what others were assigned.
        raise StoreError(
            f"there is no assignment {assignment_id} of yours; load your work again"
        )
    if found.state == "withdrawn":
        raise StoreError(
            f"assignment {assignment_id} was withdrawn; nothing was saved, go on with "
            f"the next one"
        )
    if found.state == "answered" and found.answered_event_id != event_id:
        raise StoreError(
            f"assignment {assignment_id} is answered already, by event "
            f"{found.answered_event_id}; nothing was saved, undo that one first"
        )
    own = tx.update(assignments, assignment_id=assignment_id)
    tx.execute(own.values(state="answered", answered_event_id=event_id))
    if found.batch_id is not None:
        about = {"video_id": found.video_id, "found_track_id": found.found_track_id}
        about |= {"batch_id": found.batch_id, "frame": found.frame}
        audited = tx.update(audit_items, **about)
        tx.execute(audited.values(answered_event_id=event_id))
    return found


def answer_by(tx: Transaction, judgement: Judgement, event_id: int) -> None:
    """Mark the assignment that a judgement names, if any, as answered by it.

    Raises:
        StoreError: It is none of this rater's, or of other frames; or as `answer`.
    """
    if judgement.assignment_id is not None:
        place = judgement.video_id, *judgement.reviewed
        _answer_named(tx, judgement.assignment_id, event_id, judgement.rater, place)


def answer_trace(tx: Transaction, event_id: int, rater_id: str) -> None:
    """Mark the assignment that a trace names, if any, as answered by it.

    Raises:
        StoreError: It asks for no trace; or as `answer_by`.
    """
    row = tx.find(traces, event_id=event_id)
    if row is None or row["assignment_id"] is None:
        return
    named, place = row["assignment_id"], (row["video_id"], row["first_frame"])
    found = _answer_named(tx, named, event_id, rater_id, (*place, row["last_frame"]))
    if found.kind != "trace":
        raise StoreError(f"assignment {named} asks for a judgement, not for a trace")


def _answer_named(
    tx: Transaction, named: str, event_id: int, rater: str, place: tuple[str, int, int]
) -> Assignment:
    if not (named.isascii() and named.isdigit()):
        raise StoreError(f"{named!r} is no number of an assignment")
    found = answer(tx, int(named), event_id, rater)
    video_id, first, last = place
    is_there = first <= found.last_frame and last >= found.first_frame
    if video_id != found.video_id or not is_there:
        raise StoreError(
            f"assignment {named} asks for frames {found.first_frame}-"
            f"{found.last_frame} of {found.video_id}, but the judgement is of "
            f"{first}-{last} of {video_id}; nothing was saved"
        )
    return found


def answer_again(tx: Transaction, event_id: int, rater_id: str) -> None:
    """Mark the assignment of an answer that is brought back as answered by it.

    Raises:
        StoreError: Another answers it by now, or it was withdrawn.
    """
    for table in (judgements, traces):
        named = tx.value(tx.select(table.c.assignment_id, event_id=event_id))
        if named is not None:
            answer(tx, int(named), event_id, rater_id)


def is_open(tx: Transaction) -> sa.ColumnElement[bool]:
    """The condition that an assignment is to be answered."""
    columns = assignments.c
    gone = tx.any_of(columns.answered_event_id, undone(undos(tx)))
    return sa.or_(columns.state == "open", sa.and_(columns.state == "answered", gone))


def _read(tx: Transaction, asked: sa.Select[Any]) -> list[Assignment]:
    """Assignments as they stand: open again where their answer is undone."""
    rows = tx.rows(asked.add_columns(is_open(tx).label("is_open")))
    return [
        value_of(Assignment, row, state="open" if row["is_open"] else row["state"])
        for row in rows
    ]


def _find(tx: Transaction, assignment_id: int) -> Assignment | None:
    found = _read(tx, tx.select(assignments, assignment_id=assignment_id))
    return found[0] if found else None


def _check(references: References, one: NewAssignment) -> None:
    references.check_frame(one.video_id, one.last_frame)
    references.check_span(
        one.video_id, one.found_track_id, one.first_frame, one.last_frame
    )


def _key(one: NewAssignment, plan: str) -> tuple[object, ...]:
    return tuple(plan if name == "plan" else getattr(one, name) for name in _KEY)


def _by_key(tx: Transaction, plan: str) -> dict[tuple[object, ...], Assignment]:
    made = _read(tx, tx.select(assignments, plan=plan))
    return {_key(one, plan): one for one in made}


def _insert(tx: Transaction, new: Sequence[NewAssignment], plan: str) -> None:
    # Raters see the numbers: one out of turn would give a honeypot away.
    new = sorted(new, key=lambda one: (one.rater_id, -one.priority))
    first = tx.next_number("last_assignment", by=len(new)) - len(new) + 1
    same: dict[str, Any] = {"plan": plan, "state": "open", "answered_event_id": None}
    same["opened_at"] = datetime.now(tz=UTC)
    tx.insert(
        assignments,
        (
            {"assignment_id": number, **same, **columns_of(one, assignments)}
            for number, one in enumerate(new, start=first)
        ),
    )
