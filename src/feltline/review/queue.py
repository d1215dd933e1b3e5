"""The review queue: what to ask a person next, why, and how much is left.

Items come from the plans of the tracks, in the order of what a correction is worth.
Jumping between videos costs the rater time, so items of the video at hand count double.
Every tenth decision is an audit: a frame that would be accepted, drawn at random and
shown without the machine's value, to see whether what is accepted is right.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Literal, get_args

import numpy as np

from feltline.errors import InputError
from feltline.project import IGNORED, followed
from feltline.review.live import LiveProject
from feltline.review.snapshot import Scene
from feltline.review.track_view import View
from feltline.store import StoredReview, Suggested

__all__ = ["ASSUMED_S", "Item", "Position", "Queue", "seconds_per_item"]

AUDIT_EVERY: Final = 10
AT_HAND: Final = 2.0
"""How much more an item of the video at hand is worth."""
ASSUMED_S: Final = 4.0
"""Seconds for an item before any was timed."""
RECENT: Final = 50
"""The time of an item is the median of so many decisions."""

ItemKind = Literal["queue", "audit", "suggested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to look at.

    Attributes:
        kind: From the queue, an audit, or a frame that was suggested.
        video_id: Its video.
        track_id: Its face.
        frame: The frame that is shown.
        first_frame: A decision covers the frames from this one
        last_frame: to this one.
        reason: Code of why it is asked.
        blind: Whether the machine's value is to be hidden until the rater gave one.
    """

    kind: ItemKind
    video_id: str
    track_id: int
    frame: int
    first_frame: int
    last_frame: int
    reason: str
    blind: bool

    @property
    def item_id(self) -> str:
        """Says all but video and reason, so that no server need remember it."""
        numbers = self.track_id, self.frame, self.first_frame, self.last_frame
        return ".".join([self.kind, *map(str, numbers)])

    @classmethod
    def of_id(cls, item_id: str, video_id: str) -> "Item":
        """The item of an id.

        Raises:
            InputError: It is none.
        """
        kind, *rest = item_id.split(".")
        kinds: dict[str, ItemKind] = {k: k for k in get_args(ItemKind)}
        digits = len(rest) == 4 and all(r.isdecimal() and len(r) < 10 for r in rest)
        if kind not in kinds or not digits:
            raise InputError(f"{item_id[:80]!r} is the id of no item of the queue")
        track_id, frame, first, last = map(int, rest)
        if not first <= frame <= last:
            raise InputError(f"{item_id!r} is the id of no item of the queue")
        return cls(
            kind=kinds[kind],
            video_id=video_id,
            track_id=track_id,
            frame=frame,
            first_frame=first,
            last_frame=last,
            reason="",
            blind=kind != "queue",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far the work is.

    Attributes:
        done: Decisions so far.
        total: These and about how many are to come.
        seconds_left: About how long that will take; None where nothing is known.
    """

    done: int
    total: int
    seconds_left: float


class Queue:
    """What to ask next in a project that is worked in."""

    def __init__(self, live: LiveProject) -> None:
        self._live = live

    def items(
        self, limit: int, *, at_hand: str | None = None, only: str | None = None
    ) -> list[Item]:
        """The next items in order.

        Args:
            limit: At most so many.
            at_hand: The video that the rater is in.
            only: Of this video and no other.
        """
        reviews = self._reviews(only)
        done = _decided(reviews)
        skipped = _Stretches(s for s in reviews if s.review.decision == "skip")
        judged = _Stretches(s for s in reviews if s.review.decision != "skip")
        worth: list[tuple[bool, float, Item]] = []
        for view in self._live.views(only):
            near = AT_HAND if view.track.video_id == at_hand else 1.0
            # A plan may be older than the last decisions.
            open_ones = (
                (skipped.hold(item), -gain * near, item)
                for item, gain in planned(view)
                if not judged.hold(item)
            )
            # A plan is in order of worth: no more than `limit` of it can come up, but
            # what was skipped comes last wherever it stands.
            fresh = islice((one for one in open_ones if not one[0]), limit)
            worth += fresh
        if len(worth) < limit:
            worth += self._put_off(skipped, judged, only)
        worth.sort(key=lambda one: one[:2])
        found: list[Item] = []
        for _, _, item in worth:
            if len(found) >= limit:
                break
            if (done + len(found) + 1) % AUDIT_EVERY == 0:
                found += self._audit(done + len(found), only)
            found.append(item)
        return found[:limit]

    def _put_off(
        self, skipped: "_Stretches", judged: "_Stretches", only: str | None
    ) -> list[tuple[bool, float, Item]]:
        """What was skipped and not decided since."""
        return [
            (True, -gain, item)
            for view in self._live.views(only)
            if skipped.touch(view)
            for item, gain in planned(view)
            if skipped.hold(item) and not judged.hold(item)
        ]

    def position(self, *, only: str | None = None) -> Position:
        """How far the work is, with all videos or only one."""
        reviews = self._reviews(only)
        done = _decided(reviews)
        plans = [v.plan for v in self._live.views(only) if v.plan is not None]
        left = sum(plan.expected_items for plan in plans)
        audits = (done + left) // AUDIT_EVERY - done // AUDIT_EVERY
        left = int(np.ceil(left + audits))
        return Position(
            done=done,
            total=done + left,
            seconds_left=left * seconds_per_item(self._live.reviews),
        )

    def _reviews(self, only: str | None) -> list[StoredReview]:
        """Decisions in force on all videos, or on one."""
        return [s for s in self._live.reviews if only in (None, s.review.video_id)]

    def suggested(self) -> tuple[list[Item], int, int]:
        """Suggested frames that nobody has labelled, how many are, and how many were.

        They are labelled blind: what the machine learns from should not be its own
        opinion. Those of faces that are left out now do not count.
        """
        scene = self._live.scene
        batch = _followed(scene, self._live.project.store.suggestions())
        open_ones = [s for s in batch if not _is_dealt_with(scene, s)]
        items = [
            Item(
                kind="suggested",
                video_id=s.video_id,
                track_id=s.track_id,
                frame=s.frame,
                first_frame=s.frame,
                last_frame=s.frame,
                reason="audit" if s.is_audit else s.reason,
                blind=True,
            )
            for s in sorted(open_ones, key=lambda s: s.rank)
        ]
        return items, len(batch) - len(open_ones), len(batch)

    def _audit(self, number: int, only: str | None) -> list[Item]:
        """The audit at this place of the queue: always the same one."""
        seed = [number, *self._live.project.settings.project_id.encode()]
        rng = np.random.default_rng(seed)
        threshold = self._live.threshold
        views = self._live.views(only)
        pools = [(v, np.flatnonzero(v.accepted(threshold))) for v in views]
        size = sum(len(at) for _, at in pools)
        if not size:
            return []
        drawn = int(rng.integers(size))
        for view, at in pools:
            if drawn < len(at):
                frame = int(view.track.frame[at[drawn]])
                return [
                    Item(
                        kind="audit",
                        video_id=view.track.video_id,
                        track_id=view.track.track_id,
                        frame=frame,
                        first_frame=frame,
                        last_frame=frame,
                        reason="audit",
                        blind=True,
                    )
                ]
            drawn -= len(at)
        return []


def _followed(scene: Scene, batch: Sequence[Suggested]) -> list[Suggested]:
    """Suggested frames by the numbers that their faces have now, repaired meanwhile."""
    by_video: dict[str, list[Suggested]] = {}
    for suggested in batch:
        by_video.setdefault(suggested.video_id, []).append(suggested)
    found: list[Suggested] = []
    for name, some in by_video.items():
        video = scene.videos.get(name)
        if video is None:
            continue
        named = [(s.track_id, s.frame) for s in some]
        numbers = followed(video.found, video.edits, named)
        found += [
            s if s.track_id == number else replace(s, track_id=number)
            for s, number in zip(some, numbers, strict=True)
            if number != IGNORED
        ]
    return found


def _is_dealt_with(scene: Scene, suggested: Suggested) -> bool:
    """Whether people have spoken of a frame that its track shows."""
    view = scene.views[suggested.video_id, suggested.track_id]
    at = int(np.searchsorted(view.track.frame, suggested.frame))
    return bool(view.judged.dealt_with[at])


def planned(view: View) -> Iterator[tuple[Item, float]]:
    """Items of one track with what each is worth, the most valuable first."""
    plan, track = view.plan, view.track
    if plan is None:
        return
    for i in range(len(plan.at)):
        item = Item(
            kind="queue",
            video_id=track.video_id,
            track_id=track.track_id,
            frame=int(track.frame[plan.at[i]]),
            first_frame=int(track.frame[plan.first[i]]),
            last_frame=int(track.frame[plan.last[i]]),
            reason=plan.reason[i],
            blind=False,
        )
        yield item, float(plan.gain[i])


def seconds_per_item(reviews: Sequence[StoredReview]) -> float:
    """Active seconds of a decision: the median of the last ones that were timed."""
    timed = [s.review.active_s for s in reviews if s.review.active_s is not None]
    return float(np.median(timed[-RECENT:])) if timed else ASSUMED_S


def _decided(reviews: Sequence[StoredReview]) -> int:
    return sum(s.review.decision != "skip" for s in reviews)


class _Stretches:
    """Where decisions were made."""

    def __init__(self, reviews: Iterable[StoredReview]) -> None:
        self._where: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for stored in reviews:
            review = stored.review
            key = review.video_id, review.track_id
            stretch = review.first_frame, review.last_frame
            self._where.setdefault(key, []).append(stretch)

    def touch(self, view: View) -> bool:
        return (view.track.video_id, view.track.track_id) in self._where

    def hold(self, item: Item) -> bool:
        stretches = self._where.get((item.video_id, item.track_id), ())
        return any(first <= item.frame <= last for first, last in stretches)
