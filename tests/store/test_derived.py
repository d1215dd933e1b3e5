"""Summaries, imported prediction runs, and lists of suggestions."""

import numpy as np
import pytest
from tests.store.making import (
    basis,
    events_of,
    give,
    judgement,
    model,
    prediction,
    run,
    same,
    track_summary,
    video_summary,
)

from feltline.errors import ShapeError, StoreError
from feltline.store import Suggested
from feltline.store.schema import imported_predictions, suggestions
from feltline.store.transactions import Transaction

EVERYWHERE = {
    ("a.mp4", 0): prediction(seed=1),
    ("a.mp4", 1): prediction(n=20, seed=2),
    ("b.mp4", 0): prediction(n=50, seed=3),
}


def test_summaries_come_back_as_they_were_saved(store):
    one, other = video_summary(), video_summary("b.mp4", [0], seed=5)
    store.save_summaries([other, one])
    back = store.summaries()
    assert len(back) == 2
    assert all(same(*pair) for pair in zip(back, (one, other), strict=True))
    assert same(store.summaries("b.mp4")[0], other)
    assert store.last_event_id() == 0  # they are derived: no events


def test_whole_summaries_replace_and_others_are_put_beside_the_old_ones(store):
    store.save_summaries([video_summary(tracks=(0, 1, 2))])
    part = video_summary(tracks=(1,), seed=7, revision=4, is_whole=False)
    store.save_summaries([part])
    (back,) = store.summaries()
    assert (back.revision, [t.track_id for t in back.tracks]) == (4, [0, 1, 2])
    assert same(back.tracks[0], track_summary(0))
    assert same(back.tracks[1], track_summary(1, seed=7))
    store.save_summaries([video_summary(tracks=(3,))])
    assert [t.track_id for t in store.summaries()[0].tracks] == [3]


def test_summaries_are_stale_by_change_model_and_threshold(store):
    def stale(model_id="m1", threshold=0.8):
        return store.stale_summaries(model_id=model_id, threshold=threshold)

    assert stale() == ["a.mp4", "b.mp4"]
    give(store, judgement(video_id="b.mp4"))
    assert stale() == ["b.mp4", "a.mp4"]  # what changed last comes first
    # A video whose tracks are all ignored has a summary, too.
    store.save_summaries([video_summary(tracks=()), video_summary("b.mp4", [0])])
    assert stale() == ["b.mp4"]
    store.save_summaries([video_summary("b.mp4", [0], revision=1)])
    assert stale() == []
    assert stale(model_id="m2") == ["b.mp4", "a.mp4"]
    assert stale(threshold=0.7) == ["b.mp4", "a.mp4"]
    give(store, judgement())
    store.note("export", rater="", detail={"video_id": "b.mp4"})  # changes nothing
    assert stale() == ["a.mp4"]
    store.save_summaries([video_summary(revision=2)])
    store.undo(rater="me")
    assert stale() == ["a.mp4"]


def test_summaries_of_a_purged_video_are_passed_over(store):
    store.save_basis(basis(), videos=["a.mp4"])
    store.save_model(model())
    both = [video_summary(), video_summary("b.mp4", [0])]
    store.save_summaries(both)
    # Those of b.mp4 are of a model that was learnt with a.mp4.
    assert store.purge_video("a.mp4").removed["video_summaries"] == 2
    assert store.summaries() == []
    store.save_summaries(both)
    assert [s.video_id for s in store.summaries()] == ["b.mp4"]
    assert store.check() == []


def test_a_summary_of_other_bins_is_refused():
    with pytest.raises((ShapeError, TypeError), match="confidence_counts"):
        track_summary(confidence_counts=np.zeros(100, np.int64))


def test_a_run_and_its_predictions_come_back(store):
    assert store.save_prediction_run(run(), EVERYWHERE)
    assert store.prediction_runs() == [run()]
    assert store.imported_tracks("r1") == sorted(EVERYWHERE)
    for (video_id, track_id), made in EVERYWHERE.items():
        back = store.imported_prediction("r1", video_id, track_id)
        assert back is not None
        assert same(back, made)
    assert store.imported_prediction("r1", "b.mp4", 9) is None
    assert store.imported_prediction("r2", "b.mp4", 0) is None
    assert store.imported_tracks("r2") == []


