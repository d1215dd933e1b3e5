"""Audits: frames that would be accepted, drawn at random and judged blind.

Each tenth place of the queue has one: always the same frame for the same place, as long
as it would still be accepted. To see whether what is accepted is right, every accepted
frame is as likely as any other; tracks are drawn by how many they have (from their
summaries), then a frame of that track.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from feltline.errors import FacesLostError
from feltline.review.items import Item
from feltline.review.live import LiveProject
from feltline.review.summaries import accepted_of
from feltline.review.track_view import Key, TrackView

__all__ = ["AUDIT_EVERY", "Audits"]

AUDIT_EVERY: Final = 10
MAX_KEPT: Final = 200
"""So many drawn places are remembered."""


class Audits:
    """Draws the audits of a project.

    Args:
        live: The project.
    """

    def __init__(self, live: LiveProject) -> None:
        self._live = live
        self._drawn: dict[tuple[int, str | None], tuple[object, Item]] = {}
        """By place and video: of which state, and the item."""

    def known(self, place: int, only: str | None) -> Item | None:
        """The audit at a place of the queue, if it can be told without any array.

        Args:
            place: Decisions before it.
            only: Of this video and no other.
        """
        kept = self._drawn.get((place, only))
        if kept is None or kept[0] != self._state(kept[1].video_id):
            return None
        return kept[1]

    def draw(self, place: int, only: str | None) -> Item | None:
        """The audit at a place of the queue; None where nothing would be accepted.

        Args:
            place: Decisions before it.
            only: Of this video and no other.
        """
        _, before = self._drawn.get((place, only), (None, None))
        found = None if before is None else self._if_accepted(before)
        drawn = found or self._drawn_anew(place, only)
        if drawn is None:
            return None
        self._drawn[place, only] = drawn
        while len(self._drawn) > MAX_KEPT:
            self._drawn.pop(next(iter(self._drawn)))
        return drawn[1]

    def _state(self, video_id: str) -> object:
        """All that decides whether a frame of a video is accepted."""
        live, entry = self._live, self._live.index.videos.get(video_id)
        here = None if entry is None else (entry.record, entry.revision, entry.is_lost)
        return here, live.model_id, live.threshold

    def _view(self, key: Key) -> TrackView | None:
        try:
            return self._live.view(*key)
        except (KeyError, FacesLostError):
            return None

    def _if_accepted(self, item: Item) -> tuple[object, Item] | None:
        """An item and the state in which it would be accepted."""
        state = self._state(item.video_id)  # before the view, which may be a later one
        view = self._view((item.video_id, item.track_id))
        if view is None or not view.shows(item.frame):
            return None
        at = view.at(item.frame)
        is_accepted = view.rows.is_accepted(self._live.threshold)[at]
        return (state, item) if is_accepted else None

    def _drawn_anew(self, place: int, only: str | None) -> tuple[object, Item] | None:
        live, index, threshold = self._live, self._live.index, self._live.threshold
        seed = [place, *live.project.settings.project_id.encode()]
        rng = np.random.default_rng(seed)
        names = [only] if only else list(index.videos)
        ends = np.cumsum([index.videos[name].n_accepted for name in names])
        if not len(ends) or not ends[-1]:
            return None
        within = int(rng.integers(ends[-1]))
        at = int(np.searchsorted(ends, within, side="right"))
        name, state = names[at], self._state(names[at])
        within -= int(ends[at - 1]) if at else 0
        for summary in index.summaries(name):
            if within < (count := accepted_of(summary, threshold)):
                break
            within -= count
        else:
            return None  # the summaries are others by now
        key = name, summary.track_id
        if (view := self._view(key)) is None:
            return None
        accepted = np.flatnonzero(view.rows.is_accepted(threshold))
        if not len(accepted):
            return None
        # The summary may be older than the view.
        i = int(accepted[min(within, len(accepted) - 1)])
        item = Item.of_frame("audit", *key, int(view.track.frame[i]), "audit")
        return state, replace(item, time_s=float(view.track.time_s[i]))
