"""Where judgements, suggested frames and names of persons lie after track edits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int64

from feltline.project.track_edits import IGNORED, EditedTracks, EditFold, edited
from feltline.store import (
    StoredJudgement,
    StoredPersonName,
    StoredTrackEdit,
    TrackEdit,
)
from feltline.types import FaceTrack, Judgement

__all__ = ["frames_now", "judgements_now", "persons_now"]


def judgements_now(
    tracks: EditedTracks,
    edits: Sequence[StoredTrackEdit],
    judgements: Sequence[StoredJudgement],
) -> list[StoredJudgement]:
    """Where judgements of one video lie after all edits, whatever they decide.

    A judgement speaks of the frames that its track had when it was given, and goes with
    them. Where a split has put them on several tracks, a value or class is that of the
    face that shows most of them: it was said of one face, and counts once. What sets
    frames aside (reject, cannot, skip) speaks of each of them, so each track that shows
    some has it, cut to its own frames. What lies on ignored tracks is left out.
    """
    if edits:
        placement = _Placement(tracks, edits)
        return [now for stored in judgements for now in placement.parts(stored)]
    found = {t.track_id: t for t in tracks.found}
    return [
        _numbered(stored, stored.found_track_id)
        for stored in judgements
        if stored.found_track_id in found
        and len(_inside(found[stored.found_track_id], stored.judgement))
    ]


def frames_now(
    found: Sequence[FaceTrack],
    edits: Sequence[TrackEdit],
    named: Sequence[tuple[int, int]],
) -> list[int]:
    """Where faces are now that were named at some time before or between edits.

    For what is no judgement and has no place in the log, such as suggested frames.
    Numbers are never used twice; where a number showed two faces in one frame at
    different times, the later one is meant.

    `named` are the number of a track and a frame that it showed.

    Returns:
        The number of the track that each is in now; `IGNORED` where it is left out, or
        where no track of that number ever showed that frame.
    """
    frames_of: dict[int, set[int]] = {}
    for number, frame in named:
        frames_of.setdefault(number, set()).add(frame)
    state, places = EditFold.after(found, ()), dict[tuple[int, int], tuple[int, int]]()

    def look(numbers: Sequence[int | None]) -> None:
        for number in numbers:
            for frame in () if number is None else frames_of.get(number, ()):
                place = state.place(number or 0, frame)
                if place is not None:
                    places[number or 0, frame] = place

    look(list(frames_of))
    for edit in edits:
        if state.objection(edit) is None:
            state.apply(edit)
            look([edit.track_id, edit.other_track_id])
    now = edited(found, edits).where
    return [
        int(now[found[places[one][0]].track_id][places[one][1]])
        if one in places
        else IGNORED
        for one in named
    ]


def persons_now(
    tracks: EditedTracks, named: Sequence[StoredPersonName]
) -> dict[int, str]:
    """Name of the person that each track shows now; the latest naming counts.

    A name goes with the found track that it was given to; once that lies in tracks of
    other numbers, it is theirs.
    """
    names: dict[int, str] = {}
    for stored in named:
        where = tracks.where.get(stored.found_track_id, np.empty(0, np.int64))
        numbers = set(where[where != IGNORED].tolist())
        given = stored.person.track_id
        for number in {given} if given in numbers else numbers:
            names[number] = stored.person.name
    return names


class _Placement:
    """Which tracks the frames of a judgement are in now."""

    def __init__(self, tracks: EditedTracks, edits: Sequence[StoredTrackEdit]) -> None:
        self._tracks, self._edits = tracks, edits
        self._before: dict[int, dict[int, Int64[np.ndarray, " _"]]] = {}

    def parts(self, stored: StoredJudgement) -> list[StoredJudgement]:
        """The judgement, cut to each of the tracks that have it now."""
        then = self._where_before(stored.event_id)
        wanted = {k: now == stored.judgement.track_id for k, now in then.items()}
        frames = self._frames_now(stored.judgement, wanted)
        if not frames and not any(own.any() for own in wanted.values()):
            # What made that track was undone: the face is that of the found track.
            frames = self._frames_now(
                stored.judgement,
                {
                    k: np.full(len(now), k == stored.found_track_id)
                    for k, now in then.items()
                },
            )
        places = {k: np.concatenate(some) for k, some in sorted(frames.items())}
        most = max(places, key=lambda k: (len(places[k]), -places[k].min()), default=-1)
        if stored.judgement.decision in ("label", "accept", "edit"):
            places = {k: some for k, some in places.items() if k == most}
        return [
            _cut(stored if k == most else _wordless(stored), k, some, self._tracks)
            for k, some in places.items()
            if k != IGNORED
        ]

    def _frames_now(
        self, judgement: Judgement, wanted: Mapping[int, np.ndarray]
    ) -> dict[int, list[np.ndarray]]:
        """Frames that it speaks of, by the track that they are in now."""
        frames: dict[int, list[np.ndarray]] = {}
        for track in self._tracks.found:
            inside = _inside(track, judgement)
            mine = inside[wanted[track.track_id][inside]]
            now = self._tracks.where[track.track_id][mine]
            for number in np.unique(now).tolist():
                frames.setdefault(number, []).append(track.frame[mine[now == number]])
        return frames

    def _where_before(self, event_id: int) -> dict[int, Int64[np.ndarray, " _"]]:
        """Which track each frame was in when that event was given."""
        so_far = [e.edit for e in self._edits if e.event_id < event_id]
        if len(so_far) not in self._before:
            self._before[len(so_far)] = edited(self._tracks.found, so_far).where
        return self._before[len(so_far)]


def _inside(track: FaceTrack, judgement: Judgement) -> Int64[np.ndarray, " _"]:
    """Positions of a track that a judgement speaks of."""
    ends = judgement.first_frame, judgement.last_frame + 1
    first, end = np.searchsorted(track.frame, ends)
    return np.arange(first, end)


def _numbered(stored: StoredJudgement, number: int) -> StoredJudgement:
    if stored.judgement.track_id == number:
        return stored
    return replace(stored, judgement=replace(stored.judgement, track_id=number))


def _wordless(stored: StoredJudgement) -> StoredJudgement:
    """One without its comment, which stands on one of its tracks only."""
    return replace(stored, judgement=replace(stored.judgement, comment=""))


def _cut(
    stored: StoredJudgement, number: int, frames: np.ndarray, tracks: EditedTracks
) -> StoredJudgement:
    """The part of a judgement that speaks of these frames of a track."""
    judgement, first, last = stored.judgement, int(frames.min()), int(frames.max())
    own = [tracks.found[i].frame[at[[0, -1]]] for i, at in tracks.parts[number]]
    reviewed = judgement.reviewed
    return replace(
        stored,
        judgement=replace(
            judgement,
            track_id=number,
            first_frame=first,
            last_frame=last,
            reviewed_first_frame=min(first, max(reviewed[0], int(np.min(own)))),
            reviewed_last_frame=max(last, min(reviewed[1], int(np.max(own)))),
        ),
    )
