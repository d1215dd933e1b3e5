"""A project as it stands, or stood: its tracks after repairs, and people's words.

The database is the truth; what is here is read from it and kept by nobody. `at` names
an event: the state after it, so that any past state can be rebuilt.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from jaxtyping import Int64

from feltline.errors import FacesLostError, InputError
from feltline.fewshot import Choices
from feltline.project.annotations import Judged, joined_choices, joined_support, judged
from feltline.project.extraction_cache import embeddings_kept
from feltline.project.project import Project
from feltline.project.track_edits import IGNORED, Repaired, repaired
from feltline.store import (
    StoredLabel,
    StoredReview,
    StoredTrackEdit,
    TrackEdit,
    VideoRecord,
)
from feltline.types import Embeddings, FaceTrack, Progress, SupportSet

__all__ = [
    "ProjectState",
    "VideoState",
    "lack_of_faces",
    "load_state",
    "load_video",
    "reread",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoState:
    """One video of a project. One entry per track as repaired.

    Attributes:
        video: What the project knows of it.
        found: Tracks as they were found.
        found_embeddings: Of each found track; none if they were not asked for.
        edits: Repairs in force.
        where: Per found track and frame, the number of the track it belongs to now; -1
            where it is ignored.
        tracks: Tracks as they are now, ignored ones left out.
        ignored: Numbers of the tracks that are left out.
        embeddings: Of each track; none if they were not asked for.
        judged: People's word on each track.
        labels: Labels in force, by the numbers that their tracks have now; those of
            ignored tracks are left out.
        reviews: Decisions in force, likewise.
    """

    video: VideoRecord
    found: tuple[FaceTrack, ...]
    found_embeddings: tuple[Embeddings, ...]
    edits: tuple[TrackEdit, ...]
    where: dict[int, Int64[np.ndarray, " _"]]
    tracks: tuple[FaceTrack, ...]
    ignored: tuple[int, ...]
    embeddings: tuple[Embeddings, ...]
    judged: tuple[Judged, ...]
    labels: tuple[StoredLabel, ...]
    reviews: tuple[StoredReview, ...]

    def number_of(self, track_id: int) -> int | None:
        """Place of a track in `tracks`; None if there is no such track now."""
        numbers = [t.track_id for t in self.tracks]
        return numbers.index(track_id) if track_id in numbers else None

    def found_at(self, track_id: int, frame: int) -> int | None:
        """The found track that shows this track's face in a frame."""
        for track in self.found:
            at = int(np.searchsorted(track.frame, frame))
            here = at < len(track) and track.frame[at] == frame
            if here and self.where[track.track_id][at] == track_id:
                return track.track_id
        return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProjectState:
    """All videos of a project, by name.

    Attributes:
        videos: Those that could be read.
        left_out: Names of those whose faces are lost.
    """

    videos: tuple[VideoState, ...]
    left_out: tuple[str, ...] = ()

    @property
    def tracks(self) -> list[FaceTrack]:
        """Tracks of all videos."""
        return [t for v in self.videos for t in v.tracks]

    @property
    def embeddings(self) -> list[Embeddings]:
        """Their embeddings."""
        return [e for v in self.videos for e in v.embeddings]

    @property
    def support(self) -> SupportSet:
        """What the engine learns from."""
        return joined_support([j.support for v in self.videos for j in v.judged])

    @property
    def choices(self) -> Choices:
        """Classes that it learns from without a value."""
        return joined_choices([j.choices for v in self.videos for j in v.judged])


