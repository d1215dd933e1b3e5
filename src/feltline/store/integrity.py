"""Whether what a change is about is there: its video, its track, its frames."""

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.schema import track_edits, tracks, videos
from feltline.store.values import TrackEdit

__all__ = ["Places", "no_such_video"]


def no_such_video(video_id: str) -> StoreError:
    """The fault of naming a video that is not there."""
    return StoreError(f"there is no video {video_id!r} in this project; add it first")


class Places:
    """Videos and found tracks of a project, each looked up once per transaction."""

    def __init__(self, connection: sa.Connection, project_id: str) -> None:
        self._connection = connection
        self._project_id = project_id
        self._n_frames: dict[str, int] = {}
        self._found: dict[str, dict[int, tuple[int, int]]] = {}

    def check(self, video_id: str, last_frame: int, found_track_id: int) -> None:
        """Raise unless the video has the frame, and the track was found in it.

        Raises:
            StoreError: There is no such video, frame or track.
        """
        self.check_frame(video_id, last_frame)
        found = self.found(video_id)
        if found_track_id not in found:
            raise StoreError(
                f"no face {found_track_id} was found in {video_id}; found were "
                f"{', '.join(map(str, sorted(found))) or 'none'}"
            )

    def check_frame(self, video_id: str, frame: int) -> None:
        """Raise unless the video is there and has the frame.

        Raises:
            StoreError: There is no such video or frame.
        """
        if video_id not in self._n_frames:
            asked = sa.select(videos.c.n_frames).where(
                videos.c.project_id == self._project_id, videos.c.video_id == video_id
            )
            n_frames = self._connection.execute(asked).scalar()
            if n_frames is None:
                raise no_such_video(video_id)
            self._n_frames[video_id] = n_frames
        if frame >= self._n_frames[video_id]:
            raise StoreError(
                f"frame {frame} is past the end of {video_id}, whose last frame is "
                f"{self._n_frames[video_id] - 1}"
            )

    def check_seen(self, video_id: str, frame: int, found_track_id: int) -> None:
        """Raise unless a track that was found reaches over a frame.

        Raises:
            StoreError: It begins later or ends before.
        """
        first, last = self.found(video_id)[found_track_id]
        if not first <= frame <= last:
            raise StoreError(
                f"face {found_track_id} was found in frames {first}-{last} of "
                f"{video_id}, not in frame {frame}; load the page again"
            )

    def found(self, video_id: str) -> dict[int, tuple[int, int]]:
        """First and last frame of each track found in a video, by its number."""
        if video_id not in self._found:
            asked = sa.select(
                tracks.c.track_id, tracks.c.first_frame, tracks.c.last_frame
            ).where(
                tracks.c.project_id == self._project_id, tracks.c.video_id == video_id
            )
            self._found[video_id] = {
                row.track_id: (row.first_frame, row.last_frame)
                for row in self._connection.execute(asked)
            }
        return self._found[video_id]

    def check_edit(self, edit: TrackEdit) -> None:
        """Raise unless a repair speaks of tracks that are, or may be, there.

        Raises:
            StoreError: A track was never there, or the number for a new one was given
                before (also if that split was undone: labels may still name it).
        """
        self.check_frame(edit.video_id, edit.frame or 0)
        asked = sa.select(track_edits.c.other_track_id).where(
            track_edits.c.project_id == self._project_id,
            track_edits.c.video_id == edit.video_id,
            track_edits.c.kind == "split",
        )
        known = {
            *self.found(edit.video_id),
            *self._connection.execute(asked).scalars(),
        }
        old = [edit.track_id]
        if edit.kind == "merge" and edit.other_track_id is not None:
            old.append(edit.other_track_id)
        for track_id in old:
            if track_id not in known:
                raise StoreError(
                    f"there is no track {track_id} in {edit.video_id}; its tracks are "
                    f"{', '.join(map(str, sorted(known))) or 'none'}"
                )
        if edit.kind == "split" and edit.other_track_id in known:
            raise StoreError(
                f"track number {edit.other_track_id} of {edit.video_id} is taken, "
                f"perhaps by another person just now; the next free one is "
                f"{max(known) + 1}"
            )
