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
from feltline.pipeline.repair import IGNORED, repaired
from feltline.store import StoredLabel, TrackEdit, VideoRecord
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
    edits = [e.edit for e in project.store.track_edits(at=at, video_id=name)]
    return _with_words(project, video, (found, seen), edits, at)


def reread(
    project: Project, before: VideoState, *, at: int | None = None
) -> VideoState:
    """The same video as it stands now: repairs and people's words are read anew."""
    name = before.video.video_id
    edits = [e.edit for e in project.store.track_edits(at=at, video_id=name)]
    as_found = before.found, before.found_embeddings
    return _with_words(project, before.video, as_found, edits, at)


def _with_words(
    project: Project,
    video: VideoRecord,
    as_found: tuple[tuple[FaceTrack, ...], tuple[Embeddings, ...]],
    edits: Sequence[TrackEdit],
    at: int | None,
) -> VideoState:
    found, seen = as_found
    now = repaired(found, seen, edits)
    place = _Places({t.track_id: t for t in found}, now.where)
    given = project.store.labels(at=at, video_id=video.video_id)
    labels = [s for s in map(place.of_label, given) if s is not None]
    reviews = [
        (place.now(s.found_track_id, s.review.frame), s)
        for s in project.store.reviews(at=at, video_id=video.video_id)
    ]
    return VideoState(
        video=video,
        found=found,
        found_embeddings=seen,
        edits=tuple(edits),
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


@dataclass(frozen=True, slots=True)
class _Places:
    """Which track a label or a decision belongs to after all repairs."""

    found: dict[int, FaceTrack]
    where: dict[int, Int64[np.ndarray, " _"]]

    def of_label(self, stored: StoredLabel) -> StoredLabel | None:
        """The label by the number that its track has now; None if it is ignored."""
        number = self.now(stored.found_track_id, stored.label.first_frame)
        if number in (stored.label.track_id, IGNORED):
            return None if number == IGNORED else stored
        return replace(stored, label=replace(stored.label, track_id=number))

    def now(self, found_track_id: int, frame: int) -> int:
        """The track that a found track's frame belongs to now, or `IGNORED`."""
        at = int(np.searchsorted(self.found[found_track_id].frame, frame))
        return int(self.where[found_track_id][at])


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
