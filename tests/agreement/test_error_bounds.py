import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv, betaln
from tests.soak import SOAK

from feltline.agreement.error_bounds import (
    SHARES,
    error_lower_bound,
    error_upper_bound,
    least_confidence,
    least_items,
)
from feltline.errors import ShapeError

BATCHES = 60 * SOAK


def naive_wealth(loss, rate, most):
    """Wealth after each item, one product per share."""
    wealths = []
    for share in SHARES:
        wealth, own = 1.0, []
        for x in loss:
            wealth *= 1 + share * (rate - x) / (most - rate)
            own.append(wealth)
        wealths.append(own)
    return np.mean(wealths, axis=0)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 4)), min_size=1, max_size=30),
    st.sampled_from([0.05, 0.2]),
)
def test_the_bound_is_the_rate_at_which_the_wealth_passes(items, risk):
    wrong = np.array([w for w, _ in items])
    weight = np.array([w / 2 for _, w in items])
    made = error_upper_bound(wrong, weight, risk=risk, most_weight=2.0)
    loss = np.where(wrong, weight, 0)
    for rate in np.linspace(0.01, 0.99, 25):
        passed = np.maximum.accumulate(naive_wealth(loss, rate, 2.0)) >= 1 / risk
        assert (made <= rate + 1e-9).tolist() == passed.tolist()


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
def test_bounds_hold_whenever_they_are_looked_at(rate, weighted):
    rng = np.random.default_rng(7)
    failed = sum(not held(rng, rate, weighted) for _ in range(BATCHES))
    # At most 10 % of batches may fail; 4 standard errors for the luck of so few.
    assert failed <= 0.1 * BATCHES + 4 * np.sqrt(0.09 * BATCHES)


def held(rng, rate, weighted, n=200):
    """Whether both bounds enclose the rate of one batch through all its looks.

    Each may fail in one of 20 batches.
    """
    stratum = np.arange(4000) % 4
    wrong = rng.random(4000) < rate * np.array([0.4, 0.8, 1.2, 1.6])[stratum]
    size = np.array([0.55, 0.25, 0.15, 0.05])
    uniform = size[stratum] / size.sum() / 1000
    true_rate = (uniform * wrong).sum()
    draw = 0.5 * uniform + 0.5 / 4000 if weighted else uniform
    item = rng.choice(4000, size=n, p=draw)
    weight = (uniform / draw)[item]
    risks = {"risk": 0.05, "most_weight": 2.0 if weighted else 1.0}
    upper = error_upper_bound(wrong[item], weight, **risks)
    lower = error_lower_bound(wrong[item], weight, **risks)
    return bool((upper >= true_rate).all() and (lower <= true_rate).all())


def test_the_bound_is_about_that_of_robbins_mixture_and_above_the_fixed_one():
    """Two oracles: Robbins (1970) with a uniform mixture, Clopper and Pearson."""
    rng = np.random.default_rng(1)
    n = 400
    wrong = rng.random(n) < 0.05
    made = error_upper_bound(wrong, np.ones(n), risk=0.05, most_weight=1.0)
    for t in (50, 150, 400):
        s = int(wrong[:t].sum())
        assert made[t - 1] >= float(betaincinv(s + 1, t - s, 0.95)) - 1e-9
        rates = np.linspace(1e-6, 1 - 1e-6, 100_000)
        ratio = betaln(s + 1, t - s + 1) - s * np.log(rates)
        ratio -= (t - s) * np.log1p(-rates)
        robbins = rates[(ratio >= np.log(20)) & (rates > s / t)].min()
        assert made[t - 1] <= 1.25 * robbins


def test_bounds_never_rise_and_start_at_one():
    wrong = np.array([True, False, True] + [False] * 60 + [True] * 30)
    made = error_upper_bound(wrong, np.ones(93), risk=0.05, most_weight=1.0)
    assert made[0] == 1.0
    assert (np.diff(made) <= 0).all()
    assert made[-1] < 1


@pytest.mark.parametrize("most_weight", [1.0, 2.0])
def test_how_many_right_in_a_row_are_enough(most_weight):
    n = least_items(0.1, risk=0.05, most_weight=most_weight)
    right = error_upper_bound(
        np.zeros(n, bool), np.ones(n), risk=0.05, most_weight=most_weight
    )
    assert right[-1] <= 0.1 + 1e-9
    assert right[-2] > 0.1


def test_the_lower_bound_rises_to_the_rate():
    wrong = np.arange(400) % 5 == 0
    made = error_lower_bound(wrong, np.ones(400), risk=0.05, most_weight=2.0)
    assert (np.diff(made) >= 0).all()
    assert 0.1 < made[-1] < 0.2
    none = error_lower_bound(np.zeros(9, bool), np.ones(9), risk=0.05, most_weight=2.0)
    assert none.tolist() == pytest.approx([0] * 9)


def test_the_least_confidence_is_the_first_at_which_the_bound_holds():
    rng = np.random.default_rng(3)
    confidence = rng.choice([0.82, 0.87, 0.94, 0.99], size=600)
    wrong = (confidence < 0.9) & (rng.random(600) < 0.6)
    given = {"bound": 0.1, "risk": 0.05, "most_weight": 2.0}
    weight = rng.choice([0.8, 1.2], size=600)
    assert least_confidence(wrong, weight, confidence, above=0.8, **given) == 0.88
    assert least_confidence(wrong, weight, confidence, above=0.9, **given) == 0.91
    all_wrong = np.ones(600, bool)
    assert least_confidence(all_wrong, weight, confidence, above=0.8, **given) == 1.01
    none = np.zeros(0)
    assert least_confidence(none > 0, none, none, above=0.8, **given) == 1.01


def test_a_threshold_that_lets_a_higher_share_through_is_found_in_few_batches():
    """At each threshold the bound fails as seldom as any other."""
    rng = np.random.default_rng(11)
    failed = 0
    for _ in range(BATCHES):
        confidence = rng.uniform(0.8, 1, 150)
        wrong = rng.random(150) < 0.12
        failed += (
            least_confidence(
                wrong,
                np.ones(150),
                np.where(confidence < 0.9, 0.85, 0.95),
                above=0.94,
                bound=0.1,
                risk=0.05,
                most_weight=2.0,
            )
            < 1
        )
    assert failed <= 0.05 * BATCHES + 4 * np.sqrt(0.0475 * BATCHES)


def test_no_audit_bounds_nothing():
    none = error_upper_bound(np.zeros(0, bool), np.zeros(0), risk=0.05, most_weight=1.0)
    assert none.shape == (0,)


def test_what_cannot_be_bounded_is_refused():
    one = np.ones(1, bool)
    with pytest.raises(ShapeError, match=r"item 0 is 2\.5"):
        error_upper_bound(one, np.array([2.5]), risk=0.05, most_weight=2.0)
    with pytest.raises(ShapeError, match="risk"):
        error_upper_bound(one, np.ones(1), risk=0.0, most_weight=2.0)
    with pytest.raises(ShapeError, match="lies in"):
        least_items(1.0, risk=0.05)
