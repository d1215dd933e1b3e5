"""Match the rows of a support CSV with the faces that were found in the videos."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, Int64

from feltline.errors import SupportError
from feltline.formats.support import SupportRow, raise_for_rows
from feltline.types import FaceTrack, SupportSet, track_names

__all__ = ["FacesOfVideo", "choices_of", "support_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FacesOfVideo:
    """What was found in one video.

    Attributes:
        video_id: Its name in this command or project.
        n_frames: How many frames the file has.
        frame: The frames that were looked at, increasing.
        time_s: Their times in seconds.
        tracks: The faces found.
    """

    video_id: str
    n_frames: int
    frame: Int64[np.ndarray, " n"]
    time_s: Float64[np.ndarray, " n"]
    tracks: tuple[FaceTrack, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a label belongs."""

    video: FacesOfVideo
    frame: int
    track_id: int


def support_of(
    path: Path, rows: Sequence[SupportRow], videos: Sequence[FacesOfVideo]
) -> tuple[SupportSet, list[str]]:
    """Find each row's video, frame and face.

    Args:
        path: The file the rows come from, for messages.
        rows: Its labels.
        videos: The videos at hand.

    Returns:
        The support set, and notes on labels that were moved to the nearest frame looked
        at (only where not every frame was).

    Raises:
        SupportError: A row names an unknown video, a frame that is not there or shows
            no face, or leaves open which of several faces it means; or two rows label
            the same frame.
    """
    placed: list[tuple[SupportRow, _Place]] = []
    faults, notes = [], []
    for row in rows:
        try:
            place = _place(row, videos)
        except ValueError as fault:
            faults.append(f"row {row.row}: {fault}")
            continue
        if row.frame is not None and row.frame != place.frame:
            notes.append(
                f"row {row.row}: the label of frame {row.frame} is used at frame "
                f"{place.frame}, the nearest one looked at"
            )
        placed.append((row, place))
    faults += _repeated(placed)
    raise_for_rows(path, faults)
    return _support_set(placed), notes


def _support_set(placed: Sequence[tuple[SupportRow, _Place]]) -> SupportSet:
    return SupportSet(
        video_id=tuple(p.video.video_id for _, p in placed),
        track_id=np.array([p.track_id for _, p in placed], np.int64),
        frame=np.array([p.frame for _, p in placed], np.int64),
        affect=np.array(
            [[r.valence, r.arousal] for r, _ in placed], np.float32
        ).reshape(-1, 2),
        expression=np.array([r.expression for r, _ in placed], np.int64),
        rater=tuple(r.rater for r, _ in placed),
    )


def choices_of(
    path: Path,
    rows: Sequence[tuple[int, str, int | None, float | None]],
    videos: Sequence[FacesOfVideo],
) -> list[Bool[np.ndarray, " _"]]:
    """Which frames of each track may be chosen, by video and track in order.

    Rows of other videos are passed over: what is not given cannot be chosen anyway.

    Raises:
        SupportError: No row names a video at hand, or one names a frame that is not
            there.
    """
    tracks = [t for v in videos for t in v.tracks]
    allowed = [np.zeros(len(t), bool) for t in tracks]
    faults, n_known = [], 0
    for number, name, frame, time_s in rows:
        try:
            video = _video(name, videos)
        except ValueError:
            continue
        n_known += 1
        try:
            at = _frame(video, frame, time_s)
        except ValueError as fault:
            faults.append(f"row {number}: {fault}")
            continue
        for mask, track in zip(allowed, tracks, strict=True):
            if track.video_id == video.video_id:
                mask |= track.frame == at
    raise_for_rows(path, faults)
    if not n_known:
        raise SupportError(
            f"no row of {path} names a video among those given "
            f"({', '.join(v.video_id for v in videos)})"
        )
    return allowed


def _place(row: SupportRow, videos: Sequence[FacesOfVideo]) -> _Place:
    video = _video(row.video, videos)
    frame = _frame(video, row.frame, row.time_s)
    return _Place(video, frame, _track(video, frame, row.face).track_id)


def _video(name: str, videos: Sequence[FacesOfVideo]) -> FacesOfVideo:
    """The video that a row means: by its name, its path, or its name without ending."""
    for key in (
        lambda v: v.video_id == name,
        lambda v: Path(v.video_id).name == Path(name).name,
        lambda v: Path(v.video_id).stem == name,
    ):
        found = [v for v in videos if key(v)]
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"the name {name!r} fits {len(found)} of the videos given: "
                f"{', '.join(v.video_id for v in found)}; write the one that is meant"
            )
    raise ValueError(
        f"there is no video {name!r} among those given "
        f"({', '.join(v.video_id for v in videos)}); give that video too, or remove "
        f"the row"
    )


