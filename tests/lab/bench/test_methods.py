from dataclasses import replace

import numpy as np
import pytest

from feltline.fewshot.gp.shipped import NEUTRAL
from feltline.lab.bench import learners
from feltline.lab.bench.clips import folds_by_person
from feltline.lab.bench.engine import frame_judgements, hyperparameters_by_fold
from feltline.lab.bench.learners import LEARNERS
from feltline.lab.bench.methods import CEILINGS, METHODS, run, without_labels
from feltline.lab.bench.mtclar import NEEDS_PAIR_HEADS
from feltline.lab.bench.problem import Problem
from feltline.lab.bench.ratings import Ratings

WITHOUT_HEADS = [name for name in METHODS if name not in NEEDS_PAIR_HEADS]


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    """What is tested here is the same for a small forest, and far sooner known."""
    monkeypatch.setattr(learners, "N_TREES", 10)


def problem_of(corpus, k=4):
    chosen = [np.linspace(1, len(c) - 2, k).astype(int) for c in corpus.clips]
    return Problem(corpus=corpus, chosen=chosen, seed=0)


def error(problem, results):
    squares = []
    for clip, some, one in zip(problem.clips, problem.chosen, results, strict=True):
        left = np.setdiff1d(np.arange(len(clip)), some)
        squares.append(((one.value - clip.value)[left] ** 2).mean())
    return float(np.sqrt(np.mean(squares)))


@pytest.mark.parametrize("name", [*WITHOUT_HEADS, "svr-all", "forest-all"])
def test_every_method_answers_for_every_rated_frame(make, name):
    problem = problem_of(make.corpus(3, learn=2, every=2))
    results = run(name, problem)
    assert [len(one.value) for one in results] == [len(c) for c in problem.clips]
    for one in results:
        assert np.isfinite(one.value).all()
        assert np.abs(one.value).max() <= 1
        intervals = np.isfinite(one.confidence).all()
        assert intervals == (name in ("engine", "gp-time"))


@pytest.mark.parametrize("name", WITHOUT_HEADS)
def test_labels_that_are_not_chosen_are_not_looked_at(make, name):
    """Nor are those of the clip when its fold's hyper-parameters are learnt."""
    problem = problem_of(make.corpus(3, learn=2))
    other = problem_of(make.corpus(3, learn=2))
    for clip, some in zip(other.clips, other.chosen, strict=True):
        hidden = np.setdiff1d(np.arange(len(clip)), some)
        clip.value[hidden] = -clip.value[hidden]
    for one, two in zip(run(name, problem), run(name, other), strict=True):
        np.testing.assert_array_equal(one.value, two.value)


@pytest.mark.parametrize("name", [*LEARNERS, "engine", "zero-shot+offset"])
def test_methods_that_look_beat_those_that_do_not(make, name):
    problem = problem_of(make.corpus(4, learn=3))
    assert error(problem, run(name, problem)) < 0.7 * error(
        problem, run("mean", problem)
    )


@pytest.mark.parametrize("name", ["svr-all", "forest-all"])
def test_ceilings_do_not_look_at_the_clip_itself(make, name):
    corpus, other = make.corpus(3), make.corpus(3)
    other.clips[1].value[:] = 0.9
    one = run(name, problem_of(corpus))
    two = run(name, problem_of(other))
    np.testing.assert_array_equal(one[1].value, two[1].value)
    assert (one[0].value != two[0].value).any()


def test_hyperparameters_of_a_fold_are_learnt_from_the_others(make):
    corpus, other = make.corpus(3), make.corpus(3)
    other.clips[1].value[:] = -other.clips[1].value
    before, after = hyperparameters_by_fold(corpus), hyperparameters_by_fold(other)
    assert before[1] == after[1]
    assert before[0] != after[0]
    assert before[0] != (NEUTRAL, NEUTRAL)


def test_clips_of_one_person_share_a_fold(make):
    clips = [make.clip(str(i), person=f"p{i % 4}", seed=i) for i in range(11)]
    fold = folds_by_person(clips, 3)
    assert set(fold) == {0, 1, 2}
    for i, a in enumerate(clips):
        for j, b in enumerate(clips):
            assert a.person != b.person or fold[i] == fold[j]


