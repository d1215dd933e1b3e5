"""Values of the log: events, changes, and judgements with their place in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from feltline.errors import ShapeError
from feltline.types import Decision, Judgement, Purpose

NewJudgement = tuple[Judgement, int, str | None]
"""A judgement to be saved: itself, the found track it stands on, its client_id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of the log.

    Attributes:
        event_id: From 1, in the order in which changes were committed.
        at: When, in UTC.
        rater: Who; empty for feltline itself.
        kind: `judgement`, `track-edit`, `person`, `threshold`, `undo`, `label-schema`,
            `model`, or the kind of a note.
        undoes: The event that an undo takes back.
        client_id: Name that the browser gave the change.
        video_id: Video that the change is about, if it is about one.
        detail: Its own columns, by name.
    """

    event_id: int
    at: datetime
    rater: str
    kind: str
    undoes: int | None
    client_id: str | None
    video_id: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedEvent:
    """The acknowledgement of a change: it is on the disk.

    Attributes:
        event_id: Its number in the log.
        at: When it was written first, in UTC.
        is_new: Whether this call wrote it; False = it was there already.
    """

    event_id: int
    at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJudgement:
    """A judgement with its place in the log.

    Attributes:
        event_id: Event that gave it.
        at: When, in UTC.
        found_track_id: Found track that it stands on, whatever track edits follow.
        judgement: The judgement, with the track number that the rater saw.
    """

    event_id: int
    at: datetime
    found_track_id: int
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementDelta:
    """What two states of the log differ in.

    Attributes:
        until: The event of the second state.
        added: In force in the second state only, in order.
        removed: In force in the first state only, in order.
    """

    until: int
    added: tuple[StoredJudgement, ...]
    removed: tuple[StoredJudgement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementCount:
    """How many judgements in force one group has.

    Attributes:
        video_id: Video of the group.
        found_track_id: Found track of the group.
        rater: Rater of the group.
        decision: Decision of the group.
        purpose: Purpose of the group.
        origin: `import` of labels that came from a table, else `human`.
        count: How many there are; at least 1.
    """

    video_id: str
    found_track_id: int
    rater: str
    decision: Decision
    purpose: Purpose
    origin: Literal["human", "import"]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackEdit:
    """A correction of the tracks that were found.

    Attributes:
        video_id: Video whose tracks are corrected.
        kind: `split` a track in two, `merge` it into another, or `ignore` it.
        track_id: Track that is corrected.
        frame: Of a split: first frame of the new track.
        other_track_id: Of a split: number of the new track. Of a merge: the track that
            `track_id` goes into.
    """

    video_id: str
    kind: Literal["split", "merge", "ignore"]
    track_id: int
    frame: int | None = None
    other_track_id: int | None = None

    def __post_init__(self) -> None:
        has_frame, has_other = self.frame is not None, self.other_track_id is not None
        wants_frame, wants_other = self.kind == "split", self.kind != "ignore"
        if (has_frame, has_other) != (wants_frame, wants_other):
            raise ShapeError(
                f"to {self.kind} a track, give frame: {wants_frame}, "
                f"other_track_id: {wants_other}, and nothing else"
            )
        if self.track_id < 0 or (self.other_track_id or 0) < 0 or (self.frame or 0) < 0:
            raise ShapeError("track and frame numbers count from 0")
        if self.track_id == self.other_track_id:
            raise ShapeError(
                f"cannot {self.kind} track {self.track_id} of {self.video_id} with "
                f"itself"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrackEdit:
    """A track edit with its place in the log."""

    event_id: int
    at: datetime
    rater: str
    edit: TrackEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """Who a track shows.

    Attributes:
        video_id: Video of the track.
        track_id: Track, by the number that the rater saw.
        name: Name of the person; empty = not named any more.
    """

    video_id: str
    track_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPersonName:
    """A person's name with its place in the log."""

    event_id: int
    at: datetime
    rater: str
    found_track_id: int
    person: PersonName
