"""Pairwise comparisons: which of two faces is higher in a dimension."""

from dataclasses import dataclass
from typing import Literal

from feltline.errors import ShapeError, StoreError
from feltline.store.event_log import EventLog, NewEvent, append_one, in_force
from feltline.store.integrity import References
from feltline.store.label_schemas import schema_in_force
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import events
from feltline.store.team_schema import comparisons
from feltline.store.transactions import Transaction
from feltline.types import Purpose

__all__ = ["Answer", "Comparison", "Comparisons", "StoredComparison"]

Answer = Literal["first", "second", "same", "cannot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one person says of two faces.

    Attributes:
        video_id: Video of the first face.
        track_id: The first face, by the number that the rater saw.
        found_track_id: Found track that shows it.
        frame: Its frame.
        other_video_id: Likewise of the second face, as the next three.
        other_track_id: Its number.
        other_found_track_id: Its found track.
        other_frame: Its frame.
        dimension: In which they are compared.
        answer: Which of them is higher.
        purpose: Why it was asked for.
        active_s: Seconds spent on it; None = not measured.
    """

    video_id: str
    track_id: int
    found_track_id: int
    frame: int
    other_video_id: str
    other_track_id: int
    other_found_track_id: int
    other_frame: int
    dimension: str
    answer: Answer
    purpose: Purpose = "work"
    active_s: float | None = None

    def __post_init__(self) -> None:
        one = self.video_id, self.found_track_id, self.frame
        if one == (self.other_video_id, self.other_found_track_id, self.other_frame):
            raise ShapeError(
                f"frame {self.frame} of {self.video_id} cannot be compared with itself"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredComparison:
    """A comparison in force with its place in the log."""

    event_id: int
    rater: str
    comparison: Comparison


class Comparisons(EventLog):
    """What people say of pairs of faces; each an event that can be undone."""

    def compare(
        self, comparison: Comparison, *, rater: str, client_id: str | None = None
    ) -> int:
        """Keep a comparison; returns the event's number.

        Raises:
            StoreError: There is no such video, face or dimension.
        """
        event = NewEvent(
            rater=rater,
            kind="comparison",
            client_id=client_id,
            video_id=comparison.video_id,
            detail=columns_of(comparison, comparisons),
        )
        with self._writing() as tx:
            return append_one(tx, event, lambda: _check(tx, comparison))

    def comparisons(self, *, rater: str | None = None) -> list[StoredComparison]:
        """Comparisons in force, in order.

        Args:
            rater: Only of this rater; None = all.
        """
        with self._reading() as tx:
            asked = in_force(tx, comparisons)
            if rater is not None:
                asked = asked.where(events.c.rater == rater)
            rows = tx.rows(asked)
        return [
            value_of(StoredComparison, row, comparison=value_of(Comparison, row))
            for row in rows
        ]


def _check(tx: Transaction, one: Comparison) -> None:
    references = References(tx, [one.video_id, one.other_video_id])
    for video_id, found, frame in (
        (one.video_id, one.found_track_id, one.frame),
        (one.other_video_id, one.other_found_track_id, one.other_frame),
    ):
        references.check_frame(video_id, frame)
        references.check_span(video_id, found, frame, frame)
    names = schema_in_force(tx).dimension_names
    if one.dimension not in names:
        raise StoreError(
            f"the label schema has no dimension {one.dimension!r}; it has "
            f"{', '.join(names) or 'none'}"
        )
