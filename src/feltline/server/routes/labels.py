"""Labels and decisions in, and taking them back."""

from fastapi import APIRouter

from feltline.review import Item
from feltline.server.answers import items_body, position_body
from feltline.server.bodies import SavedBody, UndoBody, UndoneBody
from feltline.server.requests import (
    LabelRequest,
    LabelsRequest,
    ReviewRequest,
    WithClient,
)
from feltline.server.served import Here, Served
from feltline.store import Decision, Event, Review
from feltline.types import HumanLabel

router = APIRouter(tags=["labels"])


@router.post("/labels")
def give_label(said: LabelRequest, here: Here) -> SavedBody:
    """Save a label; it is in the database when the answer comes."""
    # Sent once more: saved already, though its track may be another one by now.
    store = here.project.store
    known = store.event_of_client(said.client_id)
    is_saved = known is not None and store.event(known).kind == "label"
    event_id = known if known is not None and is_saved else _given(said, here)
    here.metrics.label_saved("label")
    return _saved(here, event_id, said.video_id)


@router.post("/labels/many")
def give_labels(said: LabelsRequest, here: Here) -> list[SavedBody]:
    """Save labels one by one; those before one that is refused are kept."""
    return [give_label(one, here) for one in said.labels]


def _given(said: LabelRequest, here: Served) -> int:
    view = here.view(said.video_id, said.track_id)
    first, last = said.first_frame, said.last_frame
    if said.scope == "clip":
        first, last = int(view.track.frame[0]), int(view.track.frame[-1])
    label = HumanLabel(
        video_id=said.video_id,
        track_id=said.track_id,
        scope=said.scope,
        first_frame=first,
        last_frame=last,
        valence=said.valence,
        arousal=said.arousal,
        expression=said.expression,
        rater=here.rater,
        active_s=said.active_s,
        shown_run_id=said.shown_run_id or None,
        comment=said.comment,
        decision=said.decision,
    )
    event_id = here.project.store.give_label(
        label,
        found_track_id=here.found_at(said.video_id, said.track_id, first),
        client_id=said.client_id,
        review=_review_of(said, here.rater),
    )
    here.live.changed(said.video_id, event_id)
    return event_id


def _review_of(said: LabelRequest, rater: str) -> Review | None:
    """The decision that a label is, if it answers an item of the queue."""
    if said.item_id is None:
        return None
    item = Item.of_id(said.item_id, said.video_id)
    if item.kind == "suggested":
        return None
    decision: Decision = "accept" if said.decision == "accept" else "edit"
    return Review(
        video_id=said.video_id,
        track_id=said.track_id,
        frame=item.frame,
        first_frame=item.first_frame,
        last_frame=item.last_frame,
        decision=decision,
        run_id=said.shown_run_id or None,
        rater=rater,
        active_s=said.active_s,
        comment=said.comment,
        is_audit=item.kind == "audit",
    )


@router.post("/reviews")
def give_review(said: ReviewRequest, here: Here) -> SavedBody:
    """Save a decision that gives no value."""
    here.view(said.video_id, said.track_id)
    is_audit = (
        said.item_id is not None
        and Item.of_id(said.item_id, said.video_id).kind == "audit"
    )
    review = Review(
        video_id=said.video_id,
        track_id=said.track_id,
        frame=said.frame,
        first_frame=said.first_frame,
        last_frame=said.last_frame,
        decision=said.decision,
        run_id=said.run_id or None,
        rater=here.rater,
        active_s=said.active_s,
        comment=said.comment,
        is_audit=is_audit,
    )
    event_id = here.project.store.give_review(
        review,
        found_track_id=here.found_at(said.video_id, said.track_id, said.frame),
        client_id=said.client_id,
    )
    here.live.changed(said.video_id, event_id)
    here.metrics.label_saved(said.decision)
    return _saved(here, event_id, said.video_id)


def _saved(here: Served, event_id: int, video_id: str) -> SavedBody:
    items = items_body(here, here.queue.items(1, at_hand=video_id))
    return SavedBody(
        event_id=event_id,
        at=here.project.store.event(event_id).at,
        next=items[0] if items else None,
        position=position_body(here.queue.position()),
    )


@router.post("/undo")
def undo(said: WithClient, here: Here) -> UndoBody:
    """Take back the last change that is in force; a new entry in the log."""
    store = here.project.store
    return _undone(here, store.undo(rater=here.rater, client_id=said.client_id))


@router.post("/redo")
def redo(said: WithClient, here: Here) -> UndoBody:
    """Put the last change that was taken back in force again."""
    store = here.project.store
    return _undone(here, store.redo(rater=here.rater, client_id=said.client_id))


def _undone(here: Served, event_id: int | None) -> UndoBody:
    if event_id is None:
        return UndoBody(event_id=None, undone=None)
    event = _meant(here, event_id)
    if event.kind == "threshold":
        here.live.set_threshold(here.project.threshold)
    if event.kind == "track-edit" and event.video_id is not None:
        here.live.repaired(event.video_id, event_id)
    else:
        here.live.changed(event.video_id, event_id)
    detail = event.detail
    return UndoBody(
        event_id=event_id,
        undone=UndoneBody(
            kind=event.kind,
            video_id=event.video_id,
            track_id=detail.get("track_id"),
            frame=detail.get("frame", detail.get("first_frame")),
        ),
    )


def _meant(here: Served, event_id: int) -> Event:
    """The change at the end of a chain of undoings."""
    event = here.project.store.event(event_id)
    while event.undoes is not None:
        event = here.project.store.event(event.undoes)
    return event
