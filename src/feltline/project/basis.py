"""The basis of appearance features that a project's models share."""

import logging
from collections.abc import Sequence
from typing import Final

from feltline.errors import FacesLostError, NothingToLabelError
from feltline.fewshot import fit_basis
from feltline.project.feature_files import FeatureFile
from feltline.project.project import Project
from feltline.project.snapshot import feature_file_of
from feltline.store import VideoRecord
from feltline.types import Basis

__all__ = ["fitted_basis", "is_outgrown"]

logger = logging.getLogger(__name__)

VideoId = str

GROWTH: Final = 1.5
"""Once the tracks are so many times those that the basis was fitted with, it is fitted
anew."""

MAX_TRACKS: Final = 500
"""Tracks, evenly spread over the project, that a basis is fitted with: their embeddings
must be read, and more of them hardly change the directions."""


def fitted_basis(project: Project) -> Basis:
    """Fit a basis with the tracks of the project, one in memory at a time; keep it.

    Tracks of videos whose features are lost are left out.

    Raises:
        NothingToLabelError: No video of the project shows a face.
        FacesLostError: The features of all that do are lost.
        InputError: A video was read with another encoder.
    """
    tracks = project.store.found_tracks()
    if not tracks:
        raise NothingToLabelError(
            "there is no face in this project yet: add videos with feltline add"
        )
    videos = {v.video_id: v for v in project.store.videos()}
    chosen: dict[VideoId, list[int]] = {}
    for track in tracks[:: -(-len(tracks) // MAX_TRACKS)]:
        chosen.setdefault(track.video_id, []).append(track.track_id)
    files = _readable(project, [videos[name] for name in chosen if name in videos])
    views = next(iter(files.values())).views
    basis = fit_basis(
        (
            file.embeddings(file.rows(number))
            for name, file in files.items()
            for number in chosen[name]
        ),
        encoder_id=project.encoder_id,
        views=views,
    )
    project.store.save_basis(basis, videos=list(files))
    return basis


def is_outgrown(project: Project, basis: Basis) -> bool:
    """Whether the tracks have grown by half since a basis was fitted."""
    if basis.encoder_id != project.encoder_id:
        return True
    then = set(project.store.basis_videos(basis.basis_id))
    tracks = project.store.found_tracks()
    known = sum(track.video_id in then for track in tracks)
    return min(len(tracks), MAX_TRACKS) >= GROWTH * known


def _readable(
    project: Project, videos: Sequence[VideoRecord]
) -> dict[VideoId, FeatureFile]:
    """Feature files of the videos that have theirs."""
    files: dict[VideoId, FeatureFile] = {}
    lost: FacesLostError | None = None
    for video in videos:
        try:
            files[video.video_id] = feature_file_of(project, video)
        except FacesLostError as error:
            logger.warning("%s is left out: %s", video.video_id, error)
            lost = error
    if not files and lost is not None:
        raise lost
    return files
