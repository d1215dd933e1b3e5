import numpy as np
import pytest

from feltline.fewshot.gp.kernel import NEUTRAL
from feltline.lab.bench import learners
from feltline.lab.bench.case import Case
from feltline.lab.bench.clips import folds_by_person, support_of
from feltline.lab.bench.learners import LEARNERS
from feltline.lab.bench.methods import CEILINGS, METHODS, learnt, run
from feltline.lab.bench.mtclar import NEEDS_PAIR_HEADS

WITHOUT_HEADS = [name for name in METHODS if name not in NEEDS_PAIR_HEADS]


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    """What is tested here is the same for a small forest, and far sooner known."""
    monkeypatch.setattr(learners, "N_TREES", 10)


def case_of(corpus, k=4):
    chosen = [np.linspace(1, len(c) - 2, k).astype(int) for c in corpus.clips]
    return Case(corpus=corpus, chosen=chosen, seed=0)


def error(case, said):
    squares = []
    for clip, some, one in zip(case.clips, case.chosen, said, strict=True):
        left = np.setdiff1d(np.arange(len(clip)), some)
        squares.append(((one.affect - clip.affect)[left] ** 2).mean())
    return float(np.sqrt(np.mean(squares)))


@pytest.mark.parametrize("name", [*WITHOUT_HEADS, "svr-all", "forest-all"])
def test_every_method_answers_for_every_rated_frame(make, name):
    case = case_of(make.corpus(3, learn=2, every=2))
    said = run(name, case)
    assert [len(one.affect) for one in said] == [len(c) for c in case.clips]
    for one in said:
        assert np.isfinite(one.affect).all()
        assert np.abs(one.affect).max() <= 1
        intervals = np.isfinite(one.confidence).all()
        assert intervals == (name in ("engine", "gp-time"))


@pytest.mark.parametrize("name", WITHOUT_HEADS)
def test_labels_that_are_not_chosen_are_not_looked_at(make, name):
    """Nor are those of the clip when its fold's hyper-parameters are learnt."""
    case = case_of(make.corpus(3, learn=2))
    other = case_of(make.corpus(3, learn=2))
    for clip, some in zip(other.clips, other.chosen, strict=True):
        hidden = np.setdiff1d(np.arange(len(clip)), some)
        clip.affect[hidden] = -clip.affect[hidden]
    for one, two in zip(run(name, case), run(name, other), strict=True):
        np.testing.assert_array_equal(one.affect, two.affect)


@pytest.mark.parametrize("name", [*LEARNERS, "engine", "opinion+offset"])
def test_methods_that_look_beat_those_that_do_not(make, name):
    case = case_of(make.corpus(4, learn=3))
    assert error(case, run(name, case)) < 0.7 * error(case, run("mean", case))


@pytest.mark.parametrize("name", ["svr-all", "forest-all"])
def test_ceilings_do_not_look_at_the_clip_itself(make, name):
    corpus, other = make.corpus(3), make.corpus(3)
    other.clips[1].affect[:] = 0.9
    one = run(name, case_of(corpus))
    two = run(name, case_of(other))
    np.testing.assert_array_equal(one[1].affect, two[1].affect)
    assert (one[0].affect != two[0].affect).any()


def test_hyperparameters_of_a_fold_are_learnt_from_the_others(make):
    corpus, other = make.corpus(3), make.corpus(3)
    other.clips[1].affect[:] = -other.clips[1].affect
    before, after = learnt(corpus), learnt(other)
    np.testing.assert_array_equal(before[1], after[1])
    assert (before[0] != after[0]).any()
    assert (before[0] != NEUTRAL).any()


def test_clips_of_one_person_share_a_fold(make):
    clips = [make.clip(str(i), person=f"p{i % 4}", seed=i) for i in range(11)]
    fold = folds_by_person(clips, 3)
    assert set(fold) == {0, 1, 2}
    for i, a in enumerate(clips):
        for j, b in enumerate(clips):
            assert a.person != b.person or fold[i] == fold[j]


def test_a_support_set_names_the_chosen_frames(make):
    clips = [make.clip("a", every=3), make.clip("b", seed=1)]
    support = support_of(clips, [np.array([1, 4]), np.array([7])])
    assert support.video_id == ("a", "a", "b")
    np.testing.assert_array_equal(support.frame, [3, 12, 7])
    np.testing.assert_array_equal(support.affect[0], clips[0].affect[1])


def test_names_are_unique():
    assert not set(METHODS) & set(CEILINGS)
