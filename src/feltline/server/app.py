"""Application of the server: routes, security, errors as sentences, and the page."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from feltline.errors import (
    FacesLostError,
    FeltlineError,
    NothingToLabelError,
    OriginalLostError,
    SetupError,
    StoreUnavailableError,
)
from feltline.project import Project, keep_default_model
from feltline.review import LiveProject, Queue, Worker
from feltline.server.context import Here, Served
from feltline.server.disk_cache import DiskCache
from feltline.server.error_translation import ErrorTranslation
from feltline.server.event_stream import EventBroadcaster
from feltline.server.frame_images import FrameImages
from feltline.server.log_watcher import Watcher
from feltline.server.metrics import Metrics
from feltline.server.page_bundle import PAGE_FOLDER, bundle_fault
from feltline.server.proxy_builder import ProxyBuilder
from feltline.server.proxy_store import ProxyStore
from feltline.server.responses import ErrorBody
from feltline.server.routes import (
    import_export,
    judgements,
    queue,
    session,
    tracks,
    videos,
)
from feltline.server.security import Credentials, add_security
from feltline.settings import version

__all__ = ["create_api", "create_app"]

logger = logging.getLogger(__name__)

MAX_PICTURE_BYTES: Final = 500 * 2**20
MAX_IMPORT_BYTES: Final = 2**30
IMPORT_PATH: Final = "/api/predictions"
ROUTES: Final = (session, videos, judgements, queue, tracks, import_export)
ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    code: {"model": ErrorBody} for code in (400, 401, 403, 404, 409, 413, 422)
}


def create_app(project: Project, credentials: Credentials) -> FastAPI:
    """The application that serves a project; closing it leaves the project open.

    Args:
        project: An open project.
        credentials: What lets somebody in.
    """
    served = _served(project, credentials)
    fault = bundle_fault()
    if fault is not None:  # scripts do without the page
        logger.warning(fault)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        watcher = Watcher(served)
        served.worker.start()
        watcher.start()
        yield
        watcher.close()
        served.events.close()
        served.proxies.close()
        served.worker.close()

    app = create_api(lifespan)
    app.state.served = served
    _add_plain_routes(app)
    add_security(app, credentials, body_limits={IMPORT_PATH: MAX_IMPORT_BYTES})
    app.add_middleware(ErrorTranslation)  # around what security refuses, too
    served.metrics.attach(app)
    return app


def create_api(
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """The interface of the server without a project: what its document describes.

    Args:
        lifespan: What to do before and after it serves.
    """
    app = FastAPI(
        title="feltline",
        summary="Judgements of a project, its predictions, and what to look at next.",
        version=version(),
        lifespan=lifespan,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=ERRORS,
    )
    for module in ROUTES:
        app.include_router(module.router, prefix="/api")
    _add_sentences(app)
    return app


def _served(project: Project, credentials: Credentials) -> Served:
    events = EventBroadcaster()
    metrics = Metrics()

    def publish(name: str, data: dict[str, Any]) -> None:
        if name == "refilled" and "seconds" in data:
            metrics.refill_s.observe(data["seconds"])
        events.publish(name, data)

    def is_known(content_hash: str) -> bool:
        return project.store.find_content(content_hash) is not None

    pictures = DiskCache(project.pictures_folder, MAX_PICTURE_BYTES, is_known)
    with suppress(NothingToLabelError, FacesLostError):
        keep_default_model(project)
    live = LiveProject(project)
    queue = Queue(live)
    return Served(
        project=project,
        live=live,
        queue=queue,
        worker=Worker(live, queue, publish),
        events=events,
        pictures=FrameImages(pictures, project.originals),
        picture_cache=pictures,
        proxies=ProxyBuilder(
            ProxyStore(project.proxies_folder, is_known),
            image_rate_hz=project.settings.extraction.image_rate_hz,
            publish=events.publish,
            ended=lambda how, seconds: metrics.proxy_s.labels(how).observe(seconds),
            originals=project.originals,
        ),
        credentials=credentials,
        metrics=metrics,
    )


def _add_plain_routes(app: FastAPI) -> None:
    @app.get("/health", include_in_schema=False)
    def health(served: Here) -> dict[str, str]:
        served.project.store.last_event_id()  # raises if the database is gone
        return {"status": "ok"}

    @app.get("/metrics", include_in_schema=False)
    def metrics(served: Here) -> Response:
        totals = served.live.index.totals()
        return served.metrics.response(
            queue_frames=totals.pending(totals.threshold),
            queue_tracks=served.live.index.n_pending_tracks(),
            proxies_waiting=served.proxies.n_waiting,
        )

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        fault = bundle_fault()
        if fault is not None:
            raise SetupError(fault)
        # Never kept: it names the bundle of this very version.
        index = PAGE_FOLDER / "index.html"
        return FileResponse(index, headers={"Cache-Control": "no-cache"})

    if (PAGE_FOLDER / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=PAGE_FOLDER / "assets"))


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

    409 where the file of a video is missing or another one: somebody must put it back.

    A page drops a change that is refused with 400, and sends one again after 503. So a
    database that is locked or out of reach, or a video that must be read again, must
    not look like a refusal.
    """
    if isinstance(error, OriginalLostError):
        return 409
    later = StoreUnavailableError | SetupError | FacesLostError
    return 503 if isinstance(error, later) else 400


def _first_fault(error: RequestValidationError) -> str:
    """The first fault of a request in a sentence."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return f"{where}: {first['msg']}"
