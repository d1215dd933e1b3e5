"""Audit batches, repeats and comparisons in a project's database."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.store.making import give, judgement, record
from tests.store.test_assignments import answer, assign, new, open_of

from feltline.errors import ShapeError, StoreError
from feltline.store import AuditItem, Comparison, NewBatch, Store, plan_of_repeat

FRAMES = (5, 6, 7)


def batch(**other):
    given: dict[str, Any] = {
        "model_id": "m1",
        "threshold": 0.8,
        "bound": 0.1,
        "risk": 0.05,
        "tolerance": 0.25,
        "n_accepted": 90,
    }
    return NewBatch(**(given | other))


def item(frame=5, **other):
    given: dict[str, Any] = {
        "video_id": "a.mp4",
        "found_track_id": 0,
        "frame": frame,
        "weight": 1.5,
        "stratum": "+-|low|Aiko",
        "value": (0.5, None),
        "expression": "happiness",
        "confidence": 0.9,
    }
    return AuditItem(**(given | other))


def drawn(store, frames=FRAMES, rater_id="anna", client_id=None):
    """A batch with an item for each frame, assigned to one rater."""
    faces = dict.fromkeys(frames)
    return store.open_batch(
        batch(),
        [item(frame) for frame in frames],
        [new(frame, rater_id, kind="audit") for frame in faces],
        rater="lead",
        client_id=client_id,
    )


def test_a_batch_comes_back_as_it_was_drawn(store):
    made = drawn(store)
    assert (made.batch_id, made.state, made.rater) == (1, "open", "lead")
    assert store.audit_batch(1) == made
    assert store.audit_batches() == store.audit_batches(state="open") == [made]
    assert (made.threshold, made.tolerance, made.n_accepted) == (0.8, 0.25, 90)
    assert [one.item for one in store.audit_items(1)] == [item(f) for f in FRAMES]
    assert [one.answer for one in store.audit_items(1)] == [None] * 3
    assert store.audit_item_at(1, "a.mp4", 0, 6) == item(6)
    assert store.audit_item_at(1, "a.mp4", 0, 8) is None
    assert store.audit_batch(2) is None
    (note,) = store.events()
    assert (note.kind, note.rater, note.detail["n_items"]) == (
        "audit-opened",
        "lead",
        3,
    )


def test_a_batch_is_drawn_once_however_often_it_is_asked_for(store):
    first = drawn(store, client_id="c0000001")
    assert drawn(store, client_id="c0000001") == first
    assert store.batch_of_client("c0000001") == first
    assert store.batch_of_client("c0000002") is None
    assert len(open_of(store)) == 3
    with pytest.raises(StoreError, match="audit batch 1 is open"):
        drawn(store, client_id="c0000002")
    assert len(store.events()) == 1


def test_answers_count_while_they_are_in_force(store):
    drawn(store, frames=(5, 6, 5))
    first, second = open_of(store)
    event_id = answer(store, first, 5, purpose="audit")
    given = [one.answer and one.answer.event_id for one in store.audit_items(1)]
    assert given == [event_id, None, event_id]
    store.undo(rater="anna")
    assert [one.answer for one in store.audit_items(1)] == [None] * 3
    store.redo(rater="anna")
    assert store.audit_items(1)[0].answer.event_id == event_id
    store.undo(rater="anna")
    again = answer(store, first, 5, purpose="audit")
    assert store.audit_items(1)[2].answer.event_id == again
    answer(store, second, 6, purpose="audit")
    assert all(one.answer for one in store.audit_items(1))


def test_a_closed_batch_asks_no_more_and_is_closed_once(store):
    drawn(store)
    first, *_ = open_of(store)
    answer(store, first, 5)
    assert store.close_batch(1, "passed", rater="")
    assert open_of(store) == []
    assert store.assignment(first).state == "answered"
    assert not store.close_batch(1, "stopped", rater="lead")
    assert store.audit_batch(1).state == "passed"
    assert [e.kind for e in store.events()][-1] == "audit-passed"
    drawn(store)  # now another one may be drawn
    store.close_batch(2, "stopped", rater="lead")
    assert [e.kind for e in store.events()][-1] == "audit-stopped"
    with pytest.raises(StoreError, match="no audit batch 3"):
        store.close_batch(3, "stopped", rater="lead")


def reopened(store, least=0.93):
    drawn(store)
    reopens = (["a.mp4", "b.mp4"], least)
    store.close_batch(1, "reopened", rater="lead", reopens=reopens)
    return store.reopenings()[-1]


def test_a_reopening_is_taken_back_by_whoever_leads_and_by_no_undo_of_the_last(store):
    made = reopened(store)
    assert (made.batch_id, made.videos) == (1, ("a.mp4", "b.mp4"))
    assert (made.least_confidence, made.is_in_force) == (0.93, True)
    assert store.undo(rater="lead") is None
    with pytest.raises(StoreError, match="another rater"):
        store.undo(rater="ann", event_id=made.event_id)
    undo = store.undo(rater="other", event_id=made.event_id, of_anyone=True)
    assert [one.is_in_force for one in store.reopenings()] == [False]
    store.undo(rater="other", event_id=undo)
    assert [one.is_in_force for one in store.reopenings()] == [True]


def test_a_reopening_does_not_make_a_redo_final(store):
    give(store, judgement(5, rater="lead"))
    store.undo(rater="lead")
    reopened(store)
    assert store.redo(rater="lead") is not None


def test_an_empty_batch_has_passed(store):
    made = store.open_batch(batch(n_accepted=0), [], [], rater="")
    assert made.state == "passed"
    assert store.audit_items(1) == []


def test_labels_count_without_those_that_check_others(store):
    assert store.labels_after() == replace(store.labels_after(), n=0, first_at=None)
    own = judgement(5, rater="anna")
    first, *_ = give(store, own, judgement(6, purpose="suggested"))
    give(store, judgement(7, purpose="audit"), judgement(8, purpose="repeat"))
    give(store, judgement(9, value=(), expression=None, decision="cannot"))
    assert store.labels_after().n == 2
    assert store.labels_after().first_at == store.event(first).at
    assert store.labels_after(first).n == 1
    store.undo(rater="anna", event_id=first)
    assert store.labels_after().n == 1


def compared(**other):
    given: dict[str, Any] = {
        "video_id": "a.mp4",
        "track_id": 0,
        "found_track_id": 0,
        "frame": 5,
        "other_video_id": "b.mp4",
        "other_track_id": 0,
        "other_found_track_id": 0,
        "other_frame": 7,
        "dimension": "valence",
        "answer": "second",
    }
    return Comparison(**(given | other))


def test_comparisons_are_changes_like_others(store):
    event_id = store.compare(compared(), rater="ann", client_id="c0000001")
    assert store.compare(compared(), rater="ann", client_id="c0000001") == event_id
    store.compare(compared(answer="same", active_s=2.5), rater="ben")
    assert [one.comparison for one in store.comparisons()] == [
        compared(),
        compared(answer="same", active_s=2.5),
    ]
    assert [one.rater for one in store.comparisons(rater="ben")] == ["ben"]
    store.undo(rater="ann")
    assert [one.rater for one in store.comparisons()] == ["ben"]
    for wrong, why in (
        ({"dimension": "glee"}, "no dimension 'glee'"),
        ({"other_frame": 10**6}, "past the end"),
        ({"other_found_track_id": 9}, "no face 9"),
    ):
        with pytest.raises(StoreError, match=why):
            store.compare(compared(**wrong), rater="ann")
    with pytest.raises(ShapeError, match="with itself"):
        compared(other_video_id="a.mp4", other_frame=5)


def test_repeats_pair_two_answers_in_force(store):
    first, other = give(store, judgement(5, rater="anna"), judgement(6, rater="anna"))
    (number,) = assign(
        store, new(5, kind="repeat"), plan=plan_of_repeat(first), rater=""
    )
    assign(store, new(6, kind="repeat"), plan=plan_of_repeat(other), rater="")
    assert store.repeats() == []
    again = answer(store, number, 5, purpose="repeat")
    (made,) = store.repeats()
    assert (made.first.event_id, made.again.event_id) == (first, again)
    store.undo(rater="anna", event_id=first)
    assert store.repeats() == []


def test_a_purge_leaves_nothing_of_a_video_in_audits_and_comparisons(store):
    reopened(store)
    store.compare(compared(), rater="ann")
    store.compare(compared(video_id="b.mp4", other_video_id="a.mp4"), rater="ann")
    store.purge_video("a.mp4")
    assert store.audit_items(1) == []
    assert store.comparisons() == []
    assert store.reopenings()[0].videos == ("b.mp4",)
    assert "a.mp4" not in json.dumps([e.detail for e in store.events()])
    assert store.check() == []


def test_a_purge_leaves_reopened_what_is_called_as_the_purged_file_was(store):
    store.add_video(record("day2/a.mp4", location="/films/day2/a.mp4"), [])
    reopened(store)
    store.purge_video("day2/a.mp4")
    assert store.reopenings()[0].videos == ("a.mp4", "b.mp4")


def test_a_snapshot_has_audits_and_comparisons(store, tmp_path):
    reopened(store)
    store.compare(compared(), rater="ann")
    path = tmp_path / "copy.db"
    store.snapshot(path)
    with Store.open(f"sqlite:///{path}", project_id=store.project_id) as copy:
        assert copy.audit_batches() == store.audit_batches()
        assert copy.audit_items(1) == store.audit_items(1)
        assert copy.reopenings() == store.reopenings()
        assert copy.comparisons() == store.comparisons()
        assert copy.check() == []
