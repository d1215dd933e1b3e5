import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.soak import SOAK

from feltline import metrics
from feltline.agreement.consensus import ewe, mean_consensus, median_consensus
from feltline.agreement.dawid_skene import PRIOR_VOTES, dawid_skene
from feltline.agreement.icc import intraclass_correlations
from feltline.agreement.kappa import class_agreement, cohen_kappa
from feltline.agreement.pairs_of_raters import against_others, mean_pair, pairwise
from feltline.agreement.rater_effects import rater_drift, rater_effects
from feltline.agreement.reliability import cronbach_alpha, repeat_consistency
from feltline.agreement.report import report_of_values
from feltline.errors import ShapeError

NAN = float("nan")


def rated(seed, *, bias, scale, noise, n=400, share=1.0):
    """Ratings by the model of rater effects, and the rule."""
    rng = np.random.default_rng(seed)
    rule = rng.normal(0.1, 0.4, n)
    r = len(bias)
    values = np.array(bias)[:, None] + 0.1
    values = values + np.array(scale)[:, None] * (rule - 0.1)
    values += np.array(noise)[:, None] * rng.normal(size=(r, n))
    values[rng.random((r, n)) > share] = NAN
    return values, rule


def test_pairs_are_scored_on_what_both_rated():
    values = np.array([[0.0, 1, 2, NAN, -1], [1.0, 2, NAN, 0, 0], [NAN] * 4 + [1.0]])
    made = pairwise(values)
    both = values[:2][:, [0, 1, 4]]
    assert made.ccc[0, 1] == pytest.approx(metrics.ccc(both[0], both[1]))
    assert made.pcc[1, 0] == pytest.approx(metrics.pcc(both[0], both[1]))
    assert made.rmse[0, 1] == pytest.approx(1)
    assert made.sagr[0, 1] == pytest.approx(1 / 3)
    assert made.sagr_zero_positive[0, 1] == pytest.approx(2 / 3)
    assert made.n.tolist() == [[4, 3, 1], [3, 4, 1], [1, 1, 1]]
    assert np.isnan(made.ccc[0, 2])
    assert mean_pair(made.ccc) == made.ccc[0, 1]
    assert np.isnan(mean_pair(made.ccc[2:, 2:]))


def test_each_rater_is_held_against_the_others_alone():
    values = np.array([[0.0, 1, 2, 3], [1.0, 1, 2, NAN], [NAN, 3, 4, NAN]])
    made = against_others(values)
    assert made.n.tolist() == [3, 3, 2]
    mean = np.array([1.0, 2, 3])
    assert made.ccc[0] == pytest.approx(metrics.ccc(values[0, :3], mean))
    assert made.rmse[2] == pytest.approx(np.sqrt((2**2 + 2**2) / 2))


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_effects_of_raters_are_found(share):
    bias, scale = [0.2, -0.15, -0.05, 0.0], [1.3, 1.0, 0.8, 0.9]
    noise = [0.05, 0.1, 0.2, 0.1]
    values, rule = rated(1, bias=bias, scale=scale, noise=noise, share=share, n=1500)
    made = rater_effects(values)
    assert made.bias == pytest.approx(bias, abs=0.03)
    assert made.scale == pytest.approx(scale, abs=0.05)
    assert made.noise == pytest.approx(noise, abs=0.03)
    assert made.n.tolist() == np.isfinite(values).sum(axis=1).tolist()
    known = np.isfinite(made.rule)
    left = made.rule[known] - rule[known]
    assert metrics.rmse(made.rule[known], rule[known]) < 0.12
    assert np.abs(left / made.rule_sd[known]).mean() == pytest.approx(0.8, abs=0.15)


def test_the_rule_beats_the_mean_where_raters_differ():
    values, rule = rated(
        2, bias=[0.3, -0.3, 0.0], scale=[1, 1, 1], noise=[0.05, 0.3, 0.1], share=0.6
    )
    made = rater_effects(values).rule
    known = np.isfinite(made)
    plain = mean_consensus(values)
    assert metrics.rmse(made[known], rule[known]) < 0.5 * metrics.rmse(
        plain[known], rule[known]
    )


