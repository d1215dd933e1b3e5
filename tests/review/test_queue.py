"""What is asked next, why, and how much is left."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from feltline.errors import InputError, ShapeError
from feltline.review import Item, Queue, costs_of, seconds_per_item, status_of
from feltline.review.costs import _least
from feltline.review.queue import ASSUMED_S
from feltline.store import Review, Suggested, TrackEdit


def decide(desk, item, decision, active_s=2.0):
    review = Review(
        video_id=item.video_id,
        track_id=item.track_id,
        frame=item.frame,
        first_frame=item.first_frame,
        last_frame=item.last_frame,
        decision=decision,
        run_id=None,
        rater="anna",
        active_s=active_s,
        is_audit=item.kind == "audit",
    )
    event = desk.store.give_review(review, found_track_id=item.track_id)
    desk.live.changed(item.video_id, event)
    return event


@pytest.fixture
def strict(desk):
    """Everything is under the threshold."""
    desk.live.set_threshold(1.0)
    desk.live.wait()
    return desk


def test_items_come_in_the_order_of_their_worth(strict):
    queue = Queue(strict.live)
    items = queue.items(8)
    gain = {}
    for view in strict.live.views():
        for i in range(len(view.plan)):
            key = view.track.video_id, view.track.track_id
            gain[*key, int(view.track.frame[view.plan.at[i]])] = view.plan.gain[i]
    worth = [gain[i.video_id, i.track_id, i.frame] for i in items if i.kind == "queue"]
    assert worth == sorted(worth, reverse=True)
    assert len(items) == 8


def test_the_video_at_hand_comes_first_among_near_equals(strict):
    queue = Queue(strict.live)
    first = queue.items(1)[0].video_id
    other = {"talk.mp4": "pair.mp4", "pair.mp4": "talk.mp4"}[first]
    near = [i.video_id for i in queue.items(6, at_hand=other)]
    plain = [i.video_id for i in queue.items(6)]
    assert near.count(other) >= plain.count(other)


def test_one_video_can_be_worked_alone(strict):
    queue = Queue(strict.live)
    items = queue.items(30, only="pair.mp4")
    assert {i.video_id for i in items} == {"pair.mp4"}
    alone, all_of_them = queue.position(only="pair.mp4"), queue.position()
    assert (alone.done, all_of_them.done) == (0, 0)
    assert 0 < alone.total < all_of_them.total
    decide(strict, items[0], "unsure")
    assert queue.position(only="pair.mp4").done == 1
    assert queue.position(only="talk.mp4").done == 0


@pytest.mark.parametrize("decision", ["accept", "edit", "reject", "unsure"])
def test_what_is_decided_does_not_come_back(strict, decision):
    queue = Queue(strict.live)
    item = queue.items(1)[0]
    decide(strict, item, decision)

    def stretch(i):
        return (i.video_id, i.track_id), range(item.first_frame, item.last_frame + 1)

    for _ in range(2):  # before the plan is made again, and after
        again = [i for i in queue.items(50) if stretch(i)[0] == stretch(item)[0]]
        assert all(i.frame not in stretch(item)[1] for i in again)
        strict.live.wait()


def test_what_is_skipped_comes_last(strict):
    queue = Queue(strict.live)
    item = queue.items(1)[0]
    decide(strict, item, "skip")
    strict.live.wait()
    later = queue.items(200)
    assert later[0].item_id != item.item_id
    assert later[-1].frame in range(item.first_frame, item.last_frame + 1)


def test_the_queue_can_be_worked_to_empty(desk):
    desk.live.set_threshold(0.97)
    desk.live.wait()
    queue = Queue(desk.live)
    done = 0
    while items := queue.items(1):
        position = queue.position()
        assert position.done == done
        assert position.total > done
        decide(desk, items[0], "unsure")
        desk.live.wait()
        done += 1
        assert done < 200
    assert done > 2
    assert queue.position().total == queue.position().done == done
    assert queue.position().seconds_left == 0


def test_every_tenth_is_an_audit_judged_blind(desk):
    sure = np.concatenate([v.estimate.confidence for v in desk.live.views()])
    threshold = float(np.quantile(sure, 0.6))
    desk.live.set_threshold(threshold)
    desk.live.wait()
    queue = Queue(desk.live)
    kinds = []
    while items := queue.items(1):
        kinds.append(items[0].kind)
        if items[0].kind == "audit":
            view = desk.live.view(items[0].video_id, items[0].track_id)
            at = list(view.track.frame).index(items[0].frame)
            assert view.estimate.confidence[at] >= np.float32(threshold)
            assert items[0].blind
            assert items == queue.items(1)  # the same until it is decided
        # One frame each, so that there are enough of them.
        frame = items[0].frame
        one = replace(items[0], first_frame=frame, last_frame=frame)
        decide(desk, one, "unsure")
        desk.live.wait()
    assert len(kinds) > 20
    assert kinds.count("audit") == len(kinds) // 10
    assert all(k == "audit" for k in kinds[9::10])


def test_the_time_of_an_item_is_that_of_the_last_ones(strict):
    assert seconds_per_item([]) == ASSUMED_S
    for active_s in (1.0, 7.0, 100.0, None):
        decide(strict, Queue(strict.live).items(1)[0], "unsure", active_s)
        strict.live.wait()
    assert seconds_per_item(strict.live.reviews) == 7.0
    position = Queue(strict.live).position()
    left = position.total - position.done
    assert position.seconds_left == pytest.approx(7 * left)


def test_suggestions_go_as_they_are_labelled(desk):
    desk.store.save_suggestions(
        [
            Suggested(video_id="talk.mp4", track_id=0, frame=f, rank=r, reason="far")
            for r, f in enumerate((30, 3, 17), start=1)
        ]
    )
    queue = Queue(desk.live)
    items, done, total = queue.suggested()
    assert [i.frame for i in items] == [30, 3, 17]
    assert all(i.blind and i.kind == "suggested" for i in items)
    assert (done, total) == (0, 3)
    desk.label(3, 0.1, 0.1)
    items, done, total = queue.suggested()
    assert [i.frame for i in items] == [30, 17]
    assert (done, total) == (1, 3)


def test_suggested_frames_stay_with_their_faces_through_repairs(desk):
    places = [("talk.mp4", 0, 3), ("talk.mp4", 0, 30), ("pair.mp4", 0, 4)]
    places += [("pair.mp4", 1, 4), ("pair.mp4", 1, 15)]
    desk.store.save_suggestions(
        [
            Suggested(video_id=v, track_id=t, frame=f, rank=r, reason="far")
            for r, (v, t, f) in enumerate(places, start=1)
        ]
    )

    def edit(video_id, kind, track_id, frame=None, other=None):
        made = TrackEdit(
            video_id=video_id,
            kind=kind,
            track_id=track_id,
            frame=frame,
            other_track_id=other,
        )
        desk.store.edit_track(made, rater="anna")
        desk.live.repaired()

    def suggested():
        items, done, total = Queue(desk.live).suggested()
        return [(i.video_id, i.track_id, i.frame) for i in items], done, total

    assert suggested() == (places, 0, 5)
    edit("talk.mp4", "split", 0, 10, 1)
    edit("pair.mp4", "split", 0, 10, 2)
    edit("pair.mp4", "split", 1, 10, 3)
    edit("pair.mp4", "ignore", 0)
    moved = [("talk.mp4", 0, 3), ("talk.mp4", 1, 30)]
    moved += [("pair.mp4", 1, 4), ("pair.mp4", 3, 15)]
    assert suggested() == (moved, 0, 4)
    edit("pair.mp4", "merge", 3, other=1)
    moved[3] = ("pair.mp4", 1, 15)
    assert suggested() == (moved, 0, 4)
    desk.label(15, 0.1, 0.1, found=1, video_id="pair.mp4", track_id=1)
    assert suggested() == (moved[:3], 1, 4)
    assert status_of(desk.live).suggestions_left == 3


def test_an_id_says_all_of_its_item():
    item = Item(
        kind="audit",
        video_id="a.mp4",
        track_id=3,
        frame=7,
        first_frame=5,
        last_frame=9,
        reason="",
        blind=True,
    )
    assert Item.of_id(item.item_id, "a.mp4") == item


@pytest.mark.parametrize(
    "wrong",
    ["", "queue", "queue.1.2.3", "nothing.1.2.2.2", "queue.1.9.2.3", "queue.a.1.1.1"],
)
def test_other_ids_are_refused(wrong):
    with pytest.raises((InputError, ShapeError)):
        Item.of_id(wrong, "a.mp4")


def test_a_higher_threshold_costs_more_and_lets_less_wrong_in(desk):
    costs = costs_of(desk.live.views(), desk.live.threshold, 6.0)
    assert [c.threshold for c in costs] == sorted(c.threshold for c in costs)
    for low, high in pairwise(costs):
        assert low.frames <= high.frames
        assert low.items <= high.items
        assert low.minutes <= high.minutes
        assert high.wrong <= low.wrong + 1e-9
    for c in costs:
        open_ones = sum(
            int((v.estimate.confidence < c.threshold).sum()) for v in desk.live.views()
        )
        assert c.frames == open_ones
        assert c.minutes == pytest.approx(c.items * 6 / 60)


def test_seconds_count_once_however_many_stretches_are_in_them():
    time_s = np.arange(250) / 25.0
    sure = np.random.default_rng(0).random(250).astype(np.float32)
    least = _least(time_s, sure)
    assert least.tolist() == [float(sure[k : k + 25].min()) for k in range(0, 250, 25)]
    assert len(_least(time_s[:0], sure[:0])) == 0


def test_costs_agree_with_counting(desk):
    views = desk.live.views()
    for c in costs_of(views, desk.live.threshold, 6.0)[::10]:
        sure = np.concatenate([v.estimate.confidence for v in views])
        kept = sure[sure >= np.float32(c.threshold)]
        assert c.share == pytest.approx((sure < np.float32(c.threshold)).mean())
        assert c.wrong == pytest.approx((1 - kept).mean() if len(kept) else 0, abs=1e-5)


def test_costs_at_the_threshold_in_force_are_those_of_the_plan(desk):
    desk.live.set_threshold(0.9)
    desk.live.wait()
    (here,) = [c for c in costs_of(desk.live.views(), 0.9, 6.0) if c.threshold == 0.9]
    planned = sum(v.plan.expected_items for v in desk.live.views())
    assert here.items == pytest.approx(planned)


def test_a_project_in_figures(desk):
    desk.label(3, 0.1, 0.1)
    s = status_of(desk.live, check=True)
    assert (s.videos, s.tracks, s.frames, s.labels) == (2, 3, 85, 1)
    assert s.raters == ("anna",)
    assert s.dealt_with == 1
    assert s.accepted + s.pending + s.dealt_with == s.frames
    assert s.hours == pytest.approx((45 + 20) / 15 / 3600)
    assert s.problems == ()
    assert s.document["name"] == "study"
