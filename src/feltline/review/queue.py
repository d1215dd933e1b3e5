"""The review queue: what to ask a person next, why, and how much is left.

Items come from the queues of single tracks, in the order of what a correction is worth.
Those are built in the background for the tracks that are worth most by their summaries
(an upper bound: lazy greedy), so a project of ten thousand videos builds a few dozen.
Jumping between videos costs the rater time, so items of the video at hand count double.
Every tenth decision is an audit, unless audits have a schedule (see `audits`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from feltline.errors import FacesLostError
from feltline.fewshot import TrackQueue, build_queue
from feltline.project import VideoState
from feltline.review.audits import AUDIT_EVERY, Audits
from feltline.review.items import Item
from feltline.review.live import LiveProject
from feltline.review.open_items import open_items, overlap, still_open
from feltline.review.suggested import SuggestedFrames
from feltline.review.track_view import Key, TrackView

__all__ = ["ASSUMED_S", "Position", "Queue"]

AT_HAND: Final = 2.0
"""How much more an item of the video at hand is worth."""
ASSUMED_S: Final = 4.0
"""Seconds for an item before any was timed."""
ASSUMED_COUNT: Final = 5

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
        model_id: Model of its predictions.
        threshold: The one it was built for.
        made_of: Judgements and frames of the track that it was built with.
        ranked: What each item is worth, and the item, as it was built.
        revision: Last event about the video that is taken into account below.
        made_of_now: Those that stand now.
        open: Of the items that nobody has dealt with: whether it was skipped, what it
            is worth, and the item as the model sees it now.
    """

    model_id: str
    threshold: float
    made_of: tuple[object, ...]
    ranked: tuple[tuple[float, Item], ...]
    revision: int
    made_of_now: tuple[object, ...]
    open: tuple[tuple[bool, float, Item], ...]


