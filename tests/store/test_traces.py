"""Traces and their lags in a project's database."""

from typing import Any

import numpy as np
import pytest
from tests.store.test_assignments import assign, new

from feltline.errors import ShapeError, StoreError
from feltline.store import GivenTrace, NewTrace, Store, TraceLag
from feltline.types import DEFAULT_SCHEMA

TIME_S = np.array([0.2, 0.4, 0.84])
VALUE = np.array([[0.0, 0.5], [0.25, 0.5], [0.5, -1.0]])


def given(**other):
    said: dict[str, Any] = {
        "video_id": "a.mp4",
        "track_id": 0,
        "first_frame": 5,
        "last_frame": 21,
        "dimensions": ("valence", "arousal"),
        "mode": "bounded",
        "device": "keys",
        "speed": 1.0,
        "time_s": TIME_S,
        "value": VALUE,
        "rater": "ann",
        "active_s": 2.5,
    }
    return GivenTrace(**(said | other))


def lag(lag_s=0.9, method="model", half_s=0.2):
    return TraceLag(
        lag_s=lag_s, low_s=lag_s - half_s, high_s=lag_s + half_s, method=method
    )


def give(store, *, found=0, name=None, lag=None, **other):
    new_trace = NewTrace(
        trace=given(**other), found_track_id=found, client_id=name, lag=lag
    )
    (saved,) = store.give_traces([new_trace])
    return saved


def test_a_trace_comes_back_as_it_was_given(store):
    saved = give(store, device="gamepad", speed=0.5, lag=lag())
    (one,) = store.traces()
    assert (one.event_id, one.found_track_id) == (saved.event_id, 0)
    assert np.array_equal(one.trace.time_s, TIME_S)
    assert np.array_equal(one.trace.value, VALUE)
    assert one.trace.dimensions == ("valence", "arousal")
    assert (one.trace.device, one.trace.speed, one.trace.active_s) == (
        *("gamepad", 0.5),
        2.5,
    )
    (kept,) = store.trace_lags(video_id="a.mp4")
    assert (kept.trace_event_id, kept.rater, kept.lag) == (saved.event_id, "", lag())
    (head,) = store.trace_heads(rater="ann")
    assert (head.event_id, head.mode, head.speed) == (saved.event_id, "bounded", 0.5)
    assert store.trace_heads(rater="ben") == store.traces(rater="ben") == []
    assert store.check() == []


def test_a_trace_that_is_sent_once_more_is_kept_once(store):
    first = give(store, name="c0000001", lag=lag())
    again = give(store, name="c0000001", lag=lag(), first_frame=0)
    assert (again.event_id, again.is_new) == (first.event_id, False)
    assert len(store.traces()) == len(store.trace_lags()) == 1
    with pytest.raises(StoreError, match="stands for another change"):
        give(store, name="c0000001", rater="ben")


def test_undo_takes_back_the_trace_and_not_what_was_estimated_of_it(store):
    saved = give(store, lag=lag())
    undo = store.undo(rater="ann")
    assert store.event(undo).undoes == saved.event_id
    assert store.traces() == []
    store.redo(rater="ann")
    assert [one.event_id for one in store.traces()] == [saved.event_id]
    assert len(store.traces(at=saved.event_id)) == 1
    assert store.trace_heads(at=undo) == []


def test_the_last_lag_in_force_counts_and_can_be_taken_back(store):
    saved = give(store, lag=lag())
    made = store.set_trace_lag(saved.event_id, lag(0.5, "set", 0), rater="ann")
    assert [one.lag.lag_s for one in store.trace_lags()] == [0.9, 0.5]
    store.undo(rater="ann", event_id=made)
    (left,) = store.trace_lags()
    assert left.lag.lag_s == 0.9
    # Estimated of the own trace alone: its rater may take it back; nobody else.
    with pytest.raises(StoreError, match="nobody else can undo it"):
        store.undo(rater="ben", event_id=left.event_id)
    store.undo(rater="ann", event_id=left.event_id)
    assert store.trace_lags() == []
    assert len(store.trace_lags(with_undone=True)) == 2


def test_a_lag_that_rests_on_other_raters_is_taken_back_by_who_leads_only(store):
    saved = give(store)
    made = store.set_trace_lag(saved.event_id, lag(method="raters"))
    with pytest.raises(StoreError, match="nobody else can undo it"):
        store.undo(rater="ann", event_id=made)
    assert store.undo(rater="lead", event_id=made, of_anyone=True)
    assert store.trace_lags() == []
    assert store.raters() == ["ann"]


