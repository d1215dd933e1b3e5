"""A video as it stands, or stood: its tracks after edits, and judgements on them.

The database and the feature file are the truth; what is here is read from them. `at`
names an event: the state after it, so that any past state can be rebuilt.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from feltline.errors import FacesLostError, InputError
from feltline.fewshot import observations_of, observations_of_traces
from feltline.project.annotations import TrackAnnotations, annotate
from feltline.project.feature_files import FeatureFile
from feltline.project.placement import judgements_now
from feltline.project.project import Project
from feltline.project.trace_edits import PlacedTrace, traces_now, unit_trace
from feltline.project.track_edits import EditedTracks, edited
from feltline.settings import CONSENSUS, ConsensusPolicy
from feltline.store import StoredJudgement, StoredTrackEdit, VideoRecord
from feltline.types import FaceTrack, LabelSchema, Observation, Trace

__all__ = [
    "ProjectLog",
    "VideoState",
    "feature_file_of",
    "lack_of",
    "load_video",
    "reread",
]

ROW_BYTES: Final = 100
"""About what a face of a frame takes beside its features: what people say of it, and
its tracks as edited, now and when the model was learnt."""


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoState:
    """One video of a project at one moment.

    Attributes:
        video: What the project knows of it.
        features: Its feature file.
        edits: Track edits in force.
        edited: Tracks after them.
        judgements: In force, by the numbers that their tracks have now, in order; those
            of ignored tracks are left out.
        traces: In force, likewise.
        schema: Label schema of the project.
        past: The same video after the event that a model was learnt from, once it was
            asked for.
    """

    video: VideoRecord
    features: FeatureFile
    edits: tuple[StoredTrackEdit, ...]
    edited: EditedTracks
    judgements: tuple[StoredJudgement, ...]
    traces: tuple[PlacedTrace, ...]
    schema: LabelSchema
    past: "dict[int, VideoState]" = field(default_factory=dict)

    @property
    def n_bytes(self) -> int:
        """About how much memory it takes once all was asked for."""
        arrays = [one.stored.trace for one in self.traces]
        rated = sum(one.time_s.nbytes + one.value.nbytes for one in arrays)
        return self.features.n_bytes + ROW_BYTES * len(self.features) + rated

    @property
    def found(self) -> tuple[FaceTrack, ...]:
        """Tracks as they were found."""
        return self.edited.found

    @property
    def tracks(self) -> tuple[FaceTrack, ...]:
        """Tracks as they are now, ignored ones left out."""
        return self.edited.tracks

    @property
    def ignored(self) -> tuple[int, ...]:
        """Numbers of the tracks that are left out."""
        return self.edited.ignored

    def track(self, track_id: int) -> FaceTrack:
        """A track as it is now.

        Raises:
            InputError: There is no such track, or it is ignored.
        """
        for track in self.tracks:
            if track.track_id == track_id:
                return track
        known = ", ".join(str(t.track_id) for t in self.tracks) or "none"
        raise InputError(
            f"{self.video.video_id} has no face {track_id}; its faces are: {known}"
        )

    def found_at(self, track_id: int, frame: int) -> int | None:
        """The found track that shows a track in a frame; None if none does."""
        return self.edited.found_at(track_id, frame)

    @cached_property
    def by_track(self) -> dict[int, tuple[StoredJudgement, ...]]:
        """Judgements of each track that has some."""
        grouped: dict[int, list[StoredJudgement]] = {}
        for stored in self.judgements:
            grouped.setdefault(stored.judgement.track_id, []).append(stored)
        return {number: tuple(own) for number, own in grouped.items()}

    def judgements_of(self, track_id: int) -> tuple[StoredJudgement, ...]:
        """Judgements in force on a track, in order."""
        return self.by_track.get(track_id, ())

    def traces_of(self, track_id: int) -> tuple[PlacedTrace, ...]:
        """Traces in force on a track, in order."""
        return tuple(one for one in self.traces if one.track_id == track_id)

    def unit_traces_of(self, track_id: int) -> list[Trace]:
        """The same on the unit scale, with their lags."""
        track = self.track(track_id)
        made = [unit_trace(one, track, self.schema) for one in self.traces_of(track_id)]
        return [one for one in made if one is not None]

    @property
    def labelled_tracks(self) -> list[int]:
        """Numbers of the tracks that people said something of."""
        return sorted({*self.by_track, *(one.track_id for one in self.traces)})

    def events_of(self, track_id: int) -> tuple[int, ...]:
        """Events of all that people said of a track; others make another prediction."""
        own = (s.event_id for s in self.judgements_of(track_id))
        traced = (n for one in self.traces_of(track_id) for n in one.events)
        return (*own, *traced)

    def annotations_of(
        self, track_id: int, consensus: ConsensusPolicy = CONSENSUS
    ) -> TrackAnnotations:
        """What people say of every frame of a track.

        Args:
            track_id: The track.
            consensus: How one value is made of several raters', as in `annotate`.
        """
        key = track_id, consensus
        if key not in self._annotations:
            own = self.judgements_of(track_id)
            self._annotations[key] = annotate(
                self.track(track_id).frame, own, self.schema, consensus
            )
        return self._annotations[key]

    def observations_of(self, track_id: int) -> list[Observation]:
        """What the engine learns from the judgements and traces of a track."""
        own, traces = self.judgements_of(track_id), self.unit_traces_of(track_id)
        if not own and not traces:
            return []
        track = self.track(track_id)
        made = observations_of(track, own, self.schema)
        made += observations_of_traces(track, traces, own, self.schema)
        return sorted(made, key=lambda one: one.judgement_id)

    @cached_property
    def _annotations(self) -> dict[tuple[int, ConsensusPolicy], TrackAnnotations]:
        return {}


def load_video(project: Project, name: str, *, at: int | None = None) -> VideoState:
    """Read one video.

    Raises:
        FacesLostError: What was extracted from it is no longer kept.
        InputError: There is no such video, or it was read with another encoder.
    """
    video = project.store.video(name)
    return ProjectLog(project, at=at, video_id=name).load(video)


def reread(
    project: Project, before: VideoState, *, at: int | None = None
) -> VideoState:
    """The same video as it stands now, or at `at`: the log is read anew."""
    name = before.video.video_id
    return ProjectLog(project, at=at, video_id=name).reread(before)


class ProjectLog:
    """Track edits and judgements of all videos (or one) at one event, read at once.

    For passes over the whole project, which would ask for each video otherwise.
    """

    def __init__(
        self, project: Project, *, at: int | None = None, video_id: str | None = None
    ) -> None:
        self._project, store = project, project.store
        self._edits: dict[str, list[StoredTrackEdit]] = {}
        for edit in store.track_edits(at=at, video_id=video_id):
            self._edits.setdefault(edit.edit.video_id, []).append(edit)
        self._given: dict[str, list[StoredJudgement]] = {}
        for stored in store.judgements(at=at, video_id=video_id):
            self._given.setdefault(stored.judgement.video_id, []).append(stored)
        self._at = at
        heads = store.trace_heads(at=at, video_id=video_id)
        self._traced = {one.video_id for one in heads}

    @property
    def labelled(self) -> list[str]:
        """Names of the videos that were judged or traced."""
        return sorted({*self._given, *self._traced})

    def is_edited(self, name: str) -> bool:
        """Whether tracks of a video were edited."""
        return name in self._edits

    def load(self, video: VideoRecord) -> VideoState:
        """One video as it stood then.

        Raises:
            FacesLostError: What was extracted from it is no longer kept.
            InputError: It was read with another encoder.
        """
        features = feature_file_of(self._project, video)
        blank = VideoState(
            video=video,
            features=features,
            edits=(),
            edited=edited(features.tracks, ()),
            judgements=(),
            traces=(),
            schema=self._project.schema,
        )
        return self.reread(blank)

    def reread(self, before: VideoState) -> VideoState:
        """A video at hand as it stood then."""
        name, tracks = before.video.video_id, before.edited
        edits = tuple(self._edits.get(name, ()))
        if edits != before.edits:
            tracks = edited(before.found, [e.edit for e in edits])
        now = tuple(judgements_now(tracks, edits, self._given.get(name, ())))
        traces = self._traces(name, tracks, edits)
        return replace(
            before, edits=edits, edited=tracks, judgements=now, traces=traces
        )

    def _traces(
        self, name: str, tracks: EditedTracks, edits: Sequence[StoredTrackEdit]
    ) -> tuple[PlacedTrace, ...]:
        """Traces of one video; their arrays are large, so they are read when asked."""
        if name not in self._traced:
            return ()
        store, at = self._project.store, self._at
        given = store.traces(video_id=name, at=at)
        lags = store.trace_lags(video_id=name, at=at)
        return tuple(traces_now(tracks, edits, given, lags))


def feature_file_of(project: Project, video: VideoRecord) -> FeatureFile:
    """The feature file of a video.

    Raises:
        FacesLostError: It is no longer kept.
        InputError: The video was read with another encoder.
    """
    if video.encoder_id != project.encoder_id:
        raise InputError(
            f"{video.video_id} was read with another encoder than the project's "
            f"settings name now ({project.settings.encoder}); set the former one again "
            f"in feltline.toml, or purge the video and add it anew"
        )
    folder = project.feature_folder(video.content_hash)
    try:
        return FeatureFile.open(
            folder, video_id=video.video_id, content_hash=video.content_hash
        )
    except FacesLostError as error:
        raise FacesLostError(
            f"what was extracted from {video.video_id} is no longer kept in {folder}, "
            f"or feltline.toml asks for other faces now ({error}); put the settings "
            f"back if they have changed, then give feltline add "
            f"{project.path_of(video)} to have it read again: its labels stay. If that "
            f"file is gone too, add it from wherever a copy of it is; or write out "
            f"what people said (feltline export --layer human), then feltline purge "
            f"{video.video_id}"
        ) from error


def lack_of(project: Project, video: VideoRecord) -> FacesLostError | None:
    """What is wrong with a video whose features are lost; None if they are there.

    Raises:
        InputError: The video was read with another encoder.
    """
    try:
        feature_file_of(project, video)
    except FacesLostError as error:
        return error
    return None
