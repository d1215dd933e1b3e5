"""Track edits: tracks as people corrected them (split, merged, ignored).

Tracks as they were found never change; edits are a list in the order in which they were
given, and the tracks now are a fold over both. An edit may be undone after others that
were built on it: an edit that does not fit any more changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Int64

from feltline.errors import InputError
from feltline.store import TrackEdit
from feltline.types import FaceTrack

__all__ = [
    "IGNORED",
    "EditFold",
    "EditedTracks",
    "check_edit",
    "edited",
]

IGNORED: Final = -1
"""In the place of a track's number: the face is ignored."""

_Part = tuple[int, Int64[np.ndarray, " _"]]
"""Index of a found track, and positions in it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EditedTracks:
    """The tracks of one video after all edits.

    Attributes:
        found: Tracks as they were found.
        parts: Per track number, which found tracks it is made of, and which of their
            positions; ignored ones left out.
        ignored: Numbers of the tracks that are left out.
    """

    found: tuple[FaceTrack, ...]
    parts: Mapping[int, tuple[_Part, ...]]
    ignored: tuple[int, ...]

    @cached_property
    def tracks(self) -> tuple[FaceTrack, ...]:
        """By track number; one may join several stretches."""
        return tuple(self._joined(number) for number in self.parts)

    @cached_property
    def where(self) -> dict[int, Int64[np.ndarray, " _"]]:
        """Per found track, the number that each frame's track has now, or `IGNORED`."""
        now = [np.full(len(track), IGNORED, np.int64) for track in self.found]
        for number, own in self.parts.items():
            for i, at in own:
                now[i][at] = number
        return {t.track_id: one for t, one in zip(self.found, now, strict=True)}

    def gather(
        self, track_id: int, rows: Mapping[int, slice]
    ) -> Int64[np.ndarray, " n"]:
        """Rows of a track in a file whose rows are sorted by found track and frame."""
        own = self.parts[track_id]
        rows_of = [rows[self.found[i].track_id].start + at for i, at in own]
        return np.asarray(np.concatenate(rows_of)[self._order(own)])

    def found_at(self, track_id: int, frame: int) -> int | None:
        """The found track that shows a track in a frame; None if none does."""
        place = _place(self.found, self.parts.get(track_id, ()), frame)
        return None if place is None else self.found[place[0]].track_id

    def _joined(self, number: int) -> FaceTrack:
        own = self.parts[number]
        whole = self.found[own[0][0]]
        if len(own) == 1 and len(own[0][1]) == len(whole) and number == whole.track_id:
            return whole
        order = self._order(own)

        def column(name: str) -> np.ndarray:
            values = [getattr(self.found[i], name)[at] for i, at in own]
            return np.asarray(np.concatenate(values)[order])

        return FaceTrack(
            video_id=whole.video_id,
            track_id=number,
            frame=column("frame"),
            time_s=column("time_s"),
            box_xyxy=column("box_xyxy"),
            quality=column("quality"),
        )

    def _order(self, own: Sequence[_Part]) -> Int64[np.ndarray, " n"]:
        """The order in which the stretches' frames are shown."""
        return np.argsort(np.concatenate([self.found[i].frame[at] for i, at in own]))


def edited(found: Sequence[FaceTrack], edits: Sequence[TrackEdit]) -> EditedTracks:
    """Apply edits to the tracks of one video.

    Edits are in the order in which they were given; those that do not fit (any more)
    change nothing.
    """
    state = EditFold.after(found, edits)
    return EditedTracks(
        found=tuple(found),
        parts={number: tuple(own) for number, own in sorted(state.parts.items())},
        ignored=tuple(sorted(state.ignored)),
    )


def check_edit(
    found: Sequence[FaceTrack], edits_so_far: Sequence[TrackEdit], edit: TrackEdit
) -> None:
    """Refuse an edit that makes no sense for the tracks as they are now.

    Raises:
        InputError: There is no such track (or it is ignored), a split leaves nothing on
            one side or takes a number that was given before, or the tracks to merge
            share a frame.
    """
    objection = EditFold.after(found, edits_so_far).objection(edit)
    if objection is not None:
        raise InputError(objection)


