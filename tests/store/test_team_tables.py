"""Known answers, comments and active time in a project's database."""

from datetime import UTC, datetime

import pytest
from tests.store.making import give, judgement
from tests.store.test_assignments import answer, assign, new

from feltline.errors import StoreError
from feltline.store import FrameComment, KnownAnswer, mentioned


def known(answer_id="k1", **other):
    given = {
        "answer_id": answer_id,
        "video_id": "a.mp4",
        "found_track_id": 0,
        "first_frame": 5,
        "last_frame": 7,
        "value": (0.5, None),
        "tolerance": (0.2, 0.2),
        "expression": "happiness",
        "text": "A smile with the eyes.",
        "use": "training",
    }
    return KnownAnswer(**(given | other))


def test_known_answers_come_back_and_are_kept_once(store):
    first = store.add_known_answer(known())
    assert store.known_answer("k1") == first == known()
    assert store.add_known_answer(known(text="other words")) == first
    store.add_known_answer(known("k2", use="honeypot"))
    assert [one.answer_id for one in store.known_answers()] == ["k1", "k2"]
    assert [one.answer_id for one in store.known_answers(use="honeypot")] == ["k2"]
    store.set_known_answer_active("k2", is_active=False)
    assert [one.answer_id for one in store.known_answers(is_active=True)] == ["k1"]
    assert store.known_answer("k3") is None
    with pytest.raises(StoreError, match="no known answer 'k3'"):
        store.set_known_answer_active("k3", is_active=True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"value": (0.5,), "tolerance": (0.1,)}, "has 1 dimensions"),
        ({"value": (1.5, None)}, "runs from"),
        ({"expression": "glee"}, "expression 'glee'"),
        ({"found_track_id": 9}, "no face 9"),
        ({"last_frame": 10**6}, "past the end"),
        ({"video_id": "none.mp4"}, "none.mp4"),
    ],
)
def test_a_known_answer_must_fit_the_project(store, wrong, why):
    with pytest.raises(StoreError, match=why):
        store.add_known_answer(known(**wrong))
    assert store.known_answers() == []


def test_an_answer_is_found_by_the_assignment_that_asks_for_it(store):
    store.add_known_answer(known())
    first, second = assign(store, new(5, kind="training", answer_id="k1"), new(6))
    assert store.answers_of([first, second]) == {first: known()}
    event_id = answer(store, first, purpose="training")
    given = store.judgements(purposes=("training", "honeypot"))
    assert [one.event_id for one in given] == [event_id]
    give(store, judgement(6))
    assert len(store.judgements(purposes=("training",))) == 1


def test_assignments_are_listed_as_they_stand(store):
    first, second, third = assign(store, new(5), new(6), new(5, "ben"))
    answer(store, first)
    listed = store.assignments()
    assert [(one.assignment_id, one.state) for one in listed] == [
        (first, "answered"),
        (second, "open"),
        (third, "open"),
    ]
    only = store.assignments(rater_id="anna", state="open")
    assert [one.assignment_id for one in only] == [second]
    store.undo(rater="anna")
    assert store.assignments(state="answered") == []
    assert store.n_open_assignments("anna") == 2
    assert store.n_open_assignments("anna", video_id="b.mp4") == 0
    assert len(store.assignments(plan="first", limit=2)) == 2


def comment(text="Is this a smile?", **other):
    return FrameComment(**({"video_id": "a.mp4", "frame": 5, "text": text} | other))


def test_a_reply_names_whom_it_answers(store):
    asked = store.comment(comment(is_question=True), rater="ann", client_id="c0000001")
    again = store.comment(comment(is_question=True), rater="ann", client_id="c0000001")
    assert again == asked
    reply = store.comment(comment("Yes.", reply_to=asked), rater="lead")
    store.comment(comment("For all", mentions=("ben",)), rater="lead")
    found = store.comments(video_id="a.mp4")
    assert [one.comment.mentions for one in found] == [(), ("ann",), ("ben",)]
    assert [one.event_id for one in mentioned(found, "ann")] == [asked, reply]
    assert mentioned(found, "cho") == []


def test_a_reply_sent_once_more_is_acknowledged_whatever_became_of_the_question(store):
    asked = store.comment(comment(is_question=True), rater="ann")
    said = comment("Yes.", reply_to=asked)
    reply = store.comment(said, rater="lead", client_id="c0000002")
    store.undo(rater="ann", event_id=asked)
    assert store.comment(said, rater="lead", client_id="c0000002") == reply


def test_a_comment_can_be_settled_undone_and_purged(store):
    asked = store.comment(comment(), rater="ann")
    settled = store.set_comment_state(asked, is_resolved=True, rater="lead")
    assert [one.is_resolved for one in store.comments()] == [True]
    store.undo(rater="lead", event_id=settled)
    assert [one.is_resolved for one in store.comments()] == [False]
    store.undo(rater="ann", event_id=asked)
    assert store.comments() == []
    with pytest.raises(StoreError, match="no comment"):
        store.comment(comment("Yes.", reply_to=asked), rater="lead")
    with pytest.raises(StoreError, match="no comment"):
        store.set_comment_state(99, is_resolved=True, rater="lead")
    with pytest.raises(StoreError, match="past the end"):
        store.comment(comment(frame=10**6), rater="ann")
    store.purge_video("a.mp4")
    assert "smile" not in str(store.events())


def test_active_time_is_added_up_by_day(store):
    monday, tuesday = (datetime(2026, 3, day, 23, tzinfo=UTC) for day in (2, 3))
    store.add_activity("ann", 30.0, monday)
    store.add_activity("ann", 12.5, monday)
    store.add_activity("ann", 1.0, tuesday)
    store.add_activity("ben", 2.0, monday)
    assert store.active_seconds_by_rater() == {"ann": 43.5, "ben": 2.0}
