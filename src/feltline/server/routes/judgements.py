"""Judgements in, and taking changes back."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, HTTPException

from feltline.review import Item, ask_again, is_anchored
from feltline.server.answering import (
    PURPOSE_OF,
    assignment_of,
    check_purpose,
    drawn_at,
    feedback_on,
    is_of_assignment,
)
from feltline.server.context import Here, Served
from feltline.server.requests import (
    EventNumber,
    JudgementRequest,
    JudgementsRequest,
    UndoRequest,
    WithClient,
)
from feltline.server.responses import SavedBody, ShownBody, UndoBody, UndoneBody
from feltline.server.serializers import shown_at, without_reason
from feltline.store import Assignment, Event, NewJudgement
from feltline.types import Judgement, Purpose, Shown

router = APIRouter(tags=["judgements"])

_AUDITED: Final = ("audit", "repeat")


@router.post("/judgements")
def give_judgement(asked: JudgementRequest, here: Here) -> SavedBody:
    """Save a judgement; it is in the database when the answer comes."""
    return _give([asked], here)[0]


@router.post("/judgements/many")
def give_judgements(asked: JudgementsRequest, here: Here) -> list[SavedBody]:
    """Save judgements, all or none."""
    return _give(asked.judgements, here)


def _give(asked: Sequence[JudgementRequest], here: Served) -> list[SavedBody]:
    store = here.project.store
    # Sent once more: saved already, though its track may be another one by now.
    known = store.events_of_clients([one.client_id for one in asked])
    given = [_placed(one, here, is_known=one.client_id in known) for one in asked]
    saved = store.give_judgements(given)
    newest: dict[str, int] = {}
    for one, event in zip(asked, saved, strict=True):
        if event.is_new:
            here.metrics.judgements.labels(one.decision).inc()
            newest[one.video_id] = event.event_id
    for (given_now, _, _), event in zip(given, saved, strict=True):
        if event.is_new and is_anchored(given_now):
            ask_again(here.live, here.rater, event.event_id)
    for video_id, event_id in newest.items():
        here.worker.changed(video_id, event_id, is_edit=False)
    feedback = feedback_on((one for one, _, _ in given), here)
    return [
        SavedBody(
            event_id=event.event_id,
            at=event.at,
            # An assignment is not told from others by what comes back.
            audited=_shown(one.audited) if one.assignment_id is None else None,
            feedback=feedback.get(one.assignment_id or ""),
        )
        for (one, _, _), event in zip(given, saved, strict=True)
    ]


def _shown(audited: Shown | None) -> ShownBody | None:
    return None if audited is None else ShownBody.model_validate(audited)


def _placed(asked: JudgementRequest, here: Served, *, is_known: bool) -> NewJudgement:
    """A judgement, the found track that it stands on, and the name of the change.

    Raises:
        HTTPException: A new one answers a prediction, but not which.
    """
    if asked.decision in ("accept", "edit") and asked.shown is None and not is_known:
        raise HTTPException(
            422,
            f"the decision {asked.decision} answers a prediction, but shown is null; "
            f"send in shown what was in sight, or the decision label",
        )
    shown = None if asked.shown is None else Shown(**asked.shown.model_dump())
    item, assignment = None, assignment_of(asked, here, is_known=is_known)
    if asked.item_id is not None and not is_of_assignment(asked.item_id):
        item = Item.of_id(asked.item_id, asked.video_id)
    purpose = asked.purpose if item is None else item.purpose
    if assignment is not None:
        purpose, item = PURPOSE_OF[assignment.kind], _item_of(assignment, asked)
    elif not is_known:
        check_purpose(asked, here)
    first, last, reviewed = _frames(asked, item)
    found, audited, active_s = 0, None, asked.active_s
    if not is_known:
        if not here.identity.sees_all:  # whose work somebody else goes by
            active_s = here.activity.answered(here.rater, active_s)
        if asked.scope == "clip":
            first, last = reviewed = _ends(asked, here)
        found = (
            here.found_at(asked.video_id, asked.track_id, first)
            if assignment is None
            else assignment.found_track_id
        )
        if assignment is not None and assignment.batch_id is not None:
            audited = drawn_at(assignment, here)
        elif _is_audited(asked, purpose) and not (
            assignment is None and _is_hidden(asked, here)
        ):
            audited = shown_at(here, asked.video_id, asked.track_id, first)
    is_span = item is not None and asked.scope == "frame" and first < last
    said = asked.model_dump(exclude={"client_id", "item_id"}) | {
        "scope": "span" if is_span else asked.scope,
        "first_frame": first,
        "last_frame": last,
        "reviewed_first_frame": reviewed[0],
        "reviewed_last_frame": reviewed[1],
        "rater": here.rater,
        "shown": shown,
        "audited": audited,
        "purpose": purpose,
        "active_s": active_s,
        "assignment_id": None if assignment is None else str(assignment.assignment_id),
    }
    judgement = Judgement(**said)
    return judgement, found, asked.client_id


def _is_audited(asked: JudgementRequest, purpose: Purpose) -> bool:
    """Whether what the model says is kept with a judgement, to compare them later."""
    return asked.shown is None and asked.scope == "frame" and purpose in _AUDITED


def _is_hidden(asked: JudgementRequest, here: Served) -> bool:
    """Whether the caller may not know what the model says of the face.

    What is kept comes back, so else whoever names the purpose `audit` would read the
    whole curve of a face that is to be judged blind.
    """
    seen = here.rater_view()
    return seen is not None and seen.hides(asked.video_id, asked.track_id)


def _item_of(assignment: Assignment, asked: JudgementRequest) -> Item:
    """An assignment as an item of the face that was judged."""
    return Item(
        kind="assigned",
        video_id=assignment.video_id,
        track_id=asked.track_id,
        frame=assignment.frame,
        first_frame=assignment.first_frame,
        last_frame=assignment.last_frame,
        reason="",
        assignment_id=assignment.assignment_id,
    )


def _frames(
    asked: JudgementRequest, item: Item | None
) -> tuple[int, int, tuple[int, int]]:
    """First and last frame that it speaks of, and those that it deals with.

    Raises:
        HTTPException: It answers an item of another face.
    """
    first, last = own = asked.first_frame, asked.last_frame
    if item is None or asked.scope == "clip":
        return first, last, own
    if item.track_id != asked.track_id:
        raise HTTPException(
            422,
            f"item {asked.item_id} is about face {item.track_id} of {asked.video_id}, "
            f"not about face {asked.track_id}; load the page again",
        )
    ends = item.first_frame, item.last_frame
    if asked.decision not in ("label", "accept", "edit"):
        return *ends, ends
    if not first <= item.frame <= last:
        if item.assignment_id is not None:
            raise HTTPException(
                422,
                f"assignment {item.assignment_id} shows frame {item.frame} of "
                f"{asked.video_id}, but the judgement is of {first}-{last}",
            )
        return first, last, own  # of other frames: the item still waits
    return first, last, (min(first, ends[0]), max(last, ends[1]))


def _ends(asked: JudgementRequest, here: Served) -> tuple[int, int]:
    """First and last frame of a whole track."""
    frame = here.view(asked.video_id, asked.track_id).track.frame
    return int(frame[0]), int(frame[-1])


@router.post("/undo")
def undo(asked: UndoRequest, here: Here) -> UndoBody:
    """Take back a change, or the last one that is in force; a new entry in the log."""
    if asked.of is not None:
        return _undone(here, _undo_of(asked.of, asked.client_id, here))
    undone = here.project.store.undo(rater=here.rater, client_id=asked.client_id)
    return _undone(here, undone)


@router.post("/events/{event_id}/undo")
def undo_event(event_id: EventNumber, asked: WithClient, here: Here) -> UndoBody:
    """Take back any change of this rater, or bring back one that was taken back.

    Track edits are everybody's who may edit tracks.
    """
    undone = here.project.store.undo(
        rater=here.rater,
        event_id=event_id,
        client_id=asked.client_id,
        of_anyone="lead" in here.identity.permissions,
    )
    return _undone(here, undone)


@router.post("/redo")
def redo(asked: UndoRequest, here: Here) -> UndoBody:
    """Put what was taken back in force again: by one undo, or by the last one."""
    store = here.project.store
    if asked.of is not None:
        event_id = store.event_of_client(asked.of)
        if event_id is not None and not store.is_undo(event_id):
            raise HTTPException(
                409,
                f"event {event_id} takes nothing back, so there is nothing to bring "
                f"back; name an undo",
            )
        return _undone(here, _undo_of(asked.of, asked.client_id, here))
    return _undone(here, store.redo(rater=here.rater, client_id=asked.client_id))


def _undo_of(of: str, client_id: str, here: Served) -> int | None:
    """Undo the change of that name; None if it never reached the database."""
    store = here.project.store
    event_id = store.event_of_client(of)
    if event_id is None:
        return None
    return store.undo(rater=here.rater, event_id=event_id, client_id=client_id)


def _undone(here: Served, event_id: int | None) -> UndoBody:
    if event_id is None:
        return UndoBody(event_id=None, undone=None)
    event = _meant(here, event_id)
    if event.kind in ("threshold", "reopening"):
        here.live.read_threshold()
    if event.kind == "track-edit" and event.video_id is not None:
        here.tracks_changed(event.video_id, event_id)
    else:
        here.worker.changed(event.video_id, event_id)
    detail = event.detail
    if event.kind == "judgement" and not here.identity.sees_all:
        detail = without_reason(detail)
    return UndoBody(
        event_id=event_id,
        undone=UndoneBody(
            kind=event.kind,
            video_id=event.video_id,
            track_id=detail.get("track_id"),
            frame=detail.get("frame", detail.get("first_frame")),
            detail=detail,
        ),
    )


def _meant(here: Served, event_id: int) -> Event:
    """The change at the end of a chain of undoings."""
    event = here.project.store.event(event_id)
    while event.undoes is not None:
        event = here.project.store.event(event.undoes)
    return event
