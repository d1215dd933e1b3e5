"""Items of an earlier answer whose faces a page has: which of them stay first."""

from dataclasses import replace

import pytest
from tests.review.test_queue import audited

from feltline.review import Item


@pytest.fixture
def strict(desk):
    """Everything is under the threshold, and all queues are built."""
    desk.set_threshold(1.0)
    desk.build_all()
    return desk


def test_items_that_are_kept_stay_first_whatever_they_are_worth(strict):
    queue = strict.queue
    items = queue.items(40)
    keep = [items[12], items[5], items[9]]
    found = queue.items(40, keep=keep)
    assert found[:3] == keep
    assert all(item.prediction is not None for item in keep)
    assert found[3:] == [item for item in items if item not in keep]
    assert len(queue.items(2, keep=keep)) == 2
    named = [Item.of_id(one.item_id, one.video_id) for one in keep]
    again = queue.items(3, keep=named)
    assert again == keep  # the queue knows why they are asked


@pytest.mark.parametrize("decision", ["accept", "reject", "cannot", "skip"])
def test_what_somebody_dealt_with_is_not_kept(strict, decision):
    first, second, *_ = strict.queue.items(40, only="talk.mp4")
    if decision == "accept":
        strict.judge(first.frame, 0.2, 0.1)
    else:
        strict.decide(first, decision)
    kept = strict.queue.items(40, only="talk.mp4", keep=[first, second])
    assert kept[0].frame == second.frame
    assert first.frame not in [one.frame for one in kept[:-1]]


def test_what_the_model_is_sure_of_by_now_is_not_kept(strict):
    items = strict.queue.items(40)
    strict.set_threshold(0.0)
    strict.build_all()
    assert strict.queue.items(40, keep=items) == []


def test_an_item_that_was_cut_anew_is_kept_as_it_is_now(strict):
    item = strict.queue.items(1)[0]
    other = replace(item, first_frame=item.frame, last_frame=item.frame)
    assert strict.queue.items(1, keep=[other]) == [item]
    # Nothing is asked twice, as a whole and in part.
    found = strict.queue.items(40, keep=[other])
    assert [(one.video_id, one.frame) for one in found].count(
        (item.video_id, item.frame)
    ) == 1


def test_an_item_that_is_no_longer_in_the_queue_is_kept_while_it_is_pending(strict):
    view = strict.view()
    asked = {one.frame for one in strict.queue.items(99, only="talk.mp4")}
    frame = next(int(f) for f in view.track.frame if int(f) not in asked)
    item = Item.of_frame("queue", "talk.mp4", 0, frame, "")
    first = strict.queue.items(5, keep=[item])[0]
    assert first == item
    assert first.time_s == view.track.time_s[view.at(frame)]
    assert first.prediction is not None


def test_items_of_faces_and_videos_that_are_gone_are_not_kept(strict):
    gone = [
        Item.of_frame("queue", "no.mp4", 0, 3, ""),
        Item.of_frame("queue", "talk.mp4", 9, 3, ""),
        Item.of_frame("queue", "talk.mp4", 0, 4000, ""),
        Item.of_frame("suggested", "talk.mp4", 0, 3, ""),
    ]
    items = strict.queue.items(9)
    assert strict.queue.items(9, keep=gone) == items
    other = strict.queue.items(9, only="pair.mp4")[0]
    found = strict.queue.items(9, only="talk.mp4", keep=[other])
    assert {one.video_id for one in found} == {"talk.mp4"}


def test_an_audit_is_kept_and_no_other_comes_with_it(desk):
    item, _ = audited(desk)
    keep = [Item.of_id(item.item_id, item.video_id)]
    found = desk.queue.items(8, keep=keep)
    assert found[0] == item
    assert [one.kind for one in found].count("audit") == 1
    assert found[0].prediction is None
    desk.judge(item.frame, 0.2, 0.1, video_id=item.video_id, track_id=item.track_id)
    assert item.item_id not in [i.item_id for i in desk.queue.items(8, keep=keep)]


def test_an_audit_that_falls_due_among_kept_items_comes_after_them(desk):
    item, _ = audited(desk)
    others = [one for one in desk.queue.items(4) if one.kind == "queue"]
    found = desk.queue.items(8, keep=others)
    assert found[: len(others)] == others
    assert found[len(others)] == item
