"""Contact sheets: faces side by side that look alike, so one judgement labels many.

Only the tracks with most work left are looked through, thinned in time: appearance
features of a large project do not fit into memory, and nobody looks at more faces.
"""

from collections.abc import Sequence
from heapq import nlargest
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

from feltline.errors import FacesLostError
from feltline.fewshot import (
    TrackFeatures,
    clusters_of,
    similar_frames,
    spread_out,
)
from feltline.review.live import LiveProject
from feltline.review.summaries import pending_of
from feltline.review.track_view import Key, TrackView

__all__ = ["Face", "clusters", "similar_to"]

APART_S: Final = 0.5
"""Frames of one track nearer than this show the same."""
MAX_CLUSTERS: Final = 6
MAX_TRACKS: Final = 100
"""So many tracks are looked through."""


class Face(NamedTuple):
    """One face in one frame: its video, its track, and which frame."""

    video_id: str
    track_id: int
    frame: int


def similar_to(live: LiveProject, face: Face, *, limit: int) -> list[Face]:
    """A face, and those most like it that nobody has dealt with.

    Args:
        live: The project.
        face: One of its faces.
        limit: At most so many in all.

    Raises:
        KeyError: There is no such face.
        FacesLostError: The feature file of its video is lost.
    """
    own = face.video_id, face.track_id
    keys = [own, *(key for key in _keys(live, None, MAX_TRACKS) if key != own)]
    views, features = _loaded(live, keys, needed=own)
    found = similar_frames(
        features,
        (0, views[0].at(face.frame)),
        [view.is_open() for view in views],
        limit=limit - 1,
        apart_s=APART_S,
    )
    return [face, *_faces(views, found)]


def clusters(
    live: LiveProject, *, video_id: str | None, limit: int
) -> list[list[Face]]:
    """Pending faces in groups that look alike, the most typical group first.

    Args:
        live: The project.
        video_id: Only those of this video; of all if absent.
        limit: At most so many in all.
    """
    views, features = _loaded(live, _keys(live, video_id, MAX_TRACKS))
    pool: list[Bool[np.ndarray, " _"]] = [
        view.rows.is_pending(live.threshold) for view in views
    ]
    groups = clusters_of(features, pool, MAX_CLUSTERS)
    each = max(1, limit // max(len(groups), 1))
    return [
        _faces(views, spread_out(features, group, limit=each, apart_s=APART_S))
        for group in groups
    ]


def _keys(live: LiveProject, video_id: str | None, most: int) -> list[Key]:
    """Tracks with most frames under the threshold."""
    if video_id is not None:
        live.summarise(video_id)
    rows = (
        (pending_of(s, live.threshold), (name, s.track_id))
        for name in ([video_id] if video_id else list(live.index.videos))
        for s in live.index.summaries(name)
    )
    return [key for count, key in nlargest(most, rows) if count]


def _loaded(
    live: LiveProject, keys: Sequence[Key], *, needed: Key | None = None
) -> tuple[list[TrackView], list[TrackFeatures]]:
    """Views of some tracks and their features; all but one may be lost meanwhile."""
    predictor = live.predictor
    views: list[TrackView] = []
    features: list[TrackFeatures] = []
    if predictor is None:
        return views, features
    for key in keys:
        try:
            view = live.view(*key)
            with live.noting_loss(key[0]):
                features.append(predictor.features(live.video(key[0]), key[1]))
            views.append(view)
        except FacesLostError:
            if key == needed:
                raise
    return views, features


def _faces(views: Sequence[TrackView], rows: Int64[np.ndarray, "m 2"]) -> list[Face]:
    tracks = [views[number].track for number in rows[:, 0].tolist()]
    return [
        Face(track.video_id, track.track_id, int(track.frame[at]))
        for track, at in zip(tracks, rows[:, 1].tolist(), strict=True)
    ]
