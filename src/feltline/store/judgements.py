"""Judgements: saved once, read back as they are in force, counted and compared."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.assignments import answer_by
from feltline.store.event_log import (
    EventLog,
    NewEvent,
    append,
    in_force,
    last_event_id,
    saved_before,
    undos,
    with_events,
)
from feltline.store.integrity import References
from feltline.store.label_schemas import check_judgement, schema_in_force
from feltline.store.log_rules import undone
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import Columns, events, judgements
from feltline.store.team_schema import assignments
from feltline.store.transactions import Transaction
from feltline.store.values import (
    JudgementCount,
    JudgementDelta,
    NewJudgement,
    SavedEvent,
    StoredJudgement,
)
from feltline.types import PRACTICE, Decision, Judgement, Purpose, Shown


class Judgements(EventLog):
    """What people say of faces; append-only."""

    def give_judgements(
        self, given: Sequence[NewJudgement], *, unless_known: bool = False
    ) -> list[SavedEvent]:
        """Save judgements, all or none; an event each.

        What is known already is found in the writing transaction, and before anything
        is asked about videos or tracks: a judgement sent once more is acknowledged
        whatever became of its track meanwhile.

        Args:
            given: Each judgement with the found track that it stands on, and the
                client_id that the browser gave it.
            unless_known: Whether one is known, too, if a judgement in force says the
                same of the same found track, and nothing that its rater said later
                replaces it: two imports at once save it once, and what was replaced
                can be said again.

        Returns:
            The acknowledgement of each, in the same order.

        Raises:
            StoreError: There is no such video, frame or found track, a judgement does
                not fit the label schema, an assignment that it answers is not this
                rater's or not open (but for audits that are decided: what comes late
                is work like other), or a client_id stands for another change, be it
                one of these.
        """
        _check_names(given)
        with self._writing() as tx:
            given = [_late_as_work(tx, one) for one in given]
            known = saved_before(
                tx, [_event_of(one) for one in given if one[2] is not None]
            )
            same = _same_in_force(tx, given) if unless_known else {}
            fresh: dict[str | int | tuple[Judgement, int], int] = {}
            answers: list[SavedEvent | int] = []
            for i, (judgement, found, name) in enumerate(given):
                if name is not None and name in known:
                    answers.append(known[name])
                elif unless_known and (judgement, found) in same:
                    answers.append(same[judgement, found])
                else:
                    key = (judgement, found) if unless_known and not name else name or i
                    answers.append(fresh.setdefault(key, i))
            at = list(fresh.values())
            _check(tx, [given[i] for i in at])
            saved = append(tx, [_event_of(given[i]) for i in at])
            for i, event in zip(at, saved, strict=True):
                answer_by(tx, given[i][0], event.event_id)
        by_place = dict(zip(at, saved, strict=True))
        return [by_place[a] if isinstance(a, int) else a for a in answers]

    def count_known(self, given: Sequence[NewJudgement]) -> int:
        """How many of these `give_judgements` would take for known; nothing is written.

        Raises:
            StoreError: One of them could not be saved.
        """
        with self._reading() as tx:
            same = _same_in_force(tx, given)
            _check(tx, [one for one in given if one[:2] not in same])
            return sum(one[:2] in same for one in given)

    def judgements(
        self,
        *,
        video_id: str | None = None,
        at: int | None = None,
        after: int = 0,
        purposes: Collection[Purpose] | None = None,
    ) -> list[StoredJudgement]:
        """Judgements in force, in the order in which they were given.

        Args:
            video_id: Only of this video.
            at: As the log stood when this was its last event; None = now.
            after: Only those given after this event.
            purposes: Only those that were asked for one of these reasons.
        """
        with self._reading() as tx:
            asked = in_force(tx, judgements, at=at, after=after, video_id=video_id)
            if purposes is not None:
                asked = asked.where(judgements.c.purpose.in_(purposes))
            return read_judgements(tx, asked)

    def judgement_delta(self, after: int, until: int | None = None) -> JudgementDelta:
        """What judgements came and went between two states of the log.

        Args:
            after: The last event of the first state.
            until: The last event of the second one; None = now. It may be the earlier.
        """
        with self._reading() as tx:
            end = last_event_id(tx) if until is None else until
            taken = undos(tx)
            before, now = undone(taken, at=after), undone(taken, at=end)
            low, high = sorted((after, end))
            asked, number = with_events(tx, judgements), judgements.c.event_id
            # Two statements: each finds its rows by the key, one for both by no index.
            moved = [n for n in before ^ now if n <= low]
            found = (
                read_judgements(tx, asked.where(tx.any_of(number, moved)))
                if moved
                else []
            )
            found += read_judgements(tx, asked.where(number > low, number <= high))
        was = [s for s in found if s.event_id <= after and s.event_id not in before]
        is_now = [s for s in found if s.event_id <= end and s.event_id not in now]
        old, new = {s.event_id for s in was}, {s.event_id for s in is_now}
        return JudgementDelta(
            until=end,
            added=tuple(s for s in is_now if s.event_id not in old),
            removed=tuple(s for s in was if s.event_id not in new),
        )

    def judgement_counts(
        self, at: int | None = None, *, rater: str | None = None
    ) -> list[JudgementCount]:
        """How many judgements are in force, by all that `JudgementCount` names.

        Args:
            at: As the log stood when this was its last event; None = now.
            rater: Only of this rater; None = all.
        """
        by = (
            judgements.c.video_id,
            judgements.c.found_track_id,
            events.c.rater,
            judgements.c.decision,
            judgements.c.purpose,
            judgements.c.origin,
        )
        with self._reading() as tx:
            asked = (
                _of_rater(in_force(tx, judgements, at=at), rater)
                .with_only_columns(*by, sa.func.count().label("count"))
                .group_by(*by)
                .order_by(None)
                .order_by(*by)
            )
            return tx.read(JudgementCount, asked)

    def label_counts(self, decisions: Collection[Decision]) -> dict[str, int]:
        """Labels of each video in force, as a person counts them.

        Whoever labels the same stretch of a face anew has one label there, not two;
        answers to training items and honeypots are none.

        Args:
            decisions: Those that give a value or class.
        """
        columns = judgements.c
        with self._reading() as tx:
            places = (
                in_force(tx, judgements)
                .where(columns.decision.in_(decisions))
                .where(columns.purpose.not_in(PRACTICE))
                .with_only_columns(
                    *(columns.video_id, columns.found_track_id, events.c.rater),
                    *(columns.scope, columns.first_frame, columns.last_frame),
                )
                .order_by(None)
                .distinct()
                .subquery()
            )
            by_video = places.c.video_id
            n_labels = sa.func.count().label("n")
            rows = tx.rows(sa.select(by_video, n_labels).group_by(by_video))
        return {row["video_id"]: row["n"] for row in rows}

    def active_seconds(
        self, *, video_id: str | None = None, rater: str | None = None
    ) -> float:
        """Seconds spent on judgements in force, as far as they were measured.

        Args:
            video_id: Only of this video.
            rater: Only of this rater.
        """
        with self._reading() as tx:
            asked = in_force(tx, judgements, video_id=video_id).order_by(None)
            asked = _of_rater(asked, rater)
            total = sa.func.sum(judgements.c.active_s)
            return float(tx.value(asked.with_only_columns(total)) or 0)

    def recent_judgements(
        self, limit: int = 50, *, rater: str | None = None
    ) -> list[StoredJudgement]:
        """The last judgements in force, the oldest of them first.

        Args:
            limit: At most so many.
            rater: Only of this rater; None = all.
        """
        with self._reading() as tx:
            asked = _of_rater(in_force(tx, judgements).order_by(None), rater)
            latest = asked.order_by(judgements.c.event_id.desc()).limit(limit)
            return read_judgements(tx, latest)[::-1]


def _of_rater(asked: sa.Select[Any], rater: str | None) -> sa.Select[Any]:
    return asked if rater is None else asked.where(events.c.rater == rater)


def _late_as_work(tx: Transaction, given: NewJudgement) -> NewJudgement:
    """A late answer to an audit that is decided, as work like other.

    Whoever judged it meanwhile could not know: what was said is kept.
    """
    judgement, found, client_id = given
    number = judgement.assignment_id or ""
    if judgement.purpose != "audit" or not (number.isascii() and number.isdigit()):
        return given
    asked = tx.find(assignments, assignment_id=int(number), rater_id=judgement.rater)
    if asked is None or asked["batch_id"] is None or asked["state"] != "withdrawn":
        return given
    late = replace(judgement, assignment_id=None, purpose="work", audited=None)
    return late, found, client_id


def _check_names(given: Sequence[NewJudgement]) -> None:
    """Raise if two different judgements have one client_id: one would be lost."""
    by_name: dict[str, tuple[Judgement, int]] = {}
    for judgement, found, name in given:
        said = judgement, found
        if name is not None and by_name.setdefault(name, said) != said:
            raise StoreError(
                f"the client_id {name} stands for two different judgements of "
                f"{judgement.video_id}; nothing was saved, send each with its own"
            )


def _event_of(given: NewJudgement) -> NewEvent:
    judgement, found, client_id = given
    return NewEvent(
        rater=judgement.rater,
        kind="judgement",
        client_id=client_id,
        video_id=judgement.video_id,
        detail=columns_of(judgement, judgements) | {"found_track_id": found},
    )


def _same_in_force(
    tx: Transaction, given: Sequence[NewJudgement]
) -> dict[tuple[Judgement, int], SavedEvent]:
    """Judgements that stand and say the same as new ones.

    One that a later judgement replaces does not stand, though it is in force. There may
    be very many: those that say the same are kept as the new ones, not twice.
    """
    asked = {(one, found): (one, found) for one, found, _ in given}
    same: dict[tuple[Judgement, int], SavedEvent] = {}
    for name in {judgement.video_id for judgement, _, _ in given}:
        # By track and frame, and those of several frames by track alone.
        later: dict[tuple[int, int | None], list[Judgement]] = {}
        latest_first = in_force(tx, judgements, video_id=name).order_by(None)
        for row in tx.stream(latest_first.order_by(judgements.c.event_id.desc())):
            s = _stored(row)
            said = s.judgement, s.found_track_id
            one, track = key = asked.get(said, said)
            first, last = one.first_frame, one.last_frame
            if key in asked and not any(
                _replaces(other, one)
                for frame in (None, *range(first, last + 1))
                for other in later.get((track, frame), ())
            ):
                same[key] = SavedEvent(event_id=s.event_id, at=s.at, is_new=False)
            place = track, first if first == last else None
            later.setdefault(place, []).append(one)
    return same


def _replaces(later: Judgement, earlier: Judgement) -> bool:
    """Whether a later judgement of the same track takes away from an earlier one.

    A rejection takes away what anybody said; a value or class, what the same rater
    said of the same frames. What says the same again takes nothing away.
    """
    first, last = later.first_frame, later.last_frame
    if first > earlier.last_frame or last < earlier.first_frame:
        return False
    if later.decision == "reject":
        return True
    if later.rater != earlier.rater or (later.scope == "clip") != (
        earlier.scope == "clip"
    ):
        return False
    changed = [
        new is not None and new != old
        for new, old in zip(later.value, earlier.value, strict=False)
    ]
    has_class = later.expression is not None and earlier.expression is not None
    return any(changed) or (has_class and later.expression != earlier.expression)


def _check(tx: Transaction, given: Sequence[NewJudgement]) -> None:
    """Raise `StoreError` unless judgements fit the label schema, videos and tracks."""
    if not given:
        return
    schema = schema_in_force(tx)
    references = References(tx, (judgement.video_id for judgement, _, _ in given))
    for judgement, found, _ in given:
        check_judgement(judgement, schema)
        references.check_judgement(judgement, found)


def _stored(row: Columns) -> StoredJudgement:
    judgement = value_of(
        Judgement,
        row,
        value=tuple(row["value"]),
        touched=tuple(row["touched"]),
        shown=_shown(row["shown"]),
        audited=_shown(row["audited"]),
    )
    return value_of(StoredJudgement, row, judgement=judgement)


def _shown(kept: Mapping[str, Any] | None) -> Shown | None:
    if kept is None:
        return None
    value = kept["value"]
    return Shown(**{**kept, "value": None if value is None else tuple(value)})


def read_judgements(tx: Transaction, asked: sa.Select[Any]) -> list[StoredJudgement]:
    """Judgements of an answer that has their columns, and time and rater of each."""
    return [_stored(row) for row in tx.rows(asked)]
