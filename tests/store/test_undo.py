import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.soak import examples
from tests.store.making import decision, events_of, give, judgement

from feltline.errors import StoreError
from feltline.store import TrackEdit


def test_undo_of_something_undone_or_of_another_rater_is_refused(store):
    give(store, judgement())
    with pytest.raises(StoreError, match="event 1 is another rater's change"):
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


def test_a_track_edit_may_be_taken_back_by_anyone_who_is_named_for_it(store):
    ignore = TrackEdit(video_id="a.mp4", kind="ignore", track_id=0)
    store.edit_track(ignore, rater="me")
    with pytest.raises(StoreError, match="nobody else"):
        store.undo(rater="you", event_id=1)
    assert store.undo(rater="you", event_id=1, of_anyone=True) == 2
    assert store.event(2).rater == "you"
    # What one took back, one brings back; judgements stay their rater's own.
    assert store.undo(rater="you", event_id=2) == 3
    assert len(store.track_edits()) == 1
    give(store, judgement())
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
        st.sampled_from(["label", "reject", "undo", "undo", "redo"]),
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
            (number,) = give(store, judgement(rater=rater))
            editor.change(rater, number)
        else:
            (number,) = give(store, decision(rater=rater))
            editor.change(rater, number)
        if number is not None:
            yield number, editor.in_force()


def numbers_in_force(store, at=None):
    return events_of(store.judgements(at=at))


@settings(
    max_examples=examples(12),
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
    delta = store.judgement_delta(first[0], last[0])
    was, now = set(first[1]), set(last[1])
    assert events_of(delta.added) == sorted(now - was)
    assert events_of(delta.removed) == sorted(was - now)
    back = store.judgement_delta(last[0], first[0])
    assert (back.added, back.removed) == (delta.removed, delta.added)
    assert store.judgement_delta(first[0]) == delta
    assert store.check() == []
    store.close()
