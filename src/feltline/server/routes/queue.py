"""What to look at next: the queue, suggested frames, contact sheets, the threshold."""

from dataclasses import asdict
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query

from feltline.review import (
    Face,
    Item,
    RaterView,
    assigned_items,
    clusters,
    costs_of,
    similar_to,
)
from feltline.review.track_view import Key
from feltline.server.answering import is_of_assignment
from feltline.server.context import Here, Served
from feltline.server.requests import (
    FrameNumber,
    ItemOfVideo,
    ThresholdRequest,
    TrackNumber,
    VideoName,
)
from feltline.server.responses import (
    AnnotationBody,
    CostPoint,
    DoneBody,
    QueueBody,
    SheetBody,
    SheetCell,
    SheetCluster,
    SuggestionsBody,
    ThresholdBody,
    ThresholdSetBody,
    rounded_all,
)
from feltline.server.serializers import items_body, position_body, prediction_at

router = APIRouter(tags=["queue"])

MAX_ITEMS = 200
MAX_CELLS = 100
MAX_KEPT = 16

VideoFilter = Annotated[VideoName | None, Query()]


@router.get("/queue")
def queue(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=MAX_ITEMS)] = 50,
    video_id: VideoFilter = None,
    only: VideoFilter = None,
    keep: Annotated[list[ItemOfVideo], Query(max_length=MAX_KEPT)] = [],  # noqa: B006
) -> QueueBody:
    """Your assignments, then the items of the common queue.

    Those of `video_id`, where you are, count double.

    With `only`, items of that video and no other, and how far the work on it is. Who
    does not lead gets none before their blind assignments are done. Items of an earlier
    answer that are named in `keep`, as `item_id/video_id`, come first if they still
    want a judgement: a page on a slow line has their faces. Assignments that are named
    there come first in any case.
    """
    if only is not None:
        here.record(only)
    seen = here.rater_view()
    is_blind = seen is not None and seen.is_blind
    assigned = assigned_items(
        here.live, here.rater, limit=limit, at_hand=video_id, only=only, seen=seen
    )
    items = [item for _, item in assigned]
    if len(items) < limit and not is_blind:
        left = limit - len(items)
        common = (one.split("/", 1) for one in keep if not is_of_assignment(one))
        named = [Item.of_id(*one) for one in common]
        items += here.queue.items(left, at_hand=video_id, only=only, keep=named)
    return QueueBody(
        items=items_body(here, items),
        position=position_body(
            here.queue.position(only=only)
            if seen is None
            else seen.position(here.queue, only)
        ),
    )


@router.get("/done")
def done(here: Here, only: VideoFilter = None) -> DoneBody:
    """How much was done, with all videos or only one; by you, if you do not lead."""
    if only is not None:
        here.record(only)
    seen, store = here.rater_view(), here.project.store
    if seen is None:
        return DoneBody(
            decisions=here.live.n_decided(only),
            seconds=store.active_seconds(video_id=only),
        )
    return DoneBody(
        decisions=seen.n_decided(only),
        seconds=store.active_seconds(video_id=only, rater=seen.rater_id),
    )


@router.get("/suggestions")
def suggestions(here: Here) -> SuggestionsBody:
    """Suggested frames that nobody has judged yet.

    Who does not lead gets none before their blind assignments are done.
    """
    items, done, total = here.queue.suggested.items()
    seen = here.rater_view()
    items = [] if seen is not None and seen.is_blind else items
    return SuggestionsBody(
        items=items_body(here, items[:MAX_ITEMS]), done=done, total=total
    )


@router.get("/sheet")
def sheet(
    here: Here,
    kind: Literal["suggested", "pending", "similar"],
    video_id: VideoFilter = None,
    track_id: Annotated[TrackNumber | None, Query()] = None,
    frame: Annotated[FrameNumber | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_CELLS)] = 24,
) -> SheetBody:
    """Faces side by side: suggested ones, pending ones by appearance, or like one."""
    seen = here.rater_view()
    hidden = frozenset[Key]() if seen is None else seen.hidden
    if kind == "suggested":
        items, _, _ = here.queue.suggested.items()
        every = (Face(i.video_id, i.track_id, i.frame) for i in items)
        there = (f for f in every if here.live.readable(f.video_id) is not None)
        faces = list(islice(there, limit))
        return SheetBody(title="suggested", clusters=_clusters(here, [faces], True))
    if kind == "pending":
        if video_id is not None:
            here.record(video_id)
        found = clusters(here.live, video_id=video_id, limit=limit, without=hidden)
        return SheetBody(title="cluster", clusters=_clusters(here, found))
    if video_id is None or track_id is None or frame is None:
        raise HTTPException(
            422, "similar faces need video_id, track_id and frame of one face"
        )
    here.view(video_id, track_id)
    here.found_at(video_id, track_id, frame)
    face = Face(video_id, track_id, frame)
    like = similar_to(here.live, face, limit=limit, without=hidden)
    return SheetBody(title="similar", clusters=_clusters(here, [like]))


def _clusters(
    here: Served, groups: list[list[Face]], blind: bool = False
) -> list[SheetCluster]:
    seen = here.rater_view()
    return [
        SheetCluster(cells=[_cell(here, face, seen, blind=blind) for face in group])
        for group in groups
        if group
    ]


def _cell(
    here: Served, face: Face, seen: RaterView | None, *, blind: bool
) -> SheetCell:
    view = here.view(face.video_id, face.track_id)
    if seen is not None:
        blind = blind or seen.hides(face.video_id, face.track_id)
        view = seen.view(here.video(face.video_id), view)
    at, said = view.at(face.frame), view.annotations
    annotation = None
    if said.has_value[at] or said.has_class[at]:
        chosen = int(said.expression[at])
        annotation = AnnotationBody(
            value=rounded_all(said.value[at]),
            expression=None if chosen < 0 else here.project.schema.class_names[chosen],
        )
    return SheetCell(
        video_id=face.video_id,
        track_id=face.track_id,
        frame=face.frame,
        time_s=float(view.track.time_s[at]),
        annotation=annotation,
        prediction=None if blind else prediction_at(here, view.prediction, at),
    )


@router.get("/threshold")
def threshold(here: Here) -> ThresholdBody:
    """The threshold in force, and what others would mean."""
    live, seen = here.live, here.rater_view()
    totals = live.index.totals() if seen is None else seen.totals()
    rater = None if seen is None else seen.rater_id
    seconds = here.queue.seconds_per_item(rater)
    costs = costs_of(totals, totals.items_per_piece, seconds)
    return ThresholdBody(
        threshold=live.threshold, points=[CostPoint(**asdict(cost)) for cost in costs]
    )


@router.put("/threshold")
def set_threshold(asked: ThresholdRequest, here: Here) -> ThresholdSetBody:
    """Put a threshold in force, in steps of 0.01; an entry in the log."""
    event_id = here.project.store.set_threshold(
        round(asked.value, 2), rater=here.rater, client_id=asked.client_id
    )
    here.live.read_threshold()
    here.worker.changed(None, event_id)
    return ThresholdSetBody(event_id=event_id, threshold=here.live.threshold)