def _frame(video: FacesOfVideo, frame: int | None, time_s: float | None) -> int:
    """The frame looked at that a row means."""
    if not len(video.frame):
        raise ValueError(f"no frame of {video.video_id} was looked at")
    if frame is not None:
        return _frame_by_number(video, frame)
    gap = float(np.median(np.diff(video.time_s))) if len(video.time_s) > 1 else 0.1
    at = int(np.argmin(np.abs(video.time_s - time_s)))
    if abs(float(video.time_s[at]) - float(time_s or 0)) > gap:
        raise ValueError(
            f"time_s {time_s:g} is not in {video.video_id}, whose frames looked at lie "
            f"from {video.time_s[0]:.3f} to {video.time_s[-1]:.3f} s"
        )
    return int(video.frame[at])


def _frame_by_number(video: FacesOfVideo, frame: int) -> int:
    if frame >= video.n_frames:
        raise ValueError(
            f"frame {frame} is past the end of {video.video_id}, whose last frame is "
            f"{video.n_frames - 1}"
        )
    at = int(np.argmin(np.abs(video.frame - frame)))
    nearest = int(video.frame[at])
    steps = np.diff(video.frame)
    reach = int(steps.max()) / 2 if len(steps) else 0
    if abs(nearest - frame) > reach:
        raise ValueError(
            f"frame {frame} of {video.video_id} was not looked at (frames "
            f"{video.frame[0]} to {video.frame[-1]} were); the nearest is {nearest}"
        )
    return nearest


def _track(video: FacesOfVideo, frame: int, face: int | None) -> FaceTrack:
    """The track that a row means in this frame."""
    here = [t for t in video.tracks if np.isin(frame, t.frame)]
    if face is not None:
        named = [t for t in video.tracks if t.track_id == face]
        if not named:
            raise ValueError(
                f"{video.video_id} has no face {face}; it has "
                f"{track_names(video.tracks) or 'none'}"
            )
        if named[0] not in here:
            raise ValueError(
                f"face {face} is not seen in frame {frame} of {video.video_id}; the "
                f"nearest frame that shows it is {_nearest_seen(named, frame)}"
            )
        return named[0]
    if not here:
        if not video.tracks:
            raise ValueError(f"no face was found in any frame of {video.video_id}")
        raise ValueError(
            f"no face was found in frame {frame} of {video.video_id}; the nearest "
            f"usable frame is {_nearest_seen(video.tracks, frame)}"
        )
    if len(here) > 1:
        where = ", ".join(_whereabouts(t, frame) for t in here)
        raise ValueError(
            f"frame {frame} of {video.video_id} shows {len(here)} faces ({where}); say "
            f"which one in a column `face`"
        )
    return here[0]


def _nearest_seen(tracks: Sequence[FaceTrack], frame: int) -> int:
    seen = np.concatenate([t.frame for t in tracks])
    return int(seen[np.argmin(np.abs(seen - frame))])


def _whereabouts(track: FaceTrack, frame: int) -> str:
    """A face and the middle of its box, in words."""
    box = track.box_xyxy[np.searchsorted(track.frame, frame)]
    x, y = (box[:2] + box[2:]) / 2
    return f"{track.track_id} at x={x:.0f} y={y:.0f}"


def _repeated(placed: Sequence[tuple[SupportRow, _Place]]) -> list[str]:
    """Faults of rows in which one rater labels one face in one frame again."""
    first: dict[tuple[str, int, int, str], SupportRow] = {}
    faults = []
    for row, place in placed:
        key = (place.video.video_id, place.track_id, place.frame, row.rater)
        before = first.setdefault(key, row)
        if before is row:
            continue
        same = (before.valence, before.arousal, before.expression) == (
            row.valence,
            row.arousal,
            row.expression,
        )
        says = "the same again" if same else "something else"
        faults.append(
            f"row {row.row}: {row.rater} labels frame {place.frame} of "
            f"{place.video.video_id} as row {before.row} does, and says {says}; keep "
            f"one of the two (several raters need several names in `rater`)"
        )
    return faults
