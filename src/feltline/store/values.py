"""What goes into the store and comes out of it: frozen values, checked when made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import Float64, Int64

from feltline.errors import ShapeError
from feltline.types import Decision, FaceTrack, Judgement, Purpose
from feltline.types.checks import check_array

__all__ = [
    "N_BINS",
    "Event",
    "Given",
    "JudgementCount",
    "JudgementDelta",
    "LegacyArrays",
    "Mention",
    "PersonName",
    "PredictionRun",
    "Purged",
    "SavedEvent",
    "StoredJudgement",
    "StoredPersonName",
    "StoredTrackEdit",
    "Suggested",
    "TrackEdit",
    "TrackRecord",
    "TrackSummary",
    "VideoRecord",
    "VideoSummary",
]

Given = tuple[Judgement, int, str | None]
"""A judgement to be saved: itself, the found track it stands on, its client_id."""

N_BINS: Final = 101
"""Bins of confidence in a summary: bin i holds [i / 100, (i + 1) / 100)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRecord:
    """One video of a project, as it was added; its arrays lie in its feature file.

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

    def __post_init__(self) -> None:
        if not self.video_id or not self.content_hash:
            raise ShapeError("a video needs a video_id and a content_hash")
        if self.n_frames < 1:
            raise ShapeError(f"{self.video_id} has no frame")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """One track as it was found, without its arrays.

    Attributes:
        video_id: Its video.
        track_id: Its number in the video, from 0.
        n_frames: Frames in which the face was found.
        first_frame: First of them.
        last_frame: Last one.
        first_time_s: Time stamp of the first one.
        last_time_s: Time stamp of the last one.
        mean_quality: Mean of how well the faces can be judged, in [0, 1].
    """

    video_id: str
    track_id: int
    n_frames: int
    first_frame: int
    last_frame: int
    first_time_s: float
    last_time_s: float
    mean_quality: float

    def __post_init__(self) -> None:
        if self.track_id < 0 or not 0 <= self.first_frame <= self.last_frame:
            raise ShapeError(
                f"track {self.track_id} of {self.video_id} cannot reach from frame "
                f"{self.first_frame} to {self.last_frame}"
            )
        if not 1 <= self.n_frames <= self.last_frame - self.first_frame + 1:
            raise ShapeError(
                f"track {self.track_id} of {self.video_id} cannot have "
                f"{self.n_frames} frames from {self.first_frame} to {self.last_frame}"
            )

    @classmethod
    def of(cls, track: FaceTrack) -> "TrackRecord":
        """The record of a track.

        Raises:
            ShapeError: It has no frame.
        """
        if not len(track):
            raise ShapeError(f"track {track.track_id} of {track.video_id} has no frame")
        return cls(
            video_id=track.video_id,
            track_id=track.track_id,
            n_frames=len(track),
            first_frame=int(track.frame[0]),
            last_frame=int(track.frame[-1]),
            first_time_s=float(track.time_s[0]),
            last_time_s=float(track.time_s[-1]),
            mean_quality=float(track.quality.mean(dtype=np.float64)),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LegacyArrays:
    """Arrays of a video that a former version kept in the database.

    Attributes:
        time_s: Presentation time stamps in seconds of all frames of the file.
        looked_at: Frames in which faces were searched, increasing.
        tracks: The tracks that were found, by number.
    """

    time_s: Float64[np.ndarray, " n"]
    looked_at: Int64[np.ndarray, " m"]
    tracks: tuple[FaceTrack, ...]


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
        count: How many there are; at least 1.
    """

    video_id: str
    found_track_id: int
    rater: str
    decision: Decision
    purpose: Purpose
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
        has = (self.frame is not None, self.other_track_id is not None)
        wanted = {
            "split": (True, True),
            "merge": (False, True),
            "ignore": (False, False),
        }
        if has != wanted[self.kind]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionRun:
    """Predictions of another model, imported at once.

    Attributes:
        run_id: Equal rows, model and videos give an equal id.
        event_id: The last event of the log when it was imported.
        created_at: When it was imported.
        method: Name of the model.
        options: What else is known of it, as JSON.
    """

    run_id: str
    event_id: int
    created_at: datetime
    method: str
    options: dict[str, Any]


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
        model_id: Model of the project that chose it; None = none did.
        batch: Which list it belongs to; the store numbers them.
    """

    video_id: str
    track_id: int
    frame: int
    rank: int
    reason: str
    is_audit: bool = False
    model_id: str | None = None
    batch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackSummary:
    """What queue, costs and counts need of one track's prediction.

    Attributes:
        track_id: Track, by the number it has after all track edits.
        n_frames: Its frames.
        n_reviewed: Those dealt with by a judgement.
        confidence_counts: Frames not dealt with, by confidence.
        error_sums: Sum of 1 - confidence over the same frames.
        second_counts: Seconds not dealt with, by the least confidence in each.
        best_gain: What its best item is worth; 0 = it has none.
        n_items: How many items its queue has, expected.
        items: The items, as JSON, best first.
    """

    track_id: int
    n_frames: int
    n_reviewed: int
    confidence_counts: Int64[np.ndarray, "101"]
    error_sums: Float64[np.ndarray, "101"]
    second_counts: Int64[np.ndarray, "101"]
    best_gain: float
    n_items: float
    items: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        for name, kind in (
            ("confidence_counts", np.int64),
            ("error_sums", np.float64),
            ("second_counts", np.int64),
        ):
            check_array(name, getattr(self, name), kind, (N_BINS,))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoSummary:
    """Summaries of tracks of one video, all by one model at one event.

    Attributes:
        video_id: The video.
        model_id: Model of the predictions.
        revision: Last event of the log that went in.
        threshold: On confidence, that the items were chosen for.
        tracks: The summaries, by number.
        is_whole: When saved: whether these are all tracks of the video. False = the
            others of the video stay, and hold at this revision too.
    """

    video_id: str
    model_id: str
    revision: int
    threshold: float
    tracks: tuple[TrackSummary, ...]
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A comment on another video in which the name of a purged one occurs.

    Attributes:
        event_id: The judgement with the comment.
        video_id: Its video.
        rater: Who wrote it.
    """

    event_id: int
    video_id: str
    rater: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What a purge removed, and what it left for a person to decide.

    Attributes:
        removed: How many rows went, by table.
        bases: Bases that were fitted with the video.
        models: Models that were learnt with it, or on such a basis.
        rewritten: Notes and imported runs whose field named the video.
        mentions: Comments on other videos in which its name occurs; they are people's
            words and stay as they are.
    """

    removed: dict[str, int]
    bases: tuple[str, ...]
    models: tuple[str, ...]
    rewritten: int
    mentions: tuple[Mention, ...]
