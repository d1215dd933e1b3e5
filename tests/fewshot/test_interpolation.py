import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from feltline.fewshot import INTERPOLATIONS
from feltline.fewshot.baselines import carriers, interpolate


@st.composite
def problems(draw):
    """Label times, labels, and times asked for: before, at, between and after them."""
    at = draw(st.lists(st.integers(0, 60), min_size=1, max_size=8, unique=True))
    value = st.integers(-8, 8).map(lambda v: v / 8)
    pair = st.tuples(value, value)
    label = draw(st.lists(pair, min_size=len(at), max_size=len(at)))
    asked = draw(st.lists(st.integers(-20, 160), min_size=1, max_size=20))
    return np.array(sorted(at)) / 4, np.array(label), np.array(asked) / 8


def naive_nearest(label_s, t):
    best = 0
    for k in range(len(label_s)):
        if abs(label_s[k] - t) < abs(label_s[best] - t):
            best = k
    return best


def naive_latest(label_s, t):
    latest = 0
    for k in range(len(label_s)):
        if label_s[k] <= t:
            latest = k
    return latest


@given(problems())
def test_linear_is_numpys(problem):
    label_s, label, asked = problem
    got = interpolate("linear", label_s, label, asked)
    for j in range(2):
        np.testing.assert_allclose(got[:, j], np.interp(asked, label_s, label[:, j]))


@given(problems())
def test_pchip_is_scipys_inside_and_holds_outside(problem):
    label_s, label, asked = problem
    got = interpolate("pchip", label_s, label, asked)
    for i, t in enumerate(asked):
        if t <= label_s[0]:
            wanted = label[0]
        elif t >= label_s[-1]:
            wanted = label[-1]
        else:
            wanted = PchipInterpolator(label_s, label)(t)
        np.testing.assert_allclose(got[i], wanted, atol=1e-12)


@given(problems())
def test_nearest_and_hold_last_are_the_naive_loops(problem):
    label_s, label, asked = problem
    near = interpolate("nearest", label_s, label, asked)
    held = interpolate("hold-last", label_s, label, asked)
    for i, t in enumerate(asked):
        np.testing.assert_array_equal(near[i], label[naive_nearest(label_s, t)])
        np.testing.assert_array_equal(held[i], label[naive_latest(label_s, t)])


@given(problems(), st.sampled_from(INTERPOLATIONS))
def test_labels_are_kept_and_never_overshot(problem, method):
    label_s, label, asked = problem
    np.testing.assert_allclose(
        interpolate(method, label_s, label, label_s), label, atol=1e-12
    )
    got = interpolate(method, label_s, label, asked)
    assert (got <= label.max(axis=0) + 1e-12).all()
    assert (got >= label.min(axis=0) - 1e-12).all()


@given(problems())
def test_carriers_are_the_labels_a_value_is_made_of(problem):
    label_s, _, asked = problem
    both = carriers("linear", label_s, asked)
    np.testing.assert_array_equal(both, carriers("pchip", label_s, asked))
    near = carriers("nearest", label_s, asked)
    held = carriers("hold-last", label_s, asked)
    for i, t in enumerate(asked):
        first = naive_nearest(label_s, t)
        assert list(near[i]) == [first, -1]
        assert list(held[i]) == [naive_latest(label_s, t), -1]
        between = label_s[0] < t < label_s[-1] and t not in label_s
        around = [k for k in np.argsort(abs(label_s - t), kind="stable") if between]
        left = [k for k in around if label_s[k] < t][:1]
        right = [k for k in around if label_s[k] > t][:1]
        assert set(both[i]) == ({*left, *right} if between else {first, -1})
        assert both[i][0] == first


@pytest.mark.parametrize("method", INTERPOLATIONS)
def test_one_label_fills_everything(method):
    asked = np.array([-5.0, 0.0, 3.0, 9.0])
    got = interpolate(method, np.array([3.0]), np.array([[0.25, -0.5]]), asked)
    np.testing.assert_array_equal(got, [[0.25, -0.5]] * 4)
