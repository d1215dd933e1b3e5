"""What is asked next, why, and how much is left."""

from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.generated import judgement_of
from tests.review.conftest import Desk

from feltline.errors import InputError, ShapeError
from feltline.project import learn
from feltline.review import (
    Item,
    LiveProject,
    Queue,
    costs_of,
    read_delta,
    status_of,
)
from feltline.review.queue import ASSUMED_COUNT, ASSUMED_S
from feltline.review.summaries import _least
from feltline.store import Suggested


@pytest.fixture
def strict(desk):
    """Everything is under the threshold, and all queues are built."""
    desk.set_threshold(1.0)
    desk.build_all()
    return desk


def views_of(desk):
    return [v for name in desk.live.index.videos for v in desk.live.views(name)]


def test_items_come_in_the_order_of_their_worth(strict):
    items = strict.queue.items(8)
    gain = {i: g for b in strict.queue._built.values() for g, i in b.ranked}
    worth = [gain[i] for i in items if i.kind == "queue"]
    assert worth == sorted(worth, reverse=True)
    assert worth[0] == max(gain.values())
    assert len(items) == 8


def test_the_video_at_hand_comes_first_among_near_equals(strict):
    first = strict.queue.items(1)[0].video_id
    other = {"talk.mp4": "pair.mp4", "pair.mp4": "talk.mp4"}[first]
    near = [i.video_id for i in strict.queue.items(6, at_hand=other)]
    plain = [i.video_id for i in strict.queue.items(6)]
    assert near.count(other) >= plain.count(other)


def test_one_video_can_be_worked_alone(strict):
    queue = strict.queue
    items = queue.items(30, only="pair.mp4")
    assert {i.video_id for i in items} == {"pair.mp4"}
    alone, all_of_them = queue.position(only="pair.mp4"), queue.position()
    assert (alone.done, all_of_them.done) == (0, 0)
    assert 0 < alone.total < all_of_them.total
    strict.decide(items[0], "cannot")
    assert queue.position(only="pair.mp4").done == 1
    assert queue.position(only="talk.mp4").done == 0


@pytest.mark.parametrize("decision", ["reject", "cannot"])
def test_what_is_decided_does_not_come_back(strict, decision):
    item = strict.queue.items(1)[0]
    strict.decide(item, decision)
    for _ in range(2):  # before its queue is built again, and after
        for other in strict.queue.items(50):
            same = (other.video_id, other.track_id) == (item.video_id, item.track_id)
            assert not same or not item.first_frame <= other.frame <= item.last_frame
        strict.build_all()


def test_what_is_skipped_comes_last(strict):
    item = strict.queue.items(1)[0]
    strict.decide(item, "skip")
    for _ in range(2):
        later = strict.queue.items(200)
        assert later[0].item_id != item.item_id
        assert later[-1].frame in range(item.first_frame, item.last_frame + 1)
        strict.build_all()


def test_a_skip_follows_its_face_through_track_edits(strict):
    """Of a face that has another number now it still comes last."""
    item = next(i for i in strict.queue.items(50) if i.video_id == "talk.mp4")
    strict.decide(item, "skip")
    split = {"track_id": 0, "frame": item.first_frame, "other_track_id": 7}
    if item.first_frame == 0:
        split["frame"] = item.last_frame + 1
    strict.edit("split", **split)
    strict.build_all()
    number = 0 if item.first_frame == 0 else 7
    own = [i for i in strict.queue.items(200) if i.track_id == number]
    first, *_, last = own
    assert not item.first_frame <= first.frame <= item.last_frame
    assert item.first_frame <= last.frame <= item.last_frame


def test_a_track_that_was_joined_gets_a_queue_of_all_its_frames(strict):
    strict.edit("split", track_id=0, frame=22, other_track_id=5)
    strict.build_all()
    assert {key for key in strict.queue._built if key[0] == "talk.mp4"} == {
        ("talk.mp4", 0),
        ("talk.mp4", 5),
    }
    strict.undo()
    strict.build_all()
    joined = strict.queue.items(99, only="talk.mp4")
    assert joined == Queue(strict.live).items(99, only="talk.mp4")
    assert {item.frame >= 22 for item in joined} == {True, False}


def test_a_queue_is_built_only_for_tracks_that_matter(tmp_path, monkeypatch):
    from tests.generated import generate

    from feltline.review import queue as module

    monkeypatch.setattr(module, "MAX_BUILT", 5)
    made = generate(tmp_path, {f"v{n}.mp4": [30] for n in range(12)})
    with closing(made.project):
        live = LiveProject(made.project)
        live.settle()
        queue = Queue(live)
        while (key := queue.next_to_build()) is not None:
            queue.build(key)
        assert len(queue._built) == 5
        assert len({i.video_id for i in queue.items(50)}) <= 5


