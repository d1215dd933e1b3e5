"""The questions that a `Store` answers."""

from collections.abc import Callable
from typing import Literal, TypeVar

import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store import prediction_rows as results
from feltline.store import queries as history
from feltline.store import video_rows as footage
from feltline.store.log_rules import undone
from feltline.store.schema import Columns, labels, persons, reviews, track_edits
from feltline.store.session import Project
from feltline.store.undo import undos
from feltline.store.validate import problems
from feltline.store.values import (
    Changes,
    Event,
    Run,
    StoredLabel,
    StoredPersonName,
    StoredReview,
    StoredTrackEdit,
    Suggested,
    VideoRecord,
)
from feltline.types import Estimate, FaceTrack

__all__ = ["Reading"]

_T = TypeVar("_T")


class Reading:
    """The part of `Store` that reads; every method may raise `StoreError`.

    Where a method takes `at`, it answers as the log stood when that event was its last
    one; None = now. `video_id` restricts an answer to one video; None = all.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    @property
    def project_id(self) -> str:
        """The project's key in its database."""
        return self._project.project_id

    @property
    def place(self) -> str:
        """Where the database is, for messages; never holds a password."""
        return self._project.target.place

    def videos(self) -> list[VideoRecord]:
        """All videos by name; light: `time_s` and `looked_at` stay empty."""
        with self._project.reading() as connection:
            return footage.all_videos(connection, self.project_id)

    def video_names(self) -> list[str]:
        """Names of all videos, sorted."""
        with self._project.reading() as connection:
            return footage.video_names(connection, self.project_id)

    def video(self, video_id: str) -> VideoRecord:
        """A video with its arrays.

        Raises:
            StoreError: There is no such video.
        """
        with self._project.reading() as connection:
            return footage.one_video(connection, self.project_id, video_id)

    def find_content(self, content_hash: str) -> str | None:
        """Name of the video whose bytes have this hash, None if there is none."""
        with self._project.reading() as connection:
            return footage.find_content(connection, self.project_id, content_hash)

    def found_tracks(self, video_id: str) -> tuple[FaceTrack, ...]:
        """The tracks found in a video, by number; repairs are not applied.

        Raises:
            StoreError: There is no such video.
        """
        with self._project.reading() as connection:
            return footage.found_tracks(connection, self.project_id, video_id)

    def last_event_id(self) -> int:
        """Number of the latest event, 0 if there is none."""
        with self._project.reading() as connection:
            return history.last_event_id(connection, self.project_id)

    def events(
        self, *, after: int = 0, limit: int = 1000, video_id: str | None = None
    ) -> list[Event]:
        """The first `limit` events after one, in order."""
        with self._project.reading() as connection:
            return history.events_after(
                connection,
                self.project_id,
                after=after,
                limit=limit,
                video_id=video_id,
            )

    def event(self, event_id: int) -> Event:
        """One event.

        Raises:
            StoreError: There is no such event; it may have gone with its video.
        """
        with self._project.reading() as connection:
            found = history.one_event(connection, self.project_id, event_id)
        if found is None:
            raise StoreError(f"there is no event {event_id} in the log of this project")
        return found

    def event_of_client(self, client_id: str) -> int | None:
        """The event that was written under this name, None if there is none."""
        with self._project.reading() as connection:
            return history.event_of_client(connection, self.project_id, client_id)

    def undone(self) -> frozenset[int]:
        """Events that are taken back at present."""
        with self._project.reading() as connection:
            return frozenset(undone(undos(connection, self.project_id)))

    def labels(
        self, *, at: int | None = None, video_id: str | None = None
    ) -> list[StoredLabel]:
        """Labels in force, in the order in which they were given."""
        return self._in_force(labels, history.label_of, at, video_id)

    def reviews(
        self, *, at: int | None = None, video_id: str | None = None
    ) -> list[StoredReview]:
        """Reviews in force, with or without a label, in order."""
        return self._in_force(reviews, history.review_of, at, video_id)

    def track_edits(
        self, *, at: int | None = None, video_id: str | None = None
    ) -> list[StoredTrackEdit]:
        """Repairs in force, in order."""
        return self._in_force(track_edits, history.track_edit_of, at, video_id)

    def persons(
        self, *, at: int | None = None, video_id: str | None = None
    ) -> list[StoredPersonName]:
        """Names in force, in order; a later one of the same track replaces one."""
        return self._in_force(persons, history.person_of, at, video_id)

    def _in_force(
        self,
        table: sa.Table,
        made: Callable[[Columns], _T],
        at: int | None,
        video_id: str | None,
    ) -> list[_T]:
        with self._project.reading() as connection:
            return history.in_force(
                connection, self.project_id, table, made, at=at, video_id=video_id
            )

    def threshold(self, at: int | None = None) -> float | None:
        """The threshold set last, None if none was."""
        with self._project.reading() as connection:
            return history.threshold(connection, self.project_id, at=at)

    def compare(self, a: int, b: int) -> Changes:
        """What labels came and went between the states at events `a` and `b`."""
        before, after = self.labels(at=a), self.labels(at=b)
        old = {stored.event_id for stored in before}
        new = {stored.event_id for stored in after}
        return Changes(
            added=tuple(s for s in after if s.event_id not in old),
            removed=tuple(s for s in before if s.event_id not in new),
        )

    def raters(self) -> list[str]:
        """Everyone who ever changed something, sorted."""
        with self._project.reading() as connection:
            return history.raters(connection, self.project_id)

    def runs(self) -> list[Run]:
        """All runs, in the order in which they were saved."""
        with self._project.reading() as connection:
            return results.all_runs(connection, self.project_id)

    def run(self, run_id: str) -> Run:
        """One run.

        Raises:
            StoreError: There is no such run.
        """
        with self._project.reading() as connection:
            found = results.all_runs(connection, self.project_id, run_id=run_id)
        if not found:
            raise StoreError(f"there is no run {run_id!r} in this project")
        return found[0]

    def latest_run(self, origin: Literal["model", "import"] = "model") -> Run | None:
        """The run of this origin that was saved last, None if there is none."""
        with self._project.reading() as connection:
            found = results.all_runs(connection, self.project_id, origin=origin)
        return found[-1] if found else None

    def estimate(self, run_id: str, video_id: str, track_id: int) -> Estimate | None:
        """The estimate of a track in a run, None if there is none."""
        with self._project.reading() as connection:
            return results.one_estimate(
                connection, self.project_id, run_id, (video_id, track_id)
            )

    def estimate_keys(self, run_id: str) -> list[tuple[str, int]]:
        """Video and number of every track that a run has an estimate of, sorted."""
        with self._project.reading() as connection:
            return results.estimate_keys(connection, self.project_id, run_id)

    def suggestions(self) -> list[Suggested]:
        """The list of suggested frames that was saved last, by rank."""
        with self._project.reading() as connection:
            return results.latest_suggestions(connection, self.project_id)

    def check(self) -> list[str]:
        """What is wrong with the database, a sentence each; empty if nothing is."""
        return problems(self._project)
