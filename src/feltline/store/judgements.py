"""Judgements: saved once, read back as they are in force, counted and compared."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.event_log import (
    EventLog,
    NewEvent,
    append,
    in_force,
    last_event_id,
    saved_before,
    undos,
)
from feltline.store.integrity import References
from feltline.store.label_schemas import check_judgement, schema_in_force
from feltline.store.log_rules import undone
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import Columns, events, judgements
from feltline.store.transactions import Transaction, in_chunks
from feltline.store.values import (
    JudgementCount,
    JudgementDelta,
    NewJudgement,
    SavedEvent,
    StoredJudgement,
)
from feltline.types import Judgement, Shown


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
                not fit the label schema, or a client_id stands for another change,
                be it one of these.
        """
        _check_names(given)
        new = [_event_of(judgement, name) for judgement, _, name in given]
        with self._writing() as tx:
            known = saved_before(tx, new)
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
            saved = _write(tx, [given[i] for i in at], [new[i] for i in at])
        by_place = dict(zip(at, saved, strict=True))
        return [by_place[a] if isinstance(a, int) else a for a in answers]

    def judgements(
        self, *, video_id: str | None = None, at: int | None = None, after: int = 0
    ) -> list[StoredJudgement]:
        """Judgements in force, in the order in which they were given.

        Args:
            video_id: Only of this video.
            at: As the log stood when this was its last event; None = now.
            after: Only those given after this event.
        """
        with self._reading() as tx:
            return in_force(
                tx, judgements, _stored, at=at, after=after, video_id=video_id
            )

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
            asked = sa.and_(judgements.c.event_id > low, judgements.c.event_id <= high)
            moved = [n for n in before ^ now if n <= low]
            found = _of_events(tx, moved)
            found += _read(tx, asked)
        was = [s for s in found if s.event_id <= after and s.event_id not in before]
        is_now = [s for s in found if s.event_id <= end and s.event_id not in now]
        old, new = {s.event_id for s in was}, {s.event_id for s in is_now}
        return JudgementDelta(
            until=end,
            added=tuple(s for s in is_now if s.event_id not in old),
            removed=tuple(s for s in was if s.event_id not in new),
        )

    def judgement_counts(self, at: int | None = None) -> list[JudgementCount]:
        """How many judgements are in force, by all that `JudgementCount` names.

        Args:
            at: As the log stood when this was its last event; None = now.
        """
        by = (
            judgements.c.video_id,
            judgements.c.found_track_id,
            events.c.rater,
            judgements.c.decision,
            judgements.c.purpose,
        )
        with self._reading() as tx:
            end = last_event_id(tx) if at is None else at
            gone = undone(undos(tx), at=end)
            asked = (
                tx.select(*by)
                .add_columns(sa.func.count().label("count"))
                .join_from(judgements, events)
                .where(judgements.c.event_id <= end, _is_none_of(tx, gone))
                .group_by(*by)
                .order_by(*by)
            )
            return [value_of(JudgementCount, row) for row in tx.rows(asked)]

    def recent_judgements(self, limit: int = 50) -> list[StoredJudgement]:
        """The last judgements in force, the oldest of them first."""
        with self._reading() as tx:
            gone = undone(undos(tx))
            asked = _asked(tx, _is_none_of(tx, gone))
            latest = asked.order_by(judgements.c.event_id.desc()).limit(limit)
            return [_stored(row) for row in tx.rows(latest)][::-1]


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


def _event_of(judgement: Judgement, client_id: str | None) -> NewEvent:
    return NewEvent(
        rater=judgement.rater,
        kind="judgement",
        client_id=client_id,
        video_id=judgement.video_id,
    )


def _same_in_force(
    tx: Transaction, given: Sequence[NewJudgement]
) -> dict[tuple[Judgement, int], SavedEvent]:
    """Judgements that stand, of the videos that new ones are about, by what they say.

    One that a later judgement replaces does not stand, though it is in force.
    """
    same: dict[tuple[Judgement, int], SavedEvent] = {}
    asked = {(judgement, found) for judgement, found, _ in given}
    for name in {judgement.video_id for judgement, _, _ in given}:
        # By track and frame, and those of several frames by track alone.
        later: dict[tuple[int, int | None], list[Judgement]] = {}
        for s in reversed(in_force(tx, judgements, _stored, video_id=name)):
            one, track = s.judgement, s.found_track_id
            first, last = one.first_frame, one.last_frame
            if (one, track) in asked and not any(
                _replaces(other, one)
                for frame in (None, *range(first, last + 1))
                for other in later.get((track, frame), ())
            ):
                saved = SavedEvent(event_id=s.event_id, at=s.at, is_new=False)
                same[one, track] = saved
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


def _write(
    tx: Transaction, given: Sequence[NewJudgement], new: Sequence[NewEvent]
) -> list[SavedEvent]:
    """Check and write judgements that are not known yet."""
    if not given:
        return []
    schema = schema_in_force(tx)
    references = References(tx)
    references.look_up(judgement.video_id for judgement, _, _ in given)
    for judgement, found, _ in given:
        check_judgement(judgement, schema)
        references.check_frame(judgement.video_id, judgement.reviewed[1])
        span = judgement.first_frame, judgement.last_frame
        references.check_span(judgement.video_id, span, found)
    saved = append(tx, new)
    tx.insert(
        judgements,
        (
            {"event_id": one.event_id, "found_track_id": found, **_row(judgement)}
            for one, (judgement, found, _) in zip(saved, given, strict=True)
        ),
    )
    return saved


def _row(judgement: Judgement) -> dict[str, Any]:
    shown, audited = judgement.shown, judgement.audited
    return columns_of(judgement, judgements) | {
        "value": list(judgement.value),
        "touched": list(judgement.touched),
        "shown": None if shown is None else asdict(shown),
        "audited": None if audited is None else asdict(audited),
    }


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


def _asked(tx: Transaction, where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Judgements, each with time and rater of its event."""
    columns = (judgements, events.c.at, events.c.rater)
    return tx.select(*columns).join_from(judgements, events).where(where)


def _read(tx: Transaction, where: sa.ColumnElement[bool]) -> list[StoredJudgement]:
    asked = _asked(tx, where).order_by(judgements.c.event_id)
    return [_stored(row) for row in tx.rows(asked)]


def _of_events(tx: Transaction, numbers: Collection[int]) -> list[StoredJudgement]:
    """Judgements by the numbers of their events, in order."""
    return [
        stored
        for some in in_chunks(sorted(numbers))
        for stored in _read(tx, judgements.c.event_id.in_(some))
    ]


def _is_none_of(tx: Transaction, numbers: Collection[int]) -> sa.ColumnElement[bool]:
    """The condition that events are none of ever so many numbers: one parameter."""
    column = judgements.c.event_id
    given = sa.bindparam("numbers", list(numbers), type_=sa.JSON, unique=True)
    if tx.connection.dialect.name == "sqlite":
        each = sa.func.json_each(given).table_valued("value")
        return column.not_in(sa.select(each.c.value))
    each = sa.func.json_array_elements_text(given).table_valued("value")
    return column.not_in(sa.select(sa.cast(each.c.value, sa.BigInteger)))