def test_a_lag_needs_a_trace_in_force(store):
    saved = give(store)
    store.undo(rater="ann")
    for event_id in (saved.event_id, 99):
        with pytest.raises(StoreError, match="no trace"):
            store.set_trace_lag(event_id, lag(), rater="ann")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"dimensions": ("valence", "glee")}, "'glee'.*has valence, arousal"),
        ({"value": VALUE * 2}, "arousal -2 at 0.84 s, but it runs from -1 to 1"),
        ({"video_id": "none.mp4"}, "no video 'none.mp4'"),
        ({"last_frame": 10**6}, "past the end"),
    ],
)
def test_a_trace_must_fit_the_project(store, wrong, why):
    with pytest.raises(StoreError, match=why):
        give(store, **wrong)
    with pytest.raises(StoreError, match="no face 9"):
        give(store, found=9)
    assert store.traces() == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"time_s": TIME_S[::-1]}, "sample 1 is at 0.4 s, after 0.84 s"),
        ({"time_s": np.array([0.1, np.nan, 0.3])}, "no number"),
        ({"value": np.full((3, 2), np.inf)}, "no number"),
        ({"dimensions": ("valence",)}, "of each a value per dimension"),
        ({"time_s": TIME_S[:1], "value": VALUE[:1]}, "at least two samples"),
        ({"dimensions": ("valence", "valence")}, "twice"),
        ({"speed": 4.0}, "a speed of 4"),
    ],
)
def test_what_is_no_trace_is_refused_in_a_sentence(wrong, why):
    with pytest.raises(ShapeError, match=why):
        given(**wrong)


@pytest.mark.parametrize("wrong", [(-0.1, 0.0, 1.0), (1.0, 0.0, 13.0), (2.0, 0.0, 1.0)])
def test_a_lag_is_bounded(wrong):
    lag_s, low_s, high_s = wrong
    with pytest.raises(ShapeError, match="is none"):
        TraceLag(lag_s=lag_s, low_s=low_s, high_s=high_s, method="set")


def test_relative_traces_have_no_bounds(store):
    give(store, mode="relative", value=VALUE * 40)
    assert np.array_equal(store.traces()[0].trace.value, VALUE * 40)


def test_an_assignment_to_rate_is_answered_by_a_trace(store):
    other, asked = assign(store, new(5), new(6, kind="trace"))
    with pytest.raises(StoreError, match="not for a trace"):
        give(store, rater="anna", assignment_id=str(other))
    give(store, rater="anna", assignment_id=str(asked))
    assert store.assignment(asked).state == "answered"
    store.undo(rater="anna")
    assert store.assignment(asked).state == "open"
    store.redo(rater="anna")
    assert store.assignment(asked).state == "answered"
    assert store.assignment(other).state == "open"


def test_seconds_are_counted_by_video_and_rater(store):
    give(store)
    give(store, first_frame=0, last_frame=24)
    give(store, rater="ben")
    give(store, rater="ben")
    store.undo(rater="ben")
    by_rater = {one.rater: (one.count, one.seconds) for one in store.trace_counts()}
    # 17 and 25 frames of 100 in 4 s.
    assert by_rater["ann"] == (2, pytest.approx(42 / 25))
    assert by_rater["ben"] == (1, pytest.approx(17 / 25))


def test_events_say_what_a_trace_is_without_its_arrays(store):
    give(store, lag=lag())
    trace, kept = store.events()
    assert (trace.kind, kept.kind) == ("trace", "trace-lag")
    assert "arrays" not in trace.detail
    assert trace.detail["device"] == "keys"
    assert kept.detail["method"] == "model"
    assert store.latest_events(tracks=[("a.mp4", 0)]) == [trace]
    assert store.latest_events(tracks=[("a.mp4", 3)]) == []


def test_a_purge_takes_traces_and_lags_with_it(store):
    give(store, lag=lag())
    give(store, rater="ben", name="c0000002")
    removed = store.purge_video("a.mp4").removed
    assert (removed["traces"], removed["trace_lags"]) == (2, 1)
    assert store.traces() == store.trace_lags() == store.trace_counts() == []
    assert store.check() == []


def test_a_snapshot_holds_traces_and_lags(store, tmp_path):
    give(store, lag=lag())
    store.undo(rater="ann")
    store.redo(rater="ann")
    store.snapshot(tmp_path / "copy.db")
    url = f"sqlite:///{tmp_path / 'copy.db'}"
    with Store.open(url, project_id=store.project_id) as copy:
        assert np.array_equal(copy.traces()[0].trace.value, VALUE)
        assert copy.trace_lags() == store.trace_lags()
        assert copy.check() == []


def test_dimensions_of_a_project_with_traces_cannot_change(store):
    give(store)
    other = DEFAULT_SCHEMA.to_json()
    other["dimensions"][0]["high"] = 9.0
    with pytest.raises(StoreError, match="cannot change any more"):
        store.set_label_schema(DEFAULT_SCHEMA.from_json(other), rater="ann")


def test_a_lag_sent_once_more_is_acknowledged_whatever_became_of_its_trace(store):
    saved = give(store)
    number = store.set_trace_lag(
        saved.event_id, lag(), rater="ann", client_id="lag-0001"
    )
    store.undo(rater="ann", event_id=saved.event_id)
    again = store.set_trace_lag(
        saved.event_id, lag(), rater="ann", client_id="lag-0001"
    )
    assert again == number


def test_lags_are_asked_for_by_whose_trace_it_is(store):
    anns = give(store, lag=lag())
    bens = give(store, rater="ben", lag=lag())
    store.set_trace_lag(bens.event_id, lag(1.5, "raters"))
    found = store.trace_lags(of_rater="ben")
    assert [one.trace_event_id for one in found] == [bens.event_id] * 2
    (only,) = store.trace_lags(of_rater="ann")
    assert only.trace_event_id == anns.event_id
    assert [h.rater for h in store.trace_heads(event_id=bens.event_id)] == ["ben"]
