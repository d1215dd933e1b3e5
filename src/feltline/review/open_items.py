"""Items that nobody has dealt with: of a built queue, and of earlier answers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from feltline.errors import FacesLostError
from feltline.project import VideoState
from feltline.review.audits import Audits
from feltline.review.items import Item
from feltline.review.live import LiveProject
from feltline.review.track_view import TrackView

__all__ = ["open_items", "overlap", "still_open"]


def open_items(
    ranked: Sequence[tuple[float, Item]],
    video: VideoState,
    view: TrackView,
    threshold: float,
) -> tuple[tuple[bool, float, Item], ...]:
    """Items of a track that nobody dealt with, and whether each was skipped."""
    frames = np.array([item.frame for _, item in ranked], np.int64)
    at = np.minimum(np.searchsorted(view.track.frame, frames), len(view.track) - 1)
    shown = view.track.frame[at] == frames
    chosen = np.flatnonzero(shown & view.rows.is_pending(threshold)[at])
    at = at[chosen]
    prediction, time_s = view.prediction.take(at), view.track.time_s[at].tolist()
    stored = video.judgements_of(view.track.track_id)
    skips = [s.judgement.reviewed for s in stored if s.judgement.decision == "skip"]
    found: list[tuple[bool, float, Item]] = []
    for row, i in enumerate(chosen.tolist()):
        gain, item = ranked[i]
        seen = replace(item, time_s=time_s[row], prediction=prediction, row=row)
        is_skipped = any(first <= item.frame <= last for first, last in skips)
        found.append((is_skipped, gain, seen))
    return tuple(found)


def overlap(one: Item, other: Item) -> bool:
    """Whether a decision on one of two items would answer the other."""
    return (one.video_id, one.track_id) == (other.video_id, other.track_id) and (
        one.first_frame <= other.frame <= one.last_frame
        or other.first_frame <= one.frame <= other.last_frame
    )


def still_open(
    live: LiveProject, audits: Audits, keep: Sequence[Item], asked: Sequence[Item]
) -> list[Item]:
    """Items of an earlier answer that still want a judgement, as they are now.

    Args:
        live: The project.
        audits: Its audits.
        keep: Items of an earlier answer, in the order in which they are returned.
        asked: What the queues hold now: it may have cut other frames around a face.
    """
    faces = {(i.video_id, i.track_id, i.frame): i for i in asked}
    found: list[Item] = []
    for item in keep:
        now = None  # suggested frames have a list of their own
        if item.kind == "audit":
            now = audits.still(item)
        elif item.kind == "queue":
            face = item.video_id, item.track_id, item.frame
            now = faces.get(face) or _still(live, item)
        if now is not None and not any(overlap(now, one) for one in found):
            found.append(now)
    return found


def _still(live: LiveProject, item: Item) -> Item | None:
    """An item as the model sees it now; None where nobody need judge it."""
    try:
        video = live.video(item.video_id)
        view = live.view(item.video_id, item.track_id)
    except (KeyError, FacesLostError):
        return None
    threshold = live.threshold_of(item.video_id)
    now = open_items([(0.0, item)], video, view, threshold)
    return next((seen for is_skipped, _, seen in now if not is_skipped), None)
