"""Labels and decisions in, and taking them back."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException

from feltline.review import Item
from feltline.server.context import Here, Served
from feltline.server.requests import (
    LabelRequest,
    LabelsRequest,
    ReviewRequest,
    UndoRequest,
)
from feltline.server.responses import SavedBody, UndoBody, UndoneBody
from feltline.server.serializers import items_body, position_body
from feltline.store import Decision, Event, Review
from feltline.types import HumanLabel

router = APIRouter(tags=["labels"])


@router.post("/labels")
def give_label(said: LabelRequest, here: Here) -> SavedBody:
    """Save a label; it is in the database when the answer comes."""
    return _give([said], here)[0]


@router.post("/labels/many")
def give_labels(said: LabelsRequest, here: Here) -> list[SavedBody]:
    """Save labels, all or none."""
    return _give(said.labels, here)


def _give(said: Sequence[LabelRequest], here: Served) -> list[SavedBody]:
    # Sent once more: saved already, though its track may be another one by now.
    found = {one.client_id: _label_of(one.client_id, here) for one in said}
    known = {name: event_id for name, event_id in found.items() if event_id is not None}
    fresh = [one for one in said if one.client_id not in known]
    numbers = here.project.store.give_labels(
        [_placed(one, here) for one in fresh],
        client_ids=[one.client_id for one in fresh],
        reviews=[_review_of(one, here) for one in fresh],
    )
    latest = {}
    for one, event_id in zip(fresh, numbers, strict=True):
        known[one.client_id] = latest[one.video_id] = event_id
    for video_id, event_id in latest.items():
        here.live.changed(video_id, event_id)
    for one in said:
        here.metrics.judgement_saved(known[one.client_id], one.decision)
    return _saved(here, [known[one.client_id] for one in said], said[-1].video_id)


def _label_of(client_id: str, here: Served) -> int | None:
    """The event of a label that was saved before under this name."""
    store = here.project.store
    event_id = store.event_of_client(client_id)
    if event_id is None or store.event(event_id).kind != "label":
        return None
    return event_id


def _placed(said: LabelRequest, here: Served) -> tuple[HumanLabel, int]:
    """A label, and the found track that it stands on."""
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
    return label, here.found_at(said.video_id, said.track_id, first)


def _review_of(said: LabelRequest, here: Served) -> tuple[Review, int] | None:
    """The decision that a label is, if it answers an item of the queue.

    Returns:
        The decision, and the found track that shows its frame: of a merged face,
        perhaps another one than that of the label's first frame.

    Raises:
        HTTPException: This face has no such item.
    """
    if said.item_id is None:
        return None
    item = Item.of_id(said.item_id, said.video_id)
    if item.kind == "suggested":
        return None
    if item.track_id != said.track_id:
        raise HTTPException(
            422,
            f"item {said.item_id} is about face {item.track_id} of {said.video_id}, "
            f"not about face {said.track_id}; load the page again",
        )
    decision: Decision = "accept" if said.decision == "accept" else "edit"
    review = Review(
        video_id=said.video_id,
        track_id=said.track_id,
        frame=item.frame,
        first_frame=item.first_frame,
        last_frame=item.last_frame,
        decision=decision,
        run_id=said.shown_run_id or None,
        rater=here.rater,
        active_s=said.active_s,
        comment=said.comment,
        is_audit=item.kind == "audit",
    )
    return review, here.found_at(said.video_id, said.track_id, item.frame)


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
    here.metrics.judgement_saved(event_id, said.decision)
    return _saved(here, [event_id], said.video_id)[0]


def _saved(here: Served, event_ids: Sequence[int], video_id: str) -> list[SavedBody]:
    """What was saved, and what comes next."""
    items = items_body(here, here.queue.items(1, at_hand=video_id))
    position = position_body(here.queue.position())
    return [
        SavedBody(
            event_id=event_id,
            at=here.project.store.event(event_id).at,
            next=items[0] if items else None,
            position=position,
        )
        for event_id in event_ids
    ]


@router.post("/undo")
def undo(said: UndoRequest, here: Here) -> UndoBody:
    """Take back a change, or the last one that is in force; a new entry in the log."""
    if said.of is not None:
        return _undone(here, _undo_of(said.of, said.client_id, here))
    store = here.project.store
    return _undone(here, store.undo(rater=here.rater, client_id=said.client_id))


@router.post("/redo")
def redo(said: UndoRequest, here: Here) -> UndoBody:
    """Put what was taken back in force again: by one undo, or by the last one."""
    if said.of is not None:
        return _undone(here, _undo_of(said.of, said.client_id, here))
    store = here.project.store
    return _undone(here, store.redo(rater=here.rater, client_id=said.client_id))


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
    if event.kind == "threshold":
        here.live.set_threshold(here.project.threshold)
    if event.kind == "track-edit" and event.video_id is not None:
        here.live.repaired()
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
