"""Context of a request: the project that its address names, and all around it."""

from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Path, Request

from feltline.project import Project, VideoState
from feltline.review import LiveProject, Queue, RaterView, TrackView, Worker
from feltline.server.activity import ActivityClock
from feltline.server.agreement_cache import AgreementCache
from feltline.server.disk_cache import DiskCache
from feltline.server.event_stream import EventBroadcaster
from feltline.server.frame_images import FrameImages
from feltline.server.identity import Caller, Identity
from feltline.server.jobs import Jobs
from feltline.server.media_roots import MediaRoots
from feltline.server.metrics import Metrics
from feltline.server.proxy_builder import ProxyBuilder
from feltline.server.security import Credentials
from feltline.server.security.permissions import authorise
from feltline.server.video_folders import Original
from feltline.store import VideoRecord

__all__ = ["Here", "Served", "caller_of", "here_of", "is_still_here"]


READING: Final = ("GET", "HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A project that is served, with what belongs to it.

    Attributes:
        project: The project.
        live: It as it stands.
        queue: What to ask next.
        worker: Keeps the two up to date in the background.
        events: What has changed, to every page.
        pictures: Crops and thumbnails.
        picture_cache: Those that were made.
        proxies: Proxy videos.
        credentials: Who may come in.
        metrics: Counts and times of the whole server.
        media: Folders whose content a page may name.
        jobs: Long work that pages asked for.
        folder_id: Tells its folder from copies of it; see `folder_identity`.
        identity: Who asks; of the server itself outside of a request.
        activity: Measures how long raters work.
        agreement: How far its raters agree.
    """

    project: Project
    live: LiveProject
    queue: Queue
    worker: Worker
    events: EventBroadcaster
    pictures: FrameImages
    picture_cache: DiskCache
    proxies: ProxyBuilder
    credentials: Credentials
    metrics: Metrics
    media: MediaRoots
    jobs: Jobs
    folder_id: str
    identity: Identity
    activity: ActivityClock
    agreement: AgreementCache

    @property
    def rater(self) -> str:
        """What stands in the log for who asks."""
        return self.identity.rater_id

    def rater_view(self) -> RaterView | None:
        """What of the raters' work the caller sees; None = all of it.

        Read anew each time: an assignment that was answered hides nothing any more.
        """
        return None if self.identity.sees_all else RaterView(self.live, self.rater)

    def record(self, video_id: str) -> VideoRecord:
        """What is known of a video without its arrays.

        Raises:
            HTTPException: There is none of that name.
        """
        try:
            return self.live.entry(video_id).record
        except KeyError:
            raise HTTPException(
                404, f"there is no video {video_id!r} in this project"
            ) from None

    def original(self, video_id: str) -> Original:
        """A video as it lies on the disk.

        Raises:
            HTTPException: There is none of that name.
        """
        record = self.record(video_id)
        return Original(self.project.path_of(record), record.content_hash, video_id)

    def video(self, video_id: str) -> VideoState:
        """A video as it stands.

        Raises:
            HTTPException: There is none of that name.
        """
        self.record(video_id)
        return self.live.video(video_id)

    def view(self, video_id: str, track_id: int) -> TrackView:
        """A track by video and number.

        Raises:
            HTTPException: There is none.
        """
        self.record(video_id)
        try:
            return self.live.view(video_id, track_id)
        except KeyError:
            raise HTTPException(
                404,
                f"{video_id} has no face {track_id}, or it is ignored; track edits may "
                f"have renumbered it: load the page again",
            ) from None

    def found_at(self, video_id: str, track_id: int, frame: int) -> int:
        """The found track that shows this face in a frame.

        Raises:
            HTTPException: The face is not seen there.
        """
        self.record(video_id)
        found = self.live.tracks_of(video_id).found_at(track_id, frame)
        if found is None:
            raise HTTPException(
                404, f"face {track_id} is not seen in frame {frame} of {video_id}"
            )
        return found

    def tracks_changed(self, video_id: str, event_id: int) -> None:
        """Tracks of a video were edited: the answer waits until the new ones stand."""
        self.worker.changed(video_id, event_id)
        self.live.summarise(video_id)


def caller_of(request: Request) -> Caller:
    """Who sends a request.

    Raises:
        HTTPException: Nobody was authenticated.
    """
    caller = Caller.of(request.scope)
    if caller is None:
        raise HTTPException(401, "you are not signed in")
    return caller


def here_of(
    request: Request,
    project: Annotated[str, Path(description="The key of the project.")],
) -> Served:
    """The project that a request names, as its caller may see it.

    Raises:
        HTTPException: There is none, or the caller is none of its members, or may not
            do there what the route does.
    """
    projects = request.app.state.projects
    identity: Identity = projects.identity_in(project, caller_of(request))
    authorise(request.scope, identity)
    served: Served = projects.served(project)
    # A page that is open reads by itself whenever others change something: only what
    # changes something is a sign that somebody works.
    if request.method not in READING:
        served.activity.seen(identity.rater_id)
    return replace(served, identity=identity)


def is_still_here(request: Request, project: str) -> bool:
    """Whether the caller of a request may still see its project.

    A long answer asks again: sessions are revoked, and members leave.
    """
    projects = request.app.state.projects
    caller = caller_of(request)
    if not projects.people.is_still_in(caller):
        return False
    return bool(projects.is_open_to(project, caller))


Here = Annotated[Served, Depends(here_of)]
"""How a route gets its project; opened now if it is not open yet."""
