"""Audits: frames that would be accepted, drawn at random and judged blind.

Each tenth place of the queue has one: always the same frame for the same place, as long
as it would still be accepted. To see whether what is accepted is right, every accepted
frame is as likely as any other; tracks are drawn by how many they have (from their
summaries), then a frame of that track.
"""

from typing import Final

import numpy as np

from feltline.errors import FacesLostError
from feltline.review.items import Item
from feltline.review.live import LiveProject
from feltline.review.summaries import accepted_of

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
        self._drawn: dict[tuple[int, str | None], Item] = {}

    def item(self, place: int, only: str | None) -> list[Item]:
        """The audit at a place of the queue, or none where nothing would be accepted.

        Args:
            place: Decisions before it.
            only: Of this video and no other.
        """
        kept = self._drawn.get((place, only))
        if kept is not None and self._is_accepted(kept):
            return [kept]
        drawn = self._draw(place, only)
        if drawn is not None:
            self._drawn[place, only] = drawn
            while len(self._drawn) > MAX_KEPT:
                self._drawn.pop(next(iter(self._drawn)))
        return [] if drawn is None else [drawn]

    def _is_accepted(self, item: Item) -> bool:
        try:
            view = self._live.view(item.video_id, item.track_id)
        except (KeyError, FacesLostError):
            return False
        accepted = view.rows.is_accepted(self._live.threshold)
        return view.shows(item.frame) and bool(accepted[view.at(item.frame)])

    def _draw(self, place: int, only: str | None) -> Item | None:
        live = self._live
        seed = [place, *live.project.settings.project_id.encode()]
        rng = np.random.default_rng(seed)
        index, threshold = live.index, live.threshold
        keys = index.keys(only)
        counts = [accepted_of(s, threshold) for s in index.summaries(only)]
        ends = np.cumsum(counts)
        if not len(ends) or not ends[-1]:
            return None
        drawn = int(rng.integers(ends[-1]))
        track = int(np.searchsorted(ends, drawn, side="right"))
        try:
            view = live.view(*keys[track])
        except (KeyError, FacesLostError):
            return None
        at = np.flatnonzero(view.rows.is_accepted(threshold))
        if not len(at):
            return None
        # The summary may be older than the view.
        within = min(drawn - int(ends[track]) + counts[track], len(at) - 1)
        frame = int(view.track.frame[at[within]])
        return Item.of_frame("audit", *keys[track], frame, "audit")