@given(st.integers(0, 10_000))
def test_effects_follow_the_units_of_the_ratings(seed):
    values, _ = rated(
        seed, bias=[0.2, 0, -0.2], scale=[1.2, 1, 0.8], noise=[0.1] * 3, n=40, share=0.7
    )
    shared = np.isfinite(values).sum(axis=0) >= 2
    if not (np.isfinite(values) & shared).any(axis=1).all():
        return
    plain, other = rater_effects(values), rater_effects(100 * values + 7)
    assert other.bias == pytest.approx(100 * plain.bias, abs=1e-3)
    assert other.scale == pytest.approx(plain.scale, abs=1e-4)
    assert other.noise == pytest.approx(100 * plain.noise, abs=1e-2)
    assert plain.bias.mean() == pytest.approx(0, abs=1e-9)
    assert plain.scale.mean() == pytest.approx(1, abs=1e-9)


def test_effects_of_those_who_never_differ():
    made = rater_effects(np.full((2, 3), 0.5))
    assert made.bias.tolist() == [0, 0]
    assert made.rule.tolist() == [0.5] * 3
    same = rater_effects(np.array([[0.0, 1, 2], [0.0, 1, 2]]))
    assert same.bias == pytest.approx([0, 0], abs=1e-6)
    assert np.isfinite(same.noise).all()


def test_a_rater_alone_with_their_items_is_named():
    values = np.array([[0.0, 1, NAN], [0.0, 1, NAN], [NAN, NAN, 1]])
    with pytest.raises(ShapeError, match="rater 2 has no item in common"):
        rater_effects(values)


def test_a_drift_is_found_and_none_is_not():
    values, _ = rated(3, bias=[0, 0, 0], scale=[1, 1, 1], noise=[0.1] * 3)
    moment = np.tile(np.arange(400.0) / 400, (3, 1))
    values[1] += 0.5 * moment[1]
    made = rater_drift(values, moment)
    assert made.per_unit[1] == pytest.approx(0.5, abs=0.06)
    assert made.low[1] > 0.3
    still = rater_drift(values, np.zeros((3, 400)))
    assert np.isnan(still.per_unit).all()


@pytest.mark.parametrize(("days", "is_given"), [(0.9, False), (1.1, True)])
def test_a_drift_a_day_needs_a_day(days, is_given):
    """Of minutes it would be thousands of times what was seen."""
    values, _ = rated(3, bias=[0, 0], scale=[1, 1], noise=[0.1] * 2, n=60)
    values[1] += np.linspace(0, 0.5, 60)
    made = report_of_values(values, np.tile(np.linspace(0, days, 60), (2, 1)))
    assert [np.isfinite(one.drift) for one in made.raters] == [is_given] * 2
    assert [np.isfinite(one.drift_low) for one in made.raters] == [is_given] * 2


def test_drift_is_claimed_as_often_as_the_interval_says():
    claimed = []
    for seed in range(60 * SOAK):
        values, _ = rated(seed, bias=[0, 0], scale=[1, 1], noise=[0.1] * 2, n=60)
        made = rater_drift(values, np.tile(np.arange(60.0), (2, 1)))
        claimed.append(bool(made.low[0] > 0 or made.high[0] < 0))
    assert np.mean(claimed) == pytest.approx(0.1, abs=0.11)


def test_mean_and_median_leave_out_what_is_missing():
    values = np.array([[0.0, 1, NAN], [1.0, NAN, NAN], [5.0, 3, NAN]])
    assert mean_consensus(values)[:2].tolist() == [2, 2]
    assert median_consensus(values)[:2].tolist() == [1, 2]
    assert np.isnan([mean_consensus(values)[2], median_consensus(values)[2]]).all()


def test_one_round_of_ewe_is_the_published_estimator():
    values, _ = rated(4, bias=[0] * 3, scale=[1] * 3, noise=[0.1, 0.3, 0.6], n=50)
    weight = [
        np.corrcoef(values[i], np.delete(values, i, axis=0).mean(axis=0))[0, 1]
        for i in range(3)
    ]
    made = ewe(values, rounds=1)
    assert made.weight == pytest.approx(np.array(weight) / sum(weight))
    assert made.value == pytest.approx(np.array(weight) @ values / sum(weight))
    assert ewe(values).weight[2] < made.weight[2]


def test_ewe_clips_and_says_when_there_is_no_consensus():
    values, _ = rated(5, bias=[0] * 3, scale=[1, 1, -1], noise=[0.1] * 3)
    assert ewe(values).weight[2] == 0
    against = ewe(np.array([[0.0, 1, 2], [2.0, 1, 0]]))
    assert np.isnan(against.weight).all()
    assert np.isnan(against.value).all()


