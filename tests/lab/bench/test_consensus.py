"""Simulated raters, and the consensus of each kind on them."""

import numpy as np

from feltline.lab.bench.consensus import (
    SETTINGS,
    SHARE,
    RaterSetting,
    observations_by,
    ratings_by,
    score_consensus,
)

UNLIKE = RaterSetting((0.2, 0.0, -0.2), (0.02, 0.05, 0.1))


def test_raters_say_the_reference_with_bias_and_noise_of_a_share(make):
    clips = make.corpus(clips=30, n=60).clips
    reference = np.concatenate([clip.value for clip in clips])
    ratings = ratings_by(clips, UNLIKE, 0)
    judged = np.isfinite(ratings).all(axis=2)
    np.testing.assert_allclose(judged.mean(axis=1), SHARE, atol=0.05)
    inside = np.abs(reference).max(axis=1) < 0.5
    for row, both, bias, noise in zip(
        ratings, judged, UNLIKE.bias, UNLIKE.noise, strict=True
    ):
        off = (row - reference)[both & inside]
        np.testing.assert_allclose(off.mean(axis=0), bias, atol=0.02)
        np.testing.assert_allclose(off.std(axis=0), noise, rtol=0.2)
    np.testing.assert_array_equal(ratings, ratings_by(clips, UNLIKE, 0))
    made = observations_by(clips, ratings)
    assert sum(map(len, made)) == judged.sum()
    last = made[-1][-1]
    number = int(last.rater[1:]) - 1
    at = judged[number].nonzero()[0][-1]
    np.testing.assert_array_equal(last.value, ratings[number, at])


def test_settings_are_those_of_the_bar():
    assert len(set(SETTINGS)) == 15
    assert {tuple(sorted(one.bias)) for one in SETTINGS} == {
        (-0.15, 0.0, 0.15),
        (0.0, 0.0, 0.2),
    }


def test_the_level_is_taken_off_and_reported(make):
    corpus = make.corpus(clips=3, n=24)
    one = score_consensus(corpus, UNLIKE, 0)
    up = RaterSetting(tuple(b + 0.1 for b in UNLIKE.bias), UNLIKE.noise)
    other = score_consensus(corpus, up, 0)
    assert set(one.rmse) == {"mean", "median", "ewe", "posterior"}
    for name in one.rmse:
        np.testing.assert_allclose(
            other.level[name] - one.level[name], 0.1, atol=0.03, err_msg=name
        )
        np.testing.assert_allclose(
            other.rmse[name], one.rmse[name], atol=0.02, err_msg=name
        )
    assert (one.rmse["posterior"] < one.rmse["mean"]).all()
    assert ((one.held > 0.7) & (one.held <= 1)).all()
    assert [e.rater for e in one.effects] == ["r1", "r2", "r3"]
