import numpy as np
import pytest

from feltline.fewshot.gp.features import OPINION_SCALES_S, points_of, smoothed


@pytest.mark.parametrize("scale_s", [0.1, 0.3, 2.0])
@pytest.mark.parametrize("even", [True, False])
def test_smoothing_is_the_naive_gaussian_mean(scale_s, even):
    rng = np.random.default_rng(0)
    gaps = np.full(50, 0.04) if even else rng.choice([0.01, 0.04, 0.5, 3.0], 50)
    time_s = np.cumsum(gaps)
    value = rng.normal(size=(50, 2)).astype(np.float32)
    got = smoothed(time_s, value, scale_s)
    for i in range(50):
        weight = np.exp(-(((time_s - time_s[i]) / scale_s) ** 2) / 2)
        # Neighbours beyond three deviations may be left out or not.
        np.testing.assert_allclose(
            got[i], np.average(value, axis=0, weights=weight), atol=0.02
        )


def test_scale_zero_and_far_frames_leave_values_as_they_are():
    value = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    far = np.arange(5) * 100.0
    np.testing.assert_array_equal(smoothed(far, value, 0.0), value)
    np.testing.assert_array_equal(smoothed(far, value, 0.3), value)


def test_a_single_frame_is_its_own_mean():
    value = np.array([[0.3, -0.2]], np.float32)
    np.testing.assert_array_equal(smoothed(np.array([1.0]), value, 0.3), value)


def test_a_torn_encoder_doubts_and_a_sure_one_does_not(make):
    track, seen = make.track(2), make.embeddings(2, prior=True)
    seen.zero_shot_expression[:] = 0
    seen.zero_shot_expression[0, 1] = 1  # happiness alone
    seen.zero_shot_expression[1, [1, 4]] = 0.5  # happiness or anger
    (points,) = points_of([track], [seen])
    assert points.opinion.shape == (2, len(OPINION_SCALES_S), 2)
    np.testing.assert_allclose(points.doubt[0], 0, atol=1e-6)
    half = np.array([0.81 + 0.51, 0.51 - 0.59]) / 2
    np.testing.assert_allclose(points.doubt[1], half**2, atol=1e-6)


def test_an_encoder_without_an_opinion_neither_speaks_nor_doubts(make):
    track, seen = make.track(4), make.embeddings(4)
    (points,) = points_of([track], [seen])
    assert not points.opinion.any()
    assert not points.doubt.any()
