"""Who is here, what happened, and news as they come."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from feltline.server.context import Here, Served, is_still_here
from feltline.server.manage_bodies import JobBody
from feltline.server.requests import VideoName
from feltline.server.responses import (
    EventBody,
    LabelSchemaBody,
    SessionBody,
    SessionProject,
)
from feltline.server.serializers import persons_body, without_reason
from feltline.server.translation import speaking
from feltline.settings import version
from feltline.store import NOTE

router = APIRouter(tags=["session"])

MAX_EVENTS = 500
FOR_LEADS: Final = ("job", "failed")
"""Notifications that are none of a rater's work."""

About = Literal["judgements", "faces", "threshold", "undo", "notes"]
KINDS: Final[Mapping[About, tuple[str, ...]]] = {
    "judgements": ("judgement", "trace", "trace-lag"),
    "faces": ("track-edit", "person"),
    "threshold": ("threshold",),
    "undo": ("undo",),
    "notes": (NOTE,),
}


@router.get("/session")
def session(request: Request, here: Here) -> SessionBody:
    """The project, its promises, and the CSRF token that changes must carry."""
    settings, identity = here.project.settings, here.identity
    permissions = set(identity.permissions)
    if identity.caller.may("admin"):
        permissions.add("admin")  # of the server: this page may ask for its folders
    return SessionBody(
        project=SessionProject(
            project_id=settings.project_id,
            folder_id=here.folder_id,
            name=settings.name,
        ),
        rater=here.rater,
        name=_name_of(request, here),
        role=here.identity.role,
        permissions=sorted(permissions),
        csrf=here.credentials.csrf_token_for(request.scope),
        threshold=here.live.threshold,
        tolerance=settings.tolerance,
        coverage=settings.coverage,
        label_schema=LabelSchemaBody.model_validate(here.project.schema.to_json()),
        version=version(),
    )


def _name_of(request: Request, here: Served) -> str:
    user_id = here.identity.caller.user_id
    if user_id is None:
        return here.rater
    user = request.app.state.projects.people.accounts.user(user_id)
    return here.rater if user is None else str(user.name)


@router.get("/events")
def events(  # noqa: PLR0913 - each a parameter of the query
    here: Here,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = 100,
    about: Annotated[About | None, Query()] = None,
    rater: Annotated[str | None, Query(max_length=200)] = None,
    video_id: Annotated[VideoName | None, Query()] = None,
    person: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
) -> list[EventBody]:
    """The log: after an event in its order, or else back from one or from the end.

    Back it can be of one kind of change, of one rater (empty = feltline itself), about
    one video and about the faces of one person only, by the names of now. Who does not
    lead sees of other raters what they did to tracks, names and the threshold.
    """
    store = here.project.store
    seen_by = None if here.identity.sees_all else here.rater
    if after is not None:
        found = store.events(after=after, limit=limit, seen_by=seen_by)
    else:
        found = store.latest_events(
            before=before,
            limit=limit,
            kinds=None if about is None else KINDS[about],
            rater=rater,
            video_id=video_id,
            tracks=None if person is None else _tracks_of(here, person),
            seen_by=seen_by,
        )
    undone = store.undone()
    bodies = [asdict(e) | {"undone": e.event_id in undone} for e in found]
    for body in bodies:
        if body["kind"] == "judgement" and seen_by is not None:
            body["detail"] = without_reason(body["detail"])
    return [EventBody.model_validate(body) for body in bodies]


def _tracks_of(here: Here, person: str) -> list[tuple[str, int]]:
    named = [one for one in persons_body(here) if one.name == person]
    return [(at.video_id, at.track_id) for one in named for at in one.tracks]


@router.get("/stream", response_class=EventSourceResponse)
async def stream(
    request: Request, project: str, here: Here, language: Literal["en", "ja"] = "en"
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: hello, changed, refilled, progress, failed, job, settings.

    Jobs, and faults in the background, are told to who leads only.

    What came of a job is said in the language that is named: a browser sends no header
    of a page's own with this request.
    """

    def is_still_open() -> bool:
        return is_still_here(request, project)

    newest = here.project.store.last_event_id
    async for event in here.events.stream(newest, is_still_open):
        if event.event in FOR_LEADS and not here.identity.sees_all:
            continue
        is_job = event.event == "job" and event.raw_data is not None
        yield _job_in(language, event) if is_job else event


def _job_in(language: str, event: ServerSentEvent) -> ServerSentEvent:
    job = JobBody.model_validate_json(event.raw_data or "")
    with speaking(language):
        return ServerSentEvent(event=event.event, raw_data=job.model_dump_json())
