"""What the routes stand on: the project that is served, and everything around it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from feltline.project import Project, VideoState
from feltline.review import LiveProject, Queue, View
from feltline.server.event_stream import EventBroadcaster
from feltline.server.frame_images import FrameImages
from feltline.server.metrics import Metrics
from feltline.server.proxy_builder import ProxyBuilder
from feltline.server.security import Credentials

__all__ = ["Here", "Served", "no_video"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A project that is served, with what belongs to its server.

    Attributes:
        project: The project.
        live: It in memory.
        queue: What to ask next.
        events: What has changed, to every page.
        pictures: Crops and thumbnails.
        proxies: Playable copies.
        credentials: Who may come in.
        metrics: Counts and times.
    """

    project: Project
    live: LiveProject
    queue: Queue
    events: EventBroadcaster
    pictures: FrameImages
    proxies: ProxyBuilder
    credentials: Credentials
    metrics: Metrics

    @property
    def rater(self) -> str:
        """Who works here."""
        return self.project.settings.rater

    def video(self, video_id: str) -> VideoState:
        """A video by name.

        Raises:
            HTTPException: There is none of that name.
        """
        try:
            return self.live.video(video_id)
        except KeyError:
            raise no_video(video_id) from None

    def view(self, video_id: str, track_id: int) -> View:
        """A track by video and number.

        Raises:
            HTTPException: There is none.
        """
        self.video(video_id)
        try:
            return self.live.view(video_id, track_id)
        except KeyError:
            raise HTTPException(
                404,
                f"{video_id} has no face {track_id}, or it is ignored; repairs may "
                f"have renumbered it: load the page again",
            ) from None

    def found_at(self, video_id: str, track_id: int, frame: int) -> int:
        """The found track that shows this face in a frame.

        Raises:
            HTTPException: The face is not seen there.
        """
        found = self.video(video_id).found_at(track_id, frame)
        if found is None:
            raise HTTPException(
                404, f"face {track_id} is not seen in frame {frame} of {video_id}"
            )
        return found


def no_video(video_id: str) -> HTTPException:
    """The answer to a name that no video has."""
    return HTTPException(404, f"there is no video {video_id!r} in this project")


def _here(request: Request) -> Served:
    served: Served = request.app.state.served
    return served


Here = Annotated[Served, Depends(_here)]
