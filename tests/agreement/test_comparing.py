import numpy as np
import pytest

from feltline.agreement.comparing import score_pairs
from feltline.errors import ShapeError
from feltline.store import Answer


def test_comparisons_agree_with_differences_of_their_sign():
    difference = np.array([0.3, -0.3, 0.05, 0.3, 0.3, np.nan])
    answer: list[Answer] = ["first", "second", "same", "second", "cannot", "first"]
    made = score_pairs(difference, answer, tolerance=0.1)
    assert (made.n, made.share) == (4, 0.75)
    # Wilson's interval of 3 of 4, as tables have it.
    assert (made.low, made.high) == pytest.approx((0.3006, 0.9544), abs=1e-4)


def test_nothing_compared_says_nothing():
    made = score_pairs(np.zeros(1), ["cannot"], tolerance=0.1)
    assert made.n == 0
    assert np.isnan([made.share, made.low, made.high]).all()
    with pytest.raises(ShapeError, match="2 differences do not fit 1"):
        score_pairs(np.zeros(2), ["same"], tolerance=0.1)
