"""Records of videos, tracks, and what was derived or imported: checked when made."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.errors import ShapeError
from feltline.types import FaceTrack
from feltline.types.checks import check_array

CONTENT_HASH: Final = re.compile(r"[0-9a-f]{8,128}")
"""What the hash of a video's content looks like: the name of a folder, and no path."""
N_BINS: Final = 101
"""Bins of confidence in a summary: bin i holds [i / 100, (i + 1) / 100)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRecord:
    """One video of a project, as it was added; its arrays lie in its feature file.

    Attributes:
        video_id: Its name in the project.
        content_hash: Hash of its bytes, hexadecimal; no two videos of a project share
            one.
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
        # It names folders, which a purge deletes: a database of others is not trusted.
        if not CONTENT_HASH.fullmatch(self.content_hash):
            raise ShapeError(
                f"a content hash is hexadecimal, but this is {self.content_hash!r}"
            )
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
        event_id: The judgement, or the comment on a frame.
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
        rewritten: Notes, imported runs and reopenings whose field named the video.
        mentions: Comments on other videos in which its name occurs; they are people's
            words and stay as they are.
    """

    removed: dict[str, int]
    bases: tuple[str, ...]
    models: tuple[str, ...]
    rewritten: int
    mentions: tuple[Mention, ...]
