"""Contact sheets: faces side by side that look alike, so that one word labels many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from feltline.fewshot import clusters_of, similar_frames, spread_out
from feltline.review.live import LiveProject
from feltline.review.track_view import View
from feltline.types import FaceTrack

__all__ = ["Face", "clusters", "similar_to"]

APART_S: Final = 0.5
"""Frames of one track nearer than this show the same."""
MOST_CLUSTERS: Final = 6


@dataclass(frozen=True, slots=True)
class Face:
    """One face in one frame.

    Attributes:
        video_id: Its video.
        track_id: Its track.
        frame: Its frame.
    """

    video_id: str
    track_id: int
    frame: int

    def at(self, view: View) -> int:
        """Its position in its track."""
        return int(np.searchsorted(view.track.frame, self.frame))


def similar_to(live: LiveProject, face: Face, *, limit: int) -> list[Face]:
    """A face, and those most like it that nobody has dealt with.

    Args:
        live: The project.
        face: One of its faces.
        limit: At most so many in all.
    """
    scene, key = live.scene, (face.video_id, face.track_id)
    if scene.filling is None or key not in scene.views:
        return [face]
    tracks = scene.filling.tracks
    found = similar_frames(
        tracks,
        scene.filling.looks,
        (scene.numbers[key], face.at(scene.views[key])),
        [~view.judged.dealt_with for view in scene.views_of()],
        limit=limit - 1,
        apart_s=APART_S,
    )
    return [face, *_faces(tracks, found)]


def clusters(
    live: LiveProject, *, video_id: str | None, limit: int
) -> list[list[Face]]:
    """Doubtful faces in groups that look alike, the most typical group first.

    Args:
        live: The project.
        video_id: Only those of this video; of all if absent.
        limit: At most so many in all.
    """
    scene = live.scene
    if scene.filling is None:
        return []
    tracks = scene.filling.tracks
    pool: list[Bool[np.ndarray, " _"]] = [
        view.pending(live.threshold)
        if video_id in (None, view.track.video_id)
        else np.zeros(len(view.track), bool)
        for view in scene.views_of()
    ]
    groups = clusters_of(scene.filling.looks, pool, MOST_CLUSTERS)
    each = max(1, limit // max(len(groups), 1))
    return [
        _faces(tracks, spread_out(tracks, group, limit=each, apart_s=APART_S))
        for group in groups
    ]


def _faces(
    tracks: Sequence[FaceTrack],
    rows: Int64[np.ndarray, "m 2"] | Sequence[tuple[int, int]],
) -> list[Face]:
    return [
        Face(
            tracks[number].video_id,
            tracks[number].track_id,
            int(tracks[number].frame[at]),
        )
        for number, at in np.asarray(rows).tolist()
    ]