def test_judgements_name_the_chosen_frames(make):
    clips = [make.clip("a", every=3), make.clip("b", seed=1)]
    made = frame_judgements(clips, [np.array([1, 4]), np.array([7])])
    flat = [one for some in made for one in some]
    assert [one.event_id for one in flat] == [1, 2, 3]
    assert [one.judgement.video_id for one in flat] == ["a", "a", "b"]
    assert [one.judgement.first_frame for one in flat] == [3, 12, 7]
    given = np.array(flat[0].judgement.value, np.float64)
    np.testing.assert_allclose(given, clips[0].value[1])


def test_labels_stand_in_their_own_frames(make):
    problem = problem_of(make.corpus(2))
    for clip, some, one in zip(
        problem.clips, problem.chosen, run("engine", problem), strict=True
    ):
        np.testing.assert_array_equal(one.value[some], clip.value[some])
        assert (one.confidence[some] == 1).all()


def test_names_are_unique():
    assert not set(METHODS) & set(CEILINGS)


def with_rater(clip, rater, off):
    """The clip with two raters whose mean its values are, one asked for labels."""
    value = np.stack([clip.value + off, clip.value - off]).astype(np.float32)
    ratings = Ratings(
        raters=("a", "b"), value=value, expression=np.stack([clip.expression] * 2)
    )
    return replace(clip, ratings=ratings, support_rater=rater)


@pytest.mark.parametrize("name", [*WITHOUT_HEADS, "svr-all", "forest-all"])
def test_methods_are_given_the_labels_of_the_support_rater(make, name):
    """What they predict is what they would if the reference were that rater's."""
    plain = make.corpus(3, learn=2)
    labelled = replace(
        plain,
        clips=tuple(with_rater(clip, "b", 0.2) for clip in plain.clips),
        learn=tuple(with_rater(clip, "b", 0.2) for clip in plain.learn),
    )
    lower = replace(
        plain,
        clips=tuple(replace(c, value=c.support_value) for c in labelled.clips),
        learn=tuple(replace(c, value=c.support_value) for c in labelled.learn),
    )
    results = run(name, problem_of(labelled))
    for one, two in zip(results, run(name, problem_of(lower)), strict=True):
        np.testing.assert_array_equal(one.value, two.value)
    if name != "zero-shot":
        before = run(name, problem_of(plain))
        assert any(
            (a.value != b.value).any() for a, b in zip(results, before, strict=True)
        )


@pytest.mark.parametrize("name", ["engine", "zero-shot"])
def test_methods_without_labels_say_what_the_encoder_says(make, name):
    corpus = make.corpus(3, learn=2)
    none = [np.empty(0, np.int64)] * 3
    results = run(name, Problem(corpus=corpus, chosen=none, seed=0))
    assert name in without_labels(corpus)
    for clip, one in zip(corpus.clips, results, strict=True):
        guess = clip.seen.zero_shot_value[clip.at]
        assert np.corrcoef(one.value[:, 0], guess[:, 0])[0, 1] > 0.9
        np.testing.assert_allclose(one.class_probability.sum(axis=1), 1, atol=1e-5)
        np.testing.assert_array_equal(one.expression, one.class_probability.argmax(1))


def test_without_labels_and_zero_shot_prediction_nobody_speaks(make):
    corpus = make.corpus(3)
    blind = tuple(
        replace(c, seen=replace(c.seen, zero_shot_value=np.full_like(c.value, np.nan)))
        for c in corpus.clips
    )
    assert without_labels(replace(corpus, clips=blind)) == ("anchor-bins",)


def test_a_class_is_named_only_where_there_are_probabilities(make):
    corpus = make.corpus(2)
    nothing = np.full_like(corpus.clips[0].seen.zero_shot_expression, np.nan)
    seen = replace(corpus.clips[0].seen, zero_shot_expression=nothing)
    corpus = replace(
        corpus, clips=(replace(corpus.clips[0], seen=seen), corpus.clips[1])
    )
    without, with_classes = run("zero-shot", problem_of(corpus))
    assert (without.expression == -1).all()
    assert (with_classes.expression >= 0).all()
