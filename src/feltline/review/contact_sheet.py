"""Contact sheets: faces side by side that look alike, so one judgement labels many.

Only the tracks with most work left are looked through, thinned in time: appearance
features of a large project do not fit into memory, and nobody looks at more faces.
"""

from collections.abc import Collection, Sequence
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
MAX_CLUSTERS: Final = 12
SIDE: Final = 1.0
"""So far apart predicted values of one group are at most: low, middle and high."""
MAX_TRACKS: Final = 100
"""So many tracks are looked through."""


class Face(NamedTuple):
    """One face in one frame: its video, its track, and which frame."""

    video_id: str
    track_id: int
    frame: int


def similar_to(
    live: LiveProject,
    face: Face,
    *,
    limit: int,
    without: Collection[Key] = (),
) -> list[Face]:
    """A face, and those most like it that nobody has dealt with.

    Args:
        live: The project.
        face: One of its faces.
        limit: At most so many in all.
        without: Tracks that are left out, but for that of the face itself.

    Raises:
        KeyError: There is no such face.
        FacesLostError: The feature file of its video is lost.
    """
    own = face.video_id, face.track_id
    others = _keys(live, None, MAX_TRACKS, without)
    keys = [own, *(key for key in others if key != own)]
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
    live: LiveProject,
    *,
    video_id: str | None,
    limit: int,
    without: Collection[Key] = (),
) -> list[list[Face]]:
    """Pending faces in groups that look alike and are predicted alike.

    Appearance alone puts a laugh beside closed eyes where head and light are the same:
    faces are parted by predicted class and by the sign of predicted values first. The
    largest of these parts is first, and of each its most typical group.

    Args:
        live: The project.
        video_id: Only those of this video; of all if absent.
        limit: At most so many in all.
        without: Tracks that are left out.
    """
    views, features = _loaded(live, _keys(live, video_id, MAX_TRACKS, without))
    pool: list[Bool[np.ndarray, " _"]] = [
        view.rows.is_pending(live.threshold_of(view.track.video_id)) for view in views
    ]
    parts = _parts(views, pool)
    quota = _quotas([sum(int(p.sum()) for p in part) for part in parts])
    groups = [
        group
        for part, most in zip(parts, quota, strict=True)
        for group in clusters_of(features, part, most)
    ]
    each = max(1, limit // max(len(groups), 1))
    return [
        _faces(views, spread_out(features, group, limit=each, apart_s=APART_S))
        for group in groups
    ]


def _parts(
    views: Sequence[TrackView], pool: Sequence[Bool[np.ndarray, " _"]]
) -> list[list[Bool[np.ndarray, " _"]]]:
    """A pool by what is predicted of its faces: the largest parts, in order."""
    kinds = [_kinds(view) for view in views]
    found = [kind[on] for kind, on in zip(kinds, pool, strict=True)]
    if not found:
        return []
    each, counts = np.unique(np.concatenate(found), axis=0, return_counts=True)
    largest = np.argsort(-counts, kind="stable")[:MAX_CLUSTERS]
    both = list(zip(kinds, pool, strict=True))
    return [
        [(kind == each[at]).all(axis=1) & on for kind, on in both]
        for at in largest.tolist()
    ]


def _kinds(view: TrackView) -> Int64[np.ndarray, "n _"]:
    """Per frame its most likely class, -1 if none is known, and the side of values."""
    prediction = view.prediction
    known = np.nan_to_num(prediction.class_probability, nan=-1.0)
    named = np.full(len(known), -1, np.int64)
    if known.shape[1]:
        named = np.where(known.max(axis=1) >= 0, known.argmax(axis=1), -1)
    sides = np.rint(prediction.value / SIDE).astype(np.int64)
    return np.column_stack([named, sides])


def _quotas(sizes: Sequence[int]) -> list[int]:
    """How many groups each part gets: one, and of the rest its share."""
    rest = max(MAX_CLUSTERS - len(sizes), 0)
    total = sum(sizes) or 1
    return [1 + rest * size // total for size in sizes]


def _keys(
    live: LiveProject, video_id: str | None, most: int, without: Collection[Key]
) -> list[Key]:
    """Tracks with most frames under the threshold."""
    if video_id is not None:
        live.summarise(video_id)
    rows = (
        (pending_of(s, live.threshold_of(name)), (name, s.track_id))
        for name in ([video_id] if video_id else list(live.index.videos))
        for s in live.index.summaries(name)
        if (name, s.track_id) not in without
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
