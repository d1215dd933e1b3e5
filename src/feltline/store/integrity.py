"""Referential-integrity checks: the video, found track and frames of a change exist."""

from collections.abc import Iterable

from feltline.errors import StoreError
from feltline.store.schema import track_edits, tracks, videos
from feltline.store.transactions import Transaction
from feltline.store.values import TrackEdit


def no_such_video(video_id: str) -> StoreError:
    """The error of naming a video that is not there."""
    return StoreError(f"there is no video {video_id!r} in this project; add it first")


class References:
    """Videos and found tracks of a project, each looked up once per transaction.

    Args:
        tx: By which to read.
    """

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._n_frames: dict[str, int] = {}
        self._found: dict[str, dict[int, tuple[int, int]]] = {}

    def look_up(self, video_ids: Iterable[str]) -> None:
        """Read videos with their found tracks; one statement."""
        new = [name for name in dict.fromkeys(video_ids) if name not in self._n_frames]
        if not new:
            return
        found_track = (tracks.c.track_id, tracks.c.first_frame, tracks.c.last_frame)
        asked = self._tx.select(videos.c.video_id, videos.c.n_frames, *found_track)
        named = self._tx.any_of(videos.c.video_id, new)
        for row in self._tx.execute(asked.outerjoin_from(videos, tracks).where(named)):
            self._n_frames[row.video_id] = row.n_frames
            found = self._found.setdefault(row.video_id, {})
            if row.track_id is not None:
                found[row.track_id] = (row.first_frame, row.last_frame)

    def check_videos(self, video_ids: Iterable[str]) -> None:
        """Raise unless all videos are there.

        Raises:
            StoreError: There is no such video.
        """
        names = list(video_ids)
        self.look_up(names)
        for video_id in names:
            self.check_frame(video_id, 0)

    def check_frame(self, video_id: str, frame: int) -> None:
        """Raise unless the video is there and has the frame.

        Raises:
            StoreError: There is no such video or frame.
        """
        self.look_up([video_id])
        if video_id not in self._n_frames:
            raise no_such_video(video_id)
        if frame >= self._n_frames[video_id]:
            raise StoreError(
                f"frame {frame} is past the end of {video_id}, whose last frame is "
                f"{self._n_frames[video_id] - 1}"
            )

    def check_track(self, video_id: str, found_track_id: int) -> tuple[int, int]:
        """First and last frame of a found track.

        Raises:
            StoreError: There is no such video, or no such track was found in it.
        """
        self.check_frame(video_id, 0)
        found = self._found[video_id]
        if found_track_id not in found:
            raise StoreError(
                f"no face {found_track_id} was found in {video_id}; found were "
                f"{', '.join(map(str, sorted(found))) or 'none'}"
            )
        return found[found_track_id]

    def check_span(
        self, video_id: str, span: tuple[int, int], found_track_id: int
    ) -> None:
        """Raise unless the frames exist and the found track reaches into them.

        Raises:
            StoreError: There is no such video, frame or track, or the track ends before
                the span or begins after it.
        """
        self.check_frame(video_id, span[1])
        first, last = self.check_track(video_id, found_track_id)
        if span[1] < first or last < span[0]:
            where = (
                f"frame {span[0]}"
                if span[0] == span[1]
                else f"frames {span[0]}-{span[1]}"
            )
            raise StoreError(
                f"face {found_track_id} was found in frames {first}-{last} of "
                f"{video_id}, not in {where}; load the page again"
            )

    def check_edit(self, edit: TrackEdit) -> None:
        """Raise unless a track edit speaks of tracks that are, or may be, there.

        Raises:
            StoreError: A track was never there, or the number for a new one was given
                before (also if that split was undone: judgements may still name it).
        """
        self.check_frame(edit.video_id, edit.frame or 0)
        of_splits = self._tx.select(track_edits.c.other_track_id).filter_by(
            video_id=edit.video_id, kind="split"
        )
        known = {*self._found[edit.video_id], *self._tx.values(of_splits)}
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
