"""Contact sheets: faces side by side that look alike, so that one word labels many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Int64

from feltline.fewshot import clusters_of, similar_frames, spread_out
from feltline.review.live import LiveProject
from feltline.review.view import View

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
    filling, number = live.filling, live.number(face.video_id, face.track_id)
    like = number, face.at(live.view(face.video_id, face.track_id))
    found = similar_frames(
        filling.tracks,
        filling.looks,
        like,
        [~view.judged.dealt_with for view in live.views()],
        limit=limit - 1,
        apart_s=APART_S,
    )
    return [face, *_faces(live, found)]


def clusters(
    live: LiveProject, *, video_id: str | None, limit: int
) -> list[list[Face]]:
    """Doubtful faces in groups that look alike, the most typical group first.

    Args:
        live: The project.
        video_id: Only those of this video; of all if absent.
        limit: At most so many in all.
    """
    if not live.views():
        return []
    filling = live.filling
    pool: list[Bool[np.ndarray, " _"]] = [
        view.pending(live.threshold)
        if video_id in (None, view.track.video_id)
        else np.zeros(len(view.track), bool)
        for view in live.views()
    ]
    groups = clusters_of(filling.looks, pool, MOST_CLUSTERS)
    each = max(1, limit // max(len(groups), 1))
    return [
        _faces(live, spread_out(filling.tracks, group, limit=each, apart_s=APART_S))
        for group in groups
    ]


def _faces(
    live: LiveProject, rows: Int64[np.ndarray, "m 2"] | Sequence[tuple[int, int]]
) -> list[Face]:
    tracks = live.filling.tracks
    return [
        Face(
            tracks[number].video_id,
            tracks[number].track_id,
            int(tracks[number].frame[at]),
        )
        for number, at in np.asarray(rows).tolist()
    ]
