"""Known answers of training items and honeypots (gold questions), and who met them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import sqlalchemy as sa

from feltline.errors import ShapeError, StoreError
from feltline.store.event_log import EventLog
from feltline.store.integrity import References
from feltline.store.label_schemas import check_judgement, schema_in_force
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import Columns
from feltline.store.team_schema import assignments, known_answers
from feltline.types import Judgement

__all__ = ["AnswerUse", "KnownAnswer", "KnownAnswers"]

AnswerUse = Literal["training", "honeypot"]

_GIVES: Final = ("label", "accept", "edit")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """What a face is known to show, and how far off an answer may be.

    Attributes:
        answer_id: Its name in the project.
        video_id: Video of the face.
        found_track_id: Found track that shows it.
        first_frame: First frame that it is known of.
        last_frame: Last one.
        value: Per dimension in the schema's units; None where it is not known.
        tolerance: Per dimension, how far off an answer may be at most, in these units.
        expression: Class that it is known to show; None = any.
        text: What a rater is told who learns by it.
        use: Practice with feedback, or a test that nobody can tell from other work.
        is_active: Whether it is dealt out.
    """

    answer_id: str
    video_id: str
    found_track_id: int
    first_frame: int
    last_frame: int
    value: tuple[float | None, ...]
    tolerance: tuple[float, ...]
    expression: str | None
    text: str
    use: AnswerUse
    is_active: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.first_frame <= self.last_frame:
            raise ShapeError(
                f"a known answer cannot reach from frame {self.first_frame} to "
                f"{self.last_frame}"
            )
        if all(one is None for one in self.value) and self.expression is None:
            raise ShapeError("a known answer needs a value or a class")
        if len(self.tolerance) != len(self.value) or min(self.tolerance, default=0) < 0:
            raise ShapeError(
                "a known answer needs a tolerance of at least 0 for each dimension of "
                "its value"
            )

    @property
    def middle(self) -> int:
        """The frame that is shown."""
        return (self.first_frame + self.last_frame) // 2

    def is_met_by(self, judgement: Judgement) -> bool:
        """Whether a judgement is within the tolerance in all that is known."""
        if judgement.decision not in _GIVES:
            return False
        given = judgement.value or (None,) * len(self.value)
        is_near = all(
            wanted is None or (one is not None and abs(one - wanted) <= most + 1e-9)
            for one, wanted, most in zip(
                given, self.value, self.tolerance, strict=False
            )
        )
        return is_near and self.expression in (None, judgement.expression)


class KnownAnswers(EventLog):
    """The known answers of a project; they are settings of it, not changes."""

    def add_known_answer(self, answer: KnownAnswer) -> KnownAnswer:
        """Keep a known answer; one that is known by its id stays as it is.

        Raises:
            StoreError: There is no such face in these frames, or the answer does not
                fit the label schema.
        """
        with self._writing() as tx:
            row = tx.find(known_answers, answer_id=answer.answer_id)
            if row is not None:
                return _answer(row)
            said = _as_judgement(answer)
            check_judgement(said, schema_in_force(tx))
            references = References(tx, [answer.video_id])
            references.check_judgement(said, answer.found_track_id)
            tx.insert(known_answers, [columns_of(answer, known_answers)])
        return answer

    def known_answers(
        self, *, use: AnswerUse | None = None, is_active: bool | None = None
    ) -> list[KnownAnswer]:
        """All of them, or those of one use, or those that are dealt out."""
        with self._reading() as tx:
            asked = tx.select(known_answers, use=use, is_active=is_active)
            rows = tx.rows(asked.order_by(known_answers.c.answer_id))
        return [_answer(row) for row in rows]

    def known_answer(self, answer_id: str) -> KnownAnswer | None:
        """One of them; None if there is none of that id."""
        with self._reading() as tx:
            row = tx.find(known_answers, answer_id=answer_id)
        return None if row is None else _answer(row)

    def set_known_answer_active(self, answer_id: str, *, is_active: bool) -> None:
        """Deal a known answer out from now on, or no more.

        Raises:
            StoreError: There is none of that id.
        """
        with self._writing() as tx:
            own = tx.update(known_answers, answer_id=answer_id)
            if not tx.execute(own.values(is_active=is_active)).rowcount:
                raise StoreError(
                    f"there is no known answer {answer_id!r} in this project; look at "
                    f"the list again"
                )

    def answers_of(self, assignment_ids: Sequence[int]) -> dict[int, KnownAnswer]:
        """The known answer that each of some assignments is compared with, if any."""
        on = sa.and_(
            assignments.c.project_id == known_answers.c.project_id,
            assignments.c.answer_id == known_answers.c.answer_id,
        )
        with self._reading() as tx:
            asked = (
                tx.select(known_answers, assignments.c.assignment_id)
                .join_from(known_answers, assignments, on)
                .where(tx.any_of(assignments.c.assignment_id, assignment_ids))
            )
            return {row["assignment_id"]: _answer(row) for row in tx.rows(asked)}


def _answer(row: Columns) -> KnownAnswer:
    return value_of(
        KnownAnswer, row, value=tuple(row["value"]), tolerance=tuple(row["tolerance"])
    )


def _as_judgement(answer: KnownAnswer) -> Judgement:
    """What a rater would say who gave the known answer: it must fit as that must."""
    return Judgement(
        video_id=answer.video_id,
        track_id=answer.found_track_id,
        scope="span",
        first_frame=answer.first_frame,
        last_frame=answer.last_frame,
        value=answer.value,
        expression=answer.expression,
        rater=answer.answer_id,
    )
