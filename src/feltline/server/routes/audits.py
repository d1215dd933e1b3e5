"""Audits of accepted labels, and how far shown values pull raters."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request

from feltline.agreement.anchoring import LEAST_REPEATS, WARNING_LEVEL
from feltline.agreement.error_bounds import least_items
from feltline.errors import InputError
from feltline.project import audit_due
from feltline.review import (
    BatchOutcome,
    anchoring_of,
    current_track,
    draw_batch,
    outcome_of,
)
from feltline.review.audit_batches import MOST_WEIGHT
from feltline.server.audit_bodies import (
    AnchoringBody,
    AuditBatchesBody,
    AuditItemBody,
    BatchBody,
    BatchDetailsBody,
    BatchRequest,
    BoundsBody,
    DueBody,
    PullBody,
    ReopeningBody,
    ScheduleBody,
    ScheduleRequest,
    StratumBody,
)
from feltline.server.context import Here, Served
from feltline.server.responses import rounded
from feltline.server.routes.team import whole_team
from feltline.server.team import check_judges
from feltline.store import AuditBatch, AuditedItem, Reopening

router = APIRouter(tags=["audits"])

BatchNumber = Annotated[int, Path(ge=1, le=2**53)]


@router.get("/audits")
def audits(here: Here) -> AuditBatchesBody:
    """Schedule of audits, what is due, and all batches, the latest first."""
    store = here.project.store
    reopened = {one.batch_id: one for one in store.reopenings()}
    return AuditBatchesBody(
        schedule=_schedule(here),
        due=_due(here),
        batches=[
            BatchBody(**_columns(batch, _outcome(here, batch)[1], reopened))
            for batch in reversed(store.audit_batches())
        ],
    )


@router.post("/audits")
def draw(asked: BatchRequest, request: Request, here: Here) -> BatchBody:
    """Draw a batch from all accepted labels, and assign its items to raters.

    Each item is judged blind by one of them, among their other work. Only one batch is
    open at a time.
    """
    if here.project.store.batch_of_client(asked.client_id) is None:
        check_judges(whole_team(request, here), asked.raters)
    batch = draw_batch(
        here.live,
        asked.raters or [here.rater],
        rater=here.rater,
        count=asked.count,
        client_id=asked.client_id,
    )
    here.worker.look()
    return _body(here, batch)


@router.put("/audits/schedule")
def set_schedule(asked: ScheduleRequest, here: Here) -> AuditBatchesBody:
    """Change when audits are due, and what they must show; for batches to come."""
    changes = asked.model_dump(exclude_none=True)
    if not changes:
        raise InputError("no setting of audits is named; name one to change")
    audit = replace(here.project.settings.audit, **changes)
    here.project.change_settings(audit=audit, by=here.rater)
    here.worker.look()
    here.events.publish("settings", {})
    return audits(here)


@router.get("/audits/{batch_id}")
def audit(batch_id: BatchNumber, here: Here) -> BatchDetailsBody:
    """One batch: its course, its strata, and the items that were wrong."""
    batch = _batch(here, batch_id)
    items, found = _outcome(here, batch)
    reopened = {one.batch_id: one for one in here.project.store.reopenings()}
    bounds = zip(found.lower.tolist(), found.upper.tolist(), strict=True)
    return BatchDetailsBody(
        **_columns(batch, found, reopened),
        bounds=[
            BoundsBody(n=n, lower_bound=round(low, 6), upper_bound=round(high, 6))
            for n, (low, high) in enumerate(bounds, start=1)
        ],
        strata=_strata(items, found),
        wrong=[
            _item(here, one)
            for one, is_wrong in zip(found.judged, found.wrong.tolist(), strict=True)
            if is_wrong
        ],
    )


@router.post("/audits/{batch_id}/stop")
def stop(batch_id: BatchNumber, here: Here) -> BatchBody:
    """Stop a batch with no result: what nobody judged is asked no more."""
    _batch(here, batch_id)
    here.project.store.close_batch(batch_id, "stopped", rater=here.rater)
    here.worker.look()
    return _body(here, _batch(here, batch_id))


@router.get("/anchoring")
def anchoring(here: Here) -> AnchoringBody:
    """How far shown values pull raters, from answers that were asked again blind."""
    return AnchoringBody(
        warning_level=WARNING_LEVEL,
        least_repeats=LEAST_REPEATS,
        raters=[
            PullBody(
                rater_id=one.rater_id,
                dimension=one.dimension,
                n=one.pull.n,
                pull=rounded(one.pull.pull),
                low=rounded(one.pull.low),
                high=rounded(one.pull.high),
                is_warned=one.pull.is_warned,
            )
            for one in anchoring_of(here.live)
        ],
    )


def _schedule(here: Served) -> ScheduleBody:
    audit = here.project.settings.audit
    return ScheduleBody(
        every_judgements=audit.every_judgements,
        every_days=audit.every_days,
        bound=audit.bound,
        confidence=audit.confidence,
        blocks_export=audit.blocks_export,
        least_items=least_items(audit.bound, risk=audit.risk, most_weight=MOST_WEIGHT),
    )


def _due(here: Served) -> DueBody:
    due = audit_due(here.project)
    return DueBody(
        is_overdue=due.is_overdue,
        blocks_export=due.is_overdue and here.project.settings.audit.blocks_export,
        judgements_left=due.judgements_left,
        days_left=None if due.days_left is None else round(due.days_left, 2),
    )


def _batch(here: Served, batch_id: int) -> AuditBatch:
    found = here.project.store.audit_batch(batch_id)
    if found is None:
        raise HTTPException(404, f"there is no audit batch {batch_id} in this project")
    return found


def _outcome(here: Served, batch: AuditBatch) -> tuple[list[AuditedItem], BatchOutcome]:
    items = here.project.store.audit_items(batch.batch_id)
    return items, outcome_of(batch, items, here.project.schema)


def _body(here: Served, batch: AuditBatch) -> BatchBody:
    reopened = {one.batch_id: one for one in here.project.store.reopenings()}
    return BatchBody(**_columns(batch, _outcome(here, batch)[1], reopened))


def _columns(
    batch: AuditBatch,
    found: BatchOutcome,
    reopened: dict[int, Reopening],
) -> dict[str, Any]:
    reopening = reopened.get(batch.batch_id)
    return {
        "batch_id": batch.batch_id,
        "state": batch.state,
        "model_id": batch.model_id,
        "threshold": batch.threshold,
        "bound": batch.bound,
        "confidence": round(1 - batch.risk, 6),
        "n_accepted": batch.n_accepted,
        "n_items": found.n_items,
        "n": len(found.judged),
        "n_wrong": int(found.wrong.sum()),
        "error_rate": rounded(found.error_rate),
        "lower_bound": round(found.lower_bound, 6),
        "upper_bound": round(found.upper_bound, 6),
        "created_at": batch.created_at,
        "due_at": batch.due_at,
        "due_judgements": batch.due_judgements,
        "reopening": None
        if reopening is None
        else ReopeningBody(
            event_id=reopening.event_id,
            least_confidence=reopening.least_confidence,
            n_videos=len(reopening.videos),
            is_in_force=reopening.is_in_force,
        ),
    }


def _strata(items: Sequence[AuditedItem], found: BatchOutcome) -> list[StratumBody]:
    drawn = Counter(one.item.stratum for one in items)
    judged = Counter(one.item.stratum for one in found.judged)
    wrong = Counter(
        one.item.stratum
        for one, is_wrong in zip(found.judged, found.wrong.tolist(), strict=True)
        if is_wrong
    )
    made = []
    for stratum, n_items in sorted(drawn.items()):
        quadrant, quality, person = stratum.split("|", 2)
        made.append(
            StratumBody(
                person=person,
                quadrant=quadrant,
                quality=quality,
                n_items=n_items,
                n=judged[stratum],
                n_wrong=wrong[stratum],
            )
        )
    return made


def _item(here: Served, one: AuditedItem) -> AuditItemBody:
    item, stored = one.item, one.answer
    assert stored is not None  # noqa: S101 - only what is judged is wrong
    video = here.live.readable(item.video_id)
    place = None
    if video is not None:
        place = current_track(video, item.found_track_id, item.frame)
    return AuditItemBody(
        video_id=item.video_id,
        track_id=None if place is None else place[0],
        frame=item.frame,
        confidence=round(item.confidence, 4),
        value=[None if v is None else rounded(v) for v in item.value],
        expression=item.expression,
        answer=list(stored.judgement.value),
        answer_expression=stored.judgement.expression,
        decision=stored.judgement.decision,
        rater_id=stored.judgement.rater,
    )
