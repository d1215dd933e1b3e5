import numpy as np
import pytest
import sqlalchemy as sa
from tests.store.making import estimate, label, run, same

from feltline.errors import ShapeError, StoreError
from feltline.store import Suggested
from feltline.store import prediction_rows as results
from feltline.store.schema import estimates, runs

EVERYWHERE = {
    ("a.mp4", 0): estimate(seed=1),
    ("a.mp4", 1): estimate(n=20, seed=2),
    ("b.mp4", 0): estimate(n=50, seed=3),
}


def test_a_run_and_its_estimates_come_back(store):
    assert store.save_run(run(), EVERYWHERE)
    assert store.run("r1") == run()
    assert store.estimate_keys("r1") == [("a.mp4", 0), ("a.mp4", 1), ("b.mp4", 0)]
    for (video_id, track_id), made in EVERYWHERE.items():
        back = store.estimate("r1", video_id, track_id)
        assert back is not None
        assert same(back, made)


def test_what_is_not_there_is_none_or_a_sentence(store):
    store.save_run(run(), EVERYWHERE)
    assert store.estimate("r1", "b.mp4", 9) is None
    assert store.estimate("r2", "b.mp4", 0) is None
    assert store.estimate_keys("r2") == []
    with pytest.raises(StoreError, match="no run 'r2' in this project"):
        store.run("r2")


def test_runs_stand_in_the_order_they_were_saved(store):
    assert store.latest_run() is None
    for name, origin in (("z", "model"), ("b", "import"), ("a", "model")):
        made = {("a.mp4", 0): estimate(name)}
        store.save_run(run(name, origin=origin, base_run_id="z"), made)
    assert [made.run_id for made in store.runs()] == ["z", "b", "a"]
    latest = [store.latest_run(), store.latest_run("import")]
    assert [found and found.run_id for found in latest] == ["a", "b"]


def test_the_same_run_again_writes_nothing(store):
    assert store.save_run(run(), EVERYWHERE) is True
    changed = {key: estimate(n=len(e), seed=9) for key, e in EVERYWHERE.items()}
    assert store.save_run(run(method="pchip"), changed) is False
    assert store.run("r1").method == "gp"
    back = store.estimate("r1", "b.mp4", 0)
    assert back is not None
    assert same(back, EVERYWHERE["b.mp4", 0])


def test_a_run_is_never_replaced(store):
    store.save_run(run(), EVERYWHERE)
    with pytest.raises(StoreError, match="run r1 already, for 3 tracks rather than 1"):
        store.save_run(run(), {("a.mp4", 0): estimate()})


def test_an_estimate_of_another_run_is_refused(store):
    with pytest.raises(ShapeError, match=r"track 0 of a\.mp4 is of run r2, not r1"):
        store.save_run(run(), {("a.mp4", 0): estimate("r2")})
    assert store.runs() == []


def test_a_run_that_was_interrupted_leaves_nothing(store, monkeypatch):
    def interrupted(rows):
        yield rows[:1]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(results, "in_chunks", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.save_run(run(), EVERYWHERE)
    assert (store.runs(), store.latest_run()) == ([], None)
    assert store.estimate_keys("r1") == []
    assert store.check() == []
    assert store.save_run(run(), EVERYWHERE)
    assert store.estimate_keys("r1") == list(EVERYWHERE)


def test_a_run_that_was_killed_is_not_seen_and_can_be_saved_again(store):
    store.save_run(run(), EVERYWHERE)
    with store._project.writing() as connection:
        connection.execute(sa.update(runs).values(is_complete=False))
        gone = estimates.c.video_id == "b.mp4"
        connection.execute(sa.delete(estimates).where(gone))
    assert (store.runs(), store.latest_run()) == ([], None)
    assert store.estimate("r1", "a.mp4", 0) is None
    assert store.check() == ["run r1 was killed before its end; make it again"]
    assert store.save_run(run(), EVERYWHERE)
    assert store.estimate_keys("r1") == list(EVERYWHERE)
    assert store.check() == []


def test_a_run_of_more_tracks_than_one_transaction_takes(store):
    many = {("a.mp4", number): estimate(n=3, seed=number) for number in range(75)}
    store.save_run(run(), many)
    assert store.estimate_keys("r1") == sorted(many)


def test_an_estimate_of_an_unknown_video_is_a_sentence(store):
    with pytest.raises(StoreError, match=r"no video 'c\.mp4'"):
        store.save_run(run(), {("c.mp4", 0): estimate()})
    assert store.runs() == []


def test_people_change_things_while_a_run_is_saved(store):
    class Slow(dict):
        def __getitem__(self, key):
            store.give_label(label(), found_track_id=0)
            return super().__getitem__(key)

    store.save_run(run(), Slow(EVERYWHERE))
    assert len(store.labels()) >= 3  # the test run's checker of types reads too
    assert store.latest_run() == run()


def test_an_hour_of_estimates_comes_back(store):
    n = 108_000
    made = estimate(n=n)
    store.save_run(run(), {("a.mp4", 0): made})
    back = store.estimate("r1", "a.mp4", 0)
    assert back is not None
    assert same(back, made)
    assert np.isnan(back.expression[0]).all()


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


def test_an_empty_list_replaces_the_last_one_too(store):
    store.save_suggestions([suggested(1)])
    assert store.save_suggestions([]) == 2
    assert store.suggestions() == []


def test_a_suggestion_of_a_missing_frame_is_refused(store):
    with pytest.raises(StoreError, match="frame 200 is past the end"):
        store.save_suggestions([suggested(1), suggested(200)])
    assert store.suggestions() == []
