"""What goes into the store and comes out of it: frozen values, checked when made."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, Int64

from feltline.errors import ShapeError
from feltline.types import HumanLabel

__all__ = [
    "Changes",
    "Decision",
    "Event",
    "PersonName",
    "Review",
    "Run",
    "StoredLabel",
    "StoredPersonName",
    "StoredReview",
    "StoredTrackEdit",
    "Suggested",
    "ThresholdSet",
    "TrackEdit",
    "VideoRecord",
]

Decision = Literal["accept", "edit", "reject", "skip", "unsure"]
"""What a person made of an estimate."""


def _no_times() -> np.ndarray:
    return np.zeros(0, np.float64)


def _no_frames() -> np.ndarray:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoRecord:
    """One video of a project, as it was added.

    Attributes:
        video_id: Its name in the project.
        content_hash: Hash of its bytes; no two videos of a project share one.
        location: Path or URL where it lies.
        width: Of the upright frame in pixels.
        height: Of the upright frame in pixels.
        n_frames: How many frames the file has.
        duration_s: Seconds from the first frame to the end of the last.
        time_base: Unit of its time stamps in seconds, as a fraction.
        codec: Name of the codec.
        encoder_id: Encoder that its faces were embedded with.
        added_at: When it was added.
        time_s: Presentation time stamps in seconds of all frames of the file. Empty in
            the light records of `Store.videos`.
        looked_at: Frames in which faces were searched, increasing; likewise.
    """

    video_id: str
    content_hash: str
    location: str
    width: int
    height: int
    n_frames: int
    duration_s: float
    time_base: str
    codec: str
    encoder_id: str
    added_at: datetime
    time_s: Float64[np.ndarray, " n"] = field(default_factory=_no_times)
    looked_at: Int64[np.ndarray, " m"] = field(default_factory=_no_frames)

    def __post_init__(self) -> None:
        if not self.video_id or not self.content_hash:
            raise ShapeError("a video needs a video_id and a content_hash")
        if self.n_frames < 1:
            raise ShapeError(f"{self.video_id} has no frame")
        if self.time_s.dtype != np.float64 or self.time_s.ndim != 1:
            raise ShapeError("time_s must be float64 of one axis")
        if len(self.time_s) not in (0, self.n_frames):
            raise ShapeError(
                f"time_s must hold a time for each of the {self.n_frames} frames of "
                f"{self.video_id}, but holds {len(self.time_s)}"
            )
        looked_at = self.looked_at
        if looked_at.dtype != np.int64 or looked_at.ndim != 1:
            raise ShapeError("looked_at must be int64 of one axis")
        if len(looked_at) and (
            looked_at[0] < 0
            or looked_at[-1] >= self.n_frames
            or not np.all(np.diff(looked_at) > 0)
        ):
            raise ShapeError(
                f"looked_at must increase within 0-{self.n_frames - 1}, the frames of "
                f"{self.video_id}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of the log.

    Attributes:
        event_id: From 1, in the order in which changes were committed.
        at: When, in UTC.
        rater: Who; empty for feltline itself.
        kind: `label`, `review`, `track-edit`, `person`, `threshold`, `undo`, or the
            kind of a note.
        undoes: The event that an undo takes back.
        client_id: Name that the browser gave the change.
        video_id: Video that the change is about, if it is about one.
        detail: What was said, by name.
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
class StoredLabel:
    """A label with its place in the log.

    Attributes:
        event_id: Event that gave it.
        at: When, in UTC.
        found_track_id: Found track that it stands on, whatever repairs follow.
        label: What was said.
    """

    event_id: int
    at: datetime
    found_track_id: int
    label: HumanLabel


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person made of the estimates of a stretch of frames.

    Attributes:
        video_id: Video that was reviewed.
        track_id: Face, by the number that the rater saw.
        frame: Frame that was shown.
        first_frame: First frame that the decision covers.
        last_frame: Last one.
        decision: What was decided.
        run_id: Run whose estimate was judged; None = there was none.
        rater: Who decided.
        active_s: Seconds spent on it; None = not measured.
        comment: The rater's own words.
        is_audit: Whether the item came from the blind audit.
    """

    video_id: str
    track_id: int
    frame: int
    first_frame: int
    last_frame: int
    decision: Decision
    run_id: str | None
    rater: str
    active_s: float | None
    comment: str = ""
    is_audit: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.first_frame <= self.frame <= self.last_frame:
            raise ShapeError(
                f"a review of frame {self.frame} cannot cover "
                f"{self.first_frame}-{self.last_frame}"
            )
        if self.active_s is not None and not 0 <= self.active_s < math.inf:
            raise ShapeError(f"active_s must be at least 0, but is {self.active_s:g}")
        if self.track_id < 0 or not self.rater:
            raise ShapeError("a review needs a track from 0 and the name of its rater")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReview:
    """A review with its place in the log; attributes as in `StoredLabel`."""

    event_id: int
    at: datetime
    found_track_id: int
    review: Review


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackEdit:
    """A repair of the tracks that were found.

    Attributes:
        video_id: Video whose tracks are repaired.
        kind: `split` a track in two, `merge` it into another, or `ignore` it.
        track_id: Track that is repaired.
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
        given = (self.frame is not None, self.other_track_id is not None)
        wanted = {
            "split": (True, True),
            "merge": (False, True),
            "ignore": (False, False),
        }
        if given != wanted[self.kind]:
            raise ShapeError(
                f"to {self.kind} a track, give frame: {wanted[self.kind][0]}, "
                f"other_track_id: {wanted[self.kind][1]}, and nothing else"
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
    """A repair with its place in the log."""

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
    """A person's name with its place in the log; attributes as in `StoredLabel`."""

    event_id: int
    at: datetime
    rater: str
    found_track_id: int
    person: PersonName


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdSet:
    """The confidence from which on estimates are accepted, in [0, 1]."""

    value: float

    def __post_init__(self) -> None:
        if not 0 <= self.value <= 1:
            raise ShapeError(f"a threshold lies in [0, 1], but {self.value:g} was set")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What two states of the log differ in.

    Attributes:
        added: Labels in force in the second state only.
        removed: Labels in force in the first state only.
    """

    added: tuple[StoredLabel, ...]
    removed: tuple[StoredLabel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One calculation of all estimates, or one import of them.

    Attributes:
        run_id: Equal inputs, settings and version give an equal id.
        event_id: The labels in force at this event went in.
        base_run_id: Run whose hyper-parameters it took over, if any.
        created_at: When it was made.
        method: How labels were carried over.
        options: Settings it was made with, as JSON.
        n_labels: How many labels went in.
        calibration: What its confidence rests on, in words.
        origin: Made by feltline's engine, or imported.
        encoder_id: Encoder whose embeddings went in; empty for an import.
    """

    run_id: str
    event_id: int
    base_run_id: str | None
    created_at: datetime
    method: str
    options: dict[str, Any]
    n_labels: int
    calibration: str
    origin: Literal["model", "import"]
    encoder_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A frame that is worth a label.

    Attributes:
        video_id: Its video.
        track_id: Its face.
        frame: Its number.
        rank: Place in the list; the first is worth most.
        reason: Code of why it was chosen.
        is_audit: Whether it was drawn for the blind audit.
        batch: Which list it belongs to; the store numbers them.
    """

    video_id: str
    track_id: int
    frame: int
    rank: int
    reason: str
    is_audit: bool = False
    batch: int = 0