def test_runs_stand_in_the_order_they_were_saved(store):
    for name in ("z", "b", "a"):
        store.save_prediction_run(run(name), {("a.mp4", 0): prediction(name)})
    assert [kept.run_id for kept in store.prediction_runs()] == ["z", "b", "a"]


def test_the_same_run_again_writes_nothing(store):
    assert store.save_prediction_run(run(), EVERYWHERE) is True
    changed = {k: prediction(n=len(p.value), seed=9) for k, p in EVERYWHERE.items()}
    assert store.save_prediction_run(run(method="other"), changed) is False
    assert store.prediction_runs() == [run()]
    with pytest.raises(StoreError, match="run r1 already, for 3 tracks rather than 1"):
        store.save_prediction_run(run(), {("a.mp4", 0): prediction()})


@pytest.mark.parametrize(
    ("key", "made", "fault"),
    [
        (("a.mp4", 0), prediction("r2"), r"track 0 of a\.mp4 is of run r2, not r1"),
        (("c.mp4", 0), prediction(), r"no video 'c\.mp4'"),
        (("a.mp4", 9), prediction(), r"no face 9 was found in a\.mp4"),
    ],
)
def test_predictions_of_something_else_are_refused(store, key, made, fault):
    with pytest.raises((ShapeError, StoreError), match=fault):
        store.save_prediction_run(run(), {key: made})
    assert store.prediction_runs() == []


def test_a_run_that_was_interrupted_leaves_nothing(store, monkeypatch):
    def interrupted(tx, table, rows):
        inserted(tx, table, list(rows)[:1])
        if table is imported_predictions:
            raise KeyboardInterrupt

    inserted = Transaction.insert
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "insert", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.save_prediction_run(run(), EVERYWHERE)
    assert (store.prediction_runs(), store.imported_tracks("r1")) == ([], [])
    assert store.check() == []
    assert store.save_prediction_run(run(), EVERYWHERE)


def test_people_judge_while_a_run_is_packed(store):
    class Slow(dict):
        def items(self):
            for key, value in super().items():
                give(store, judgement())
                yield key, value

    store.save_prediction_run(run(), Slow(EVERYWHERE))
    assert len(events_of(store.judgements())) >= 3
    assert store.prediction_runs() == [run()]


def suggested(rank, video_id="a.mp4", **other):
    given = {"track_id": 0, "frame": rank, "reason": "far", **other}
    return Suggested(video_id=video_id, rank=rank, **given)


def test_the_latest_list_of_suggestions_is_the_one_read(store):
    assert store.suggestions() == []
    assert store.save_suggestions([suggested(1)]) == 1
    listed = [suggested(2), suggested(0, "b.mp4", is_audit=True), suggested(1)]
    assert store.save_suggestions(listed) == 2
    back = store.suggestions()
    assert [(s.rank, s.video_id, s.is_audit, s.batch) for s in back] == [
        (0, "b.mp4", True, 2),
        (1, "a.mp4", False, 2),
        (2, "a.mp4", False, 2),
    ]
    assert store.save_suggestions([]) == 3
    assert store.suggestions() == []


def test_a_list_of_suggestions_takes_the_place_of_the_last(store):
    for _ in range(3):
        store.save_suggestions([suggested(1), suggested(2)])
    with store._reading() as tx:
        assert tx.values(tx.select(suggestions.c.batch)) == [3, 3]


def test_a_suggestion_of_a_missing_frame_is_refused(store):
    with pytest.raises(StoreError, match="frame 200 is past the end"):
        store.save_suggestions([suggested(1), suggested(200)])
    assert store.suggestions() == []


def test_suggestions_chosen_by_a_model_go_with_it(store):
    store.save_basis(basis(), videos=["a.mp4"])
    store.save_model(model())
    chosen = [suggested(0, "b.mp4", model_id="m1"), suggested(1, "b.mp4")]
    store.save_suggestions([*chosen, suggested(2)])
    assert store.purge_video("a.mp4").removed["suggestions"] == 2
    assert [(s.rank, s.model_id) for s in store.suggestions()] == [(1, None)]
