import numpy as np
import pytest

from feltline.agreement.anchoring import LEAST_REPEATS, anchoring_pull
from feltline.errors import ShapeError

SIMULATIONS = 1000


def simulate(rng, pull, *, noise_in, n=60, noise=0.08, distance=0.2):
    """Repeats of a rater; the noise is in the impression, or in the answer."""
    own = rng.normal(scale=0.3, size=n)
    shown = own + rng.normal(scale=distance, size=n)
    first, second = rng.normal(scale=noise, size=(2, n))
    if noise_in == "impression":
        given = own + first + pull * (shown - own - first)
    else:
        given = own + pull * (shown - own) + first
    return anchoring_pull(shown, given, own + second)


@pytest.mark.parametrize("noise_in", ["impression", "answer"])
def test_a_pull_is_found_and_its_interval_holds(noise_in):
    rng = np.random.default_rng(3)
    made = [simulate(rng, 0.3, noise_in=noise_in) for _ in range(SIMULATIONS)]
    assert np.mean([one.pull for one in made]) == pytest.approx(0.3, abs=0.03)
    held = np.mean([one.low <= 0.3 <= one.high for one in made])
    assert 0.85 <= held <= 0.95


def test_without_a_pull_few_are_warned_of():
    rng = np.random.default_rng(4)
    made = [simulate(rng, 0.0, noise_in="answer") for _ in range(SIMULATIONS)]
    assert np.mean([one.is_warned for one in made]) <= 0.05
    assert abs(np.mean([one.pull for one in made])) < 0.03
    held = np.mean([one.low <= 0.0 <= one.high for one in made])
    assert 0.85 <= held <= 0.95


def test_a_strong_pull_is_warned_of():
    rng = np.random.default_rng(5)
    made = [simulate(rng, 0.6, noise_in="answer") for _ in range(50)]
    assert all(one.is_warned for one in made)


def test_least_squares_would_take_noise_for_pull():
    rng = np.random.default_rng(6)
    slopes = []
    for _ in range(SIMULATIONS):
        own = rng.normal(scale=0.3, size=60)
        shown = own + rng.normal(scale=0.2, size=60)
        first, second = own + rng.normal(scale=0.08, size=(2, 60))
        slopes.append(np.polyfit(second - shown, first - shown, 1)[0])
    assert 1 - np.mean(slopes) > 0.1  # the warning level, by noise alone


def test_no_noise_gives_the_very_pull():
    rng = np.random.default_rng(8)
    blind, shown = rng.normal(size=(2, 20))
    made = anchoring_pull(shown, blind + 0.25 * (shown - blind), blind)
    assert (made.pull, made.low, made.high) == pytest.approx((0.25,) * 3, abs=1e-9)
    assert made.is_warned
    taken_over = anchoring_pull(shown, shown.copy(), blind)
    assert taken_over.pull == 1.0


def test_what_says_nothing_has_no_pull():
    few = np.linspace(0, 1, LEAST_REPEATS - 1)
    assert np.isnan(anchoring_pull(few, few, few + 0.1).pull)
    same = np.linspace(0, 1, 30)
    nothing = anchoring_pull(same, same + 0.1, same.copy())
    assert np.isnan(nothing.pull)
    assert not nothing.is_warned


def test_a_missing_answer_is_refused():
    with pytest.raises(ShapeError, match="leave out"):
        anchoring_pull(np.zeros(9), np.full(9, np.nan), np.zeros(9))