class Queue:
    """What to ask next in a project that is worked in.

    An answer reads queues that are built and of the model and threshold in force. It
    looks at the arrays of no track but those that were judged since the last answer,
    and builds a queue only where there is none.

    Args:
        live: The project.
    """

    def __init__(self, live: LiveProject) -> None:
        self._live = live
        self._audits = Audits(live)
        self._built: dict[Key, _Built] = {}
        self.suggested = SuggestedFrames(live)

    # ---- building

    def next_to_build(self, at_hand: str | None = None) -> Key | None:
        """The track whose queue should be built next; None if all that matter are.

        Args:
            at_hand: The video that the rater is in.
        """
        worth = dict(self._live.index.worth())
        stale: list[tuple[float, Key]] = []
        gains: list[float] = []
        n_built = 0
        for key in list(self._built):
            if key not in worth:
                self._built.pop(key, None)
            elif (built := self._current(key)) is None or built.made_of_now != (
                built.made_of
            ):
                stale.append((worth[key] * _weight(key, at_hand), key))
            else:
                gains += [gain for gain, _ in built.ranked]
                n_built += bool(built.ranked)
        if stale:
            return max(stale)[1]
        if n_built >= MAX_BUILT:
            return None
        gains.sort(reverse=True)
        enough = gains[WANTED - 1] if len(gains) >= WANTED else 0.0
        others = [
            (gain, key)
            for key, gain in worth.items()
            if gain > enough and key not in self._built
        ]
        return max(others)[1] if others else None

    def build(self, key: Key) -> None:
        """Choose the frames of one track that a person should look at."""
        live, threshold = self._live, self._live.threshold_of(key[0])
        try:
            revision, video = live.entry(key[0]).revision, live.video(key[0])
            view = live.view(*key)
            with live.noting_loss(key[0]):
                found = _track_queue(live, video, view)
        except (KeyError, FacesLostError):
            self._built.pop(key, None)
            return
        ranked = () if found is None else tuple(_items(view, found))
        self._built[key] = _Built(
            model_id=view.prediction.model_id,
            threshold=threshold,
            made_of=_made_of(view),
            ranked=ranked,
            revision=revision,
            made_of_now=_made_of(view),
            open=open_items(ranked, video, view, threshold),
        )
        best_gain = max((gain for gain, _ in ranked), default=0.0)
        n_items = 0.0 if found is None else found.expected_items
        live.set_items(key, best_gain, n_items)

    def _current(self, key: Key) -> _Built | None:
        """The queue of a track, without what was dealt with meanwhile.

        None where it was built for another model or threshold, or is there no more.
        """
        live, built = self._live, self._built.get(key)
        entry = live.index.videos.get(key[0])
        if (
            built is None
            or entry is None
            or entry.is_lost
            or built.model_id != live.model_id
            or built.threshold != live.threshold_of(key[0])
        ):
            return None
        if (revision := entry.revision) == built.revision:
            return built
        try:
            video, view = live.video(key[0]), live.view(*key)
        except (KeyError, FacesLostError):
            return None
        if view.prediction.model_id != built.model_id:
            return None
        built = self._built[key] = replace(
            built,
            revision=revision,
            made_of_now=_made_of(view),
            open=open_items(built.ranked, video, view, built.threshold),
        )
        return built

    # ---- reading

    def items(
        self,
        limit: int,
        *,
        at_hand: str | None = None,
        only: str | None = None,
        keep: Sequence[Item] = (),
    ) -> list[Item]:
        """The next items in order.

        Args:
            limit: At most so many.
            at_hand: The video that the rater is in.
            only: Of this video and no other.
            keep: Items of an earlier answer: those that still want a judgement come
                first, in this order, whatever they are worth now.
        """
        worth = self._open_of(only, at_hand)
        while not worth and only is None and self._build_more(at_hand):
            worth = self._open_of(None, at_hand)
        done = self._live.n_decided(only)
        worth.sort(key=lambda one: one[:2])
        asked = [item for is_skipped, _, item in worth if not is_skipped]
        wanted = [item for item in keep if only in (None, item.video_id)]
        kept = still_open(self._live, self._audits, wanted, asked)
        found = list(kept)
        # An audit that fell due among those that are kept comes after them.
        due = done + (-done - 1) % AUDIT_EVERY
        if any(item.kind == "audit" for item in kept):
            due += AUDIT_EVERY
        if not self._audits.is_on:
            due = done + limit + len(worth) + 1
        for _, _, item in worth:
            if len(found) >= limit:
                break
            if any(overlap(item, one) for one in kept):
                continue
            if done + len(found) >= due:
                # Only the first looks at a track: the next ones are due when the page
                # has asked again.
                is_first = all(i.kind != "audit" for i in found)
                audit = self._audits.item(due, only, looks=is_first)
                found += [] if audit is None else [audit]
                due += AUDIT_EVERY
            found.append(item)
        return found[:limit]

    def _open_of(
        self, only: str | None, at_hand: str | None
    ) -> list[tuple[bool, float, Item]]:
        """Items that nobody dealt with: whether skipped, worth (less is more), item."""
        for track in () if only is None else self._live.video(only).tracks:
            key = track.video_id, track.track_id
            if self._current(key) is None:
                self.build(key)
        return [
            (is_skipped, -gain * _weight(key, at_hand), item)
            for key in list(self._built)
            if only in (None, key[0]) and (built := self._current(key)) is not None
            for is_skipped, gain, item in built.open
        ]

    def _build_more(self, at_hand: str | None) -> bool:
        """Build one more queue, in the answer itself; whether there was any left.

        Just after opening nothing is known of most videos: a few are looked at.
        """
        if (key := self.next_to_build(at_hand)) is None:
            made = [
                self._live.summarise_readable(n) for n in self._live.stale()[:FIRST]
            ]
            key = self.next_to_build(at_hand)
            if key is None and None in made:
                return True  # lost ones do not come again
        if key is not None:
            self.build(key)
        return key is not None

    def position(self, *, only: str | None = None) -> Position:
        """How far the work is, with all videos or only one."""
        done = self._live.n_decided(only)
        totals = self._live.index.totals(only)
        left = totals.expected_items
        audits = min(
            (done + left) // AUDIT_EVERY - done // AUDIT_EVERY,
            totals.accepted(self._live.threshold) if self._audits.is_on else 0,
        )
        left = int(np.ceil(left + audits))
        return Position(
            done=done,
            total=done + left,
            seconds_left=left * self.seconds_per_item(),
        )

    def seconds_per_item(self, rater: str | None = None) -> float:
        """Active seconds of a decision: the median of the last ones that were timed.

        Drawn towards what is assumed without any, which counts as `ASSUMED_COUNT` of
        them: two quick or slow ones say little of the hour to come.

        Args:
            rater: Only of this rater's; None = of all.
        """
        recent = self._live.project.store.recent_judgements(limit=RECENT, rater=rater)
        timed = [s.judgement.active_s for s in recent]
        known = [t for t in timed if t is not None]
        median = float(np.median(known)) if known else ASSUMED_S
        n = len(known)
        return (n * median + ASSUMED_COUNT * ASSUMED_S) / (n + ASSUMED_COUNT)


def _made_of(view: TrackView) -> tuple[object, ...]:
    """Judgements and frames of a track: it has others after a merge or split."""
    return view.events, hash(view.track.frame.tobytes())


def _track_queue(
    live: LiveProject, video: VideoState, view: TrackView
) -> TrackQueue | None:
    """The queue of one track; None where no frame of it is pending."""
    predictor = live.predictor
    threshold = live.threshold_of(view.track.video_id)
    if predictor is None or not view.rows.is_pending(threshold).any():
        return None
    return build_queue(
        predictor.posterior(video, view.track.track_id),
        threshold,
        quality=view.track.quality,
        reviewed=~view.is_open(),
        confidence_now=view.prediction.confidence,
    )


def _items(view: TrackView, found: TrackQueue) -> Iterator[tuple[float, Item]]:
    """What each item of one track is worth, and the item, the most valuable first."""
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
        yield float(found.gain[i]), item


def _weight(key: Key, at_hand: str | None) -> float:
    return AT_HAND if key[0] == at_hand else 1.0