def load_state(
    project: Project,
    *,
    videos: Iterable[str] | None = None,
    at: int | None = None,
    with_faces: bool = True,
    known: Mapping[str, VideoState] = MappingProxyType({}),
    progress: Progress | None = None,
) -> ProjectState:
    """Read a project.

    A video whose faces are lost does not keep the others out: it is left out, and a
    warning in the log names it and says what to do.

    Args:
        project: The project.
        videos: Only these, each of which must be there whole; all if absent.
        at: The state after this event; now if absent.
        with_faces: Whether embeddings are wanted; what people said needs none.
        known: Videos that were read before, by name; only people's words are read
            again.
        progress: Told how far it is.

    Raises:
        FacesLostError: What was extracted from a video that was named, or from all that
            show a face, is no longer kept.
        InputError: There is no such video, or it was read with another encoder.
    """
    added_at = {v.video_id: v.added_at for v in project.store.videos()}
    names = list(added_at) if videos is None else list(videos)
    read: list[VideoState] = []
    lost: dict[str, FacesLostError] = {}
    for done, name in enumerate(names, start=1):
        if progress is not None:
            progress("videos", done, len(names))
        before = known.get(name)
        # One that was purged and added again is another one.
        if before is not None and before.video.added_at == added_at.get(name):
            read.append(reread(project, before, at=at))
            continue
        try:
            read.append(load_video(project, name, at=at, with_faces=with_faces))
        except FacesLostError as error:
            if videos is not None:
                raise
            lost[name] = error
    if lost and not any(video.tracks for video in read):
        raise next(iter(lost.values()))
    for name, lack in lost.items():
        logger.warning("%s is left out: %s", name, lack)
    return ProjectState(videos=tuple(read), left_out=tuple(lost))


def load_video(
    project: Project, name: str, *, at: int | None = None, with_faces: bool = True
) -> VideoState:
    """Read one video.

    Args:
        project: The project.
        name: Of the video.
        at: The state after this event; now if absent.
        with_faces: Whether embeddings are wanted.

    Raises:
        FacesLostError: They are, but what was extracted is no longer kept.
        InputError: There is no such video, or it was read with another encoder.
    """
    video, found = project.store.video(name), project.store.found_tracks(name)
    seen = _embeddings(project, video, found) if with_faces else None
    edits = project.store.track_edits(at=at, video_id=name)
    now = repaired(found, seen, [e.edit for e in edits])
    return _with_words(project, video, _Repairs(found, seen or (), edits, now), at)


def lack_of_faces(project: Project, name: str) -> FacesLostError | None:
    """What is wrong with a video whose faces are lost; None if they are there.

    Raises:
        InputError: There is no such video, or it was read with another encoder.
    """
    video, found = project.store.video(name), project.store.found_tracks(name)
    try:
        _embeddings(project, video, found)
    except FacesLostError as error:
        return error
    return None


def reread(
    project: Project, before: VideoState, *, at: int | None = None
) -> VideoState:
    """The same video as it stands now: repairs and people's words are read anew."""
    edits = project.store.track_edits(at=at, video_id=before.video.video_id)
    found, seen = before.found, before.found_embeddings
    if tuple(e.edit for e in edits) == before.edits:
        now = Repaired(
            tracks=before.tracks,
            embeddings=before.embeddings,
            where=before.where,
            ignored=before.ignored,
        )
    else:
        now = repaired(found, seen, [e.edit for e in edits])
    return _with_words(project, before.video, _Repairs(found, seen, edits, now), at)


@dataclass(frozen=True, slots=True, eq=False)
class _Repairs:
    """Tracks as they were found, what was done to them, and what became of them."""

    found: tuple[FaceTrack, ...]
    embeddings: tuple[Embeddings, ...]
    edits: Sequence[StoredTrackEdit]
    now: Repaired


def _with_words(
    project: Project, video: VideoRecord, repairs: _Repairs, at: int | None
) -> VideoState:
    now = repairs.now
    place = _Places(repairs)
    given = project.store.labels(at=at, video_id=video.video_id)
    labels = [now_of for s in given for now_of in place.of_label(s)]
    reviews = [
        now_of
        for s in project.store.reviews(at=at, video_id=video.video_id)
        for now_of in place.of_review(s)
    ]
    return VideoState(
        video=video,
        found=repairs.found,
        found_embeddings=repairs.embeddings,
        edits=tuple(e.edit for e in repairs.edits),
        where=now.where,
        tracks=now.tracks,
        ignored=now.ignored,
        embeddings=now.embeddings,
        judged=tuple(
            judged(
                track,
                [s for s in labels if s.label.track_id == track.track_id],
                [s for s in reviews if s.review.track_id == track.track_id],
            )
            for track in now.tracks
        ),
        labels=tuple(labels),
        reviews=tuple(reviews),
    )


