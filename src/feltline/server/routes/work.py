"""What a rater does next, and how far all of them are."""

from typing import Annotated

from fastapi import APIRouter, Query

from feltline.review import assigned_items, disagreements_in
from feltline.server.context import Here
from feltline.server.known_answer_bodies import (
    honeypots_body,
    met_answers,
    training_body,
)
from feltline.server.requests import VideoName
from feltline.server.responses import rounded
from feltline.server.serializers import items_body, position_body
from feltline.server.work_bodies import (
    DisagreementBody,
    RaterAnswerBody,
    RaterProgressBody,
    WorkBody,
    WorkItemBody,
)

router = APIRouter(tags=["work"])

MAX_ITEMS = 50
MAX_DISAGREEMENTS = 200


@router.get("/work/next")
def work_next(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=MAX_ITEMS)] = 10,
    video_id: Annotated[VideoName | None, Query()] = None,
) -> WorkBody:
    """What you are to do next: your assignments, those of `video_id` first.

    Then the common queue, once no blind assignment is open.
    """
    seen = here.rater_view()
    assigned = assigned_items(
        here.live, here.rater, limit=limit, at_hand=video_id, seen=seen
    )
    by_item = {item.item_id: one for one, item in assigned}
    items = [item for _, item in assigned]
    if len(items) < limit and (seen is None or not seen.is_blind):
        items += here.queue.items(limit - len(items), at_hand=video_id)
    return WorkBody(
        items=[
            WorkItemBody(
                **body.model_dump(),
                assignment_id=None if one is None else one.assignment_id,
                scope="frame" if one is None else one.scope,
                is_training=one is not None and one.kind == "training",
            )
            for body in items_body(here, items)
            for one in [by_item.get(body.item_id)]
        ],
        position=position_body(
            here.queue.position() if seen is None else seen.position(here.queue)
        ),
    )


@router.get("/work")
def work(here: Here) -> list[RaterProgressBody]:
    """What each rater has to do and did, and how they answered what is known."""
    store = here.project.store
    active = store.active_seconds_by_rater()
    n_open: dict[str, int] = {}
    n_answered: dict[str, int] = {}
    for count in store.work_counts():
        name = count.rater_id
        n_open[name] = n_open.get(name, 0) + count.n_open
        n_answered[name] = n_answered.get(name, 0) + count.n_answered
    met = met_answers(here)
    names = sorted({*n_open, *active, *met})
    return [
        RaterProgressBody(
            rater_id=name,
            open=n_open.get(name, 0),
            answered=n_answered.get(name, 0),
            active_s=round(active.get(name, 0.0), 1),
            training=training_body(here, met.get(name, ())),
            honeypots=honeypots_body(met.get(name, ())),
        )
        for name in names
    ]


@router.get("/disagreements")
def disagreements(
    here: Here, limit: Annotated[int, Query(ge=1, le=MAX_DISAGREEMENTS)] = 50
) -> list[DisagreementBody]:
    """Where raters said unlike things and nobody resolved it, the widest first.

    A judgement with the purpose `resolve` over its frames resolves one.
    """
    return [
        DisagreementBody(
            video_id=one.video_id,
            track_id=one.track_id,
            frame=one.frame,
            first_frame=one.first_frame,
            last_frame=one.last_frame,
            time_s=one.time_s,
            spread=round(one.spread, 4),
            answers=[
                RaterAnswerBody(
                    rater_id=rater,
                    value=[rounded(v) for v in one.values.get(rater, ())],
                    expression=one.classes.get(rater),
                )
                for rater in sorted({*one.values, *one.classes})
            ],
        )
        for one in disagreements_in(here.live, limit=limit)
    ]
