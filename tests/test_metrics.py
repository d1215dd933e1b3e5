import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feltline import metrics

EIGHTHS = st.integers(-8, 8).map(lambda v: v / 8)


@st.composite
def pairs(draw):
    row = st.tuples(EIGHTHS, EIGHTHS)
    n = draw(st.integers(2, 16))
    sides = [draw(st.lists(row, min_size=n, max_size=n)) for _ in range(2)]
    return np.array(sides[0]), np.array(sides[1])


def naive(estimate, truth):
    """Every score of one column, in plain Python."""
    n = len(truth)
    mean_e, mean_t = math.fsum(estimate) / n, math.fsum(truth) / n
    var_e = math.fsum((e - mean_e) ** 2 for e in estimate) / n
    var_t = math.fsum((t - mean_t) ** 2 for t in truth) / n
    pairs = list(zip(estimate, truth, strict=True))
    both = math.fsum((e - mean_e) * (t - mean_t) for e, t in pairs) / n
    spread = var_e + var_t + (mean_e - mean_t) ** 2
    return {
        "rmse": math.sqrt(math.fsum((e - t) ** 2 for e, t in pairs) / n),
        "mae": math.fsum(abs(e - t) for e, t in pairs) / n,
        "pcc": both / math.sqrt(var_e * var_t) if var_e * var_t else math.nan,
        "ccc": 2 * both / spread if spread else math.nan,
    }


def sign(value):
    return int(value > 0) - int(value < 0)


@given(pairs())
def test_scores_are_the_naive_ones(sides):
    estimate, truth = sides
    for name in ("rmse", "mae", "pcc", "ccc"):
        got = getattr(metrics, name)(estimate, truth)
        assert got.shape == (2,)
        for j in range(2):
            e, t = estimate[:, j], truth[:, j]
            wanted = naive(list(e), list(t))[name]
            assert got[j] == pytest.approx(wanted, abs=1e-9, nan_ok=True)


@given(pairs())
def test_sign_agreement_counts_zero_both_ways(sides):
    estimate, truth = sides
    three = metrics.sagr(estimate, truth)
    two = metrics.sagr(estimate, truth, zero_is_a_sign=False)
    for j in range(2):
        both = list(zip(estimate[:, j], truth[:, j], strict=True))
        assert three[j] == pytest.approx(np.mean([sign(e) == sign(t) for e, t in both]))
        assert two[j] == pytest.approx(np.mean([(e < 0) == (t < 0) for e, t in both]))


def test_zero_is_a_sign_unless_told_otherwise():
    estimate, truth = np.array([[0.0], [0.0], [-1.0]]), np.array([[1.0], [0.0], [0.0]])
    assert metrics.sagr(estimate, truth) == pytest.approx(1 / 3)
    assert metrics.sagr(estimate, truth, zero_is_a_sign=False) == pytest.approx(2 / 3)


def test_concordance_uses_population_variances():
    # Means 1 and 2, variances 2/3 and 2/3, covariance 2/3: 4/3 over 4/3 + 1.
    estimate, truth = np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [2.0], [3.0]])
    assert metrics.ccc(estimate, truth) == pytest.approx(4 / 7)
    assert metrics.pcc(estimate, truth) == pytest.approx(1)


def test_constants_give_nan_without_a_warning():
    flat, moving = np.full((8, 2), 0.5), np.linspace(-1, 1, 16).reshape(8, 2)
    assert np.isnan(metrics.pcc(flat, moving)).all()
    assert np.isnan(metrics.pcc(moving, flat)).all()
    assert np.isnan(metrics.ccc(flat, flat)).all()
    assert (metrics.ccc(flat, moving) == 0).all()
    assert (metrics.ccc(flat, flat + 0.25) == 0).all()


@given(pairs())
def test_correlations_stay_within_one_and_concordance_is_the_stricter(sides):
    estimate, truth = sides
    both = metrics.pcc(estimate, truth), metrics.ccc(estimate, truth)
    there = np.isfinite(both[0]) & np.isfinite(both[1])
    pcc, ccc = both[0][there], both[1][there]
    assert (np.abs(pcc) <= 1 + 1e-9).all()
    assert (np.abs(ccc) <= np.abs(pcc) + 1e-9).all()


def test_one_column_may_come_without_its_axis():
    estimate, truth = np.array([0.0, 1.0, -1.0]), np.array([0.0, 0.0, 1.0])
    assert metrics.mae(estimate, truth) == pytest.approx(1)
    assert metrics.rmse(estimate, truth) == pytest.approx(np.sqrt(5 / 3))
    assert metrics.sagr(estimate, truth) == pytest.approx(1 / 3)
    for score in (metrics.pcc, metrics.ccc):
        whole = score(estimate[:, None], truth[:, None])
        assert score(estimate, truth) == pytest.approx(whole[0])
