"""What to look at next: the queue, suggested frames, contact sheets, the threshold."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in
from feltline.review import Face, clusters, costs_of, seconds_per_item, similar_to
from feltline.server.context import Here, Served
from feltline.server.requests import (
    FrameNumber,
    SuggestRequest,
    ThresholdRequest,
    TrackNumber,
    VideoName,
)
from feltline.server.responses import (
    CostPoint,
    NextBody,
    QueueBody,
    SheetBody,
    SheetCell,
    SheetCluster,
    SuggestionsBody,
    ThresholdBody,
    ThresholdSetBody,
    rounded,
)
from feltline.server.serializers import estimate_at, items_body, position_body

router = APIRouter(tags=["queue"])

MOST_ITEMS = 200
MOST_CELLS = 100

VideoFilter = Annotated[VideoName | None, Query()]


@router.get("/queue")
def queue(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=MOST_ITEMS)] = 50,
    video_id: VideoFilter = None,
    only: VideoFilter = None,
) -> QueueBody:
    """The next items; those of `video_id`, where the rater is, count double.

    With `only`, items of that video and no other, and how far the work on it is.
    """
    items = here.queue.items(limit, at_hand=video_id, only=only)
    return QueueBody(
        items=items_body(here, items),
        position=position_body(here.queue.position(only=only)),
    )


@router.get("/queue/next")
def queue_next(
    here: Here,
    video_id: VideoFilter = None,
    skip: Annotated[str | None, Query(max_length=80)] = None,
) -> NextBody:
    """The next item but one that is passed over."""
    items = [
        item for item in here.queue.items(2, at_hand=video_id) if item.item_id != skip
    ]
    bodies = items_body(here, items[:1])
    return NextBody(
        item=bodies[0] if bodies else None,
        position=position_body(here.queue.position()),
    )


@router.get("/suggestions")
def suggestions(here: Here) -> SuggestionsBody:
    """Suggested frames that nobody has labelled yet."""
    items, done, total = here.queue.suggested()
    return SuggestionsBody(items=items_body(here, items), done=done, total=total)


@router.post("/suggestions")
def suggest(asked: SuggestRequest, here: Here) -> SuggestionsBody:
    """Choose the frames that say most about all others."""
    if not here.live.state.tracks:
        raise HTTPException(409, "there is no face in this project to suggest")
    budget = Budget(
        per_clip=asked.labels_per_clip, share=asked.share, total=asked.total
    )
    suggest_in(here.project, here.live.state, budget)
    here.live.changed(None, here.project.store.last_event_id())
    return suggestions(here)


@router.get("/sheet")
def sheet(
    here: Here,
    kind: Literal["suggested", "pending", "similar"],
    video_id: VideoFilter = None,
    track_id: Annotated[TrackNumber | None, Query()] = None,
    frame: Annotated[FrameNumber | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CELLS)] = 24,
) -> SheetBody:
    """Faces side by side: suggested ones, doubtful ones by looks, or like one face."""
    if kind == "suggested":
        items, _, _ = here.queue.suggested()
        faces = [Face(i.video_id, i.track_id, i.frame) for i in items[:limit]]
        return SheetBody(title="suggested", clusters=_clusters(here, [faces]))
    if kind == "pending":
        found = clusters(here.live, video_id=video_id, limit=limit)
        return SheetBody(title="cluster", clusters=_clusters(here, found))
    if video_id is None or track_id is None or frame is None:
        raise HTTPException(
            422, "similar faces need video_id, track_id and frame of one face"
        )
    here.view(video_id, track_id)
    here.found_at(video_id, track_id, frame)
    like = similar_to(here.live, Face(video_id, track_id, frame), limit=limit)
    return SheetBody(title="similar", clusters=_clusters(here, [like]))


def _clusters(here: Served, groups: list[list[Face]]) -> list[SheetCluster]:
    return [
        SheetCluster(cells=[_cell(here, face) for face in group])
        for group in groups
        if group
    ]


def _cell(here: Served, face: Face) -> SheetCell:
    view = here.view(face.video_id, face.track_id)
    at = face.at(view)
    valence, arousal = view.judged.affect[at]
    chosen = int(view.judged.expression[at])
    label = None
    if rounded(valence) is not None or chosen >= 0:
        label = {
            "valence": rounded(valence),
            "arousal": rounded(arousal),
            "expression": None if chosen < 0 else _expressions()[chosen],
        }
    return SheetCell(
        video_id=face.video_id,
        track_id=face.track_id,
        frame=face.frame,
        time_s=float(view.track.time_s[at]),
        label=label,
        estimate=estimate_at(view, at),
    )


def _expressions() -> tuple[str, ...]:
    from feltline.types import EXPRESSIONS

    return EXPRESSIONS


@router.get("/threshold")
def threshold(here: Here) -> ThresholdBody:
    """The threshold in force, and what others would mean."""
    live = here.live
    costs = costs_of(live.views(), live.threshold, seconds_per_item(live.reviews))
    return ThresholdBody(
        threshold=live.threshold,
        points=[
            CostPoint(
                threshold=c.threshold,
                frames=c.frames,
                share=round(c.share, 4),
                items=round(c.items, 1),
                minutes=round(c.minutes, 2),
                wrong=round(c.wrong, 4),
            )
            for c in costs
        ],
    )


@router.put("/threshold")
def set_threshold(asked: ThresholdRequest, here: Here) -> ThresholdSetBody:
    """Put a threshold in force; an entry in the log."""
    event_id = here.project.store.set_threshold(
        asked.value, rater=here.rater, client_id=asked.client_id
    )
    here.live.set_threshold(here.project.threshold)
    here.live.changed(None, event_id)
    return ThresholdSetBody(event_id=event_id, threshold=here.live.threshold)
