"""The changes that a `Store` takes, each in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from feltline.errors import ShapeError
from feltline.store import changes as changing
from feltline.store import prediction_rows as results
from feltline.store import undo as undoing
from feltline.store import video_rows as footage
from feltline.store.purging import purge_video
from feltline.store.reading import Reading
from feltline.store.values import (
    PersonName,
    Review,
    Run,
    Suggested,
    TrackEdit,
    VideoRecord,
)
from feltline.types import Estimate, FaceTrack, HumanLabel

__all__ = ["Writing"]


class Writing(Reading):
    """The part of `Store` that writes.

    A method that returned has its change on the disk. Every method may raise
    `StoreError` (locked, damaged, refused) or `SetupError` (disk full, no rights);
    then nothing was written. A `client_id` names a change: sent once more, it returns
    the number of the event that it made, and writes nothing.
    """

    def add_video(
        self,
        video: VideoRecord,
        tracks: Sequence[FaceTrack],
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
        arrays, rows = footage.packed_video(video, tracks)
        with self._project.writing() as connection:
            footage.add_video(connection, self.project_id, video, arrays, rows)
            if added_by is not None:
                # Of the same transaction: a run is out of date once it is there.
                changing.note(
                    connection,
                    self.project_id,
                    "video-added",
                    rater=added_by,
                    detail={"video_id": video.video_id, "frames": video.n_frames},
                )

    def give_label(
        self,
        label: HumanLabel,
        *,
        found_track_id: int,
        client_id: str | None = None,
        review: Review | None = None,
        review_found_track_id: int | None = None,
    ) -> int:
        """Keep a label, and with it the review that it answers an estimate with.

        Args:
            label: What was said.
            found_track_id: Found track that it stands on.
            client_id: Name of the change.
            review: Of an accepted or edited estimate; part of the same event.
            review_found_track_id: Found track that shows the frame reviewed; that of
                the label if absent.

        Returns:
            Number of the event.

        Raises:
            StoreError: There is no such video, frame or found track, or the review's
                frame lies outside its found track.
        """
        given = changing.Given(
            label=label,
            found_track_id=found_track_id,
            client_id=client_id,
            review=review,
            review_found_track_id=review_found_track_id,
        )
        with self._project.writing() as connection:
            return changing.give_labels(connection, self.project_id, [given])[0]

    def give_labels(
        self,
        labels: Sequence[tuple[HumanLabel, int]],
        *,
        client_ids: Sequence[str | None] | None = None,
        reviews: Sequence[tuple[Review, int] | None] | None = None,
    ) -> list[int]:
        """Keep many labels, all or none; an event each.

        Args:
            labels: Each with the found track that it stands on.
            client_ids: A name of the change for each, or none at all.
            reviews: A review for each, where it has one, with the found track that
                shows the frame reviewed.

        Returns:
            Numbers of the events, in the same order.
        """
        names = [None] * len(labels) if client_ids is None else client_ids
        answers = [None] * len(labels) if reviews is None else reviews
        if not len(labels) == len(names) == len(answers):
            raise ShapeError(
                f"{len(labels)} labels came with {len(names)} client_ids and "
                f"{len(answers)} reviews"
            )
        given = [
            changing.Given(
                label=label,
                found_track_id=found,
                client_id=name,
                review=None if answer is None else answer[0],
                review_found_track_id=None if answer is None else answer[1],
            )
            for (label, found), name, answer in zip(labels, names, answers, strict=True)
        ]
        with self._project.writing() as connection:
            return changing.give_labels(connection, self.project_id, given)

    def give_review(
        self, review: Review, *, found_track_id: int, client_id: str | None = None
    ) -> int:
        """Keep a review that comes without a label; returns the event's number."""
        with self._project.writing() as connection:
            return changing.give_review(
                connection,
                self.project_id,
                review,
                found_track_id=found_track_id,
                client_id=client_id,
            )

    def edit_track(
        self, edit: TrackEdit, *, rater: str, client_id: str | None = None
    ) -> int:
        """Keep a repair of a track; returns the event's number.

        Raises:
            StoreError: There is no such track, or the number for a new one is taken.
        """
        with self._project.writing() as connection:
            return changing.edit_track(
                connection, self.project_id, edit, rater=rater, client_id=client_id
            )

    def name_person(
        self,
        person: PersonName,
        *,
        found_track_id: int,
        rater: str,
        client_id: str | None = None,
    ) -> int:
        """Keep who a track shows; returns the event's number."""
        with self._project.writing() as connection:
            return changing.name_person(
                connection,
                self.project_id,
                person,
                found_track_id=found_track_id,
                rater=rater,
                client_id=client_id,
            )

    def set_threshold(
        self, value: float, *, rater: str, client_id: str | None = None
    ) -> int:
        """Keep a new threshold in [0, 1]; returns the event's number."""
        with self._project.writing() as connection:
            return changing.set_threshold(
                connection, self.project_id, value, rater=rater, client_id=client_id
            )

    def undo(
        self,
        *,
        rater: str,
        event_id: int | None = None,
        client_id: str | None = None,
        of_anyone: bool = False,
    ) -> int | None:
        """Take back an event, or the rater's latest change that is in force.

        Args:
            rater: Who takes it back.
            event_id: The event.
            client_id: Name of the change.
            of_anyone: Whether a repair of a track may be another rater's: tracks are
                everybody's, while words are their rater's own.

        Returns:
            Number of the new event; None if there is nothing to take back.

        Raises:
            StoreError: The event is no change, is another rater's, or is undone.
        """
        with self._project.writing() as connection:
            return undoing.undo(
                connection,
                self.project_id,
                rater=rater,
                event_id=event_id,
                client_id=client_id,
                of_anyone=of_anyone,
            )

    def redo(self, *, rater: str, client_id: str | None = None) -> int | None:
        """Bring back what the rater undid last.

        Returns:
            Number of the new event; None if nothing was undone, or if the rater has
            changed something since.
        """
        with self._project.writing() as connection:
            return undoing.redo(
                connection, self.project_id, rater=rater, client_id=client_id
            )

    def note(self, kind: str, *, rater: str, detail: Mapping[str, Any]) -> int:
        """Keep in the log that something happened; returns the event's number.

        Args:
            kind: What happened, such as `export`; not a kind of change.
            rater: Who did it; empty for feltline itself.
            detail: JSON. Its `video_id`, if it has one, says which video it is about:
                the note goes when that video is purged.

        Raises:
            StoreError: There is no such video.
        """
        with self._project.writing() as connection:
            return changing.note(
                connection, self.project_id, kind, rater=rater, detail=detail
            )

    def save_run(self, run: Run, estimates: Mapping[tuple[str, int], Estimate]) -> bool:
        """Keep a run with all its estimates.

        Args:
            run: The run.
            estimates: By video and number of the track.

        Returns:
            Whether it was new. The same run again writes nothing.

        Raises:
            StoreError: There is a run of this id for other tracks.
        """
        return results.save_run(self._project, run, estimates)

    def save_suggestions(self, suggested: Sequence[Suggested]) -> int:
        """Keep a list of suggested frames in place of the last; returns its number."""
        with self._project.writing() as connection:
            return results.save_suggestions(connection, self.project_id, suggested)

    def purge_video(self, video_id: str, *, rater: str = "") -> dict[str, int]:
        """Remove a video and all that was found in it, estimated or said of it.

        The log keeps one event `purge`, which says how many rows went, not of what. On
        SQLite no byte of them stays in the file or beside it. What PostgreSQL deleted
        it overwrites when its vacuum comes by; backups are yours to clean.

        Returns:
            How many rows went, by table; `rewritten` = rows of other videos in which
            the name, place or hash of this one was replaced.

        Raises:
            StoreError: There is no such video; or its rows are gone, but another
                program kept the file from being cleaned (the next opening goes on).
        """
        return purge_video(self._project, video_id, rater=rater)