def test_the_queue_can_be_worked_to_empty(desk):
    desk.set_threshold(0.7)
    desk.build_all()
    done = 0
    while items := desk.queue.items(1):
        position = desk.queue.position()
        assert position.done == done
        assert position.total > done
        desk.decide(items[0], "cannot")
        desk.build_all()
        done += 1
        assert done < 200
    assert done > 2
    assert desk.queue.position().total == desk.queue.position().done == done
    assert desk.queue.position().seconds_left == 0


def audited(desk):
    """A threshold that accepts some, and answers up to the first audit."""
    sure = np.concatenate([v.prediction.confidence for v in views_of(desk)])
    desk.set_threshold(round(float(np.quantile(sure, 0.6)), 2))
    desk.build_all()
    kinds = []
    while True:
        (item,) = desk.queue.items(1)
        kinds.append(item.kind)
        if item.kind == "audit":
            return item, kinds
        # One frame each, so that there are enough of them.
        desk.decide(
            replace(item, first_frame=item.frame, last_frame=item.frame), "cannot"
        )
        desk.build_all()


def test_every_tenth_is_an_audit_judged_blind(desk):
    item, kinds = audited(desk)
    assert len(kinds) == 10
    view = desk.view(item.video_id, item.track_id)
    assert view.rows.is_accepted(desk.live.threshold)[view.at(item.frame)]
    assert item.blind
    assert item.purpose == "audit"
    assert desk.queue.items(1) == [item]  # the same until it is decided


def test_no_audit_is_counted_where_nothing_would_be_accepted(desk):
    desk.set_threshold(1.0)
    desk.build_all()
    assert desk.live.index.totals().accepted(1.0) == 0
    items, position = desk.queue.items(200), desk.queue.position()
    assert len(items) > 10
    assert position.total - position.done == len(items)


def test_a_skipped_audit_does_not_return(desk):
    item, _ = audited(desk)
    desk.decide(item, "skip")
    assert item.item_id not in [i.item_id for i in desk.queue.items(1)]
    # Nor after a restart: what counts is in the database.
    again = Queue(LiveProject(desk.project))
    again._live.settle()
    assert again.position().done == desk.queue.position().done == 10
    assert again.items(1)[0].kind == "queue"


def test_the_same_place_has_the_same_audit_in_another_process(desk):
    item, _ = audited(desk)
    again = LiveProject(desk.project)
    again.settle()
    assert Queue(again)._audits.item(9, None) == item


def test_the_time_of_an_item_is_that_of_the_last_ones(strict):
    assert strict.queue.seconds_per_item() == ASSUMED_S
    for active_s in (1.0, 7.0, 100.0, None):
        strict.decide(strict.queue.items(1)[0], "cannot", active_s=active_s)
    # Three timed ones, and what is assumed counts as five.
    each = (3 * 7.0 + ASSUMED_COUNT * ASSUMED_S) / (3 + ASSUMED_COUNT)
    assert strict.queue.seconds_per_item() == each
    position = strict.queue.position()
    left = position.total - position.done
    assert position.seconds_left == pytest.approx(each * left)


def suggest(desk, places):
    desk.store.save_suggestions(
        [
            Suggested(video_id=v, track_id=t, frame=f, rank=r, reason="far")
            for r, (v, t, f) in enumerate(places, start=1)
        ]
    )


def test_suggestions_go_as_they_are_judged_and_come_at_once(desk):
    assert desk.queue.suggested.items() == ([], 0, 0)
    suggest(desk, [("talk.mp4", 0, frame) for frame in (30, 3, 17)])
    items, done, total = desk.queue.suggested.items()
    assert [i.frame for i in items] == [30, 3, 17]
    assert all(i.blind and i.purpose == "suggested" for i in items)
    assert (done, total) == (0, 3)
    desk.judge(3, 0.1, 0.1)
    desk.judge(30, decision="skip")
    desk.judge(0, expression="anger", scope="clip", last_frame=44)
    items, done, total = desk.queue.suggested.items()
    assert [i.frame for i in items] == [30, 17]
    assert (done, total) == (1, 3)


def test_pages_are_told_of_frames_that_are_suggested_elsewhere(desk):
    suggest(desk, [("talk.mp4", 0, 3)])
    desk.store.note("suggestions", rater="anna", detail={"frames": 1})
    desk.worker.look()
    desk.worker.wait()
    assert desk.told("changed")[-1]["video_id"] is None


