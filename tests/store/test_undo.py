import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.making import label, review

from feltline.errors import StoreError
from feltline.store import TrackEdit


def test_undo_of_something_undone_or_of_another_rater_is_refused(store):
    store.give_label(label(), found_track_id=0)
    with pytest.raises(StoreError, match="event 1 is a change of me; nobody else"):
        store.undo(rater="you", event_id=1)
    assert store.undo(rater="you") is None
    assert store.undo(rater="me", event_id=1) == 2
    with pytest.raises(StoreError, match="event 1 is undone already, by event 2"):
        store.undo(rater="me", event_id=1)
    assert store.event(2).undoes == 1
    assert store.event(2).video_id == "a.mp4"
    # Undone and brought back, it can be undone once more.
    assert store.redo(rater="me") == 3
    assert store.undo(rater="me", event_id=1) == 4
    with pytest.raises(StoreError, match="by event 4"):
        store.undo(rater="me", event_id=1)


def test_a_repair_may_be_taken_back_by_anyone_who_is_named_for_it(store):
    ignore = TrackEdit(video_id="a.mp4", kind="ignore", track_id=0)
    store.edit_track(ignore, rater="me")
    with pytest.raises(StoreError, match="nobody else"):
        store.undo(rater="you", event_id=1)
    assert store.undo(rater="you", event_id=1, of_anyone=True) == 2
    assert store.event(2).rater == "you"
    # What one took back, one brings back; words stay their rater's own.
    assert store.undo(rater="you", event_id=2) == 3
    assert len(store.track_edits()) == 1
    store.give_label(label(), found_track_id=0)
    with pytest.raises(StoreError, match="nobody else"):
        store.undo(rater="you", event_id=4, of_anyone=True)


class Editor:
    """Undo and redo as every editor has them: two stacks for each rater."""

    def __init__(self):
        self.done: dict[str, list[int]] = {}
        self.undone: dict[str, list[int]] = {}

    def change(self, rater, event_id):
        self.done.setdefault(rater, []).append(event_id)
        self.undone[rater] = []

    def undo(self, rater):
        if not self.done.get(rater):
            return False
        self.undone.setdefault(rater, []).append(self.done[rater].pop())
        return True

    def redo(self, rater):
        if not self.undone.get(rater):
            return False
        self.done.setdefault(rater, []).append(self.undone[rater].pop())
        return True

    def in_force(self):
        return sorted(number for done in self.done.values() for number in done)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["label", "review", "undo", "undo", "redo"]),
        st.sampled_from(["me", "you"]),
    ),
    max_size=25,
)


def play(store, steps):
    """Do the steps; yields (event number, numbers in force) after each that wrote."""
    editor = Editor()
    for step, rater in steps:
        if step in ("undo", "redo"):
            number = getattr(store, step)(rater=rater)
            assert (number is not None) == getattr(editor, step)(rater)
        elif step == "label":
            number = store.give_label(label(rater=rater), found_track_id=0)
            editor.change(rater, number)
        else:
            number = store.give_review(review(rater=rater), found_track_id=0)
            editor.change(rater, number)
        if number is not None:
            yield number, editor.in_force()


def numbers_in_force(store, at=None):
    judged = [*store.labels(at=at), *store.reviews(at=at)]
    return sorted(stored.event_id for stored in judged)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_undo_redo_and_every_past_state(new_store, steps):
    store = new_store()
    past: list[tuple[int, list[int]]] = [(0, [])]
    for number, in_force in play(store, steps):
        assert numbers_in_force(store) == in_force
        past.append((number, in_force))
    for number, in_force in past:  # the state at any event is the prefix replayed
        assert numbers_in_force(store, at=number) == in_force
    first, last = past[len(past) // 2], past[-1]
    changes = store.compare(first[0], last[0])
    added = {stored.event_id for stored in changes.added}
    removed = {stored.event_id for stored in changes.removed}
    was = {stored.event_id for stored in store.labels(at=first[0])}
    now = {stored.event_id for stored in store.labels(at=last[0])}
    assert (added, removed) == (now - was, was - now)
    backwards = store.compare(last[0], first[0])
    assert (backwards.added, backwards.removed) == (changes.removed, changes.added)
    assert store.check() == []
    store.close()
