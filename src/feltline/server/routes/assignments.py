"""Assignments and known answers: what a lead gives raters to judge."""

from collections import Counter
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from feltline.review import Overlap, assign_work, candidates_of, current_track
from feltline.server.context import Here, Served
from feltline.server.requests import ClientId
from feltline.server.routes.team import whole_team
from feltline.server.team import check_judges
from feltline.server.work_bodies import (
    ActiveRequest,
    AssignmentBody,
    KnownAnswerBody,
    KnownAnswerRequest,
    PlanBody,
    PlanCountBody,
    PlanName,
    PlanRequest,
    RaterName,
    WithdrawnBody,
)
from feltline.store import AssignmentState, KnownAnswer

router = APIRouter(tags=["assignments"])

MAX_LISTED = 2000


@router.post("/assignments/plan")
def plan_work(asked: PlanRequest, request: Request, here: Here) -> PlanBody:
    """Deal work out to raters; a plan is named by its `client_id`, and made once.

    Raters are members who may judge, by their ids.

    Practice with known answers comes first, for whoever did not do it; honeypots lie
    among the rest.
    """
    if asked.video_id is not None:
        here.record(asked.video_id)
    if not here.project.store.assignments(plan=asked.client_id, limit=1):
        check_judges(whole_team(request, here), asked.raters)
    candidates = candidates_of(
        here.live,
        here.queue,
        asked.source,
        count=asked.count,
        video_id=asked.video_id,
    )
    overlap = Overlap(**asked.overlap.model_dump(), threshold=here.live.threshold)
    made = assign_work(
        here.live,
        candidates,
        asked.raters,
        overlap,
        plan=asked.client_id,
        honeypots=asked.honeypots,
        rater=here.rater,
    )
    here.worker.look()
    by_rater = Counter(one.rater_id for one in made)
    return PlanBody(
        plan=asked.client_id, n_assignments=len(made), by_rater=dict(by_rater)
    )


@router.get("/assignments")
def assignments(
    here: Here,
    rater_id: Annotated[RaterName | None, Query()] = None,
    state: Annotated[AssignmentState | None, Query()] = None,
    plan: Annotated[PlanName | None, Query()] = None,
) -> list[AssignmentBody]:
    """Assignments as they stand, the first 2,000 that are asked for."""
    found = here.project.store.assignments(
        rater_id=rater_id, state=state, plan=plan, limit=MAX_LISTED
    )
    return [AssignmentBody.model_validate(asdict(one)) for one in found]


@router.get("/assignments/plans")
def plans(here: Here) -> list[PlanCountBody]:
    """How far the latest plans are, the newest first."""
    found = here.project.store.plan_counts()
    return [PlanCountBody.model_validate(asdict(one)) for one in found]


@router.delete("/assignments/{plan}")
def withdraw(plan: Annotated[PlanName, Path()], here: Here) -> WithdrawnBody:
    """Ask no more for what a plan assigned and nobody answered."""
    withdrawn = here.project.store.withdraw(plan)
    here.worker.look()
    return WithdrawnBody(withdrawn=withdrawn)


@router.get("/known-answers")
def known_answers(here: Here) -> list[KnownAnswerBody]:
    """All known answers of training items and honeypots."""
    found = here.project.store.known_answers()
    return [_answer_body(one, here) for one in found]


@router.post("/known-answers")
def add_known_answer(asked: KnownAnswerRequest, here: Here) -> KnownAnswerBody:
    """Say what a face is known to show."""
    found = here.found_at(asked.video_id, asked.track_id, asked.first_frame)
    given = asked.model_dump(exclude={"client_id", "track_id", "tolerance"})
    answer = KnownAnswer(
        **given,
        answer_id=asked.client_id,
        found_track_id=found,
        tolerance=tuple(asked.tolerance),
    )
    kept = here.project.store.add_known_answer(answer)
    return _answer_body(kept, here)


@router.patch("/known-answers/{answer_id}")
def set_known_answer(
    answer_id: Annotated[ClientId, Path()], asked: ActiveRequest, here: Here
) -> list[KnownAnswerBody]:
    """Deal a known answer out from now on, or no more; returns all of them."""
    store = here.project.store
    store.set_known_answer_active(answer_id, is_active=asked.is_active)
    return known_answers(here)


def _answer_body(one: KnownAnswer, here: Served) -> KnownAnswerBody:
    video = here.live.readable(one.video_id)
    place = None
    if video is not None:
        place = current_track(video, one.found_track_id, one.middle)
    track_id = None if place is None else place[0]
    return KnownAnswerBody.model_validate(asdict(one) | {"track_id": track_id})
