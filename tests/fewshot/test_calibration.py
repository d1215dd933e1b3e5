from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm

from feltline.fewshot.calibration import ENOUGH_CLIPS, SHIPPED_FACTOR, calibrate


@pytest.mark.parametrize("coverage", [0.5, 0.75, 0.9])
@pytest.mark.parametrize("k", [9, 12, 31, 100])
def test_factor_is_the_least_residual_that_covers_enough(k, coverage):
    residual = np.random.default_rng(k).normal(size=(k, 2)) * [0.5, 3.0]
    got = calibrate(residual, ENOUGH_CLIPS, coverage)
    needed = int(np.ceil((k + 1) * coverage))
    assert needed <= k, "the case must have enough labels"
    reach = got.factor * norm.ppf((1 + coverage) / 2)
    for j in range(2):
        ordered = sorted(abs(residual[:, j]))
        within = sum(r <= reach[j] + 1e-12 for r in ordered)
        assert needed <= within <= needed + 1
        assert reach[j] == pytest.approx(ordered[within - 1])


def test_factor_grows_with_the_residuals():
    residual = np.random.default_rng(0).normal(size=(40, 2))
    small, large = calibrate(residual, 20, 0.9), calibrate(residual * 3, 20, 0.9)
    np.testing.assert_allclose(large.factor, 3 * small.factor)
    assert small.words.startswith("leave-one-label-out residuals of 40 labels")


def test_few_clips_fall_back_on_the_shipped_factors_and_say_so():
    residual = np.random.default_rng(0).normal(size=(200, 2)) * 10
    got = calibrate(residual, ENOUGH_CLIPS - 1, 0.9)
    np.testing.assert_array_equal(got.factor, SHIPPED_FACTOR)
    assert got.words.startswith("shipped factors (200 labels")
    assert "from 9 clips" in got.words
    own = calibrate(residual, ENOUGH_CLIPS, 0.9)
    assert (own.factor > 2).all()
    assert "shipped" not in own.words


def test_too_few_labels_for_the_coverage_fall_back_too():
    residual = np.ones((9, 2))
    assert "shipped" in calibrate(residual, 9, 0.95).words
    assert "shipped" not in calibrate(residual, 9, 0.9).words


@pytest.mark.parametrize("size", [0.4, 1.0, 2.5])
def test_intervals_cover_what_they_promise(size):
    """Standard deviations that are wrong by one factor are put right by it."""
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(40):
        got = calibrate(size * rng.normal(size=(60, 2)), 12, 0.9)
        deviation = rng.uniform(0.1, 0.5, (500, 2)).astype(np.float32)
        error = size * deviation * rng.normal(size=(500, 2))
        covered.append(np.abs(error) <= got.half_width(deviation**2))
    assert 0.88 < np.mean(covered) < 0.94


def test_confidence_is_the_share_of_errors_within_tolerance():
    got = calibrate(np.ones((2, 2)), 1, 0.9)
    variance = np.array([[0.01, 0.04], [0.09, 0.01]], np.float32)
    rng = np.random.default_rng(1)
    error = rng.normal(size=(200_000, 2, 2)) * np.sqrt(variance) * SHIPPED_FACTOR
    share = (np.abs(error) <= 0.2).all(axis=2).mean(axis=0)
    np.testing.assert_allclose(got.confidence(variance, 0.2), share, atol=0.005)


def test_confidence_falls_with_variance_and_grows_with_tolerance():
    got = calibrate(np.ones((2, 2)), 1, 0.9)
    variance = np.stack([np.linspace(0, 1, 30)] * 2, axis=1).astype(np.float32)
    small, large = got.confidence(variance, 0.1), got.confidence(variance, 0.3)
    assert small[0] == large[0] == 1
    assert (np.diff(small) < 0).all()
    assert (small[1:] < large[1:]).all()


@pytest.mark.parametrize("clips", [1, 20])
def test_intervals_nest(clips):
    residual = np.random.default_rng(2).normal(size=(99, 2))
    variance = np.random.default_rng(3).uniform(0.01, 1, (20, 2)).astype(np.float32)
    widths = [
        calibrate(residual, clips, coverage).half_width(variance)
        for coverage in (0.3, 0.5, 0.7, 0.9, 0.95)
    ]
    for narrow, wide in pairwise(widths):
        assert (narrow < wide).all()
