"""Suggest frames of a project to label, by its current model."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import overload

import numpy as np

from feltline.errors import FacesLostError, NothingToLabelError
from feltline.fewshot import (
    Budget,
    GreedySearch,
    Outlook,
    QueryTrack,
    Selection,
    Suggestion,
    forecast,
    suggest_frames,
)
from feltline.project.predicting import Predictor
from feltline.project.project import Project
from feltline.project.snapshot import ProjectLog, VideoState, feature_file_of
from feltline.store import Suggested, TrackRecord, VideoRecord
from feltline.types import PRACTICE

__all__ = ["ProjectTracks", "outlook_in", "suggest_in"]

logger = logging.getLogger(__name__)


class ProjectTracks(Sequence[QueryTrack]):
    """Tracks of a project to ask about, opened one at a time by its current model.

    Args:
        project: The project.
        names: Only these videos; all if absent.

    Raises:
        NothingToLabelError: No video of the project shows a face.
        StoreError: There is no such video.
    """

    def __init__(self, project: Project, names: Sequence[str] | None = None) -> None:
        store = project.store
        if not store.found_tracks():
            raise NothingToLabelError(
                "there is no face in this project yet: add videos with feltline add"
            )
        records = store.videos() if names is None else [store.video(n) for n in names]
        self._log = ProjectLog(project)
        self._predictor = Predictor(project, is_pass=True)
        self._open: VideoState | None = None
        self._of = list(self._sizes(project, records))

    @cached_property
    def search(self) -> GreedySearch:
        """The search among all of them; whoever asks for more labels goes on."""
        return GreedySearch(self, range(len(self)))

    @property
    def model_id(self) -> str:
        """The model that knows them."""
        return self._predictor.model.model_id

    @property
    def videos(self) -> list[tuple[str, int]]:
        """Video and number of frames of each track."""
        return [(record.video_id, size) for record, _, size in self._of]

    def __len__(self) -> int:
        return len(self._of)

    @overload
    def __getitem__(self, at: int) -> QueryTrack: ...
    @overload
    def __getitem__(self, at: slice) -> list[QueryTrack]: ...
    def __getitem__(self, at: int | slice) -> QueryTrack | list[QueryTrack]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        record, number, _ = self._of[at]
        video = self._video(record)
        posterior = self._predictor.posterior(video, number)
        return QueryTrack(track=video.track(number), posterior=posterior)

    def _video(self, record: VideoRecord) -> VideoState:
        """A video; the one that was opened last is kept."""
        if self._open is None or self._open.video.video_id != record.video_id:
            self._open = self._log.load(record)
        return self._open

    def _sizes(
        self, project: Project, records: Sequence[VideoRecord]
    ) -> Iterator[tuple[VideoRecord, int, int]]:
        """Video, number and length of each track; videos of lost features left out."""
        found: dict[str, list[TrackRecord]] = {}
        for track in project.store.found_tracks():
            found.setdefault(track.video_id, []).append(track)
        for record in records:
            try:
                feature_file_of(project, record)
            except FacesLostError as error:
                logger.warning("%s is left out: %s", record.video_id, error)
                continue
            if self._log.is_edited(record.video_id):
                for now in self._video(record).tracks:
                    yield record, now.track_id, len(now)
                continue
            for own in found.get(record.video_id, ()):
                yield record, own.track_id, own.n_frames


def suggest_in(  # noqa: PLR0913 - keyword-only, each a choice of its own
    project: Project,
    budget: Budget,
    *,
    videos: Sequence[str] | None = None,
    is_new_only: bool = False,
    selection: Selection = "engine",
    seed: int = 0,
    audit: float = 0.0,
    tracks: ProjectTracks | None = None,
) -> list[Suggestion]:
    """Choose the frames of a project that a person should label, and keep the list.

    The current model says what is worth most, and the project's tolerance and threshold
    what would be accepted. Of other videos than those chosen from, frames that were
    suggested before stay on the list.

    Args:
        project: The project.
        budget: How many.
        videos: Only of these; of all if absent.
        is_new_only: Only of videos that nobody has labelled yet.
        selection: `engine`, or a baseline.
        seed: For `random`, and for audits.
        audit: Share of the budget, below 1, spent on checking labels that would be
            accepted.
        tracks: All of the project's, where they are at hand.

    Returns:
        Suggestions by video, then by rank.

    Raises:
        NothingToLabelError: There is no face, or no frame left to ask for.
        StoreError: There is no such video.
        InputError: An audit without labels.
    """
    names = _asked(project, videos, is_new_only)
    if tracks is None or names is not None:
        tracks = ProjectTracks(project, names)
    made = suggest_frames(
        tracks,
        budget,
        videos=tracks.videos,
        selection=selection,
        rng=np.random.default_rng(seed),
        audit=audit,
        threshold=project.threshold,
        search=tracks.search,
    )
    if not made:
        raise NothingToLabelError(
            "there is no frame to suggest: all frames to choose from are labelled"
        )
    others = []
    if names is not None:
        others = [s for s in project.store.suggestions() if s.video_id not in names]
    new = [
        Suggested(
            video_id=s.video_id,
            track_id=s.track_id,
            frame=s.frame,
            rank=0,
            reason=s.code,
            is_audit=s.code == "audit",
            model_id=tracks.model_id,
        )
        for s in sorted(made, key=lambda s: s.rank)
    ]
    project.store.save_suggestions(
        [replace(s, rank=rank) for rank, s in enumerate((*new, *others), start=1)]
    )
    project.store.note(
        "suggestions", rater=project.settings.rater, detail={"frames": len(made)}
    )
    return made


def _asked(
    project: Project, videos: Sequence[str] | None, is_new_only: bool
) -> list[str] | None:
    """Names of the videos to choose from; None = all."""
    if not is_new_only:
        return None if videos is None else list(videos)
    counts = project.store.judgement_counts()
    judged = {c.video_id for c in counts if c.purpose not in PRACTICE}
    names = project.store.video_names() if videos is None else videos
    left = [name for name in names if name not in judged]
    if not left and names:
        raise NothingToLabelError(
            "there is no new video: somebody has labelled frames of each; leave out "
            "--new-videos to be asked for more of theirs"
        )
    return left


def outlook_in(
    project: Project, more: Sequence[int], *, tracks: ProjectTracks | None = None
) -> list[Outlook]:
    """What error to expect in a project now, and after more labels.

    Args:
        project: The project.
        more: Numbers of further labels, spent where they help most.
        tracks: All of the project's, where they are at hand; what was searched for
            suggestions is not searched again.

    Raises:
        NothingToLabelError: There is no face.
    """
    tracks = ProjectTracks(project) if tracks is None else tracks
    threshold = project.threshold
    return forecast(tracks, more, threshold=threshold, search=tracks.search)
