"""Answers to assignments: which one, for what, and what is told in return."""

from collections.abc import Iterable, Mapping
from typing import Final

from fastapi import HTTPException

from feltline.errors import InputError
from feltline.server.context import Served
from feltline.server.requests import JudgementRequest
from feltline.server.responses import FeedbackBody
from feltline.store import Assignment, AssignmentKind, KnownAnswer
from feltline.types import Judgement, Purpose, Shown

__all__ = [
    "PURPOSE_OF",
    "assignment_of",
    "check_purpose",
    "drawn_at",
    "feedback_on",
    "is_of_assignment",
    "number_of",
]

PURPOSE_OF: Final[Mapping[AssignmentKind, Purpose]] = {
    "label": "work",
    "audit": "audit",
    "repeat": "repeat",
    "training": "training",
    "honeypot": "honeypot",
    "resolve": "resolve",
    "trace": "work",
}
"""Why a judgement that answers an assignment was asked for: the server knows, and a
page that names another reason is not believed."""

_ASSIGNED: Final = "assigned."


def is_of_assignment(item_id: str | None) -> bool:
    """Whether an item is an assignment: its id holds the number of that."""
    return item_id is not None and item_id.startswith(_ASSIGNED)


def number_of(asked: JudgementRequest) -> int | None:
    """Number of the assignment that a judgement answers; None = none."""
    if asked.assignment_id is not None or asked.item_id is None:
        return asked.assignment_id
    is_one = is_of_assignment(asked.item_id)
    return int(asked.item_id.split(".")[1]) if is_one else None


def assignment_of(
    asked: JudgementRequest, here: Served, *, is_known: bool
) -> Assignment | None:
    """The caller's assignment that a judgement answers; None = none.

    Args:
        asked: The judgement.
        here: The project.
        is_known: Whether it is saved already: its track may be another one by now.

    Raises:
        InputError: It is none of the caller's.
        HTTPException: The judgement is no answer to it, or a blind one was not judged
            blind.
    """
    number = number_of(asked)
    if number is None:
        return None
    found = here.project.store.assignment(number)
    if found is None or found.rater_id != here.rater:
        # As the store says it: nobody learns what others were assigned.
        raise InputError(
            f"there is no assignment {number} of yours; load your work again"
        )
    if is_known:
        return found
    if asked.video_id != found.video_id or asked.scope != found.scope:
        raise HTTPException(
            422,
            f"assignment {number} asks for a {found.scope} of {found.video_id}, but "
            f"the judgement is of a {asked.scope} of {asked.video_id}",
        )
    if asked.decision == "skip":
        raise HTTPException(
            422,
            f"assignment {number} cannot be skipped: judge it, or say that it cannot "
            f"be judged",
        )
    is_shown = asked.shown is not None or asked.decision in ("accept", "edit")
    if found.is_blind and is_shown:
        raise HTTPException(
            422,
            f"assignment {number} is to be judged blind, but a prediction was in "
            f"sight; send the decision label, with shown null",
        )
    shows = here.found_at(found.video_id, asked.track_id, found.frame)
    if shows != found.found_track_id:
        raise HTTPException(
            422,
            f"assignment {number} is about another face than {asked.track_id} of "
            f"{found.video_id}; load your work again",
        )
    return found


def drawn_at(assignment: Assignment, here: Served) -> Shown | None:
    """What the model said of an item of an audit batch when that was drawn.

    None where the item went with a video that was added anew meanwhile.
    """
    store, batch_id = here.project.store, assignment.batch_id
    batch = None if batch_id is None else store.audit_batch(batch_id)
    if batch is None:
        return None
    item = store.audit_item_at(
        batch.batch_id, assignment.video_id, assignment.found_track_id, assignment.frame
    )
    if item is None:
        return None
    return Shown(model_id=batch.model_id, value=item.value, confidence=item.confidence)


def check_purpose(asked: JudgementRequest, here: Served) -> None:
    """Raise unless a judgement that answers no assignment may have its purpose.

    Raises:
        HTTPException: Only a lead resolves; known answers come as assignments.
    """
    if asked.purpose == "resolve" and not here.identity.sees_all:
        raise HTTPException(
            403,
            f"resolving between raters needs the permission 'lead', which you do not "
            f"have here as {here.identity.role}; ask an owner of the project",
        )
    if asked.purpose in ("training", "honeypot"):
        raise HTTPException(
            422,
            f"the purpose {asked.purpose} comes with an assignment only; name it by "
            f"its assignment_id",
        )


def feedback_on(
    judgements: Iterable[Judgement], here: Served
) -> dict[str, FeedbackBody]:
    """What raters are told of training items they judged, by assignment."""
    own = {
        one.assignment_id: one
        for one in judgements
        if one.purpose == "training" and one.assignment_id is not None
    }
    if not own:
        return {}
    answers = here.project.store.answers_of([int(name) for name in own])
    return {
        str(number): _feedback(answer, own[str(number)])
        for number, answer in answers.items()
    }


def _feedback(answer: KnownAnswer, given: Judgement) -> FeedbackBody:
    return FeedbackBody(
        is_within=answer.is_met_by(given),
        value=list(answer.value),
        tolerance=list(answer.tolerance),
        expression=answer.expression,
        text=answer.text,
    )
