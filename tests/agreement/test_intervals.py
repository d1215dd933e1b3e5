"""Jackknife intervals and courses of raters: by a second way, and in simulations."""

import numpy as np
import pytest

from feltline.agreement.alpha import krippendorff_alpha
from feltline.agreement.intervals import alpha_interval, ccc_interval
from feltline.agreement.pairs_of_raters import mean_pair, pairwise
from feltline.agreement.rater_course import rater_course

NAN = float("nan")


def rated(rng, r=3, n=40, *, share=0.8):
    rule = rng.normal(0, 0.4, n)
    values = rule + rng.normal(0, 0.25, (r, n)) + np.linspace(-0.1, 0.1, r)[:, None]
    values[rng.random((r, n)) > share] = NAN
    return values


@pytest.mark.parametrize(
    ("interval", "score", "scale"),
    [
        (alpha_interval, krippendorff_alpha, lambda one: -np.log(1 - one)),
        (ccc_interval, lambda v: mean_pair(pairwise(v).ccc), np.arctanh),
    ],
)
def test_the_interval_is_that_of_leaving_out_items_one_by_one(interval, score, scale):
    values = rated(np.random.default_rng(3), n=25)
    made = interval(values)
    used = np.flatnonzero(np.isfinite(values).sum(axis=0) >= 2)
    left = np.array([scale(score(np.delete(values, item, axis=1))) for item in used])
    n = len(left)
    error = np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
    assert made.value == pytest.approx(score(values))
    middle = scale(np.array([made.low, made.high]))
    assert middle.mean() == pytest.approx(scale(made.value))
    student = {20: 2.086, 21: 2.080, 22: 2.074, 23: 2.069, 24: 2.064}[n - 1]
    assert np.diff(middle)[0] / 2 == pytest.approx(student * error, rel=1e-3)


def test_intervals_hold_what_they_promise():
    """Of two raters of unequal level, whose alpha and concordance are known."""
    rng = np.random.default_rng(0)
    variance, noise, apart = 0.16, 0.0625, 0.2
    ccc = 2 * variance / (2 * (variance + noise) + apart**2)
    held = np.zeros(2)
    for _ in range(300):
        values = rng.normal(0, variance**0.5, 40) + rng.normal(0, noise**0.5, (2, 40))
        values[1] += apart
        made = [ccc_interval(values), alpha_interval(values)]
        held += [one.low <= ccc <= one.high for one in made]
    # Of many items, alpha of two raters is their concordance.
    assert (held / 300 >= 0.9).all()
    assert (held / 300 <= 0.99).all()


def test_too_little_gives_no_interval():
    two = np.array([[0.1, 0.4], [0.2, 0.3]])
    same = np.array([[0.1, 0.4, 0.2, 0.9]] * 2)
    nobody = np.full((2, 4), NAN)
    for values in (two, same, nobody):
        for interval in (alpha_interval, ccc_interval):
            made = interval(values)
            assert np.isnan([made.low, made.high]).all()
    assert alpha_interval(same).value == 1


def test_the_course_of_a_rater_follows_the_drift():
    rng = np.random.default_rng(1)
    values = rated(rng, n=120, share=1.0)
    moment = np.tile(np.arange(120.0), (3, 1))
    moment[0] = moment[0, ::-1]  # each in an order of their own
    values[0] += 0.01 * moment[0]
    values[0, 5], moment[1, 7] = NAN, NAN
    made = rater_course(values, moment, 0, stretches=6)
    assert made.n.sum() == 119
    assert (np.diff(made.moment) > 0).all()
    slope = np.polyfit(made.moment, made.difference, 1)[0]
    assert slope == pytest.approx(0.01, abs=0.002)
    assert made.difference.mean() == pytest.approx(0.6 - 0.15, abs=0.1)


def test_a_rater_alone_has_no_course():
    values = np.array([[0.1, NAN], [NAN, 0.3]])
    made = rater_course(values, np.zeros((2, 2)), 0)
    assert len(made.moment) == len(made.difference) == len(made.n) == 0
