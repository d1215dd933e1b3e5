import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from feltline.agreement.reaction_lag import LagPrior, estimate_lags, prior_of
from feltline.agreement.trace_consensus import LagRemoval, consensus_trace, removal_of
from feltline.agreement.traces import (
    common_grid,
    expected_values,
    resampled,
    standardised,
)
from feltline.agreement.warping import dtw_align, warping_path
from feltline.errors import ShapeError
from feltline.types.traces import Trace


def curve(t, seed=0):
    """A smooth curve in [-1, 1] that never repeats itself."""
    rng = np.random.default_rng(seed)
    waves = rng.uniform(0.03, 0.3, 6)[:, None] * t + rng.uniform(0, 6, 6)[:, None]
    return np.tanh(np.sin(waves * 2 * np.pi).sum(axis=0) / 1.5)


def trace(time_s, value, rater="a", mode="bounded", number=1):
    value = np.asarray(value, np.float64)
    return Trace(
        trace_id=number,
        rater=rater,
        time_s=np.asarray(time_s, np.float64),
        value=value.reshape(len(value), -1),
        dimensions=("valence", "arousal")[: value.reshape(len(value), -1).shape[1]],
        mode=mode,
    )


def delayed(lags, *, noise=0.15, seed=0, seconds=120):
    """Traces at 10 Hz that follow one curve late, with wandering noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(0, seconds, 0.1)
    made = []
    for number, lag in enumerate(lags):
        walk = np.convolve(rng.normal(size=len(t)), np.ones(10) / 10**0.5, "same")
        own = np.clip(0.8 * curve(t - lag, 5) + noise * walk, -1, 1)
        made.append(trace(t, own, rater=f"r{number}", number=number))
    return trace(t, curve(t, 5), number=99), made


@pytest.mark.parametrize("seconds", [1.5, 3.0])
def test_a_trace_that_is_shorter_than_the_longest_lag_has_a_lag(seconds):
    level, made = delayed([0.2, 0.4], seconds=seconds)
    for found in (estimate_lags(made, level=level), estimate_lags(made)):
        known = np.isfinite(found.lag_s)
        assert (found.low_s[known] <= found.lag_s[known]).all()
        assert (found.lag_s[known] <= found.high_s[known]).all()
    assert estimate_lags(made[:1], level=level, most_s=0.3).moves.all()


def test_lags_against_a_known_level_are_found_and_their_intervals_hold():
    lags = np.array([0.2, 0.7, 1.1, 1.6, 2.4])
    level, made = delayed(lags)
    found = estimate_lags(made, level=level)
    assert found.lag_s == pytest.approx(lags, abs=0.15)
    assert found.is_mean_known
    assert ((found.low_s <= lags) & (lags <= found.high_s)).sum() >= 4
    assert found.mean_s == pytest.approx(1.2, abs=0.4)


def test_intervals_of_lags_hold_as_often_as_they_say():
    held = []
    for seed in range(12):
        lags = np.random.default_rng(seed).uniform(0.2, 2.0, 5)
        level, made = delayed(lags, seed=seed, noise=0.3, seconds=60)
        found = estimate_lags(made, level=level)
        held += ((found.low_s <= lags) & (lags <= found.high_s)).tolist()
    assert 0.8 <= np.mean(held) <= 1.0


@pytest.mark.parametrize("extra", [0.3, 1.0, 3.0])
def test_a_planted_lag_is_found_without_the_level(extra):
    lags = np.array([0.8, 1.0, 1.2, 0.9 + extra])
    _, made = delayed(lags)
    found = estimate_lags(made)
    assert found.relative_s == pytest.approx(lags - lags.mean(), abs=0.2)
    assert not found.is_mean_known
    assert found.mean_s == 1.0


def test_a_lag_in_one_stretch_alone_can_be_asked_for():
    level, (early,) = delayed([0.5])
    _, (late,) = delayed([1.5])
    drifts = trace(
        early.time_s, np.where(early.time_s < 60, early.value[:, 0], late.value[:, 0])
    )
    first = estimate_lags([drifts], level=level, within=[(0.0, 58.0)])
    second = estimate_lags([drifts], level=level, within=[(62.0, 120.0)])
    assert first.lag_s[0] == pytest.approx(0.5, abs=0.2)
    assert second.lag_s[0] == pytest.approx(1.5, abs=0.2)


def test_a_trace_that_never_moves_has_no_lag_and_moves_no_other():
    level, made = delayed([0.6, 1.0, 1.4])
    still = trace(made[0].time_s, np.zeros(len(made[0].time_s)), number=7)
    alone, both = estimate_lags(made), estimate_lags([*made, still])
    assert np.isnan(both.lag_s[3])
    assert both.moves.tolist() == [True, True, True, False]
    assert both.lag_s[:3] == pytest.approx(alone.lag_s)
    against = estimate_lags([still], level=level)
    assert np.isnan(against.lag_s[0])
    assert against.mean_s == LagPrior().mean_s


def test_lags_are_shared_by_two_dimensions():
    _, made = delayed([0.4, 1.4])
    _, other = delayed([0.4, 1.4], seed=3)
    both = [
        trace(a.time_s, np.hstack([a.value, -b.value]))
        for a, b in zip(made, other, strict=True)
    ]
    found = estimate_lags(both)
    assert found.relative_s == pytest.approx([-0.5, 0.5], abs=0.15)


def test_a_lag_that_is_not_sure_is_not_removed():
    level, made = delayed([0.3, 0.35, 0.4, 0.45, 2.5], noise=0.6)
    found = estimate_lags(made, level=level)
    removal = removal_of(made, found)
    assert removal.lag_s[4] == found.lag_s[4]
    assert (removal.lag_s[:4] == found.mean_s).any()
    assert (removal.sd_s > 0).all()


def test_of_relative_traces_the_common_lag_is_removed_and_its_doubt_spread():
    t = np.arange(0, 60, 0.5)
    made = [trace(t, np.round(9 * curve(t, s)), mode="relative") for s in (0, 1)]
    lags = estimate_lags(made)
    removal = removal_of(made, lags)
    assert removal.lag_s.tolist() == [lags.mean_s] * 2
    assert removal.sd_s.tolist() == [lags.prior.sd_s] * 2


def test_what_is_not_surely_dated_is_spread():
    step = trace([0, 5, 5.001, 10], [0, 0, 1, 1])
    at = np.arange(0, 9, 0.5)
    known = expected_values(step, at, lag_s=1.0, lag_sd_s=0.0)[:, 0]
    assert known == pytest.approx((at >= 4.001) * 1.0, abs=0.01)
    unsure = expected_values(step, at, lag_s=1.0, lag_sd_s=0.5)[:, 0]
    assert unsure == pytest.approx(ndtr((at - 4) / 0.5), abs=0.05)


def test_what_cannot_be_compared_is_refused():
    _, (one,) = delayed([0.5])
    with pytest.raises(ShapeError, match="known level"):
        estimate_lags([one])
    with pytest.raises(ShapeError, match="no trace"):
        estimate_lags([])
    two = trace([0, 1], [[0, 0], [1, 1]])
    with pytest.raises(ShapeError, match="same dimensions"):
        estimate_lags([one, two])
    relative = trace([0, 1], [0, 5], mode="relative")
    with pytest.raises(ShapeError, match="no unit in common"):
        consensus_trace([one, relative], LagRemoval.of(np.zeros(2)))
    with pytest.raises(ShapeError, match="as many lags"):
        consensus_trace([one], LagRemoval.of(np.zeros(2)))


def test_a_relative_trace_keeps_its_value_and_a_bounded_one_ends():
    when = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    relative = trace([0, 1], [0, 5], mode="relative")
    assert resampled(relative, when)[:, 0].tolist() == [0, 0, 0, 5, 5]
    assert resampled(relative, when, lag_s=0.5)[:, 0].tolist() == [0, 0, 5, 5, 5]
    bounded = trace([0, 1], [0, 1])
    made = resampled(bounded, when)[:, 0]
    assert made[1:4].tolist() == [0, 0.5, 1]
    assert np.isnan(made[[0, 4]]).all()
    assert prior_of([relative]).mean_s < prior_of([bounded]).mean_s


def test_a_grid_of_days_is_refused():
    with pytest.raises(ShapeError, match="in parts"):
        common_grid([trace([0, 86_400], [0, 1])])


def test_removing_lags_makes_a_better_consensus():
    lags = np.array([0.2, 0.9, 1.7, 2.4])
    level, made = delayed(lags)
    known = estimate_lags(made, level=level)

    def error(removed):
        one = consensus_trace(made, LagRemoval.of(removed))
        at = resampled(level, one.time_s)[:, 0]
        both = np.isfinite(one.value[:, 0]) & np.isfinite(at)
        return 1 - np.corrcoef(one.value[both, 0], at[both])[0, 1]

    assert error(known.lag_s) < 0.2 * error(np.zeros(4))


def test_who_did_nothing_or_the_opposite_has_no_weight():
    level, made = delayed([1.0, 1.0, 1.0])
    t = level.time_s
    still = trace(t, np.full(len(t), 0.3))
    opposite = trace(t, -made[0].value)
    one = consensus_trace([*made, still, opposite], LagRemoval.of(np.ones(5)))
    assert one.weight[3:, 0].tolist() == [0, 0]
    assert one.is_weighted == (True,)
    nobody = consensus_trace([made[0], opposite], LagRemoval.of(np.ones(2)))
    assert nobody.is_weighted == (False,)
    none = consensus_trace([still, still], LagRemoval.of(np.ones(2)))
    assert np.isnan(none.value).all()


def test_units_of_a_relative_trace_weigh_by_their_root():
    t = np.arange(0, 60, 0.5)
    own = np.round(10 * curve(t))
    made = [
        trace(t, own, mode="relative"),
        trace(t, 16 * own + 100, mode="relative"),
    ]
    one = consensus_trace(made, LagRemoval.of(np.zeros(2)))
    assert one.weight[:, 0] == pytest.approx([0.2, 0.8])
    alike = consensus_trace(made, LagRemoval.of(np.zeros(2)), weights="none")
    assert alike.is_weighted == (False,)
    assert alike.value == pytest.approx(one.value)


def test_standardising_leaves_still_rows_at_zero():
    made = standardised(np.array([[1.0, 1.0, 1.0], [0.0, np.nan, 2.0]]))
    assert made[0].tolist() == [0, 0, 0]
    assert made[1, [0, 2]].tolist() == [-1, 1]
    assert np.isnan(made[1, 1])


def naive_cost(own, reference, band):
    """Least cost of a warping path, by the whole table of the recursion."""
    n = len(own)
    total = np.full((n, n), np.inf)
    for i in range(n):
        for j in range(n):
            if abs(i - j) > band:
                continue
            ways = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
            best = min((total[a, b] for a, b in ways if a >= 0 and b >= 0),
                       default=np.inf)  # fmt: skip
            total[i, j] = (own[i] - reference[j]) ** 2 + (0 if i == j == 0 else best)
    return total[-1, -1]


@given(
    st.integers(2, 12).flatmap(
        lambda n: st.tuples(*[st.lists(st.integers(-3, 3), min_size=n, max_size=n)] * 2)
    ),
    st.integers(0, 4),
)
def test_warping_costs_the_least_there_is(both, band):
    own, reference = (np.array(side, np.float64) for side in both)
    path = warping_path(own, reference, band)
    cost = ((own[path[:, 0]] - reference[path[:, 1]]) ** 2).sum()
    assert cost == pytest.approx(naive_cost(own, reference, band))
    steps = np.diff(path, axis=0)
    assert {tuple(s) for s in steps} <= {(0, 1), (1, 0), (1, 1)}
    assert np.abs(path[:, 0] - path[:, 1]).max() <= band
    assert path[0].tolist() == [0, 0]
    assert path[-1].tolist() == [len(own) - 1] * 2


def test_alignment_mends_what_a_shift_broke_and_says_what_chance_does():
    _, made = delayed([0.2, 2.2], noise=0.02)
    t = np.arange(0, 110, 0.25)
    values = np.stack([resampled(one, t)[:, 0] for one in made])
    found = dtw_align(values, band_s=3.0, time_s=t)
    assert found.ccc_after > 0.9 > found.ccc_before
    assert found.ccc_by_chance < found.ccc_after
    assert np.median(found.shift_s[1] - found.shift_s[0]) == pytest.approx(2, abs=0.5)
    with pytest.raises(ShapeError, match="gaps"):
        dtw_align(np.full((2, 3), np.nan), band_s=1.0, time_s=np.arange(3.0))
    with pytest.raises(ShapeError, match="coarser"):
        dtw_align(np.zeros((2, 3000)), band_s=3000.0, time_s=np.arange(3000.0))
