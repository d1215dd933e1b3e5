"""Tracks as people repaired them: split, merged, ignored.

Tracks as they were found never change; repairs are a list of edits in the order in
which they were given, and effective tracks are a fold over both. An edit may be undone
after others that were built on it: an edit that does not fit any more changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Int64

from feltline.errors import EncoderError, InputError, ShapeError
from feltline.store import TrackEdit
from feltline.types import Embeddings, FaceTrack

__all__ = ["IGNORED", "Repaired", "check_edit", "followed", "repaired"]

IGNORED: Final = -1

_Part = tuple[int, Int64[np.ndarray, " _"]]
"""Place of a found track, and positions in it."""
"""In the place of a track's number: the face is ignored."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repaired:
    """The tracks of one video after all edits.

    Attributes:
        tracks: By track number, ignored ones left out; one may join several stretches.
        embeddings: In the same order; none if none were given.
        where: Per found track, the number of the track that each frame is in now; -1
            where it is ignored.
        ignored: Numbers of the tracks that are left out.
    """

    tracks: tuple[FaceTrack, ...]
    embeddings: tuple[Embeddings, ...]
    where: dict[int, Int64[np.ndarray, " _"]]
    ignored: tuple[int, ...]


def repaired(
    found: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings] | None,
    edits: Sequence[TrackEdit],
) -> Repaired:
    """Apply edits to the tracks of one video.

    Args:
        found: Tracks as they were found.
        embeddings: Theirs, in the same order, if they are wanted.
        edits: In the order in which they were given; those that do not fit (any more)
            change nothing.

    Raises:
        ShapeError: Tracks and embeddings differ in number or length.
        EncoderError: Tracks to be joined come from different encoders.
    """
    if embeddings is not None:
        _check_lengths(found, embeddings)
    state = _State.of(found)
    for edit in edits:
        if state.objection(edit) is None:
            state.apply(edit)
    parts = dict(sorted(state.parts.items()))
    return Repaired(
        tracks=tuple(_joined(found, number, own) for number, own in parts.items()),
        embeddings=()
        if embeddings is None
        else tuple(
            _joined_embeddings(found, embeddings, own) for own in parts.values()
        ),
        where=_where(found, parts),
        ignored=tuple(sorted(state.ignored)),
    )


def _where(
    found: Sequence[FaceTrack], parts: Mapping[int, Sequence[_Part]]
) -> dict[int, Int64[np.ndarray, " _"]]:
    where = [np.full(len(track), IGNORED, np.int64) for track in found]
    for number, own in parts.items():
        for i, at in own:
            where[i][at] = number
    return {track.track_id: now for track, now in zip(found, where, strict=True)}


def followed(
    found: Sequence[FaceTrack],
    edits: Sequence[TrackEdit],
    named: Sequence[tuple[int, int]],
) -> list[int]:
    """Where faces are now that were named at some time before or between edits.

    Numbers are never used twice; where a number showed two faces in one frame at
    different times, the later one is meant.

    Args:
        found: Tracks as they were found.
        edits: In the order in which they were given.
        named: Number of a track, and a frame that it showed.

    Returns:
        The number of the track that each is in now; `IGNORED` where it is left out, or
        where no track of that number ever showed that frame.
    """
    frames_of: dict[int, set[int]] = {}
    for number, frame in named:
        frames_of.setdefault(number, set()).add(frame)
    state, places = _State.of(found), dict[tuple[int, int], tuple[int, int]]()

    def look(number: int) -> None:
        for frame in frames_of.get(number, ()):
            place = state.place(number, frame)
            if place is not None:
                places[number, frame] = place

    for number in frames_of:
        look(number)
    for edit in edits:
        if state.objection(edit) is None:
            state.apply(edit)
            look(edit.track_id)
            if edit.other_track_id is not None:
                look(edit.other_track_id)
    where = _where(found, state.parts)
    return [
        int(where[found[places[one][0]].track_id][places[one][1]])
        if one in places
        else IGNORED
        for one in named
    ]


