"""Who is here, what happened, and news as they come."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from feltline.server.context import Here
from feltline.server.responses import EventBody, LabelSchemaBody, SessionBody
from feltline.settings import version
from feltline.store import Event, Store

router = APIRouter(tags=["session"])

MAX_EVENTS = 500


@router.get("/session")
def session(request: Request, here: Here) -> SessionBody:
    """The project, its promises, and the CSRF token that changes must carry."""
    settings = here.project.settings
    return SessionBody(
        project={"project_id": settings.project_id, "name": settings.name},
        rater=here.rater,
        csrf=here.credentials.csrf_token_for(request.scope),
        threshold=here.live.threshold,
        tolerance=settings.tolerance,
        coverage=settings.coverage,
        label_schema=LabelSchemaBody.model_validate(here.project.schema.to_json()),
        version=version(),
    )


@router.get("/events")
def events(
    here: Here,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EVENTS)] = 100,
) -> list[EventBody]:
    """The log: after an event in its order, or else back from one or from the end."""
    store = here.project.store
    if after is not None:
        found = store.events(after=after, limit=limit)
    else:
        last = store.last_event_id()
        found = _newest(store, last if before is None else min(last, before - 1), limit)
    undone = store.undone()
    return [
        EventBody.model_validate(asdict(e) | {"undone": e.event_id in undone})
        for e in found
    ]


def _newest(store: Store, last: int, limit: int) -> list[Event]:
    """Events from one on, back in the log; a purge leaves gaps in their numbers."""
    found: list[Event] = []
    step = limit
    while last > 0 and len(found) < limit:
        first = max(0, last - step)
        some = store.events(after=first, limit=step)
        found += reversed([e for e in some if e.event_id <= last])
        last, step = first, min(2 * step, MAX_EVENTS)
    return found[:limit]


@router.get("/stream", response_class=EventSourceResponse)
async def stream(here: Here) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: hello, changed, refilled, progress, failed."""
    async for event in here.events.stream(here.project.store.last_event_id):
        yield event
