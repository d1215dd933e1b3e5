"""Referential-integrity checks: the video, found track and frames of a change exist."""

from collections.abc import Iterable

from feltline.errors import StoreError
from feltline.store.schema import track_edits, tracks, videos
from feltline.store.transactions import Transaction
from feltline.store.values import TrackEdit
from feltline.types import Judgement


def no_such_video(video_id: str) -> StoreError:
    """The error of naming a video that is not there."""
    return StoreError(f"there is no video {video_id!r} in this project; add it first")


class References:
    """Videos of a project with their found tracks, read by one statement.

    Args:
        tx: By which to read.
        video_ids: The videos that are to be checked.
    """

    def __init__(self, tx: Transaction, video_ids: Iterable[str]) -> None:
        self._n_frames: dict[str, int] = {}
        self._found: dict[str, dict[int, tuple[int, int]]] = {}
        names = set(video_ids)
        if not names:
            return
        found_track = (tracks.c.track_id, tracks.c.first_frame, tracks.c.last_frame)
        asked = (
            tx.select(videos.c.video_id, videos.c.n_frames, *found_track)
            .outerjoin_from(videos, tracks)
            .where(tx.any_of(videos.c.video_id, names))
        )
        for row in tx.execute(asked):
            self._n_frames[row.video_id] = row.n_frames
            found = self._found.setdefault(row.video_id, {})
            if row.track_id is not None:
                found[row.track_id] = (row.first_frame, row.last_frame)

    def found_tracks(self, video_id: str) -> list[int]:
        """Numbers of the tracks found in a video, sorted."""
        return sorted(self._found[video_id])

    def check_frame(self, video_id: str, frame: int = 0) -> None:
        """Raise `StoreError` unless the video is there and has the frame."""
        if video_id not in self._n_frames:
            raise no_such_video(video_id)
        if frame >= self._n_frames[video_id]:
            raise StoreError(
                f"frame {frame} is past the end of {video_id}, whose last frame is "
                f"{self._n_frames[video_id] - 1}"
            )

    def check_track(self, video_id: str, found_track_id: int) -> tuple[int, int]:
        """First and last frame of a found track; raise `StoreError` if it is none."""
        self.check_frame(video_id)
        if found_track_id not in self._found[video_id]:
            raise StoreError(
                f"no face {found_track_id} was found in {video_id}; found were "
                f"{_listed(self.found_tracks(video_id))}"
            )
        return self._found[video_id][found_track_id]

    def check_judgement(self, judgement: Judgement, found_track_id: int) -> None:
        """Raise `StoreError` unless its frames exist and its track reaches there."""
        name = judgement.video_id
        self.check_frame(name, judgement.reviewed[1])
        span = judgement.first_frame, judgement.last_frame
        self.check_span(name, found_track_id, *span)

    def check_span(self, video_id: str, found_track_id: int, at: int, to: int) -> None:
        """Raise `StoreError` unless a found track reaches into frames `at` to `to`."""
        first, last = self.check_track(video_id, found_track_id)
        if to < first or last < at:
            where = f"frame {at}" if at == to else f"frames {at}-{to}"
            raise StoreError(
                f"face {found_track_id} was found in frames {first}-{last} of "
                f"{video_id}, not in {where}; load the page again"
            )


def check_edit(tx: Transaction, edit: TrackEdit) -> None:
    """Raise unless a track edit speaks of tracks that are, or may be, there.

    Raises:
        StoreError: A track was never there, or the number for a new one was given
            before (also if that split was undone: judgements may still name it).
    """
    references = References(tx, [edit.video_id])
    references.check_frame(edit.video_id, edit.frame or 0)
    number = track_edits.c.other_track_id
    of_splits = tx.select(number, video_id=edit.video_id, kind="split")
    known = {*references.found_tracks(edit.video_id), *tx.values(of_splits)}
    old = {edit.track_id, edit.other_track_id if edit.kind == "merge" else None}
    for track_id in old - known - {None}:
        raise StoreError(
            f"there is no track {track_id} in {edit.video_id}; its tracks are "
            f"{_listed(sorted(known))}"
        )
    if edit.kind == "split" and edit.other_track_id in known:
        raise StoreError(
            f"track number {edit.other_track_id} of {edit.video_id} is taken, "
            f"perhaps by another person just now; the next free one is "
            f"{max(known) + 1}"
        )


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"
