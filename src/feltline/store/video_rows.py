"""Videos and found tracks as rows; arrays of former versions until they are moved."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from feltline.errors import ShapeError, StoreError
from feltline.store.event_log import EventLog, write_note
from feltline.store.integrity import no_such_video
from feltline.store.records import LegacyArrays, TrackRecord, VideoRecord
from feltline.store.rows import columns_of, unpack, value_of
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

    def relocate_video(self, video_id: str, location: str, *, rater: str) -> None:
        """Keep that the same content lies elsewhere now; the log says so.

        Args:
            video_id: The video.
            location: Its URL or path, as in `VideoRecord`.
            rater: Who found it there.

        Raises:
            StoreError: There is no such video.
        """
        with self._writing() as tx:
            before = video_row(tx, video_id)["location"]
            tx.execute(tx.update(videos, video_id=video_id).values(location=location))
            detail = {"video_id": video_id, "from": before, "to": location}
            write_note(tx, "video-relocated", rater, detail)

    def videos(self) -> list[VideoRecord]:
        """All videos, by name."""
        with self._reading() as tx:
            records = tx.read(VideoRecord, tx.select(videos))
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
            row = tx.find(videos, content_hash=content_hash)
        return None if row is None else str(row["video_id"])

    def found_tracks(self, video_id: str | None = None) -> list[TrackRecord]:
        """The tracks found in all videos or in one, by video and number.

        Raises:
            StoreError: There is no such video.
        """
        with self._reading() as tx:
            records = tx.read(TrackRecord, tx.select(found, video_id=video_id))
            if video_id is not None and not records:
                video_row(tx, video_id)
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
            rows = tx.rows(tx.select(legacy_arrays, video_id=video_id))
        blobs = {row["track_id"]: row["arrays"] for row in rows}
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
    """The row of a video; raise `StoreError` if there is none."""
    row = tx.find(videos, video_id=video_id)
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
    there = tx.read(VideoRecord, tx.select(videos).where(same))
    # The content first: a name that is taken by the same content needs no other one.
    for old in sorted(there, key=lambda old: old.content_hash != video.content_hash):
        if old.content_hash == video.content_hash:
            raise StoreError(
                f"{video.location} is in this project already, under the name "
                f"{old.video_id!r}; nothing was added"
            )
        raise StoreError(
            f"there is a video {video.video_id!r} in this project already "
            f"({old.location}); give the new one another name"
        )
