import numpy as np
import pytest

from feltline.lab.demo import affect_curves
from feltline.lab.demo.curves import blink_curve, wander

RATE_HZ = 25.0


def _curves(seconds: float, seed: int):
    return affect_curves(round(seconds * RATE_HZ), RATE_HZ, np.random.default_rng(seed))


def test_equal_seeds_give_equal_curves_and_others_differ() -> None:
    assert np.array_equal(_curves(12, 3), _curves(12, 3))
    assert not np.array_equal(_curves(12, 3), _curves(12, 4))


@pytest.mark.parametrize("seed", range(8))
def test_curves_stay_in_range_and_visit_every_quadrant(seed: int) -> None:
    affect = _curves(12, seed)
    assert affect.dtype == np.float32
    assert np.abs(affect).max() <= 1
    for valence in (-1, 1):
        for arousal in (-1, 1):
            assert (affect * [valence, arousal] > 0.15).all(axis=1).any()


@pytest.mark.parametrize("seed", range(8))
def test_curves_are_band_limited(seed: int) -> None:
    affect = _curves(60, seed) * np.hanning(60 * round(RATE_HZ))[:, None]
    power = np.abs(np.fft.rfft(affect, axis=0)) ** 2
    fast = np.fft.rfftfreq(len(affect), 1 / RATE_HZ) > 2.5
    assert power[fast].sum() < 1e-3 * power.sum()


def test_curves_move_several_times_in_ten_seconds() -> None:
    speed = np.abs(np.gradient(_curves(600, 0), 1 / RATE_HZ, axis=0)).max(axis=1)
    moving = speed > 1.0
    starts = np.count_nonzero(moving[1:] & ~moving[:-1])
    assert 3 <= starts / 60 <= 9


@pytest.mark.parametrize("n_frames", [1, 2, 30])
def test_short_curves_have_their_length(n_frames: int) -> None:
    rng = np.random.default_rng(0)
    assert affect_curves(n_frames, RATE_HZ, rng).shape == (n_frames, 2)
    assert blink_curve(n_frames, RATE_HZ, rng).shape == (n_frames,)


def test_blinks_are_short_and_close_the_lids_fully() -> None:
    closed = blink_curve(3000, RATE_HZ, np.random.default_rng(0))
    assert closed.min() >= 0
    assert closed.max() == 1
    assert 0.01 < np.mean(closed > 0.5) < 0.1


def test_wander_stays_within_one() -> None:
    way = wander(5000, RATE_HZ, 4.0, np.random.default_rng(0))
    assert 0.3 < np.abs(way).max() <= 1
