"""Match the rows of a support CSV with the faces that were found in the videos."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from feltline.errors import SupportError
from feltline.formats.reading import raise_for_rows
from feltline.formats.support import PlaceRow, SupportRow
from feltline.formats.video_names import UnknownVideoError, VideoNames
from feltline.types import FaceTrack, Judgement, track_names

__all__ = ["FacesOfVideo", "choices_of", "judgements_of"]

MOST_NOTED: Final = 10
"""Notes of one kind, at most."""
_CLOSE_S: Final = 0.1
_ROUNDED_S: Final = 0.0006
"""By so much a time written with three decimals may be too early for its frame."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FacesOfVideo:
    """What was found in one video.

    Attributes:
        video_id: Its name in this command or project.
        n_frames: How many frames the file has.
        frame: The frames that were looked at, increasing.
        time_s: Their times in seconds.
        tracks: The faces found.
        every_time_s: Times of all frames of the file; None = only those of the frames
            looked at are known.
    """

    video_id: str
    n_frames: int
    frame: Int64[np.ndarray, " n"]
    time_s: Float64[np.ndarray, " n"]
    tracks: tuple[FaceTrack, ...]
    every_time_s: Float64[np.ndarray, " f"] | None = None

    def shown_at(self, time_s: float) -> int:
        """The frame on screen at a time: the last that is not later.

        Raises:
            ValueError: The video does not last so long, or begins later.
        """
        known = self.time_s if self.every_time_s is None else self.every_time_s
        end_s = float(known[-1]) + self.gap_s
        if not known[0] - _ROUNDED_S <= time_s <= end_s:
            raise ValueError(
                f"time_s {time_s:g} is not in {self.video_id}, whose frames lie from "
                f"{known[0]:.3f} to {known[-1]:.3f} s"
            )
        at = int(np.searchsorted(known, time_s + _ROUNDED_S, side="right")) - 1
        return at if self.every_time_s is not None else int(self.frame[at])

    @cached_property
    def tolerance_frames(self) -> float:
        """How far from a frame looked at a frame may lie to be taken for it."""
        steps = np.diff(self.frame)
        return int(steps.max()) / 2 if len(steps) else 0.0

    @cached_property
    def gap_s(self) -> float:
        """Median time between frames looked at."""
        steps = np.diff(self.time_s)
        return float(np.median(steps)) if len(steps) else 0.1

    @cached_property
    def frames(self) -> tuple[Int64[np.ndarray, " _"], ...]:
        """Frames of each track, ready to be searched."""
        return tuple(np.ascontiguousarray(track.frame) for track in self.tracks)


def judgements_of(
    path: Path,
    rows: Sequence[SupportRow],
    location: Mapping[str, str],
    faces_of: Callable[[str], FacesOfVideo],
) -> tuple[list[Judgement], list[str]]:
    """The judgement that each row is: its video, frame and face found.

    Args:
        path: The file the rows come from, for messages.
        rows: Its labels.
        location: Path or URL of each video at hand by its name; empty = not known.
        faces_of: Gives what was found in one of them; asked once for each video that is
            named, one after another.

    Returns:
        Judgements of frames in the order of the rows, and notes on what was moved or
        passed over: labels used at the nearest frame looked at, times that contradict
        the frame beside them, videos known by the name of a file alone.

    Raises:
        SupportError: A row names an unknown video, a frame that is not there or shows
            no face, or leaves open which of several faces it means; or two rows label
            the same frame.
    """
    place_of = _Places(VideoNames(location))
    found: dict[int, Judgement] = {}
    faults: dict[int, str] = {}
    notes: dict[int, str] = {}
    by_video: dict[str, list[SupportRow]] = {}
    for row in rows:
        try:
            by_video.setdefault(place_of.find(row.row, row.video), []).append(row)
        except ValueError as fault:
            faults[row.row] = f"row {row.row}: {fault}"
    for name, own in by_video.items():
        video = faces_of(name)
        for row in own:
            try:
                found[row.row] = _judgement(video, row)
                notes[row.row] = _note(video, row, found[row.row].first_frame)
            except ValueError as fault:
                faults[row.row] = f"row {row.row}: {fault}"
    placed = [(row, found[row.row]) for row in rows if row.row in found]
    ordered = [faults[row.row] for row in rows if row.row in faults]
    raise_for_rows(path, ordered + _repeated(placed))
    moved = [note for row, _ in placed if (note := notes[row.row])]
    return [judgement for _, judgement in placed], [*place_of.notes, *shortened(moved)]


def choices_of(
    path: Path,
    rows: Sequence[PlaceRow],
    videos: Sequence[FacesOfVideo],
    location: Mapping[str, str],
) -> tuple[list[Bool[np.ndarray, " _"]], list[str]]:
    """Which frames of each track may be chosen, by video and track in order.

    Rows of other videos are passed over: what is not given cannot be chosen anyway.

    Returns:
        A mask per track, and notes on what was moved or passed over.

    Raises:
        SupportError: No row names a video at hand, or one names a frame that is not
            there or fits several videos.
    """
    place_of = _Places(VideoNames(location))
    chosen: dict[str, list[int]] = {}
    known = {v.video_id: v for v in videos}
    faults, notes, others = [], [], 0
    for row in rows:
        try:
            video = known[place_of.find(row.row, row.video)]
            frame = _frame(video, row.frame, row.time_s)
        except UnknownVideoError:
            others += 1
        except ValueError as fault:
            faults.append(f"row {row.row}: {fault}")
        else:
            chosen.setdefault(video.video_id, []).append(frame)
            notes += [note] if (note := _note(video, row, frame)) else []
    raise_for_rows(path, faults)
    if not chosen:
        raise SupportError(
            f"no row of {path} names a video among those given "
            f"({', '.join(v.video_id for v in videos)})"
        )
    if others:
        notes.append(f"{path.name}: {others} rows of other videos are passed over")
    masks = [
        np.isin(track.frame, chosen.get(video.video_id, []))
        for video in videos
        for track in video.tracks
    ]
    return masks, [*place_of.notes, *shortened(notes)]


