"""Videos and the tracks found in them, as they were added."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from feltline.errors import ShapeError, StoreError
from feltline.store.arrays import pack, unpack
from feltline.store.integrity import no_such_video
from feltline.store.schema import Columns, video_arrays, videos
from feltline.store.schema import tracks as found
from feltline.store.values import VideoRecord
from feltline.types import FaceTrack

__all__ = [
    "add_video",
    "all_videos",
    "find_content",
    "found_tracks",
    "one_video",
    "video_names",
]

_ARRAYS = ("time_s", "looked_at")
_PLAIN = tuple(f.name for f in fields(VideoRecord) if f.name not in _ARRAYS)
_TRACK_ARRAYS = ("frame", "time_s", "box_xyxy", "quality")


def packed_video(
    video: VideoRecord, tracks: Sequence[FaceTrack]
) -> tuple[bytes, list[dict[str, Any]]]:
    """The arrays of a video, and the rows of its tracks; made outside transactions.

    Raises:
        ShapeError: A track is empty, of another video, or of a number seen before.
    """
    _check_tracks(video, tracks)
    rows = [
        {
            "video_id": video.video_id,
            "track_id": track.track_id,
            "n_frames": len(track),
            "first_frame": int(track.frame[0]),
            "last_frame": int(track.frame[-1]),
            "arrays": pack({name: getattr(track, name) for name in _TRACK_ARRAYS}),
        }
        for track in tracks
    ]
    return pack({name: getattr(video, name) for name in _ARRAYS}), rows


def _check_tracks(video: VideoRecord, tracks: Sequence[FaceTrack]) -> None:
    if len(video.time_s) != video.n_frames:
        raise ShapeError(
            f"{video.video_id} needs a time for each of its {video.n_frames} frames"
        )
    numbers = [track.track_id for track in tracks]
    if len(set(numbers)) < len(numbers):
        raise ShapeError(f"two tracks of {video.video_id} have the same number")
    for track in tracks:
        if track.video_id != video.video_id or not len(track):
            raise ShapeError(
                f"track {track.track_id} of {track.video_id} with {len(track)} frames "
                f"was given with {video.video_id}"
            )
        if track.frame[0] < 0 or track.frame[-1] >= video.n_frames:
            raise ShapeError(
                f"track {track.track_id} of {video.video_id} reaches from frame "
                f"{track.frame[0]} to {track.frame[-1]}, but the video from 0 to "
                f"{video.n_frames - 1}"
            )


def add_video(
    connection: sa.Connection,
    project_id: str,
    video: VideoRecord,
    arrays: bytes,
    rows: Sequence[dict[str, Any]],
) -> None:
    """Write a video with its tracks, from `packed_video`."""
    _check_new(connection, project_id, video)
    plain = {name: getattr(video, name) for name in _PLAIN}
    connection.execute(sa.insert(videos), {"project_id": project_id, **plain})
    key = {"project_id": project_id, "video_id": video.video_id}
    connection.execute(sa.insert(video_arrays), {**key, "arrays": arrays})
    if rows:
        connection.execute(
            sa.insert(found), [{"project_id": project_id, **row} for row in rows]
        )


def _check_new(connection: sa.Connection, project_id: str, video: VideoRecord) -> None:
    same = connection.execute(
        sa.select(videos.c.video_id, videos.c.location).where(
            videos.c.project_id == project_id,
            sa.or_(
                videos.c.video_id == video.video_id,
                videos.c.content_hash == video.content_hash,
            ),
        )
    ).first()
    if same is None:
        return
    if same.video_id == video.video_id:
        raise StoreError(
            f"there is a video {video.video_id!r} in this project already "
            f"({same.location}); give the new one another name"
        )
    raise StoreError(
        f"{video.location} is in this project already, under the name "
        f"{same.video_id!r}; nothing was added"
    )


def all_videos(connection: sa.Connection, project_id: str) -> list[VideoRecord]:
    """All videos by name, without their arrays."""
    asked = sa.select(videos).where(videos.c.project_id == project_id)
    rows = connection.execute(asked).mappings()
    return sorted((_record(row) for row in rows), key=lambda video: video.video_id)


def video_names(connection: sa.Connection, project_id: str) -> list[str]:
    """Names of all videos, sorted."""
    asked = sa.select(videos.c.video_id).where(videos.c.project_id == project_id)
    return sorted(connection.execute(asked).scalars())


def one_video(connection: sa.Connection, project_id: str, video_id: str) -> VideoRecord:
    """A video with its arrays."""
    asked = (
        sa.select(videos, video_arrays.c.arrays)
        .join(
            video_arrays,
            sa.and_(
                video_arrays.c.project_id == videos.c.project_id,
                video_arrays.c.video_id == videos.c.video_id,
            ),
        )
        .where(videos.c.project_id == project_id, videos.c.video_id == video_id)
    )
    row = connection.execute(asked).mappings().one_or_none()
    if row is None:
        raise no_such_video(video_id)
    return _record(row, unpack(row["arrays"], video_id))


def _record(row: Columns, arrays: Mapping[str, Any] | None = None) -> VideoRecord:
    plain: dict[str, Any] = {name: row[name] for name in _PLAIN}
    return VideoRecord(**plain, **(arrays or {}))


def find_content(
    connection: sa.Connection, project_id: str, content_hash: str
) -> str | None:
    """Name of the video whose bytes have this hash, None if there is none."""
    asked = sa.select(videos.c.video_id).where(
        videos.c.project_id == project_id, videos.c.content_hash == content_hash
    )
    name: str | None = connection.execute(asked).scalar()
    return name


def found_tracks(
    connection: sa.Connection, project_id: str, video_id: str
) -> tuple[FaceTrack, ...]:
    """The tracks found in a video, by number."""
    asked = (
        sa.select(found.c.track_id, found.c.arrays)
        .where(found.c.project_id == project_id, found.c.video_id == video_id)
        .order_by(found.c.track_id)
    )
    rows = connection.execute(asked).all()
    if not rows and find_video(connection, project_id, video_id) is None:
        raise no_such_video(video_id)
    return tuple(
        FaceTrack(
            video_id=video_id,
            track_id=row.track_id,
            **unpack(row.arrays, f"track {row.track_id} of {video_id}"),
        )
        for row in rows
    )


def find_video(connection: sa.Connection, project_id: str, video_id: str) -> str | None:
    """The name, if there is such a video."""
    asked = sa.select(videos.c.video_id).where(
        videos.c.project_id == project_id, videos.c.video_id == video_id
    )
    name: str | None = connection.execute(asked).scalar()
    return name
