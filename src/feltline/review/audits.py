"""Audits in the flow: frames that would be accepted, drawn and judged blind.

Only in projects without an audit schedule: where there is one, batches take their place
(see `audit_batches`), so that accepted labels are not drawn by two rules. Each tenth
place of the queue has one: always the same frame for the same place, as long as it
would still be accepted. To see whether what is accepted is right, every accepted
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

    @property
    def is_on(self) -> bool:
        """Whether places of the queue are audits."""
        return not self._live.project.settings.audit.is_scheduled

    def item(self, place: int, only: str | None, *, looks: bool = True) -> Item | None:
        """The audit at a place of the queue; None where nothing would be accepted.

        Args:
            place: Decisions before it.
            only: Of this video and no other.
            looks: Whether it may look at the arrays of a track; None if it had to.
        """
        state, kept = self._drawn.get((place, only), (None, None))
        if kept is not None and state == self._state(kept.video_id):
            return kept
        for is_anew in (False, True) if looks else ():
            item = self._draw(place, only) if is_anew else kept
            if item is None:
                continue
            state = self._state(item.video_id)  # before the view, which may be later
            if self._is_accepted(item):
                self._drawn[place, only] = state, item
                for old in list(self._drawn)[:-MAX_KEPT]:
                    self._drawn.pop(old, None)  # another answer may do the same
                return item
        return None

    def still(self, item: Item) -> Item | None:
        """An audit of an earlier answer; None if its frame is not accepted any more."""
        view = self._view((item.video_id, item.track_id))
        if view is None or not self._is_accepted(item):
            return None
        return replace(item, time_s=float(view.track.time_s[view.at(item.frame)]))

    def _state(self, video_id: str) -> object:
        """All that decides whether a frame of a video is accepted."""
        live, entry = self._live, self._live.index.videos.get(video_id)
        here = None if entry is None else (entry.record, entry.revision, entry.is_lost)
        return here, live.model_id, live.threshold_of(video_id)

    def _is_accepted(self, item: Item) -> bool:
        view = self._view((item.video_id, item.track_id))
        if view is None or not view.shows(item.frame):
            return False
        accepted = view.rows.is_accepted(self._live.threshold_of(item.video_id))
        return bool(accepted[view.at(item.frame)])

    def _view(self, key: Key) -> TrackView | None:
        try:
            return self._live.view(*key)
        except (KeyError, FacesLostError):
            return None

    def _draw(self, place: int, only: str | None) -> Item | None:
        index = self._live.index
        seed = [place, *self._live.project.settings.project_id.encode()]
        names = [only] if only else list(index.videos)
        ends = np.cumsum([index.videos[name].n_accepted for name in names])
        if not len(ends) or not ends[-1]:
            return None
        within = int(np.random.default_rng(seed).integers(ends[-1]))
        at = int(np.searchsorted(ends, within, side="right"))
        within -= int(ends[at - 1]) if at else 0
        threshold = self._live.threshold_of(names[at])
        for summary in index.summaries(names[at]):
            if within < (count := accepted_of(summary, threshold)):
                key = names[at], summary.track_id
                break
            within -= count
        else:
            return None  # the summaries are others by now
        if (view := self._view(key)) is None:
            return None
        accepted = np.flatnonzero(view.rows.is_accepted(threshold))
        if not len(accepted):
            return None
        # The summary may be older than the view.
        i = int(accepted[min(within, len(accepted) - 1)])
        item = Item.of_frame("audit", *key, int(view.track.frame[i]), "audit")
        return replace(item, time_s=float(view.track.time_s[i]))
