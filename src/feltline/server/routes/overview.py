"""What the numbers rest on, the overview for a lead, and the backup."""

import tempfile
from dataclasses import asdict
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from feltline.errors import NothingToLabelError
from feltline.pipeline import write_backup
from feltline.review import model_state, overview_of
from feltline.review.overview import AuditResult
from feltline.server.context import Here, Served
from feltline.server.downloads import stem_of
from feltline.server.project_bodies import (
    AuditsBody,
    ClassCountBody,
    LearningBody,
    ModelStateBody,
    OverviewBody,
    PersonProgressBody,
    RaterWorkBody,
    ValuesBody,
    VideoProgressBody,
)
from feltline.server.responses import rounded
from feltline.server.serializers import position_body

router = APIRouter(tags=["overview"])


@router.get("/model")
def model(here: Here) -> ModelStateBody:
    """The model in force: how much it rests on, how old it is, and if one is learnt."""
    return _model(here)


@router.post("/model/learn", status_code=202)
def learn_anew(here: Here) -> ModelStateBody:
    """Learn a model from the judgements in force, in the background.

    Events `progress` of `learn` say how far it is.
    """
    if not here.live.model_id:
        raise NothingToLabelError(
            "no face was found in this project yet, so there is nothing to learn from; "
            "add a video that shows one"
        )
    here.worker.learn_now(here.rater)
    return _model(here)


@router.get("/overview")
def overview(here: Here) -> OverviewBody:
    """The work on the project: progress, time, audits, values, and what is left."""
    seen, threshold = overview_of(here.live, here.queue), here.live.threshold
    schema, totals = here.project.schema, seen.totals
    return OverviewBody(
        threshold=threshold,
        frames=totals.frames,
        reviewed=totals.reviewed,
        accepted=totals.accepted(threshold),
        pending=totals.pending(threshold),
        judgements=seen.judgements,
        n_timed=seen.n_timed,
        active_s=round(seen.active_s, 1),
        traced_s=round(seen.traced_s, 1),
        videos=[VideoProgressBody(**asdict(one)) for one in seen.videos],
        persons=[PersonProgressBody(**asdict(one)) for one in seen.persons],
        raters=[
            RaterWorkBody(
                rater=one.rater,
                **asdict(one.tally),
                traced_s=round(one.traced_s, 1),
                audits=_audits(one.audits),
            )
            for one in seen.raters
        ],
        audits=_audits(seen.audits),
        values=[
            ValuesBody(name=d.name, low=d.low, high=d.high, counts=list(counts))
            for d, counts in zip(schema.dimensions, seen.values, strict=True)
        ],
        classes=[
            ClassCountBody(name=name, count=seen.classes[name])
            for name in schema.class_names
        ],
        position=position_body(seen.position),
        seconds_per_item=round(seen.seconds_per_item, 2),
    )


@router.get(
    "/backup",
    response_class=FileResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def backup(here: Here) -> Response:
    """The project as one file; the videos are not in it."""
    folder = tempfile.TemporaryDirectory(dir=here.project.hidden, prefix="backup-")
    try:
        path = Path(folder.name) / "backup.zip"
        write_backup(here.project, path)
        here.project.store.note("backup", rater=here.rater, detail={})
    except BaseException:
        folder.cleanup()
        raise
    name = f"{stem_of(here.project.settings.name)}-backup.zip"
    return FileResponse(
        path,
        media_type="application/zip",
        filename=name,
        background=BackgroundTask(folder.cleanup),
    )


def _model(here: Served) -> ModelStateBody:
    state, learning = model_state(here.live), here.worker.learning
    return ModelStateBody(
        **asdict(state),
        learning=None
        if learning is None
        else LearningBody(done=learning[0], of=learning[1]),
    )


def _audits(result: AuditResult) -> AuditsBody:
    return AuditsBody(
        n=result.n,
        right=rounded(result.right),
        promised=rounded(result.promised),
        error=[rounded(one) for one in result.error],
    )
