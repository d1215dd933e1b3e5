import numpy as np
import pytest

from feltline.lab.bench.walks import (
    LENGTH,
    NEARNESS,
    Photos,
    curve_photos,
    random_photos,
    track_of,
)
from feltline.types import Embeddings


def photos(n):
    rng = np.random.default_rng(0)
    return Photos(
        seen=Embeddings(
            encoder_id="e",
            vector=np.arange(n, dtype=np.float32)[:, None],
            zero_shot_value=np.zeros((n, 2), np.float32),
            zero_shot_expression=np.full((n, 8), 1 / 8, np.float32),
        ),
        value=rng.uniform(-0.8, 0.8, (n, 2)).astype(np.float32),
        expression=np.zeros(n, np.int64),
    )


def test_no_photo_is_drawn_twice_and_as_many_as_fit():
    held = photos(3 * LENGTH + 17)
    rows = curve_photos(held.value, np.random.default_rng(0))
    assert rows.shape == (3, LENGTH)
    assert len(np.unique(rows)) == rows.size


def test_labels_follow_smooth_curves():
    held = photos(20 * LENGTH)
    walked = held.value[curve_photos(held.value, np.random.default_rng(1))]
    shuffled = held.value[random_photos(len(held), np.random.default_rng(1))]
    step = np.abs(np.diff(walked, axis=1)).mean()
    assert step < 0.4 * np.abs(np.diff(shuffled, axis=1)).mean()
    # Neighbours differ by the photos' own misses, not only by the curve.
    assert step > NEARNESS / 2


def test_curves_hang_on_the_seed_alone():
    held = photos(2 * LENGTH)
    one, same, other = (
        curve_photos(held.value, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize("in_time", [True, False])
def test_a_track_is_its_photos(in_time):
    held = photos(100)
    rows = np.array([5, 99, 0])
    clip = track_of(held, rows, "walk", in_time=in_time)
    np.testing.assert_array_equal(clip.seen.vector[:, 0], rows)
    np.testing.assert_array_equal(clip.value, held.value[rows])
    gap = np.diff(clip.track.time_s)
    assert (gap < 0.1).all() if in_time else (gap > 100).all()
