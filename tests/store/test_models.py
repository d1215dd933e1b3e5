from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import pytest
import sqlalchemy as sa
from tests.store.making import basis, give, judgement, model, record, same, track

from feltline.errors import StoreError
from feltline.store import Store
from feltline.store.schema import models


@pytest.fixture
def learnt(store):
    """A project with a basis of its two videos."""
    store.save_basis(basis(), videos=["a.mp4", "b.mp4"])
    return store


@pytest.mark.parametrize("n_dimensions", [1, 2, 3])
def test_a_basis_and_a_model_come_back_to_the_last_bit(learnt, n_dimensions):
    assert same(learnt.basis("b1"), basis())
    assert learnt.basis_videos("b1") == ["a.mp4", "b.mp4"]
    for seed in range(3):
        made = model(f"m{seed}", seed=seed, n_dimensions=n_dimensions)
        learnt.save_model(made)
        assert same(learnt.model(f"m{seed}"), made)
    assert learnt.model_ids() == ["m0", "m1", "m2"]


def test_a_model_without_rater_effects_comes_back(learnt):
    learnt.save_model(model(rater_effects=()))
    assert same(learnt.model("m1"), model(rater_effects=()))


def test_a_model_of_before_tracks_had_slopes_opens_with_none(learnt):
    made = model()
    learnt.save_model(made)
    with learnt._writing() as tx:
        former = [asdict(one) for one in made.hyperparameters]
        for one in former:
            del one["track_slope"]
        tx.execute(sa.update(models).values(hyperparameters=former))
    opened = learnt.model("m1").hyperparameters
    assert opened == tuple(replace(h, track_slope=0.0) for h in made.hyperparameters)


def test_to_put_a_model_in_force_is_an_event(learnt):
    assert learnt.current_model_id() is None
    assert learnt.save_model(model(), rater="lead") == 1
    give(learnt, judgement())
    other = model("m2", tolerance=0.1)
    assert learnt.save_model(other) == 3
    assert [learnt.current_model_id(at=at) for at in range(5)] == [
        None,
        "m1",
        "m1",
        "m2",
        "m2",
    ]
    event = learnt.event(1)
    assert (event.kind, event.rater) == ("model", "lead")
    assert event.detail == {"model_id": "m1"}
    # In force already: nothing to do. An earlier one may be put in force again.
    assert learnt.save_model(other) == 3
    assert learnt.save_model(model()) == 4
    assert learnt.current_model_id() == "m1"
    assert learnt.model_ids() == ["m1", "m2"]
    # It is nobody's change: to undo it is no rater's business.
    assert learnt.undo(rater="lead") is None
    assert learnt.check() == []


def test_two_that_learn_the_same_at_once_put_it_in_force_once(learnt, url):
    with Store.open(url, project_id="p") as other, ThreadPoolExecutor(4) as pool:
        stores = (learnt, other) * 4
        events = list(pool.map(lambda one: one.save_model(model()), stores))
    assert events == [1] * 8
    assert learnt.last_event_id() == 1


def test_what_was_never_learnt_is_a_sentence(learnt):
    with pytest.raises(StoreError, match="no model 'm7' in this project; it was never"):
        learnt.model("m7")
    with pytest.raises(StoreError, match="no basis 'b7'"):
        learnt.basis("b7")
    with pytest.raises(StoreError, match="no basis 'b7'"):
        learnt.save_model(model(basis_id="b7"))
    with pytest.raises(StoreError, match=r"no video 'gone\.mp4'"):
        learnt.save_basis(basis("b2"), videos=["a.mp4", "gone.mp4"])
    assert learnt.last_event_id() == 0


def test_the_same_basis_again_writes_nothing(learnt):
    learnt.save_basis(basis(seed=9), videos=[])
    assert same(learnt.basis("b1"), basis())


def test_a_purge_removes_what_was_learnt_with_the_video_and_nothing_else(store):
    store.save_basis(basis("shipped"), videos=[])
    store.save_basis(basis("of b", seed=1), videos=["b.mp4"])
    store.save_basis(basis("of both", seed=2), videos=["a.mp4", "b.mp4"])
    store.save_model(model("before", basis_id="shipped"))
    store.save_model(model("on b", basis_id="of b"))
    store.save_model(model("on both", basis_id="of both"))
    (first,) = give(store, judgement())
    store.undo(rater="me")  # it was learnt from all the same
    after = {"basis_id": "of b", "learnt_from_event": first}
    store.save_model(model("on b"[::-1], **after | {"learnt_from_event": first - 1}))
    store.save_model(model("from a judgement", **after))
    purged = store.purge_video("a.mp4")
    assert purged.bases == ("of both",)
    assert purged.models == ("from a judgement", "on both")
    assert store.model_ids() == ["before", "on b", "b no"]
    assert store.current_model_id() == "b no"
    assert store.current_model_id(at=3) == "on b"
    with pytest.raises(StoreError, match="went when a video it was learnt with"):
        store.model("on both")
    note = store.event(store.last_event_id())
    assert note.detail["models"] == list(purged.models)
    assert store.check() == []


def test_a_model_learnt_while_a_video_was_purged_is_refused(learnt):
    """It read the judgements first, so it may hold what the purge removed."""
    give(learnt, judgement(video_id="b.mp4"))
    learnt.save_basis(basis("b2", seed=1), videos=["b.mp4"])
    read_at = learnt.last_event_id()
    learnt.purge_video("a.mp4")
    late = model(basis_id="b2", learnt_from_event=read_at)
    with pytest.raises(StoreError, match=r"purged \(event 2\) after .* learn anew"):
        learnt.save_model(late)
    # The same learnt state with another promise is no learning.
    learnt.save_model(late, read_at=learnt.last_event_id())
    with pytest.raises(StoreError, match=r"no video 'a\.mp4'"):
        learnt.save_basis(basis("b3", seed=2), videos=["a.mp4"])


def test_a_video_added_again_is_another_one(learnt):
    learnt.save_model(model())
    learnt.purge_video("a.mp4")
    learnt.add_video(record(), [track()])
    assert learnt.current_model_id() is None
    assert learnt.model_ids() == []


def test_an_older_model_does_not_replace_a_newer_one(learnt):
    for frame in range(4):
        give(learnt, judgement(first_frame=frame, last_frame=frame))
    newer = learnt.save_model(model("newer", learnt_from_event=4))
    assert learnt.save_model(model("older", learnt_from_event=2)) == newer
    # Its promise was changed while the newer one was learnt.
    older = model("older again", learnt_from_event=2)
    assert learnt.save_model(older, read_at=newer) == newer
    assert learnt.current_model_id() == "newer"
    assert learnt.model_ids() == ["newer"]
    # All labels were taken back since: the default model.
    blank = model("default", learnt_from_event=0)
    assert learnt.save_model(blank, read_at=3) == newer
    assert learnt.save_model(blank, read_at=newer) > newer