def naive_dawid_skene(votes, n_classes, rounds):
    """The algorithm in loops over items, raters and classes."""
    r, n = votes.shape
    classes = range(n_classes)
    p = [[sum(votes[:, i] == c) / sum(votes[:, i] >= 0) for c in classes]
         for i in range(n)]  # fmt: skip
    for _ in range(rounds):
        prior = [sum(p[i][c] for i in range(n)) / n for c in classes]
        confusion = np.full((r, n_classes, n_classes), PRIOR_VOTES / n_classes)
        for k in range(r):
            for i in range(n):
                if votes[k, i] >= 0:
                    for c in classes:
                        confusion[k, c, votes[k, i]] += p[i][c]
            confusion[k] /= confusion[k].sum(axis=1, keepdims=True)
        for i in range(n):
            odds = []
            for c in classes:
                odd = prior[c]
                for k in range(r):
                    if votes[k, i] >= 0:
                        odd *= confusion[k, c, votes[k, i]]
                odds.append(odd)
            p[i] = [odd / sum(odds) for odd in odds]
    return np.array(p), confusion, np.array(prior)


@given(
    st.integers(2, 3).flatmap(
        lambda r: st.lists(
            st.lists(st.integers(-1, 2), min_size=6, max_size=6), min_size=r, max_size=r
        )
    )
)
def test_dawid_skene_is_that_of_the_loops(rows):
    votes = np.array(rows)
    votes[0][(votes < 0).all(axis=0)] = 0
    made = dawid_skene(votes, n_classes=3)
    probability, confusion, prior = naive_dawid_skene(votes, 3, made.rounds)
    assert made.probability == pytest.approx(probability, abs=1e-6)
    assert made.confusion == pytest.approx(confusion, abs=1e-6)
    assert made.prior == pytest.approx(prior, abs=1e-6)


def test_dawid_skene_beats_the_majority_where_raters_confuse_classes():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    votes = np.stack([np.where(rng.random(600) < 0.9, truth, (truth + 1) % 3)] * 1)
    swaps = np.stack(  # two who take class 1 for class 2, most of the time
        [np.where((truth == 1) & (rng.random(600) < 0.8), 2, truth) for _ in range(2)]
    )
    votes = np.vstack([votes, swaps])
    votes[rng.random(votes.shape) < 0.1] = -1
    votes[:, 0] = -1
    made = dawid_skene(votes, n_classes=3)
    count = np.stack([(votes == c).sum(axis=0) for c in range(3)], axis=1)
    voted = count.sum(axis=1) > 0
    right = made.probability[voted].argmax(axis=1) == truth[voted]
    majority = count[voted].argmax(axis=1) == truth[voted]
    assert right.mean() > majority.mean() + 0.05
    assert np.isnan(made.probability[0]).all()
    nothing = dawid_skene(np.full((2, 2), -1), n_classes=2)
    assert np.isnan(nothing.probability).all()


def test_repeats_tell_the_noise_of_a_single_rating():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=500) + rng.normal(scale=0.2, size=(2, 500))
    made = repeat_consistency(first, second + 0.1)
    assert made.noise == pytest.approx(0.2, abs=0.02)
    assert made.shift == pytest.approx(0.1, abs=0.03)
    one = repeat_consistency(np.array([0.5]), np.array([0.75]))
    assert (one.n, one.shift, one.rmse) == (1, 0.25, 0.25)
    assert np.isnan(one.noise)
    with pytest.raises(ShapeError, match="at least one"):
        repeat_consistency(np.zeros(0), np.zeros(0))


def test_what_is_no_table_of_ratings_is_refused():
    with pytest.raises(ShapeError, match="at least 2 raters"):
        pairwise(np.zeros((1, 3)))
    with pytest.raises(ShapeError, match="item 1 by rater 0 is infinite"):
        pairwise(np.array([[0.0, np.inf], [0.0, 0]]))
    with pytest.raises(ShapeError, match="at least 2 items"):
        intraclass_correlations(np.array([[0.0, NAN], [NAN, 1]]))
    with pytest.raises(ShapeError, match="at least 2 items"):
        cronbach_alpha(np.array([[0.0, NAN], [NAN, 1]]))
    with pytest.raises(ShapeError, match="item 1 by rater 0 is 3"):
        cohen_kappa(np.array([0, 3]), np.array([0, 1]), n_classes=3)
    with pytest.raises(ShapeError, match="2 or more"):
        class_agreement(np.zeros((2, 2), np.int64), n_classes=1)


def test_raters_who_never_differ_are_of_no_alpha():
    assert np.isnan(cronbach_alpha(np.ones((2, 4))).value)
    perfect = intraclass_correlations(np.array([[0.0, 1, 2], [0.0, 1, 2]]))
    assert [one.value for one in perfect.values()] == [1.0] * 6
    assert perfect["icc1"].low == 1.0
