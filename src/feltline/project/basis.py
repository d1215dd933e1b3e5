"""The basis of appearance features that a project's models share."""

import heapq
import logging
from collections.abc import Collection
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from feltline.errors import FacesLostError, NothingToLabelError
from feltline.fewshot import fit_basis
from feltline.project.feature_files import FeatureFile
from feltline.project.project import Project
from feltline.project.snapshot import feature_file_of, lack_of
from feltline.store import VideoRecord
from feltline.types import Basis

__all__ = ["FittedBasis", "fitted_basis", "is_outgrown"]

logger = logging.getLogger(__name__)

GROWTH: Final = 1.5
"""Once the tracks are so many times those that the basis stands for, it is fitted
anew."""

MAX_TRACKS: Final = 500
"""Tracks that a basis is fitted with: their embeddings must be read, and more of them
hardly change the directions."""


_Rows = tuple[Path, str, tuple[int, ...]]
"""Folder and digest of a feature file, and some of its tracks."""


class FittedBasis(NamedTuple):
    """A basis, and the names of the videos whose embeddings it was fitted with."""

    basis: Basis
    videos: tuple[str, ...]


def fitted_basis(project: Project, *, without: Collection[str] = ()) -> FittedBasis:
    """Fit a basis with a sample of the project's tracks; nothing is written.

    Tracks of videos whose features are lost are left out. The same files give the same
    basis, and are read once.

    Args:
        project: The project.
        without: Videos to leave out.

    Raises:
        NothingToLabelError: No video of the project shows a face.
        FacesLostError: The features of all that do are lost.
        InputError: A video was read with another encoder.
    """
    sample = _sample(project, without)
    if not sample:
        raise NothingToLabelError(
            "there is no face in this project yet: add videos with feltline add"
        )
    files: dict[str, FeatureFile] = {}
    rows: list[_Rows] = []
    lost: FacesLostError | None = None
    for video, numbers in sample:
        try:
            files[video.video_id] = file = feature_file_of(project, video)
        except FacesLostError as error:
            logger.warning("%s is left out: %s", video.video_id, error)
            lost = error
            continue
        rows.append((file.folder, file.digest, tuple(numbers)))
    if not files and lost is not None:
        raise lost
    return FittedBasis(_fitted(project.encoder_id, tuple(rows)), tuple(files))


def is_outgrown(project: Project, basis: Basis) -> bool:
    """Whether the tracks have grown by half since a basis was fitted.

    Estimated on the sample that a new basis would be fitted with. Samples are nested
    (see `_sample`), so the share of this one that lies in videos of the former one is
    the share of the project that the former one stood for. Videos that cannot be read
    do not count: a new basis would lack them as well.
    """
    if basis.encoder_id != project.encoder_id:
        return True
    then = set(project.store.basis_videos(basis.basis_id))
    sample = _sample(project)
    known = sum(len(numbers) for video, numbers in sample if video.video_id in then)
    new = [(video, len(n)) for video, n in sample if video.video_id not in then]
    if known + sum(n for _, n in new) < GROWTH * known:
        return False
    readable = sum(n for video, n in new if lack_of(project, video) is None)
    return known + readable >= GROWTH * known


def _sample(
    project: Project, without: Collection[str] = ()
) -> list[tuple[VideoRecord, list[int]]]:
    """Found tracks to fit with, by video.

    Those of the smallest hashes: as if drawn at random, yet the same each time, and
    tracks that come later only push some of them out (a bottom-k sample; Cohen and
    Kaplan 2007).
    """
    videos = {v.video_id: v for v in project.store.videos()}
    tracks = [
        (videos[t.video_id], t.track_id)
        for t in project.store.found_tracks()
        if t.video_id in videos and t.video_id not in without
    ]
    if len(tracks) > MAX_TRACKS:
        smallest = heapq.nsmallest(MAX_TRACKS, tracks, key=_hashed)
        tracks = sorted(smallest, key=lambda one: (one[0].video_id, one[1]))
    sample: dict[str, list[int]] = {}
    for video, number in tracks:
        sample.setdefault(video.video_id, []).append(number)
    return [(videos[name], numbers) for name, numbers in sample.items()]


def _hashed(track: tuple[VideoRecord, int]) -> bytes:
    video, number = track
    return sha256(f"{video.content_hash}/{number}".encode()).digest()


@lru_cache(maxsize=4)
def _fitted(encoder_id: str, rows: tuple[_Rows, ...]) -> Basis:
    """The basis of some tracks of feature files, one track in memory at a time."""
    files = [(FeatureFile.open(folder), numbers) for folder, _, numbers in rows]
    return fit_basis(
        (file.embeddings(file.rows(n)) for file, numbers in files for n in numbers),
        encoder_id=encoder_id,
        views=files[0][0].views,
    )