class _Places:
    """Finds videos for rows, and watches over those that only a file's name tells."""

    def __init__(self, names: VideoNames) -> None:
        self._find = cache(names.find)
        self._first: dict[str, tuple[int, str]] = {}
        self.notes: list[str] = []

    def find(self, row: int, text: str) -> str:
        """The video that a row means.

        Raises:
            ValueError: There is none, or several; or two paths of other places would
                both be taken for this one.
        """
        name, is_guess = self._find(text)
        if not is_guess:
            return name
        if name not in self._first:
            self._first[name] = row, text
            self.notes.append(
                f"row {row}: {text} is taken for {name}, the only video of that name"
            )
        before, same = self._first[name]
        if same != text:
            raise ValueError(
                f"{text!r} and, in row {before}, {same!r} end in one name, but only "
                f"{name} is given; write which of the two it is"
            )
        return name


def shortened(notes: Collection[str]) -> list[str]:
    """Notes, the last of many summed up."""
    if len(notes) <= MOST_NOTED:
        return list(notes)
    return [
        *islice(notes, MOST_NOTED),
        f"and {len(notes) - MOST_NOTED} more",
    ]


def _judgement(video: FacesOfVideo, row: SupportRow) -> Judgement:
    frame = _frame(video, row.frame, row.time_s)
    return Judgement(
        video_id=video.video_id,
        track_id=_track(video, frame, row.face).track_id,
        scope="frame",
        first_frame=frame,
        last_frame=frame,
        rater=row.rater,
        value=row.value if any(v is not None for v in row.value) else (),
        expression=row.expression,
        origin="import",
    )


def _frame(video: FacesOfVideo, frame: int | None, time_s: float | None) -> int:
    """The frame looked at that a row means."""
    if not len(video.frame):
        raise ValueError(f"no frame of {video.video_id} was looked at")
    if frame is not None:
        return _frame_by_number(video, frame)
    return _frame_by_number(video, video.shown_at(time_s or 0.0))


def _note(video: FacesOfVideo, row: SupportRow | PlaceRow, frame: int) -> str:
    """What to say of the frame that is used for a row; empty = nothing."""
    at = float(video.time_s[np.searchsorted(video.frame, frame)])
    if row.frame is not None and row.frame != frame:
        return (
            f"row {row.row}: the label of frame {row.frame} is used at frame {frame}, "
            f"the nearest one looked at"
        )
    if row.time_s is None:
        return ""
    off = abs(at - row.time_s)
    if row.frame is not None:
        if off <= max(2 * video.gap_s, _CLOSE_S):
            return ""
        return (
            f"row {row.row}: time_s {row.time_s:g} is passed over, since frame "
            f"{row.frame} is given, which is shown at {at:.3f} s"
        )
    if video.shown_at(row.time_s) == frame:
        return ""
    return (
        f"row {row.row}: the label of {row.time_s:g} s is used at frame {frame} "
        f"({at:.3f} s), the nearest one looked at"
    )


def _nearest(sorted_values: np.ndarray, value: float | int) -> int:
    """Index of the value nearest to one, the first of two."""
    at = int(np.searchsorted(sorted_values, value))
    if at == len(sorted_values):
        return at - 1
    if at and value - sorted_values[at - 1] <= sorted_values[at] - value:
        return at - 1
    return at


def _frame_by_number(video: FacesOfVideo, frame: int) -> int:
    if frame >= video.n_frames:
        raise ValueError(
            f"frame {frame} is past the end of {video.video_id}, whose last frame is "
            f"{video.n_frames - 1}"
        )
    nearest = int(video.frame[_nearest(video.frame, frame)])
    if abs(nearest - frame) > video.tolerance_frames:
        raise ValueError(
            f"frame {frame} of {video.video_id} was not looked at (frames "
            f"{video.frame[0]} to {video.frame[-1]} were); the nearest is {nearest}"
        )
    return nearest


def _track(video: FacesOfVideo, frame: int, face: int | None) -> FaceTrack:
    """The track that a row means in this frame."""
    here = [
        track
        for track, frames in zip(video.tracks, video.frames, strict=True)
        if (at := int(np.searchsorted(frames, frame))) < len(frames)
        and frames[at] == frame
    ]
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


def _repeated(placed: Sequence[tuple[SupportRow, Judgement]]) -> list[str]:
    """Faults of rows in which one rater labels one face in one frame again."""
    first: dict[tuple[str, int, int, str], SupportRow] = {}
    faults = []
    for row, judgement in placed:
        key = (
            *(judgement.video_id, judgement.track_id),
            *(judgement.first_frame, row.rater),
        )
        before = first.setdefault(key, row)
        if before is row:
            continue
        same = (before.value, before.expression) == (row.value, row.expression)
        says = "the same again" if same else "something else"
        faults.append(
            f"row {row.row}: {row.rater} labels frame {judgement.first_frame} of "
            f"{judgement.video_id} as row {before.row} does, and says {says}; keep "
            f"one of the two (several raters need several names in `rater`)"
        )
    return faults
