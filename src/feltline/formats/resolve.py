"""Match the rows of a support CSV with the faces that were found in the videos."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from feltline.errors import SupportError
from feltline.formats.support import SupportRow, raise_for_rows
from feltline.types import FaceTrack, Judgement, track_names

__all__ = ["FacesOfVideo", "choices_of", "judgements_of"]

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
    names: Sequence[str],
    faces_of: Callable[[str], FacesOfVideo],
) -> tuple[list[Judgement], list[str]]:
    """The judgement that each row is: its video, frame and face found.

    Args:
        path: The file the rows come from, for messages.
        rows: Its labels.
        names: Names of the videos at hand.
        faces_of: Gives what was found in one of them; asked once for each video that is
            named, one after another.

    Returns:
        Judgements of frames in the order of the rows, and notes on labels that were
        moved to the nearest frame looked at (only where not every frame was).

    Raises:
        SupportError: A row names an unknown video, a frame that is not there or shows
            no face, or leaves open which of several faces it means; or two rows label
            the same frame.
    """
    find = cache(_Directory(names).find)
    found: dict[int, Judgement] = {}
    faults: dict[int, str] = {}
    meant: dict[int, str] = {}
    by_video: dict[str, list[SupportRow]] = {}
    for row in rows:
        try:
            by_video.setdefault(find(row.video), []).append(row)
        except ValueError as fault:
            faults[row.row] = f"row {row.row}: {fault}"
    for name, own in by_video.items():
        video = faces_of(name)
        for row in own:
            try:
                found[row.row] = _judgement(video, row)
                wanted = row.frame
                if wanted is None:
                    wanted = video.shown_at(row.time_s or 0.0)
                if wanted != found[row.row].first_frame:
                    at = f" ({row.time_s:g} s)" if row.frame is None else ""
                    meant[row.row] = f"of frame {wanted}{at}"
            except ValueError as fault:
                faults[row.row] = f"row {row.row}: {fault}"
    placed = [(row, found[row.row]) for row in rows if row.row in found]
    ordered = [faults[row.row] for row in rows if row.row in faults]
    raise_for_rows(path, ordered + _repeated(placed))
    notes = [
        f"row {row.row}: the label {meant[row.row]} is used at frame "
        f"{judgement.first_frame}, the nearest one looked at"
        for row, judgement in placed
        if row.row in meant
    ]
    return [judgement for _, judgement in placed], notes


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
    directory = _Directory([v.video_id for v in videos])
    chosen: dict[str, list[int]] = {}
    known = {v.video_id: v for v in videos}
    faults = []
    for number, name, frame, time_s in rows:
        try:
            video = known[directory.find(name)]
        except ValueError:
            continue
        at = chosen.setdefault(video.video_id, [])
        try:
            at.append(_frame(video, frame, time_s))
        except ValueError as fault:
            faults.append(f"row {number}: {fault}")
    raise_for_rows(path, faults)
    if not chosen:
        raise SupportError(
            f"no row of {path} names a video among those given "
            f"({', '.join(v.video_id for v in videos)})"
        )
    return [
        np.isin(track.frame, chosen.get(video.video_id, []))
        for video in videos
        for track in video.tracks
    ]


class _Directory:
    """Videos by name, by the name of their file, and by that without its ending."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._by: list[dict[str, list[str]]] = [{}, {}, {}]
        for name in names:
            for keys, key in zip(
                self._by, (name, Path(name).name, Path(name).stem), strict=True
            ):
                keys.setdefault(key, []).append(name)

    def find(self, name: str) -> str:
        """The video that a row means.

        Raises:
            ValueError: There is none, or there are several.
        """
        for keys, key in zip(self._by, (name, Path(name).name, name), strict=True):
            found = keys.get(key, ())
            if len(found) == 1:
                return found[0]
            if found:
                raise ValueError(
                    f"the name {name!r} fits {len(found)} of the videos given: "
                    f"{_listed(found)}; write the one that is meant"
                )
        raise ValueError(
            f"there is no video {name!r} among those given ({_listed(self._names)}); "
            f"give that video too, or remove the row"
        )


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + rest


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
