"""What belongs to a project that is served, put together when it is opened."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from feltline.errors import FacesLostError, NothingToLabelError
from feltline.project import Project, keep_default_model
from feltline.review import LiveProject, Queue, Worker
from feltline.server.activity import ActivityClock
from feltline.server.agreement_cache import AgreementCache
from feltline.server.context import Served
from feltline.server.disk_cache import DiskCache
from feltline.server.event_stream import EventBroadcaster
from feltline.server.folder_identity import folder_identity
from feltline.server.frame_images import FrameImages
from feltline.server.identity import Identity, local_caller
from feltline.server.job import Asked, Job
from feltline.server.job_backlog import Backlog
from feltline.server.jobs import Jobs
from feltline.server.manage_bodies import job_body
from feltline.server.media_roots import MediaRoots
from feltline.server.metrics import Metrics
from feltline.server.proxy_builder import ProxyBuilder
from feltline.server.proxy_store import ProxyStore
from feltline.server.security import Credentials
from feltline.server.uploads import drop_uploads

__all__ = ["serve"]

MAX_PICTURE_BYTES: Final = 500 * 2**20


def serve(
    project: Project,
    credentials: Credentials,
    media: MediaRoots,
    metrics: Metrics,
    raters: Callable[[], Sequence[str]] | None = None,
) -> Served:
    """All that belongs to a project that is served; nothing of it runs yet.

    Args:
        project: The project.
        credentials: What lets somebody in.
        media: Folders whose content a page may name.
        metrics: Of the whole server.
        raters: Says who judges audits; the project's rater if absent.

    Raises:
        StoreError: The project's database cannot be read.
    """
    events = EventBroadcaster()

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
    worker = Worker(live, queue, publish, raters=raters)

    def tell(job: Job) -> None:
        events.publish("job", job_body(job).model_dump(mode="json"))

    def take_in(job: Job, asked: Asked) -> None:
        # After a fault of the machine they stay, to be tried again.
        if job.kind == "add" and job.state in ("done", "cancelled"):
            was_cancelled = job.state == "cancelled"
            drop_uploads(project, asked["uploads"], with_faces=was_cancelled)
        worker.look()

    return Served(
        project=project,
        live=live,
        queue=queue,
        worker=worker,
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
        media=media,
        jobs=Jobs(
            project.folder,
            tell,
            take_in,
            backlog=Backlog(project.hidden / "jobs"),
            given={"roots": [str(root) for root in media.roots]},
        ),
        folder_id=folder_identity(project.hidden),
        activity=ActivityClock(project.store),
        agreement=AgreementCache(live),
        identity=Identity.of(local_caller("token"), "owner", project.settings.rater),
    )
