from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from feltline.fewshot.calibration import (
    ENOUGH_CLIPS,
    LEVELS,
    SHIPPED_QUANTILES,
    calibrate,
    confidence,
    conformal_quantiles,
    half_width,
    shipped_calibration,
)
from feltline.fewshot.model import track_posterior
from feltline.fewshot.predictions import predict_track


@pytest.mark.parametrize("k", [9, 12, 31, 100, 999])
def test_a_quantile_is_the_least_residual_that_covers_enough(k):
    residual = np.random.default_rng(k).normal(size=k)
    quantiles = conformal_quantiles(residual)
    ordered = sorted(abs(residual))
    for level, got in zip(LEVELS, quantiles, strict=True):
        covering = [r for i, r in enumerate(ordered, 1) if i / (k + 1) >= level - 1e-12]
        if level and covering:
            assert got == pytest.approx(covering[0], abs=1e-7)
    assert quantiles[0] == 0
    assert (np.diff(quantiles) > 0).all()


def test_beyond_the_largest_residual_the_curve_is_gaussian():
    quantiles = conformal_quantiles(np.random.default_rng(0).normal(size=12))
    assert LEVELS[-2] > 12 / 13, "the case must have too few labels for 95 %"
    ratio = norm.ppf((1 + LEVELS[-2:]) / 2) / norm.ppf(0.95)
    np.testing.assert_allclose(quantiles[-2:], quantiles[-3] * ratio, rtol=1e-6)


def test_intervals_are_mapies():
    """Split conformal regression of the reference library, around a guess of 0."""
    regression = pytest.importorskip("mapie.regression")
    from sklearn.dummy import DummyRegressor

    residual = np.random.default_rng(3).normal(size=73)
    where = np.zeros((73, 1))
    guess = DummyRegressor(strategy="constant", constant=0.0).fit(where, residual)
    levels = [0.5, 0.8, 0.9, 0.95]
    other = regression.SplitConformalRegressor(guess, confidence_level=levels)
    other.conformalize(where, residual)
    _, intervals = other.predict_interval(where[:1])
    at = [int(np.flatnonzero(level == LEVELS)[0]) for level in levels]
    np.testing.assert_allclose(
        conformal_quantiles(residual)[at], intervals[0, 1], atol=1e-7
    )


NAMES = ("valence", "arousal")
SHIPPED = np.array([SHIPPED_QUANTILES[name] for name in NAMES])


def learnt(residual, clips, names=NAMES):
    """Calibrated on residuals that are spread over so many clips."""
    return calibrate(residual, [str(i % clips) for i in range(len(residual))], names)


def test_few_clips_fall_back_on_the_shipped_quantiles_and_say_so():
    residual = np.random.default_rng(0).normal(size=(200, 2)) * 10
    got = learnt(residual, ENOUGH_CLIPS - 1)
    np.testing.assert_array_equal(got.residual_quantiles, SHIPPED)
    assert not got.is_own
    assert got.source.startswith("shipped residuals")
    assert "(200 blind judgements of 8 clips here" in got.source
    assert "from 9 clips" in got.source
    own = learnt(residual, ENOUGH_CLIPS)
    assert (own.residual_quantiles[:, 1:] > 1.2 * SHIPPED[:, 1:]).all()
    assert own.is_own
    assert (own.n_judgements, own.n_clips) == (200, 9)
    assert own.source == (
        "leave-one-judgement-out residuals of 200 blind judgements of 9 clips"
    )


def test_each_dimension_needs_clips_of_its_own():
    residual = np.random.default_rng(0).normal(size=(40, 2)) * 10
    residual[np.arange(40) % 10 < 5, 1] = np.nan
    got = learnt(residual, 10)
    assert got.is_own
    assert got.residual_quantiles[0, 5] > 2
    np.testing.assert_array_equal(got.residual_quantiles[1], SHIPPED[1])
    assert "arousal: shipped residuals" in got.source
    residual[:, 0] = np.nan
    assert not learnt(residual, 10).is_own


def test_dimensions_that_nothing_shipped_was_learnt_for_take_the_wider():
    got = shipped_calibration(["pain", "arousal"])
    np.testing.assert_array_equal(got.residual_quantiles, SHIPPED)


@pytest.mark.parametrize("coverage", [0.5, 0.83, 0.9, 0.95])
@pytest.mark.parametrize("tail", [2.5, 30.0])
def test_intervals_cover_what_they_promise(coverage, tail):
    """Deviations of the wrong size and errors with long tails are put right."""
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(60):
        got = learnt(rng.standard_t(tail, (80, 2)) / 2, 12)
        deviation = rng.uniform(0.1, 0.5, (500, 2)).astype(np.float32)
        error = deviation * rng.standard_t(tail, (500, 2)) / 2
        covered.append(np.abs(error) <= half_width(got, deviation**2, coverage))
    assert coverage - 0.02 < np.mean(covered) < coverage + 0.03