def check_edit(
    found: Sequence[FaceTrack], edits_so_far: Sequence[TrackEdit], edit: TrackEdit
) -> None:
    """Refuse an edit that makes no sense for the tracks as they are now.

    Args:
        found: Tracks as they were found.
        edits_so_far: Edits in force, in the order in which they were given.
        edit: The one to come.

    Raises:
        InputError: There is no such track (or it is ignored), a split leaves nothing on
            one side or takes a number that was given before, or the tracks to merge
            share a frame.
    """
    state = _State.of(found)
    for earlier in edits_so_far:
        if state.objection(earlier) is None:
            state.apply(earlier)
    objection = state.objection(edit)
    if objection is not None:
        raise InputError(objection)


@dataclass(slots=True, eq=False)
class _State:
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
    def of(cls, found: Sequence[FaceTrack]) -> "_State":
        return cls(
            found=found,
            parts={t.track_id: [(i, np.arange(len(t)))] for i, t in enumerate(found)},
            ignored=set(),
            given={t.track_id for t in found},
        )

    def frames(self, number: int) -> Int64[np.ndarray, " _"]:
        """Frames of a track, in order."""
        some = [self.found[i].frame[at] for i, at in self.parts[number]]
        return np.sort(np.concatenate(some))

    def place(self, number: int, frame: int) -> tuple[int, int] | None:
        """Place of a found track, and the position in it that shows a track's frame."""
        for i, at in self.parts.get(number, ()):
            own = self.found[i].frame
            position = int(np.searchsorted(own, frame))
            k = int(np.searchsorted(at, position))
            if k < len(at) and at[k] == position and own[position] == frame:
                return i, position
        return None

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


def _joined(
    found: Sequence[FaceTrack], number: int, parts: Sequence[_Part]
) -> FaceTrack:
    """One track from stretches of found ones."""
    whole = found[parts[0][0]]
    if _is_whole(parts, len(whole)) and number == whole.track_id:
        return whole
    order = _order(found, parts)

    def column(name: str) -> np.ndarray:
        values = [getattr(found[i], name)[at] for i, at in parts]
        return np.asarray(np.concatenate(values)[order])

    return FaceTrack(
        video_id=whole.video_id,
        track_id=number,
        frame=column("frame"),
        time_s=column("time_s"),
        box_xyxy=column("box_xyxy"),
        quality=column("quality"),
    )


def _joined_embeddings(
    found: Sequence[FaceTrack], seen: Sequence[Embeddings], parts: Sequence[_Part]
) -> Embeddings:
    """The embeddings of the same stretches."""
    whole = seen[parts[0][0]]
    if _is_whole(parts, len(whole)):
        return whole
    if len({seen[i].encoder_id for i, _ in parts}) > 1:
        raise EncoderError(
            "tracks to be joined come from different encoders; extract all videos of a "
            "project with one"
        )
    order = _order(found, parts)

    def column(name: str) -> np.ndarray:
        values = [getattr(seen[i], name)[at] for i, at in parts]
        return np.asarray(np.concatenate(values)[order])

    return Embeddings(
        encoder_id=whole.encoder_id,
        vector=column("vector"),
        zero_shot_value=column("zero_shot_value"),
        zero_shot_expression=column("zero_shot_expression"),
        views=whole.views,
    )


def _is_whole(parts: Sequence[_Part], n: int) -> bool:
    """Whether a track is one found track from end to end."""
    return len(parts) == 1 and len(parts[0][1]) == n


def _order(
    found: Sequence[FaceTrack], parts: Sequence[_Part]
) -> Int64[np.ndarray, " n"]:
    """The order in which the stretches' frames are shown."""
    return np.argsort(np.concatenate([found[i].frame[at] for i, at in parts]))


def _check_lengths(found: Sequence[FaceTrack], seen: Sequence[Embeddings]) -> None:
    lengths = [len(t) for t in found], [len(e) for e in seen]
    if lengths[0] != lengths[1]:
        raise ShapeError(
            f"each track needs its embeddings: tracks have {lengths[0]} frames, "
            f"embeddings {lengths[1]}"
        )