def test_suggested_frames_stay_with_their_faces_through_track_edits(desk):
    places = [("talk.mp4", 0, 3), ("talk.mp4", 0, 30), ("pair.mp4", 0, 4)]
    places += [("pair.mp4", 1, 4), ("pair.mp4", 1, 15)]
    suggest(desk, places)

    def suggested():
        items, done, total = desk.queue.suggested.items()
        return [(i.video_id, i.track_id, i.frame) for i in items], done, total

    assert suggested() == (places, 0, 5)
    desk.edit("split", track_id=0, frame=10, other_track_id=1)
    desk.edit("split", "pair.mp4", track_id=0, frame=10, other_track_id=2)
    desk.edit("split", "pair.mp4", track_id=1, frame=10, other_track_id=3)
    desk.edit("ignore", "pair.mp4", track_id=0)
    moved = [("talk.mp4", 0, 3), ("talk.mp4", 1, 30)]
    moved += [("pair.mp4", 1, 4), ("pair.mp4", 3, 15)]
    assert suggested() == (moved, 0, 4)
    desk.edit("merge", "pair.mp4", track_id=3, other_track_id=1)
    moved[3] = ("pair.mp4", 1, 15)
    assert suggested() == (moved, 0, 4)
    desk.judge(15, 0.1, 0.1, video_id="pair.mp4", track_id=1)
    assert suggested() == (moved[:3], 1, 4)
    desk.live.settle()
    assert status_of(desk.live).suggestions_left == 3


@pytest.mark.parametrize(
    ("kind", "reason", "purpose"),
    [
        ("audit", "audit", "audit"),
        ("suggested", "audit", "audit"),
        ("suggested", "", "suggested"),
        ("queue", "", "work"),
    ],
)
def test_an_id_says_all_of_its_item(kind, reason, purpose):
    item = Item(
        kind=kind,
        video_id="a.mp4",
        track_id=3,
        frame=7,
        first_frame=5,
        last_frame=9,
        reason=reason,
    )
    assert Item.of_id(item.item_id, "a.mp4") == item
    assert item.purpose == purpose


@pytest.mark.parametrize(
    "wrong",
    ["", "queue", "queue.1.2.3", "nothing.1.2.2.2", "queue.1.9.2.3", "queue.a.1.1.1"],
)
def test_other_ids_are_refused(wrong):
    with pytest.raises((InputError, ShapeError)):
        Item.of_id(wrong, "a.mp4")


@pytest.fixture
def costs(desk):
    desk.live.settle()
    desk.build_all()
    totals = desk.live.index.totals()
    return costs_of(totals, totals.items_per_piece, 6.0)


def test_a_higher_threshold_costs_more_and_lets_less_wrong_in(costs):
    assert [c.threshold for c in costs] == sorted(c.threshold for c in costs)
    for low, high in pairwise(costs):
        assert low.frames <= high.frames
        assert low.items <= high.items
        assert low.minutes <= high.minutes
        assert high.wrong <= low.wrong + 1e-9


def test_costs_agree_with_counting(desk, costs):
    sure = np.concatenate([v.prediction.confidence for v in views_of(desk)])
    for c in costs:
        under = sure < np.float32(c.threshold)
        kept = 1 - sure[~under].astype(np.float64)
        assert c.frames == under.sum()
        assert c.share == pytest.approx(under.mean())
        assert c.wrong == pytest.approx(kept.mean() if len(kept) else 0, abs=1e-6)
        assert c.minutes == pytest.approx(c.items * 6 / 60)


def test_costs_at_the_threshold_in_force_are_those_of_the_queues(desk, costs):
    (here,) = [c for c in costs if c.threshold == desk.live.threshold]
    expected = sum(s.n_items for s in desk.live.index.summaries())
    assert here.items == pytest.approx(expected)


def test_seconds_count_once_however_many_stretches_are_in_them():
    time_s = np.arange(250) / 25.0
    sure = np.random.default_rng(0).random(250).astype(np.float32)
    least = _least(time_s, sure)
    assert least.tolist() == [float(sure[k : k + 25].min()) for k in range(0, 250, 25)]
    assert len(_least(time_s[:0], sure[:0])) == 0


def test_a_project_in_figures(desk):
    desk.judge(3, 0.1, 0.1)
    desk.live.settle()
    s = status_of(desk.live, check=True)
    assert (s.videos, s.tracks, s.frames, s.judgements) == (2, 3, 85, 1)
    assert s.raters == ("anna",)
    assert s.reviewed == 1
    assert s.accepted + s.pending + s.reviewed == s.frames
    assert s.hours == pytest.approx((45 + 20) / 5 / 3600)
    # The videos of this project were only ever numbers.
    assert [p.split(":")[0] for p in s.problems] == ["pair.mp4", "talk.mp4"]
    assert all("is not there any more" in problem for problem in s.problems)
    assert s.document["name"] == "study"


