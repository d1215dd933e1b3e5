import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feltline.fewshot.baselines import Comparison, anchors_past, by_one_anchor
from feltline.lab.bench.mtclar import (
    TYPICAL_VARIANCE,
    TYPICAL_WEIGHT,
    block_means,
    by_several_anchors,
    zero_shot_difference,
)

RNG = np.random.default_rng(0)
TRUTH = RNG.uniform(-0.8, 0.8, (12, 2)).astype(np.float32)


def exact(first, second):
    """Heads that are always right."""
    alike = np.ones(len(first), np.float32)
    return Comparison(alike, TRUTH[second] - TRUTH[first])


def test_the_anchor_is_the_latest_so_far():
    label_s = np.array([2.0, 5.0])
    time_s = np.array([0.0, 1.9, 2.0, 4.9, 5.0, 9.0])
    np.testing.assert_array_equal(anchors_past(label_s, time_s), [0, 0, 0, 0, 1, 1])


def test_right_differences_give_the_truth():
    anchor = np.full(12, 3)
    apart = exact(anchor, np.arange(12)).difference
    got = by_one_anchor(TRUTH[anchor], apart)
    np.testing.assert_allclose(got, TRUTH, atol=1e-6)
    several = by_several_anchors(TRUTH[[1, 7]], np.array([1, 7]), np.arange(12), exact)
    np.testing.assert_allclose(several, TRUTH, atol=1e-6)


def test_the_sum_is_clipped_to_the_scale():
    got = by_one_anchor(np.array([[0.8, -0.8]]), np.array([[0.9, -0.9]]))
    np.testing.assert_array_equal(got, [[1, -1]])


@given(n=st.integers(1, 23), size=st.integers(1, 7))
def test_blocks_share_their_mean(n, size):
    apart = np.random.default_rng(n).normal(size=(n, 2))
    got = block_means(apart, size)
    for i in range(n):
        start = i // size * size
        np.testing.assert_allclose(got[i], apart[start : start + size].mean(axis=0))


def test_zero_shot_predictions_differ_by_subtraction():
    value = RNG.normal(size=(5, 2)).astype(np.float32)
    got = zero_shot_difference(value)(np.array([0, 3]), np.array([4, 3]))
    np.testing.assert_allclose(got.difference[0], value[4] - value[0])
    np.testing.assert_array_equal(got.difference[1], 0)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_several_anchors_are_the_naive_weighted_mean(k):
    rng = np.random.default_rng(k)
    alike = rng.uniform(0.1, 1, (12, 12)).astype(np.float32)
    apart = rng.normal(size=(12, 12, 2)).astype(np.float32) / 4

    def compare(first, second):
        return Comparison(alike[first, second], apart[first, second])

    anchor = np.array([2, 5, 8, 11])[:k]
    affect = TRUTH[anchor]
    got = by_several_anchors(affect, anchor, np.arange(12), compare)
    for frame in range(12):
        for j in range(2):
            total, weights = 0.0, 0.0
            for a in range(k):
                squares = sum(
                    (affect[a, j] + apart[anchor[a], anchor[b], j] - affect[b, j]) ** 2
                    for b in range(k)
                    if b != a
                )
                variance = (TYPICAL_WEIGHT * TYPICAL_VARIANCE + squares) / (
                    TYPICAL_WEIGHT + k - 1
                )
                weight = alike[anchor[a], frame] / variance
                total += weight * (affect[a, j] + apart[anchor[a], frame, j])
                weights += weight
            wanted = np.clip(total / weights, -1, 1)
            assert got[frame, j] == pytest.approx(wanted, abs=1e-5)
