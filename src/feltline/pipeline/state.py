"""A project as it stands, or stood: its tracks after repairs, and people's words.

The database is the truth; what is here is read from it and kept by nobody. `at` names
an event: the state after it, so that any past state can be rebuilt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int64

from feltline.errors import InputError
from feltline.fewshot import Choices
from feltline.pipeline.extract import embeddings_kept
from feltline.pipeline.judged import Judged, joined_choices, joined_support, judged
from feltline.pipeline.project import Project
from feltline.pipeline.repair import IGNORED, Repaired, repaired
from feltline.store import StoredLabel, StoredTrackEdit, TrackEdit, VideoRecord
from feltline.types import Embeddings, FaceTrack, SupportSet

__all__ = ["ProjectState", "VideoState", "load_state", "load_video", "reread"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoState:
    """One video of a project. One entry per track as repaired.

    Attributes:
        video: What the project knows of it.
        found: Tracks as they were found.
        found_embeddings: Of each found track.
        edits: Repairs in force.
        where: Per found track and frame, the number of the track it belongs to now; -1
            where it is ignored.
        tracks: Tracks as they are now, ignored ones left out.
        ignored: Numbers of the tracks that are left out.
        embeddings: Of each track.
        judged: People's word on each track.
        labels: Labels in force, by the numbers that their tracks have now; those of
            ignored tracks are left out.
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
    """All videos of a project, by name."""

    videos: tuple[VideoState, ...]

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
    project: Project, *, videos: Iterable[str] | None = None, at: int | None = None
) -> ProjectState:
    """Read a project.

    Args:
        project: The project.
        videos: Only these; all of them if absent.
        at: The state after this event; now if absent.

    Raises:
        InputError: What was extracted from a video is no longer kept.
    """
    names = project.store.video_names() if videos is None else videos
    return ProjectState(
        videos=tuple(load_video(project, name, at=at) for name in names)
    )


def load_video(project: Project, name: str, *, at: int | None = None) -> VideoState:
    """Read one video.

    Raises:
        InputError: There is no such video, or what was extracted is no longer kept.
    """
    video, found = project.store.video(name), project.store.found_tracks(name)
    seen = _embeddings(project, video, found)
    edits = project.store.track_edits(at=at, video_id=name)
    now = repaired(found, seen, [e.edit for e in edits])
    return _with_words(project, video, _Repairs(found, seen, edits, now), at)


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
        (place.now(s.found_track_id, s.review.frame), s)
        for s in project.store.reviews(at=at, video_id=video.video_id)
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
                [s for number, s in reviews if number == track.track_id],
            )
            for track in now.tracks
        ),
        labels=tuple(labels),
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

    def now(self, found_track_id: int, frame: int) -> int:
        """The track that a found track's frame belongs to now, or `IGNORED`."""
        at = int(np.searchsorted(self._found[found_track_id].frame, frame))
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
        raise InputError(
            f"what was extracted from {video.video_id} is no longer kept in "
            f"{project.faces_folder}, or feltline.toml asks for other faces now; "
            f"put the settings back if they have changed, then give "
            f"feltline add {project.path_of(video)} to have it read again: its labels "
            f"stay"
        )
    return kept
