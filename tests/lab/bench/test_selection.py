import numpy as np
import pytest

from feltline.errors import InputError
from feltline.fewshot.active.suggestion import suggest_frames
from feltline.lab.bench import selection as module
from feltline.lab.bench.selection import (
    SELECTIONS,
    chosen_frames,
    labels_of,
    phases,
    uniform_frames,
)


@pytest.mark.parametrize(
    ("budget", "labels"),
    [
        ("0", 0),
        ("1", 1),
        ("4", 4),
        ("every20", 3),
        ("every7", 9),
        ("6%", 4),
        ("0.1%", 1),
    ],
)
def test_budgets_in_words(make, budget, labels):
    assert labels_of(budget, make.clip("a", n=60)) == labels


@pytest.mark.parametrize(
    "budget", ["00", "-1", "4.5", "every0", "every", "0%", "100%", "x"]
)
def test_other_words_are_refused(make, budget):
    with pytest.raises(InputError, match="is no budget"):
        labels_of(budget, make.clip("a"))


def test_phases_of_uniform_frames_are_all_different_and_cover_the_clip(make):
    corpus = make.corpus(1, n=24)
    of = phases(corpus, "4", "uniform", 99)
    assert of == 6
    seen = [chosen_frames(corpus, "4", "uniform", d, of, 0)[0] for d in range(of)]
    assert sorted(np.concatenate(seen)) == list(range(24))
    for some in seen:
        assert (np.diff(some) == 6).all()


def test_fewer_draws_are_spread_over_the_phases(make):
    corpus = make.corpus(1, n=24)
    assert phases(corpus, "4", "uniform", 3) == 3
    firsts = [chosen_frames(corpus, "4", "uniform", d, 3, 0)[0][0] for d in range(3)]
    assert firsts == [0, 2, 4]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_every_selection_spends_its_budget_on_rated_frames(make, selection):
    corpus = make.corpus(3, n=40, every=5)
    chosen = chosen_frames(corpus, "3", selection, 0, 1, 0)
    for some in chosen:
        assert len(some) == len(set(some)) == 3
        assert (np.diff(some) > 0).all()
        assert 0 <= some.min() <= some.max() < 8


def test_random_draws_differ(make):
    corpus = make.corpus(2, n=40)
    one, same, other = (
        chosen_frames(corpus, "5", "random", draw, 2, seed)
        for draw, seed in ((0, 0), (0, 0), (1, 0))
    )
    np.testing.assert_array_equal(one, same)
    assert any((a != b).any() for a, b in zip(one, other, strict=True))


def test_something_is_always_left_to_judge(make):
    (some,) = chosen_frames(make.corpus(1, n=4), "9", "uniform", 0, 1, 0)
    assert len(some) == 3


def test_uniform_frames_lie_in_the_middle_phase(make):
    np.testing.assert_array_equal(
        uniform_frames(make.clip("a", n=24), 4), [3, 9, 15, 21]
    )


def test_no_label_is_no_frame_of_any_clip(make):
    chosen = chosen_frames(make.corpus(3), "0", "none", 0, 1, 0)
    assert [len(some) for some in chosen] == [0, 0, 0]


@pytest.mark.parametrize("selection", ["suggested", "k-centre"])
def test_what_is_asked_for_is_found_once_for_all_methods(make, selection, monkeypatch):
    corpus, calls = make.corpus(2), []
    whole = suggest_frames

    def counted(*args, **more):
        calls.append(args)
        return whole(*args, **more)

    monkeypatch.setattr(module, "suggest_frames", counted)
    first = chosen_frames(corpus, "2", selection, 0, 1, 0)
    again = chosen_frames(corpus, "2", selection, 0, 1, 0)
    assert len(calls) == 2
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
