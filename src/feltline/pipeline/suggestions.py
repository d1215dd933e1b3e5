"""Suggest frames to label: the whole way from videos to a CSV to fill in."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import numpy as np

from feltline.atomic import check_folder
from feltline.errors import (
    FacesLostError,
    InputError,
    NothingToLabelError,
    SupportError,
)
from feltline.fewshot import (
    Budget,
    Outlook,
    QueryTrack,
    Selection,
    Suggestion,
    basis_of,
    default_model,
    features_of,
    forecast,
    learn,
    observations_of,
    suggest_frames,
    track_posterior,
)
from feltline.formats import (
    choices_of,
    judgements_of,
    read_frames_to_choose,
    read_support,
    write_suggestions,
)
from feltline.pipeline.extraction import extract_all
from feltline.pipeline.label_videos import judgements_by_track
from feltline.project.extraction_cache import Extraction, ExtractOptions
from feltline.project.predicting import Predictor
from feltline.project.project import Project
from feltline.project.snapshot import ProjectLog, VideoState, feature_file_of
from feltline.settings import THRESHOLD, TOLERANCE
from feltline.store import Suggested, TrackRecord, VideoRecord
from feltline.types import DEFAULT_SCHEMA, Judgement, LabelSchema, Progress

__all__ = [
    "ProjectTracks",
    "keep_labels",
    "outlook",
    "outlook_in",
    "suggest",
    "suggest_in",
    "write_suggested",
]

logger = logging.getLogger(__name__)


def suggest(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Path | str | Sequence[Path | str],
    *,
    labels_per_clip: int | None = None,
    share: float | None = None,
    total: int | None = None,
    among: Path | str | None = None,
    support: Path | str | None = None,
    out: Path | str | None = None,
    selection: Selection = "engine",
    seed: int = 0,
    audit: float = 0.0,
    threshold: float = THRESHOLD,
    extraction: ExtractOptions | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> list[Suggestion]:
    """Choose the frames of some videos that a person should label.

    Args:
        videos: One or more videos.
        labels_per_clip: So many in each video, or
        share: this share of each video's frames with a face, or
        total: so many over all videos, where they help most.
        among: A CSV; only the frames it names are chosen from.
        support: A support CSV of labels already given.
        out: Where to write the CSV to fill in; nothing is written if absent.
        selection: `engine`, or a baseline (`feltline.fewshot.Selection`).
        seed: For `random`, and for audits.
        audit: Share of the budget, below 1, spent on checking labels that would be
            accepted; needs a support set.
        threshold: The confidence that accepts.
        extraction: Which frames and faces to look at.
        cache: Where extracted faces are kept.
        progress: Told how far it is.

    Returns:
        Suggestions by video, then by rank.

    Raises:
        InputError: Not exactly one budget, one that is not above 0, or an `out` that
            holds labels.
        VideoError: A video cannot be read.
        SupportError: A row of `among` or `support` cannot be used.
        NothingToLabelError: No face was found, or no frame is left to ask for.
    """
    if out is not None:  # say so before the long work, not after it
        keep_labels(Path(out))
    budget = Budget(per_clip=labels_per_clip, share=share, total=total)
    listed = [videos] if isinstance(videos, Path | str) else list(videos)
    rows = None if among is None else read_frames_to_choose(Path(among))
    if support is not None:
        read_support(Path(support))
    extractions = extract_all(listed, extraction, cache=cache, progress=progress)
    allowed = None
    if among is not None and rows is not None:
        allowed = choices_of(Path(among), rows, [e.faces for e in extractions])
    tracks = _query_tracks(extractions, support, TOLERANCE, allowed)
    made = suggest_frames(
        tracks,
        budget,
        selection=selection,
        rng=np.random.default_rng(seed),
        audit=audit,
        threshold=threshold,
    )
    if not made:
        names = ", ".join(e.video_id for e in extractions)
        raise NothingToLabelError(
            f"there is no frame to suggest: no face was found in {names}, or all "
            f"frames to choose from are labelled"
        )
    if out is not None:
        write_suggested(Path(out), made)
    return made


def write_suggested(
    path: Path, made: Sequence[Suggestion], schema: LabelSchema = DEFAULT_SCHEMA
) -> None:
    """Write suggested frames as a CSV to fill in.

    Raises:
        InputError: The file holds labels, or its folder does not exist.
        SetupError: No room or no permission to write.
    """
    keep_labels(path, schema)
    write_suggestions(path, [_row(s) for s in made], schema)


def outlook(  # noqa: PLR0913 - keyword-only, each a choice of its own
    videos: Path | str | Sequence[Path | str],
    *,
    more: Sequence[int],
    support: Path | str | None = None,
    tolerance: float = TOLERANCE,
    threshold: float = THRESHOLD,
    extraction: ExtractOptions | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> list[Outlook]:
    """What error to expect now, and after more labels.

    Args:
        videos: One or more videos.
        more: Numbers of further labels, spent over all videos where they help most.
        support: A support CSV of labels already given.
        tolerance: The error that confidence speaks of.
        threshold: The confidence that accepts.
        extraction: Which frames and faces to look at.
        cache: Where extracted faces are kept.
        progress: Told how far it is.

    Returns:
        One outlook per number in `more`; none where no face was found.

    Raises:
        VideoError: A video cannot be read.
        SupportError: A row of `support` cannot be used.
    """
    listed = [videos] if isinstance(videos, Path | str) else list(videos)
    extractions = extract_all(listed, extraction, cache=cache, progress=progress)
    tracks = _query_tracks(extractions, support, tolerance)
    return forecast(tracks, more, threshold=threshold) if tracks else []


def _query_tracks(
    extractions: Sequence[Extraction],
    support: Path | str | None,
    tolerance: float,
    allowed: Sequence[np.ndarray] | None = None,
) -> list[QueryTrack]:
    """Tracks of videos that are in no project, conditioned on their support set."""
    tracks = [t for e in extractions for t in e.tracks]
    if not tracks:
        return []
    embeddings = [seen for e in extractions for seen in e.embeddings]
    ood_score = [
        e.features.ood_score[e.features.rows(t.track_id)]
        for e in extractions
        for t in e.tracks
    ]
    basis = basis_of(tracks, embeddings)
    features = features_of(tracks, embeddings, basis, DEFAULT_SCHEMA, ood_score)
    given = judgements_by_track(tracks, _judgements(extractions, support))
    observed = [
        observations_of(track, own, DEFAULT_SCHEMA)
        for track, own in zip(tracks, given, strict=True)
    ]
    model = default_model(
        basis=basis,
        schema=DEFAULT_SCHEMA,
        has_zero_shot=np.all([f.has_zero_shot for f in features], axis=0).tolist(),
        tolerance=tolerance,
    )
    if any(observed):
        clips = [t.video_id for t in tracks]
        learnt = zip(features, observed, clips, strict=True)
        model = learn(learnt, model, schema=DEFAULT_SCHEMA)
    none: list[np.ndarray | None] = [None] * len(tracks)
    masks: Sequence[np.ndarray | None] = allowed or none
    return [
        QueryTrack(track=track, posterior=track_posterior(model, some, own), among=mask)
        for track, some, own, mask in zip(
            tracks, features, observed, masks, strict=True
        )
    ]


def _judgements(
    extractions: Sequence[Extraction], support: Path | str | None
) -> list[Judgement]:
    if support is None:
        return []
    faces, path = {e.video_id: e.faces for e in extractions}, Path(support)
    rows = read_support(path)
    return judgements_of(path, rows, list(faces), faces.__getitem__)[0]


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

    Returns:
        Suggestions by video, then by rank.

    Raises:
        NothingToLabelError: There is no face, or no frame left to ask for.
        StoreError: There is no such video.
        InputError: An audit without labels.
    """
    names = _asked(project, videos, is_new_only)
    tracks = ProjectTracks(project, names)
    made = suggest_frames(
        tracks,
        budget,
        videos=tracks.videos,
        selection=selection,
        rng=np.random.default_rng(seed),
        audit=audit,
        threshold=project.threshold,
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
    judged = {c.video_id for c in project.store.judgement_counts()}
    names = project.store.video_names() if videos is None else videos
    left = [name for name in names if name not in judged]
    if not left and names:
        raise NothingToLabelError(
            "there is no new video: somebody has labelled frames of each; leave out "
            "--new-videos to be asked for more of theirs"
        )
    return left


def outlook_in(project: Project, more: Sequence[int]) -> list[Outlook]:
    """What error to expect in a project now, and after more labels.

    Args:
        project: The project.
        more: Numbers of further labels, spent where they help most.

    Raises:
        NothingToLabelError: There is no face.
    """
    return forecast(ProjectTracks(project), more, threshold=project.threshold)


def keep_labels(path: Path, schema: LabelSchema = DEFAULT_SCHEMA) -> None:
    """Refuse to overwrite a file in which somebody has filled in labels.

    Raises:
        InputError: It holds labels, or its folder does not exist.
    """
    check_folder(path)
    if not path.exists():
        return
    try:
        holds = f"{len(read_support(path, schema))} labels"
    except NothingToLabelError:
        return
    except SupportError:
        holds = "something else"
    raise InputError(
        f"{path} already holds {holds} and is not overwritten; choose another name for "
        f"the suggestions"
    )


def _row(s: Suggestion) -> dict[str, str | int | float]:
    return {
        "video": s.video_id,
        "frame": s.frame,
        "time_s": f"{s.time_s:.3f}",
        "face": s.track_id,
        "rank": s.rank,
        "reason": s.reason,
    }
