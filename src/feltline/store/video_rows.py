"""Videos and found tracks as rows; arrays of former versions until they are moved."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from feltline.errors import ShapeError, StoreError
from feltline.store.arrays import unpack
from feltline.store.event_log import EventLog, write_note
from feltline.store.integrity import no_such_video
from feltline.store.records import LegacyArrays, TrackRecord, VideoRecord
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import Columns, legacy_arrays, videos
from feltline.store.schema import tracks as found
from feltline.store.transactions import Transaction
from feltline.types import FaceTrack

OF_VIDEO: Final = -1
"""Stands for a track's number where legacy arrays are of the video itself."""


class Videos(EventLog):
    """The videos of a project, and the tracks found in them."""

    def add_video(
        self,
        video: VideoRecord,
        tracks: Sequence[TrackRecord],
        *,
        added_by: str | None = None,
    ) -> None:
        """Add a video with the tracks found in it; they never change afterwards.

        Args:
            video: The video.
            tracks: Found in it.
            added_by: Who added it; the log says so, with the video or not at all. None
                writes no entry in the log.

        Raises:
            StoreError: Its name is taken, or its content is in the project already.
            ShapeError: The tracks are not those of this video.
        """
        _check_tracks(video, tracks)
        with self._writing() as tx:
            _check_new(tx, video)
            tx.insert(videos, [columns_of(video, videos)])
            tx.insert(found, [columns_of(track, found) for track in tracks])
            if added_by is not None:
                detail = {"video_id": video.video_id, "frames": video.n_frames}
                write_note(tx, "video-added", added_by, detail)

    def move_video(self, video_id: str, location: str, *, moved_by: str) -> None:
        """Note that the file of a video, the same in content, lies elsewhere now.

        Raises:
            StoreError: There is no such video.
        """
        with self._writing() as tx:
            video_row(tx, video_id)
            tx.execute(
                sa.update(videos)
                .where(tx.of(videos, videos.c.video_id == video_id))
                .values(location=location)
            )
            write_note(tx, "video-moved", moved_by, {"video_id": video_id})

    def videos(self) -> list[VideoRecord]:
        """All videos, by name."""
        with self._reading() as tx:
            rows = tx.rows(tx.select(videos))
            records = [value_of(VideoRecord, row) for row in rows]
        return sorted(records, key=lambda video: video.video_id)

    def video_names(self) -> list[str]:
        """Names of all videos, sorted."""
        with self._reading() as tx:
            return sorted(tx.values(tx.select(videos.c.video_id)))

    def video(self, video_id: str) -> VideoRecord:
        """One video.

        Raises:
            StoreError: There is no such video.
        """
        with self._reading() as tx:
            return value_of(VideoRecord, video_row(tx, video_id))

    def find_content(self, content_hash: str) -> str | None:
        """Name of the video whose bytes have this hash, None if there is none."""
        with self._reading() as tx:
            asked = tx.select(videos.c.video_id)
            same = asked.where(videos.c.content_hash == content_hash)
            return next(iter(tx.values(same)), None)

    def found_tracks(self, video_id: str | None = None) -> list[TrackRecord]:
        """The tracks found in all videos or in one, by video and number.

        Raises:
            StoreError: There is no such video.
        """
        with self._reading() as tx:
            asked = tx.select(found)
            if video_id is not None:
                asked = asked.where(found.c.video_id == video_id)
            rows = tx.rows(asked)
            if video_id is not None and not rows:
                video_row(tx, video_id)
        records = [value_of(TrackRecord, row) for row in rows]
        return sorted(records, key=lambda track: (track.video_id, track.track_id))

    def legacy_videos(self) -> list[str]:
        """Videos whose arrays a former version kept in the database, sorted."""
        with self._reading() as tx:
            return sorted(tx.values(tx.select(legacy_arrays.c.video_id).distinct()))

    def legacy_arrays(self, video_id: str) -> LegacyArrays | None:
        """Arrays that a former version kept in the database, None if there are none.

        Raises:
            StoreError: They are damaged.
        """
        with self._reading() as tx:
            asked = tx.select(legacy_arrays).filter_by(video_id=video_id)
            blobs = {row.track_id: row.arrays for row in tx.execute(asked)}
        if OF_VIDEO not in blobs:
            return None
        return LegacyArrays(
            **unpack(blobs.pop(OF_VIDEO), video_id),
            tracks=tuple(
                FaceTrack(
                    video_id=video_id,
                    track_id=number,
                    **unpack(blob, f"track {number} of {video_id}"),
                )
                for number, blob in sorted(blobs.items())
            ),
        )

    def drop_legacy_arrays(self, video_id: str) -> None:
        """Remove them, once its feature file is on the disk."""
        with self._writing() as tx:
            tx.delete(legacy_arrays, legacy_arrays.c.video_id == video_id)


def video_row(tx: Transaction, video_id: str) -> Columns:
    """The row of a video.

    Raises:
        StoreError: There is no such video.
    """
    row = tx.row(tx.select(videos).where(videos.c.video_id == video_id))
    if row is None:
        raise no_such_video(video_id)
    return row


def _check_tracks(video: VideoRecord, tracks: Sequence[TrackRecord]) -> None:
    numbers = [track.track_id for track in tracks]
    if len(set(numbers)) < len(numbers):
        raise ShapeError(f"two tracks of {video.video_id} have the same number")
    for track in tracks:
        if track.video_id != video.video_id:
            raise ShapeError(
                f"track {track.track_id} of {track.video_id} was given with "
                f"{video.video_id}"
            )
        if track.last_frame >= video.n_frames:
            raise ShapeError(
                f"track {track.track_id} of {video.video_id} reaches to frame "
                f"{track.last_frame}, but the video to {video.n_frames - 1}"
            )


def _check_new(tx: Transaction, video: VideoRecord) -> None:
    same = sa.or_(
        videos.c.video_id == video.video_id, videos.c.content_hash == video.content_hash
    )
    there = {r.video_id: r for r in tx.execute(tx.select(videos).where(same))}
    known = [
        name for name, row in there.items() if row.content_hash == video.content_hash
    ]
    if known:
        raise StoreError(
            f"{video.location} is in this project already, under the name "
            f"{known[0]!r}; nothing was added"
        )
    if there:
        raise StoreError(
            f"there is a video {video.video_id!r} in this project already "
            f"({there[video.video_id].location}); give the new one another name"
        )
