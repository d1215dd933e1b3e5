from hypothesis import given
from hypothesis import strategies as st

from feltline.store.log_rules import redo_target, takes_back, undone


def in_force_slowly(event_id, undos, at):
    """The definition, word by word."""
    return event_id <= at and not any(
        target == event_id and number <= at and in_force_slowly(number, undos, at)
        for number, target in undos.items()
    )


@st.composite
def logs(draw):
    """Logs of up to 14 events in which any undo may name any earlier event."""
    n = draw(st.integers(1, 14))
    undos = {}
    for number in range(2, n + 1):
        if draw(st.booleans()):
            undos[number] = draw(st.integers(1, number - 1))
    return n, undos


@given(logs(), st.integers(0, 15))
def test_what_is_in_force_is_what_the_definition_says(log, at):
    n, undos = log
    gone = undone(undos, at=at)
    for number in range(1, min(n, at) + 1):
        assert (number not in gone) == in_force_slowly(number, undos, at)


@given(logs())
def test_now_is_the_state_at_the_last_event(log):
    n, undos = log
    assert undone(undos) == undone(undos, at=n)


@given(logs(), st.integers(0, 15))
def test_what_comes_later_does_not_change_a_past_state(log, at):
    _, undos = log
    earlier = {number: target for number, target in undos.items() if number <= at}
    assert undone(undos, at=at) == undone(earlier)


def test_an_undo_of_an_undo_brings_back():
    undos = {2: 1, 3: 2, 4: 3}
    assert [takes_back(number, undos) for number in (2, 3, 4)] == [True, False, True]
    assert [1 in undone(undos, at=at) for at in (1, 2, 3, 4)] == [
        False,
        True,
        False,
        True,
    ]


def test_redo_takes_back_the_latest_undo_first():
    undos = {3: 2, 4: 1}
    assert redo_target(undos, own=[3, 4], latest_change=2) == 4
    undos[5] = 4
    assert redo_target(undos, own=[3, 4, 5], latest_change=2) == 3
    undos[6] = 3
    assert redo_target(undos, own=[3, 4, 5, 6], latest_change=2) is None


def test_a_new_change_makes_what_was_undone_final():
    assert redo_target({2: 1}, own=[2], latest_change=3) is None


def test_redo_leaves_the_undos_of_others_alone():
    assert redo_target({3: 1, 4: 2}, own=[3], latest_change=1) == 3
