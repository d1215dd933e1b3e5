"""The review queue: what to ask a person next, why, and how much is left.

Items come from the queues of single tracks, in the order of what a correction is worth.
Those are built in the background for the tracks that are worth most by their summaries
(an upper bound: lazy greedy), so a project of ten thousand videos builds a few dozen.
Jumping between videos costs the rater time, so items of the video at hand count double.
Every tenth decision is an audit (see `audits`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from feltline.errors import FacesLostError
from feltline.fewshot import TrackQueue, build_queue
from feltline.project import VideoState
from feltline.review.audits import AUDIT_EVERY, Audits
from feltline.review.items import Item
from feltline.review.live import LiveProject
from feltline.review.suggested import SuggestedFrames
from feltline.review.summaries import pending_of
from feltline.review.track_view import Key, TrackView
from feltline.store import StoredJudgement

__all__ = ["ASSUMED_S", "Position", "Queue"]

AT_HAND: Final = 2.0
"""How much more an item of the video at hand is worth."""
ASSUMED_S: Final = 4.0
"""Seconds for an item before any was timed."""
RECENT: Final = 50
"""The time of an item is the median of so many decisions."""
MAX_BUILT: Final = 64
"""So many tracks have a queue of their own at most."""
FIRST: Final = 3
"""So many videos an answer brings up to date if there is nothing to ask otherwise."""
WANTED: Final = 50
"""So many items are known to be the best ones, of all tracks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far the work is.

    Attributes:
        done: Decisions so far.
        total: These and about how many are to come.
        seconds_left: About how long that will take.
    """

    done: int
    total: int
    seconds_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """The queue of one track, and of which state.

    Attributes:
        items: Whether each was skipped, what it is worth, and the item.
        revision: Last event about the video that it takes into account.
        events: Judgements that it takes into account.
        model_id: Model of its predictions.
        threshold: The one it was built for.
    """

    items: tuple[tuple[bool, float, Item], ...]
    revision: int
    events: tuple[int, ...]
    model_id: str
    threshold: float


class Queue:
    """What to ask next in a project that is worked in.

    Args:
        live: The project.
    """

    def __init__(self, live: LiveProject) -> None:
        self._live = live
        self._audits = Audits(live)
        self._built: dict[Key, _Built] = {}
        self.suggested = SuggestedFrames(live)

    # ---- building

    def next_to_build(self) -> Key | None:
        """The track whose queue should be built next; None if all that matter are."""
        built, index = self._built, self._live.index
        for key in list(built):
            if index.videos.get(key[0]) is None or not self._is_there(key):
                built.pop(key, None)
            elif not self._is_current(key):
                return key
        if sum(bool(b.items) for b in built.values()) >= MAX_BUILT:
            return None
        gains = sorted(
            (gain for b in built.values() for _, gain, _ in b.items), reverse=True
        )
        enough = gains[WANTED - 1] if len(gains) >= WANTED else 0.0
        best: tuple[float, Key] | None = None
        for key, worth in self._worth():
            if worth > enough and key not in built and (not best or worth > best[0]):
                best = worth, key
        return None if best is None else best[1]

    def build(self, key: Key) -> None:
        """Choose the frames of one track that a person should look at."""
        live, threshold = self._live, self._live.threshold
        try:
            revision, video = live.entry(key[0]).revision, live.video(key[0])
            view = live.view(*key)
            with live.noting_loss(key[0]):
                found = _track_queue(live, video, view)
        except (KeyError, FacesLostError):
            self._built.pop(key, None)
            return
        items = () if found is None else _items(view, found)
        skips = _skips(video, key[1])
        built = self._built[key] = _Built(
            items=tuple((_holds(skips, item), gain, item) for item, gain in items),
            revision=revision,
            events=view.events,
            model_id=view.prediction.model_id,
            threshold=threshold,
        )
        best_gain = max((gain for _, gain, _ in built.items), default=0.0)
        n_items = 0.0 if found is None else found.expected_items
        live.set_items(key, best_gain, n_items)

    def _worth(self) -> Iterator[tuple[Key, float]]:
        """Per track that has frames under the threshold, what its best item may gain.

        The bound of all its open frames, in the share of those under the threshold.
        """
        threshold = self._live.threshold
        for name, entry in self._live.index.videos.items():
            if entry.summary is None:
                continue
            for s in entry.summary.tracks:
                pending = pending_of(s, threshold)
                if pending:
                    share = pending / max(s.n_frames - s.n_reviewed, 1)
                    yield (name, s.track_id), s.best_gain * share

    def _is_there(self, key: Key) -> bool:
        summary = self._live.entry(key[0]).summary
        return summary is not None and any(s.track_id == key[1] for s in summary.tracks)

    def _is_current(self, key: Key) -> bool:
        built, live = self._built[key], self._live
        same = built.model_id == live.model_id and built.threshold == live.threshold
        try:
            return same and live.view(*key).events == built.events
        except FacesLostError:
            return False

    # ---- reading

    def items(
        self, limit: int, *, at_hand: str | None = None, only: str | None = None
    ) -> list[Item]:
        """The next items in order.

        Args:
            limit: At most so many.
            at_hand: The video that the rater is in.
            only: Of this video and no other.
        """
        worth = self._open_of(only, at_hand)
        while not worth and only is None and self._build_more():
            worth = self._open_of(None, at_hand)
        done = self._live.n_decided(only)
        worth.sort(key=lambda one: one[:2])
        found: list[Item] = []
        for _, _, item in worth:
            if len(found) >= limit:
                break
            if (done + len(found) + 1) % AUDIT_EVERY == 0:
                found += self._audits.item(done + len(found), only)
            found.append(item)
        return found[:limit]

    def _open_of(
        self, only: str | None, at_hand: str | None
    ) -> list[tuple[bool, float, Item]]:
        """Items that nobody dealt with: whether skipped, worth (less is more), item."""
        for view in () if only is None else self._live.views(only):
            if view.key not in self._built:
                self.build(view.key)
        return [
            (is_skipped, -gain * (AT_HAND if item.video_id == at_hand else 1.0), item)
            for key in list(self._built)
            if only in (None, key[0])
            for is_skipped, gain, item in self._open_items(key)
        ]

    def _build_more(self) -> bool:
        """Build one more queue, in the answer itself; whether there was any left.

        Just after opening nothing is known of most videos: a few are looked at.
        """
        if (key := self.next_to_build()) is None:
            made = [
                self._live.summarise_readable(n) for n in self._live.stale()[:FIRST]
            ]
            key = self.next_to_build()
            if key is None and None in made:
                return True  # lost ones do not come again
        if key is not None:
            self.build(key)
        return key is not None

    def _open_items(self, key: Key) -> Iterable[tuple[bool, float, Item]]:
        """Items of a track that nobody dealt with, and whether they were skipped."""
        built, live = self._built.get(key), self._live
        entry = live.index.videos.get(key[0])
        if built is None or entry is None or entry.is_lost:
            return ()
        if entry.revision == built.revision and live.threshold == built.threshold:
            return built.items
        try:
            video, view = live.video(key[0]), live.view(*key)
        except (KeyError, FacesLostError):
            return ()
        skips, pending = _skips(video, key[1]), view.rows.is_pending(live.threshold)
        return [
            (_holds(skips, item), gain, item)
            for _, gain, item in built.items
            if view.shows(item.frame) and pending[view.at(item.frame)]
        ]

    def position(self, *, only: str | None = None) -> Position:
        """How far the work is, with all videos or only one."""
        done = self._live.n_decided(only)
        left = self._live.index.totals(only).expected_items
        audits = (done + left) // AUDIT_EVERY - done // AUDIT_EVERY
        left = int(np.ceil(left + audits))
        return Position(
            done=done,
            total=done + left,
            seconds_left=left * self.seconds_per_item(),
        )

    def seconds_per_item(self) -> float:
        """Active seconds of a decision: the median of the last ones that were timed."""
        return _seconds(self._live.project.store.recent_judgements(limit=RECENT))


def _track_queue(
    live: LiveProject, video: VideoState, view: TrackView
) -> TrackQueue | None:
    """The queue of one track; None where no frame of it is pending."""
    predictor = live.predictor
    if predictor is None or not view.rows.is_pending(live.threshold).any():
        return None
    return build_queue(
        predictor.posterior(video, view.track.track_id),
        live.threshold,
        quality=view.track.quality,
        reviewed=~view.is_open(),
        confidence_now=view.prediction.confidence,
    )


def _items(view: TrackView, found: TrackQueue) -> Iterator[tuple[Item, float]]:
    """Items of one track with what each is worth, the most valuable first."""
    frame = view.track.frame
    for i in range(len(found)):
        item = Item(
            kind="queue",
            video_id=view.track.video_id,
            track_id=view.track.track_id,
            frame=int(frame[found.at[i]]),
            first_frame=int(frame[found.first[i]]),
            last_frame=int(frame[found.last[i]]),
            reason=found.reason[i],
        )
        yield item, float(found.gain[i])


def _skips(video: VideoState, track_id: int) -> list[tuple[int, int]]:
    """First and last frames that were skipped in a track."""
    stored = video.judgements_of(track_id)
    return [s.judgement.reviewed for s in stored if s.judgement.decision == "skip"]


def _holds(stretches: Iterable[tuple[int, int]], item: Item) -> bool:
    return any(first <= item.frame <= last for first, last in stretches)


def _seconds(recent: list[StoredJudgement]) -> float:
    timed = [s.judgement.active_s for s in recent]
    known = [t for t in timed if t is not None]
    return float(np.median(known)) if known else ASSUMED_S