@pytest.mark.parametrize("tail", [2.5, 30.0])
def test_confidence_is_the_share_of_errors_within_tolerance(tail):
    rng = np.random.default_rng(1)
    got = learnt(rng.standard_t(tail, (20_000, 2)), 20)
    deviation = np.array([[0.1, 0.2], [0.3, 0.1], [0.02, 0.02]], np.float32)
    error = rng.standard_t(tail, (100_000, 3, 2)) * deviation
    share = (np.abs(error) <= 0.2).all(axis=2).mean(axis=0)
    np.testing.assert_allclose(confidence(got, deviation**2, 0.2), share, atol=0.02)


def test_confidence_falls_with_variance_and_grows_with_tolerance():
    got = learnt(np.ones((2, 2)), 1)
    variance = np.stack([np.linspace(0, 1, 30)] * 2, axis=1).astype(np.float32)
    small, large = confidence(got, variance, 0.1), confidence(got, variance, 0.3)
    assert small[0] == large[0] == 1
    assert (np.diff(small) < 0).all()
    assert (small[1:] < large[1:]).all()


@given(clips=st.sampled_from([1, 20]), seed=st.integers(0, 50))
def test_intervals_nest_and_agree_with_confidence(clips, seed):
    rng = np.random.default_rng(seed)
    got = learnt(rng.normal(size=(30, 2)), clips)
    variance = rng.uniform(0.01, 1, (20, 2)).astype(np.float32)
    coverages = (0.05, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999)
    widths = [half_width(got, variance, coverage) for coverage in coverages]
    for narrow, wide in pairwise(widths):
        assert (narrow < wide).all()
    alone = replace(got, residual_quantiles=np.stack([got.residual_quantiles[0]] * 2))
    for coverage, width in zip(coverages, widths, strict=True):
        # Where the tolerance is the interval itself, confidence is its coverage.
        one = np.full((1, 2), variance[0, 0])
        within = confidence(alone, one, float(width[0, 0]))
        assert within[0] == pytest.approx(coverage**2, abs=1e-3)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_equal_residuals_still_give_a_curve(value):
    got = learnt(np.full((12, 2), value), 12)
    variance = np.full((3, 2), 0.04, np.float32)
    assert np.isfinite(half_width(got, variance, 0.9)).all()
    assert np.isfinite(confidence(got, variance, 0.2)).all()


def test_tracks_that_nobody_judged_have_one_confidence(make):
    """What is open before a label does not tell faces apart; one label does."""
    project = make.project(2, prior=True)
    for features in project.features[:2]:
        blank = track_posterior(project.prior, features, ())
        assert not blank.is_labelled
        mean, variance = blank.predict()
        assert np.ptp(variance[:, 0]) > 0.1 * variance[:, 0].mean()
        sure = blank.confidence()
        own = np.empty_like(variance)
        for j, h in enumerate(project.prior.hyperparameters):
            curve = h.offset_variance + h.time_variance + h.appearance_variance
            own[:, j] = curve + h.noise + h.ambiguity * features.ambiguity[:, j]
        np.testing.assert_allclose(
            sure,
            confidence(project.prior.calibration, own, project.prior.tolerance)
            * features.trust,
            rtol=1e-5,
        )
        some = np.array([2, 7])
        np.testing.assert_allclose(blank.confidence(some), sure[some], rtol=1e-6)
        found = predict_track(project.prior, features, (), schema=project.schema)
        np.testing.assert_allclose(found.confidence, sure, rtol=1e-5)
        half = half_width(project.prior.calibration, own, project.prior.coverage)
        np.testing.assert_allclose(found.high, np.clip(mean + half, -1, 1), atol=1e-5)
    judged = track_posterior(
        project.prior, project.features[0], project.observations[0]
    )
    assert judged.is_labelled
    assert np.ptp(judged.confidence()) > 0


def test_where_the_encoder_says_nothing_the_engine_is_asked(make):
    project = make.project(1, prior=True)
    silent = replace(project.features[0], has_zero_shot=np.array([True, False]))
    blank = track_posterior(project.prior, silent, ())
    _, variance = blank.predict()
    np.testing.assert_array_equal(blank.unlabelled(variance)[:, 1], variance[:, 1])
    assert (blank.unlabelled(variance)[:, 0] != variance[:, 0]).all()