def test_what_gives_no_value_is_no_label(desk):
    desk.judge(3, 0.1, 0.1)
    for frame, decision in ((5, "skip"), (7, "reject"), (9, "cannot")):
        desk.judge(frame, decision=decision)
    desk.live.settle()
    for live in (desk.live, LiveProject(desk.live.project)):
        live.settle()
        s = status_of(live)
        assert (s.judgements, s.labels, s.decisions) == (4, 1, 3)


def test_a_label_given_anew_is_one_label(desk):
    for value in (0.1, 0.2, 0.1):
        desk.judge(3, value, 0.1)
    desk.judge(3, 0.1, 0.1, scope="span", last_frame=6)
    desk.judge(8, 0.1, 0.1)
    desk.live.settle()
    for live in (desk.live, LiveProject(desk.live.project)):
        live.settle()
        assert (status_of(live).judgements, status_of(live).labels) == (5, 3)


def test_page_and_terminal_give_the_same_figures(project):
    """Another process, without a worker, says what the served one says."""
    with closing(Desk(project)) as desk:
        desk.judge(3, 0.1, 0.1)
        desk.live.settle()
        served = status_of(desk.live)
        other = LiveProject(project)
        other.settle()
        assert replace(status_of(other), items_left=0, minutes_left=0.0) == replace(
            served, items_left=0, minutes_left=0.0
        )


def looked_at(monkeypatch, live):
    """Tracks whose arrays are asked for from now on."""
    keys: list[tuple[str, int]] = []
    view = live.view

    def looks(video_id, track_id):
        keys.append((video_id, track_id))
        return view(video_id, track_id)

    monkeypatch.setattr(live, "view", looks)
    return keys


def test_an_answer_looks_at_no_track_but_the_one_that_was_judged(project, monkeypatch):
    live = LiveProject(project)  # no worker builds queues anew meanwhile
    project.store.set_threshold(1.0, rater="anna")
    live.read_threshold()
    live.settle()
    queue = Queue(live)
    while (key := queue.next_to_build()) is not None:
        queue.build(key)
    keys = looked_at(monkeypatch, live)
    before = queue.items(200)
    assert keys == []
    assert len({(i.video_id, i.track_id) for i in before}) == 3
    judgement = judgement_of(20, 0.5, -0.5)
    (event,) = project.store.give_judgements([(judgement, 0, None)])
    live.touched("talk.mp4", event.event_id, is_edit=False)
    after = queue.items(200)
    assert keys == [("talk.mp4", 0)]
    assert queue.items(200) == after
    assert keys == [("talk.mp4", 0)]
    # What stands beside each item is what the model says now.
    for item in after:
        own = live.view(item.video_id, item.track_id)
        assert own.rows.is_pending(1.0)[own.at(item.frame)]
        assert item.prediction is not None
        np.testing.assert_array_equal(
            item.prediction.value[item.row], own.prediction.value[own.at(item.frame)]
        )
        assert item.time_s == own.track.time_s[own.at(item.frame)]


def test_once_learnt_anew_an_answer_builds_one_queue(project, monkeypatch):
    live = LiveProject(project)
    project.store.set_threshold(1.0, rater="anna")
    live.read_threshold()
    live.settle()
    queue = Queue(live)
    while (key := queue.next_to_build()) is not None:
        queue.build(key)
    project.store.give_judgements([(judgement_of(20, 0.9, -0.9), 0, None)])
    learnt, until = learn(project), project.store.last_event_id()
    live.follow(read_delta(project.store, after=live.taken, until=until), until)
    keys = looked_at(monkeypatch, live)
    items = queue.items(50)
    assert len(set(keys)) == 1
    assert {(i.video_id, i.track_id) for i in items} == set(keys)
    assert {i.prediction and i.prediction.model_id for i in items} == {learnt.model_id}
    while (key := queue.next_to_build()) is not None:
        queue.build(key)
    assert len({(i.video_id, i.track_id) for i in queue.items(200)}) == 3


def test_an_audit_that_is_known_costs_nothing_until_something_changes(
    desk, monkeypatch
):
    item, _ = audited(desk)
    place = desk.queue.position().done
    keys = looked_at(monkeypatch, desk.live)
    assert desk.queue._audits.item(place, None, looks=False) == item
    assert keys == []
    desk.judge(
        item.frame,
        decision="reject",
        video_id=item.video_id,
        track_id=item.track_id,
        first_frame=item.frame,
        last_frame=item.frame,
    )
    assert desk.queue._audits.item(place, None, looks=False) is None
    assert desk.queue._audits.item(place, None) != item
