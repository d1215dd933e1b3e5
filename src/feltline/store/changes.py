"""Track edits, persons' names and the threshold: changes beside judgements."""

from feltline.errors import ShapeError
from feltline.store.event_log import (
    EventLog,
    NewEvent,
    append_one,
    in_force,
)
from feltline.store.integrity import References
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import Columns, persons, thresholds, track_edits
from feltline.store.values import (
    PersonName,
    StoredPersonName,
    StoredTrackEdit,
    TrackEdit,
)


class Changes(EventLog):
    """What people change beside their judgements; each change can be undone.

    Where a method takes `at`, it answers as the log stood when that event was its last
    one; None = now.
    """

    def edit_track(
        self, edit: TrackEdit, *, rater: str, client_id: str | None = None
    ) -> int:
        """Keep a track edit; returns the event's number.

        Raises:
            StoreError: There is no such track, or the number for a new one is taken.
        """
        event = NewEvent(
            rater=rater, kind="track-edit", client_id=client_id, video_id=edit.video_id
        )
        with self._writing() as tx:
            return append_one(
                tx,
                event,
                columns_of(edit, track_edits),
                lambda: References(tx).check_edit(edit),
            )

    def track_edits(
        self, *, at: int | None = None, video_id: str | None = None
    ) -> list[StoredTrackEdit]:
        """Track edits in force, in order."""
        with self._reading() as tx:
            return in_force(tx, track_edits, _edit, at=at, video_id=video_id)

    def name_person(
        self,
        person: PersonName,
        *,
        found_track_id: int,
        rater: str,
        client_id: str | None = None,
    ) -> int:
        """Keep who a track shows; returns the event's number.

        Raises:
            StoreError: There is no such video or found track.
        """
        event = NewEvent(
            rater=rater, kind="person", client_id=client_id, video_id=person.video_id
        )
        detail = {"found_track_id": found_track_id, **columns_of(person, persons)}
        with self._writing() as tx:
            return append_one(
                tx,
                event,
                detail,
                lambda: References(tx).check_track(person.video_id, found_track_id),
            )

    def persons(
        self, *, at: int | None = None, video_id: str | None = None
    ) -> list[StoredPersonName]:
        """Names in force, in order; a later one of the same track replaces one."""
        with self._reading() as tx:
            return in_force(tx, persons, _person, at=at, video_id=video_id)

    def set_threshold(
        self, value: float, *, rater: str, client_id: str | None = None
    ) -> int:
        """Keep a new threshold on confidence; returns the event's number.

        Raises:
            ShapeError: It is outside [0, 1].
        """
        if not 0 <= value <= 1:
            raise ShapeError(f"a threshold lies in [0, 1], but {value:g} was set")
        event = NewEvent(rater=rater, kind="threshold", client_id=client_id)
        with self._writing() as tx:
            return append_one(tx, event, {"value": value})

    def threshold(self, at: int | None = None) -> float | None:
        """The threshold set last and in force, None if none was."""
        with self._reading() as tx:
            values = in_force(tx, thresholds, lambda row: float(row["value"]), at=at)
        return values[-1] if values else None


def _edit(row: Columns) -> StoredTrackEdit:
    return value_of(StoredTrackEdit, row, edit=value_of(TrackEdit, row))


def _person(row: Columns) -> StoredPersonName:
    return value_of(StoredPersonName, row, person=value_of(PersonName, row))