class _Places:
    """Which track a label or a decision belongs to after all repairs."""

    def __init__(self, repairs: _Repairs) -> None:
        self._found = {t.track_id: t for t in repairs.found}
        self._edits = repairs.edits
        self._where = repairs.now.where
        self._before: dict[int, dict[int, Int64[np.ndarray, " _"]]] = {}

    def of_label(self, stored: StoredLabel) -> list[StoredLabel]:
        """The label by the numbers that its tracks have now; none if it is ignored.

        A span whose track was split since then is one label on each part.
        """
        label = stored.label
        if label.scope == "span" and self._edits:
            return self._parts(stored)
        number = self.now(stored.found_track_id, label.first_frame)
        if number == IGNORED:
            return []
        return [replace(stored, label=replace(label, track_id=number))]

    def of_review(self, stored: StoredReview) -> list[StoredReview]:
        """The decision by the number that its track has now; none if it is ignored."""
        number = self.now(stored.found_track_id, stored.review.frame)
        if number == IGNORED:
            return []
        return [replace(stored, review=replace(stored.review, track_id=number))]

    def now(self, found_track_id: int, frame: int) -> int:
        """The track that a found track's frame belongs to now, or `IGNORED`.

        Also `IGNORED` where the found track has no such frame: databases of older
        versions hold words that were laid on the wrong found track, and must open.
        """
        found = self._found.get(found_track_id)
        at = 0 if found is None else int(np.searchsorted(found.frame, frame))
        if found is None or at >= len(found) or found.frame[at] != frame:
            return IGNORED
        return int(self._where[found_track_id][at])

    def _parts(self, stored: StoredLabel) -> list[StoredLabel]:
        label = stored.label
        then = self._where_before(stored.event_id)
        if not any((now == label.track_id).any() for now in then.values()):
            # What made that track was undone: the face is that of the found track.
            then = {
                track_id: np.full(
                    len(track),
                    label.track_id if track_id == stored.found_track_id else IGNORED,
                )
                for track_id, track in self._found.items()
            }
        frames: dict[int, list[int]] = {}
        for track_id, track in self._found.items():
            own = then[track_id] == label.track_id
            inside = (track.frame >= label.first_frame) & (
                track.frame <= label.last_frame
            )
            mine = np.flatnonzero(own & inside)
            for number in np.unique(self._where[track_id][mine]).tolist():
                part = mine[self._where[track_id][mine] == number]
                frames.setdefault(number, []).extend(track.frame[part].tolist())
        frames.pop(IGNORED, None)
        return [
            replace(
                stored,
                label=replace(
                    label, track_id=number, first_frame=min(at), last_frame=max(at)
                ),
            )
            for number, at in sorted(frames.items())
        ]

    def _where_before(self, event_id: int) -> dict[int, Int64[np.ndarray, " _"]]:
        """Which track each frame was in when that event was given."""
        edits = [e.edit for e in self._edits if e.event_id < event_id]
        if len(edits) not in self._before:
            found = list(self._found.values())
            self._before[len(edits)] = repaired(found, None, edits).where
        return self._before[len(edits)]


def _embeddings(
    project: Project, video: VideoRecord, found: Sequence[FaceTrack]
) -> tuple[Embeddings, ...]:
    if video.encoder_id != project.encoder_id:
        raise InputError(
            f"{video.video_id} was read with another encoder than the project's "
            f"settings name now ({project.settings.encoder}); set the former one again "
            f"in feltline.toml, or purge the video and add it anew"
        )
    kept = embeddings_kept(
        video.content_hash,
        project.encoder,
        project.settings.extraction,
        video.time_s[video.looked_at],
        cache=project.faces_folder,
    )
    if kept is None or [len(e) for e in kept] != [len(t) for t in found]:
        raise FacesLostError(
            f"what was extracted from {video.video_id} is no longer kept in "
            f"{project.faces_folder}, or feltline.toml asks for other faces now; "
            f"put the settings back if they have changed, then give "
            f"feltline add {project.path_of(video)} to have it read again: its labels "
            f"stay. If that file is gone too, add it from wherever a copy of it is; "
            f"or write out what people said (feltline export --layer human), then "
            f"feltline purge {video.video_id}"
        )
    return kept
