"""What a rater does next, and how far all of them are."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query

from feltline.review import assigned_items, disagreements_in
from feltline.server.context import Here, Served
from feltline.server.requests import VideoName
from feltline.server.responses import rounded
from feltline.server.serializers import items_body, position_body
from feltline.server.work_bodies import (
    DisagreementBody,
    HoneypotsBody,
    RaterAnswerBody,
    RaterProgressBody,
    TrainingBody,
    WorkBody,
    WorkItemBody,
)
from feltline.store import KnownAnswer, StoredJudgement

router = APIRouter(tags=["work"])

MAX_ITEMS = 50
MAX_DISAGREEMENTS = 200

_Met = tuple[StoredJudgement, KnownAnswer]
"""A judgement, and the known answer that it is compared with."""


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
    met = _met(here)
    names = sorted({*n_open, *active, *met})
    return [
        RaterProgressBody(
            rater_id=name,
            open=n_open.get(name, 0),
            answered=n_answered.get(name, 0),
            active_s=round(active.get(name, 0.0), 1),
            training=_training(here, met.get(name, ())),
            honeypots=_honeypots(met.get(name, ())),
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


def _met(here: Served) -> Mapping[str, Sequence[_Met]]:
    """Per rater, each answer to a training item or honeypot, and what is known."""
    store = here.project.store
    given = store.judgements(purposes=("training", "honeypot"))
    numbers = [
        int(s.judgement.assignment_id)
        for s in given
        if s.judgement.assignment_id is not None
    ]
    answers = store.answers_of(numbers)
    found: dict[str, list[_Met]] = {}
    for stored in given:
        name = stored.judgement.assignment_id
        answer = None if name is None else answers.get(int(name))
        if answer is not None:
            found.setdefault(stored.judgement.rater, []).append((stored, answer))
    return found


def _training(here: Served, met: Sequence[_Met]) -> TrainingBody:
    own = [(s.judgement, a) for s, a in met if s.judgement.purpose == "training"]
    schema = here.project.schema
    errors = [
        schema.to_unit(np.array(given.value, np.float64))
        - schema.to_unit(np.array(answer.value, np.float64))
        for given, answer in own
        if given.has_value and answer.value
    ]
    known = np.concatenate(errors) if errors else np.empty(0)
    known = known[np.isfinite(known)]
    return TrainingBody(
        n=len(own),
        within=sum(answer.is_met_by(given) for given, answer in own),
        rmse=rounded(np.sqrt((known**2).mean())) if len(known) else None,
    )


def _honeypots(met: Sequence[_Met]) -> HoneypotsBody:
    own = [(s.judgement, a) for s, a in met if s.judgement.purpose == "honeypot"]
    within = sum(answer.is_met_by(given) for given, answer in own)
    return HoneypotsBody(n=len(own), within=within)