@dataclass(slots=True, eq=False)
class EditFold:
    """Tracks on their way through the edits.

    Attributes:
        found: Tracks as they were found.
        parts: What each track is made of, ignored ones left out.
        ignored: Numbers of the tracks that are left out.
        given: All numbers that a track ever had: none comes to mean two things.
    """

    found: Sequence[FaceTrack]
    parts: dict[int, list[_Part]]
    ignored: set[int]
    given: set[int]

    @classmethod
    def after(
        cls, found: Sequence[FaceTrack], edits: Sequence[TrackEdit]
    ) -> "EditFold":
        """Tracks after edits; those that do not fit change nothing."""
        state = cls(
            found=found,
            parts={t.track_id: [(i, np.arange(len(t)))] for i, t in enumerate(found)},
            ignored=set(),
            given={t.track_id for t in found},
        )
        for edit in edits:
            if state.objection(edit) is None:
                state.apply(edit)
        return state

    def frames(self, number: int) -> Int64[np.ndarray, " _"]:
        """Frames of a track, in order."""
        some = [self.found[i].frame[at] for i, at in self.parts[number]]
        return np.sort(np.concatenate(some))

    def place(self, number: int, frame: int) -> tuple[int, int] | None:
        """Place of a found track, and the position in it that shows a track's frame."""
        return _place(self.found, self.parts.get(number, ()), frame)

    def objection(self, edit: TrackEdit) -> str | None:
        """Why an edit makes no sense now; None if it does."""
        videos = {track.video_id for track in self.found}
        if videos and edit.video_id not in videos:
            return f"the edit is of {edit.video_id}, the tracks are of {min(videos)}"
        involved = [edit.track_id]
        if edit.kind == "merge" and edit.other_track_id is not None:
            involved.append(edit.other_track_id)
        for number in involved:
            missing = self._missing(edit.video_id, number)
            if missing:
                return missing
        if edit.kind == "split":
            return self._objection_to_split(edit)
        return self._objection_to_merge(edit) if edit.kind == "merge" else None

    def _missing(self, video_id: str, number: int) -> str | None:
        if number in self.ignored:
            return f"face {number} of {video_id} is ignored; restore it first"
        if number not in self.parts:
            known = ", ".join(map(str, sorted(self.parts))) or "none"
            return f"{video_id} has no face {number}; its faces are: {known}"
        return None

    def _objection_to_split(self, edit: TrackEdit) -> str | None:
        frame, name = self.frames(edit.track_id), f"face {edit.track_id}"
        if edit.frame is None or not frame[0] < edit.frame <= frame[-1]:
            return (
                f"{name} of {edit.video_id} is seen from frame {frame[0]} to "
                f"{frame[-1]}; a split at frame {edit.frame} leaves nothing on one "
                f"side: give a frame after {frame[0]}, at most {frame[-1]}"
            )
        if edit.other_track_id in self.given:
            return (
                f"number {edit.other_track_id} is taken in {edit.video_id}; the next "
                f"free one is {max(self.given) + 1}"
            )
        return None

    def _objection_to_merge(self, edit: TrackEdit) -> str | None:
        if edit.other_track_id is None:
            return f"say which face of {edit.video_id} to merge {edit.track_id} into"
        both = np.intersect1d(
            self.frames(edit.track_id), self.frames(edit.other_track_id)
        )
        if not len(both):
            return None
        return (
            f"faces {edit.track_id} and {edit.other_track_id} of {edit.video_id} are "
            f"both seen in frame {both[0]}, so they are two faces; split one of them "
            f"there first"
        )

    def apply(self, edit: TrackEdit) -> None:
        """Change what an edit without objection changes."""
        own = self.parts.pop(edit.track_id)
        if edit.kind == "ignore" or edit.other_track_id is None:
            self.ignored.add(edit.track_id)
        elif edit.frame is None:
            self.parts[edit.other_track_id] += own
        else:
            sides = [(i, at, self.found[i].frame[at] < edit.frame) for i, at in own]
            earlier = [(i, at[side]) for i, at, side in sides if side.any()]
            later = [(i, at[~side]) for i, at, side in sides if not side.all()]
            self.parts |= {edit.track_id: earlier, edit.other_track_id: later}
            self.given.add(edit.other_track_id)


def _place(
    found: Sequence[FaceTrack], parts: Sequence[_Part], frame: int
) -> tuple[int, int] | None:
    """Index of the found track, and position in it, that shows a frame of a track."""
    for i, at in parts:
        k = int(np.searchsorted(found[i].frame[at], frame))
        if k < len(at) and found[i].frame[at[k]] == frame:
            return i, int(at[k])
    return None
