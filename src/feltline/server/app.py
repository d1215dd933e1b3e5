"""Application of the server: routes, security, errors as sentences, and the page."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from feltline.errors import (
    AuditOverdueError,
    FacesLostError,
    FeltlineError,
    OriginalLostError,
    SetupError,
    StoreUnavailableError,
)
from feltline.server.context import Served, caller_of, here_of
from feltline.server.metrics import Waiting
from feltline.server.page_bundle import PAGE_FOLDER, bundle_fault
from feltline.server.responses import ErrorBody
from feltline.server.routes import (
    agreement,
    assignments,
    audits,
    comments,
    comparisons,
    guidelines,
    import_export,
    judgements,
    manage,
    me,
    members,
    overview,
    people_tables,
    queue,
    session,
    team,
    traces,
    tracks,
    users,
    videos,
    work,
)
from feltline.server.routes import projects as projects_routes
from feltline.server.security import add_security
from feltline.server.security.permissions import PROJECT_API, SERVER_API, check_routes
from feltline.server.served_projects import ServedProjects
from feltline.server.trace_bodies import MAX_TRACE_BYTES
from feltline.server.translation import Translation
from feltline.server.uploads import MAX_UPLOAD_BYTES
from feltline.settings import version

__all__ = ["create_api", "create_app"]

logger = logging.getLogger(__name__)

MAX_IMPORT_BYTES: Final = 2**30
MAX_TABLE_BYTES: Final = 200 * 2**20
MAX_BACKUP_BYTES: Final = 64 * 2**30
BODY_LIMITS: Final = {
    f"{PROJECT_API}/predictions": MAX_IMPORT_BYTES,
    f"{PROJECT_API}/labels/preview": MAX_TABLE_BYTES,
    f"{PROJECT_API}/labels": MAX_TABLE_BYTES,
    f"{PROJECT_API}/uploads": MAX_UPLOAD_BYTES,
    f"{PROJECT_API}/traces": MAX_TRACE_BYTES,
    "/api/projects/restore": MAX_BACKUP_BYTES,
}
"""Routes that take more than others, and how many bytes."""
ROUTES: Final = (
    session,
    videos,
    judgements,
    queue,
    tracks,
    guidelines,
    import_export,
    people_tables,
    overview,
    manage,
    members,
    team,
    work,
    assignments,
    comments,
    agreement,
    audits,
    comparisons,
    traces,
)
"""Routes of a project."""
SERVER_ROUTES: Final = (projects_routes, me, users)
ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    code: {"model": ErrorBody} for code in (400, 401, 403, 404, 409, 413, 422)
}


def create_app(projects: ServedProjects) -> FastAPI:
    """The application that serves projects; they are closed when it ends.

    Args:
        projects: Which, by key; each is opened when it is first asked for.
    """
    fault = bundle_fault()
    if fault is not None:  # scripts do without the page
        logger.warning(fault)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(projects.close)

    app = create_api(lifespan)
    app.state.projects = projects
    _add_plain_routes(app)
    add_security(
        app,
        projects.credentials,
        token_of=projects.token_of,
        body_limits=BODY_LIMITS,
        people=projects.people,
        public=projects.public,
    )
    app.add_middleware(Translation)  # around what security refuses, too
    projects.metrics.attach(app)
    return app


def create_api(
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """The interface of the server without projects: what its document describes.

    Args:
        lifespan: What to do before and after it serves.

    Raises:
        RuntimeError: A route has no permission: a programming error.
    """
    app = FastAPI(
        title="feltline",
        summary="Judgements of projects, their predictions, and what to look at next.",
        version=version(),
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=ERRORS,
    )
    for module in SERVER_ROUTES:
        own = module.router
        check_routes(SERVER_API, own.routes, projects_routes.projects_of)
        app.include_router(own, prefix=SERVER_API)
    for module in ROUTES:
        check_routes(PROJECT_API, module.router.routes, here_of)
        app.include_router(module.router, prefix=PROJECT_API)
    _add_sentences(app)
    return app


def _add_plain_routes(app: FastAPI) -> None:
    # FastAPI remembers functions that it was given, beyond their application: none may
    # hold the projects.
    app.get("/health", include_in_schema=False)(_health)
    app.get("/metrics", include_in_schema=False)(_metrics)
    app.get("/", include_in_schema=False)(_start_page)
    app.get("/p/{project}/", include_in_schema=False)(_project_page)
    if (PAGE_FOLDER / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=PAGE_FOLDER / "assets"))


def _projects(request: Request) -> ServedProjects:
    projects: ServedProjects = request.app.state.projects
    return projects


def _health(request: Request) -> dict[str, str]:
    for served in _projects(request).opened().values():
        served.project.store.last_event_id()  # raises if the database is gone
    return {"status": "ok"}


def _metrics(request: Request) -> Response:
    if not caller_of(request).may("admin"):
        raise HTTPException(403, "only admins of this server may see its metrics")
    projects = _projects(request)
    waiting = {key: _waiting(here) for key, here in projects.opened().items()}
    return projects.metrics.response(waiting)


def _start_page() -> FileResponse:
    return _page()


def _project_page(project: str, request: Request) -> FileResponse:
    is_there = _projects(request).is_open_to(project, caller_of(request))
    return _page(200 if is_there else 404)


def _page(status: int = 200) -> FileResponse:
    """The page; it decides by its address what it shows."""
    fault = bundle_fault()
    if fault is not None:
        raise SetupError(fault)
    # Never kept: it names the bundle of this very version.
    headers = {"Cache-Control": "no-cache"}
    return FileResponse(PAGE_FOLDER / "index.html", status, headers)


def _waiting(here: Served) -> Waiting:
    totals = here.live.index.totals()
    return Waiting(
        frames=totals.pending(totals.threshold),
        tracks=here.live.index.n_pending_tracks(),
        proxies=here.proxies.n_waiting,
    )


def _add_sentences(app: FastAPI) -> None:
    """Every failure is one sentence in JSON, and never a traceback."""

    @app.exception_handler(FeltlineError)
    def own(_request: Request, error: FeltlineError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, _status_of(error))

    @app.exception_handler(HTTPException)
    def http(_request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse(
            {"error": str(error.detail)}, error.status_code, headers=error.headers
        )

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": _first_fault(error)}, 422)

    @app.exception_handler(Exception)
    def fault(_request: Request, error: Exception) -> JSONResponse:
        logger.exception("a request failed", exc_info=error)
        return JSONResponse(
            {"error": "feltline itself failed; its log says where. Nothing was lost"},
            500,
        )


def _status_of(error: FeltlineError) -> int:
    """400 where the request is at fault, 503 where the same may succeed later.

    409 where the file of a video is missing or another one, so that somebody must put
    it back, and where an audit must be done first.

    A page drops a change that is refused with 400, and sends one again after 503. So a
    database that is locked or out of reach, or a video that must be read again, must
    not look like a refusal.
    """
    if isinstance(error, OriginalLostError | AuditOverdueError):
        return 409
    later = StoreUnavailableError | SetupError | FacesLostError
    return 503 if isinstance(error, later) else 400


def _first_fault(error: RequestValidationError) -> str:
    """The first fault of a request in a sentence."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return f"{where}: {first['msg']}"
