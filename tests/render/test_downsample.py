import numpy as np
import pytest

from feltline.render import downsample


def wobbly(n, seed=0):
    rng = np.random.default_rng(seed)
    time_s = np.cumsum(rng.uniform(0.02, 0.06, n))
    return time_s, np.clip(np.cumsum(rng.normal(0, 0.05, n)), -1, 1)


def columns_of(time_s, origin, column_s):
    return np.floor((time_s - origin) / column_s).astype(int)


def test_line_is_broken_by_gaps_and_by_nan():
    time_s = np.array([0.0, 0.5, 1.0, 2.5, 3.0, 3.5, 4.0])
    value = np.array([0.0, 0.1, 0.2, 0.3, np.nan, 0.5, 0.6])
    x, y = downsample.line(time_s, value)
    nan = np.nan
    np.testing.assert_array_equal(x, [0, 0.5, 1, nan, 2.5, 3, 3.5, 4])
    np.testing.assert_array_equal(y, [0, 0.1, 0.2, nan, 0.3, nan, 0.5, 0.6])


@pytest.mark.parametrize("value", [np.zeros(0), np.full(4, np.nan)])
def test_nothing_to_draw_gives_nothing(value):
    time_s = np.arange(len(value), dtype=np.float64)
    assert not np.isfinite(downsample.line(time_s, value)[1]).any()
    assert len(downsample.band(time_s, value, value, 1.0)[0]) == 0


def test_slow_sampling_is_not_a_gap():
    time_s = np.arange(0.0, 20.0, 2.0)
    assert downsample.gap_seconds(time_s) == 3.0
    assert not np.isnan(downsample.line(time_s, np.zeros(10))[0]).any()


@pytest.mark.parametrize("seed", range(5))
def test_band_holds_every_interval_and_no_more_than_its_column(seed):
    time_s, value = wobbly(5000, seed)
    low, high = value - 0.1, value + 0.1
    low[100:110] = np.nan
    x, lowest, highest = downsample.band(time_s, low, high, 1.0)
    assert len(x) < 600
    assert np.isnan(x).sum() == np.isnan(lowest).sum() == np.isnan(highest).sum() == 1
    x, lowest, highest = (part[np.isfinite(part)] for part in (x, lowest, highest))
    column = columns_of(time_s, time_s[0], 1.0)
    shown = columns_of(x, time_s[0], 1.0)
    for number in np.unique(column):
        kept = (column == number) & np.isfinite(low)
        if kept.any():
            assert lowest[shown == number].min() == low[kept].min()
            assert highest[shown == number].max() == high[kept].max()


def painted(spans, ticks):
    """Slow, obvious oracle: which ticks of a fine ruler lie in a span."""
    return np.array([any(a <= t <= b for a, b in spans) for t in ticks])


@pytest.mark.parametrize("seed", range(5))
def test_spans_cover_what_the_frames_cover(seed):
    rng = np.random.default_rng(seed)
    frame = np.sort(rng.choice(400, 300, replace=False))
    time_s = np.where(frame > 200, frame + 100, frame) / 25.0
    doubtful = np.repeat(rng.random(30) < 0.4, 10)
    step = float(np.median(np.diff(time_s)))
    before, after = np.diff(time_s, prepend=-9.0), np.diff(time_s, append=999.0)
    before = np.where(before > 1, step, before) / 2
    after = np.where(after > 1, step, after) / 2
    reach = np.stack([time_s - before, time_s + after], 1)[doubtful]
    spans = downsample.doubtful_spans(doubtful, time_s, 1e-6)
    ticks = rng.uniform(-1, time_s[-1] + 1, 2000)
    np.testing.assert_array_equal(painted(spans, ticks), painted(reach, ticks))


def test_spans_are_at_least_a_column_wide_and_merged_when_closer():
    time_s = np.arange(10_000) / 25.0
    doubtful = np.zeros(10_000, bool)
    doubtful[[0, 2500, 2530, 9000]] = True
    spans = downsample.doubtful_spans(doubtful, time_s, 2.0)
    assert spans.shape == (3, 2)
    assert ((spans[:, 1] - spans[:, 0]) >= 2.0 - 1e-9).all()
    assert (spans[1:, 0] - spans[:-1, 1] >= 2.0).all()
    assert spans[1, 0] < 100.0 < 101.2 < spans[1, 1]


def test_spans_of_nothing_and_of_one_frame():
    one = np.array([3.0])
    assert downsample.doubtful_spans(np.array([False]), one, 0.1).shape == (0, 2)
    np.testing.assert_allclose(
        downsample.doubtful_spans(np.array([True]), one, 0.1), [[2.95, 3.05]]
    )
