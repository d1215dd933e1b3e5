"""Work of a rater: assignments as items, and what could be assigned."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np

from feltline.errors import FacesLostError
from feltline.project import VideoState
from feltline.review.assigning import Candidate, Overlap, deal, deal_known
from feltline.review.items import Item
from feltline.review.live import LiveProject
from feltline.review.places import current_track
from feltline.review.queue import Queue
from feltline.review.rater_view import RaterView
from feltline.store import Assignment

__all__ = [
    "Source",
    "assign_work",
    "assigned_items",
    "candidates_of",
]

Source = Literal["queue", "suggested", "video"]
"""Where what is assigned comes from: the common queue, the suggested frames, or frames
that are evenly spread over the faces of a video."""

SPARE: Final = 10
"""So many assignments more are read at once, should some faces be ignored or lost."""


def assigned_items(
    live: LiveProject,
    rater_id: str,
    *,
    limit: int,
    at_hand: str | None = None,
    only: str | None = None,
    seen: RaterView | None = None,
) -> list[tuple[Assignment, Item]]:
    """Open assignments of a rater as items, the first first.

    Args:
        live: The project.
        rater_id: The rater.
        limit: At most so many.
        at_hand: Video that the rater is in: what is assigned there comes first.
        only: Of this video and no other.
        seen: What the rater sees; None = all.
    """
    found: list[tuple[Assignment, Item]] = []
    n_read, at_once = 0, limit + SPARE
    while len(found) < limit:
        rows = live.project.store.open_assignments(
            rater_id, limit=at_once, after=n_read, at_hand=at_hand, only=only
        )
        n_read += len(rows)
        found += _items(live, rows, seen, limit - len(found))
        if len(rows) < at_once:
            break
    return found


def _items(
    live: LiveProject, rows: Sequence[Assignment], seen: RaterView | None, limit: int
) -> list[tuple[Assignment, Item]]:
    """Those of some assignments that can be shown: faces may be ignored or lost."""
    found: list[tuple[Assignment, Item]] = []
    for one in rows:
        if len(found) >= limit:
            break
        try:
            item = _item(live, one, seen)
        except (KeyError, FacesLostError):
            continue
        if item is not None:
            found.append((one, item))
    return found


def _item(live: LiveProject, one: Assignment, seen: RaterView | None) -> Item | None:
    video = live.tracks_of(one.video_id)
    place = current_track(video, one.found_track_id, one.frame)
    if place is None:
        return None
    track_id, time_s = place
    is_hidden = seen is not None and seen.hides(one.video_id, track_id)
    item = Item(
        kind="assigned",
        video_id=one.video_id,
        track_id=track_id,
        frame=one.frame,
        first_frame=one.first_frame,
        last_frame=one.last_frame,
        reason="training" if one.kind == "training" else "assigned",
        time_s=time_s,
        assignment_id=one.assignment_id,
        is_blind=one.is_blind or is_hidden,
    )
    if item.blind:
        return item
    view = live.view(one.video_id, track_id)
    return replace(item, prediction=view.prediction, row=view.at(one.frame))


def candidates_of(
    live: LiveProject, queue: Queue, source: Source, *, count: int, video_id: str | None
) -> list[Candidate]:
    """What could be assigned, the most urgent first.

    Args:
        live: The project.
        queue: Its common queue.
        source: Where it comes from.
        count: At most so many; 0 = none, where only practice is dealt out.
        video_id: Only of this video; of `video`, the one that frames are spread over.

    Raises:
        KeyError: There is no such video.
        FacesLostError: Of `video`, its faces are lost.
    """
    if count == 0:
        return []
    if source == "video":
        assert video_id is not None  # noqa: S101 - the request was checked
        return _spread(live, live.video(video_id), count)
    if source == "suggested":
        items: Sequence[Item] = queue.suggested.items()[0]
        items = [i for i in items if video_id in (None, i.video_id)][:count]
    else:
        items = [
            item
            for item in queue.items(count, only=video_id)
            if item.kind == "queue"  # audits are drawn by their own rules
        ]
    return list(_candidates(live, items))


def _candidates(live: LiveProject, items: Iterable[Item]) -> Iterable[Candidate]:
    for item in items:
        video = live.readable(item.video_id)
        found = None if video is None else video.found_at(item.track_id, item.frame)
        if found is None:
            continue
        yield Candidate(
            video_id=item.video_id,
            found_track_id=found,
            track_id=item.track_id,
            first_frame=item.first_frame,
            last_frame=item.last_frame,
            frame=item.frame,
            confidence=_confidence(live, item),
            is_blind=item.blind,
        )


def _confidence(live: LiveProject, item: Item) -> float:
    try:
        view = live.view(item.video_id, item.track_id)
    except (KeyError, FacesLostError):
        return float("nan")
    return float(view.prediction.confidence[view.at(item.frame)])


def _spread(live: LiveProject, video: VideoState, count: int) -> list[Candidate]:
    """Frames that are evenly spread over all tracks of a video."""
    total = sum(len(track) for track in video.tracks)
    n = min(count, total)
    wanted = ((np.arange(n) + 0.5) * total / max(n, 1)).astype(np.int64)
    made: list[Candidate] = []
    start = 0
    for track in video.tracks:
        view = live.view(track.video_id, track.track_id)
        inside = wanted[(wanted >= start) & (wanted < start + len(track))] - start
        start += len(track)
        for at in inside.tolist():
            frame = int(track.frame[at])
            found = video.found_at(track.track_id, frame)
            assert found is not None  # noqa: S101 - the track shows it
            made.append(
                Candidate(
                    video_id=track.video_id,
                    found_track_id=found,
                    track_id=track.track_id,
                    first_frame=frame,
                    last_frame=frame,
                    frame=frame,
                    confidence=float(view.prediction.confidence[at]),
                )
            )
    return made


def assign_work(  # noqa: PLR0913 - each a choice of whoever assigns
    live: LiveProject,
    candidates: Sequence[Candidate],
    raters: Sequence[str],
    overlap: Overlap,
    *,
    plan: str,
    honeypots: float,
    rater: str,
) -> list[Assignment]:
    """Deal work out, with practice and honeypots; a plan is carried out once.

    Args:
        live: The project.
        candidates: What is to be judged, the most urgent first.
        raters: Ids of who is to judge it.
        overlap: How many judge the same.
        plan: Name of the plan.
        honeypots: Honeypots by so much of a rater's work; 0 = none.
        rater: Who assigns.

    Returns:
        All that the plan assigned, also where it was carried out before.

    Raises:
        InputError: There is no rater, or one is named twice.
        StoreError: A face was purged meanwhile.
    """
    store = live.project.store
    if known := store.assignments(plan=plan):
        return known
    dealt = deal(candidates, raters, overlap, plan)
    answers = store.known_answers(is_active=True)
    met = {
        (one.rater_id, one.answer_id)
        for one in store.assignments(kinds=("training", "honeypot"))
        if one.state != "withdrawn"
    }
    extra = [
        one
        for one in deal_known(answers, dealt, raters, plan, share=honeypots)
        if (one.rater_id, one.answer_id) not in met
    ]
    return store.assign([*dealt, *extra], plan=plan, rater=rater)
