from itertools import pairwise

import numpy as np
import pytest

from feltline.errors import InputError
from feltline.fewshot import Budget, forecast, suggest_frames
from feltline.fewshot.active.forecasting import (
    ERROR_PER_DEVIATION,
    _error_per_variance,
)
from feltline.fewshot.active.selection import GreedySelector
from feltline.fewshot.calibration import SHIPPED_QUANTILES
from feltline.fewshot.model import track_posterior
from feltline.types import Calibration


def project(make, *, n=30, labels=2, **how):
    tracks = [make.track(n + 5 * i, video=f"{i}.mp4", first=i) for i in range(3)]
    return [
        make.query(t, seed=i, positions=range(2, 2 + 9 * labels, 9), **how)
        for i, t in enumerate(tracks)
    ]


def test_more_labels_promise_less_error_and_more_acceptance(make):
    queries = project(make, zero_shot=True)
    found = forecast(queries, [0, 3, 9, 27], threshold=0.8)
    assert [one.more for one in found] == [0, 3, 9, 27]
    for before, after in pairwise(found):
        assert (after.rmse < before.rmse).all()
        assert after.accepted >= before.accepted
    for one in found:
        assert (one.low < one.rmse).all()
        assert (one.rmse < one.high).all()
        assert (np.abs(one.ccc) < 1).all()
        assert 0 <= one.accepted <= 1


def test_numbers_are_answered_in_the_order_asked(make):
    there = forecast(project(make), [5, 0, 5], threshold=0.8)
    assert [one.more for one in there] == [5, 0, 5]
    np.testing.assert_array_equal(there[0].rmse, there[2].rmse)
    assert (there[1].rmse > there[0].rmse).all()


def test_before_any_label_there_is_an_outlook_without_concordance(make):
    now, later = forecast(project(make, labels=0), [0, 6], threshold=0.8)
    assert np.isnan(now.ccc).all()
    assert (later.rmse < now.rmse).all()


def test_what_has_no_value_is_not_accepted(make):
    now, later = forecast(project(make, labels=0), [0, 6], threshold=0.01)
    assert now.accepted == 0
    assert later.accepted > 0.9


def test_the_share_accepted_is_that_of_the_engine(make):
    """With the project's quality, tolerance and threshold: not with constants."""
    quality = np.where(np.arange(40) < 30, 0.05, 1.0)
    for tolerance, threshold in ((0.2, 0.5), (0.3, 0.8), (0.05, 0.2)):
        query = make.query(
            make.track(40, quality=quality),
            positions=[3, 35],
            model=make.model(tolerance=tolerance),
        )
        left = np.setdiff1d(np.arange(40), [3, 35])
        sure = query.posterior.confidence(left)
        (now,) = forecast([query], [0], threshold=threshold)
        assert now.accepted == pytest.approx((sure >= threshold).mean(), abs=1e-6)


def test_a_track_nobody_judged_is_forecast_as_it_is_predicted(make):
    """What weights and slopes leave open counts in neither."""
    query = make.query(make.track(40), positions=[], zero_shot=True)
    sure = query.posterior.confidence()
    threshold = float(np.median(sure)) - 1e-4
    (now,) = forecast([query], [0], threshold=threshold)
    assert now.accepted == pytest.approx((sure >= threshold).mean(), abs=1e-6)
    variance = query.posterior.unlabelled(query.posterior.predict()[1])
    wanted = ERROR_PER_DEVIATION * np.sqrt(variance.mean(axis=0))
    np.testing.assert_allclose(now.rmse, wanted, rtol=1e-5)


def test_no_label_is_expected_to_make_a_prediction_worse(make):
    numbers = [0, 1, 2, 3, 6, 27]
    found = forecast(project(make, labels=0, zero_shot=True), numbers, threshold=0.8)
    for before, after in pairwise(found):
        assert (after.rmse <= before.rmse * (1 + 1e-3)).all()
    assert (found[-1].rmse < 0.6 * found[0].rmse).all()


def test_a_forecast_spends_labels_as_suggest_does(make):
    """What is expected after labels is what their variances would be."""
    queries = project(make, zero_shot=True)
    made = suggest_frames(queries, Budget(total=6))
    (after,) = forecast(queries, [6], threshold=0.8)
    weight, total = 0, np.zeros(2)
    for query in queries:
        name = query.track.video_id
        asked = [s.frame for s in made if s.video_id == name]
        at = np.searchsorted(query.track.frame, np.array(asked, np.int64))
        selector = GreedySelector.of_track(query.posterior, query.allowed)
        rank = {s.frame: s.rank for s in made if s.video_id == name}
        selector.take_positions(at[np.argsort([rank[f] for f in asked])].tolist())
        gone = [*at, *(o.middle for o in query.posterior.observations)]
        left = ~np.isin(selector.target, gone)
        weight += left.sum()
        total += selector.variance[left].sum(axis=0)
    wanted = ERROR_PER_DEVIATION * np.sqrt(total / weight)
    np.testing.assert_allclose(after.rmse, wanted, rtol=1e-5)


def test_thinking_a_label_takes_off_what_giving_it_would(make):
    """Variances do not hang on the value of a label, only on where it is."""
    query = make.query(make.track(30), positions=[4, 22])
    model, features = query.posterior.model, query.posterior.features
    observations = list(query.posterior.observations)
    selector = GreedySelector.of_track(query.posterior, query.allowed)
    for event in range(3):
        best, _ = selector.best()
        at = int(selector.candidate[best])
        selector.take(best)
        value = np.random.default_rng(at).uniform(-0.9, 0.9, 2)
        observations.append(make.observation(at, value, event=10 + event))
        after = track_posterior(model, features, observations, learnt=())
        _, wanted = after.predict()
        np.testing.assert_allclose(selector.variance, wanted, rtol=1e-3, atol=1e-5)


def test_residuals_of_the_project_scale_what_is_expected():
    quantiles = np.array(list(SHIPPED_QUANTILES.values()))

    def calibration(factor, *, own=True, n=100):
        return Calibration(
            residual_quantiles=factor * quantiles,
            source="",
            is_own=own,
            n_judgements=n,
            n_clips=9,
        )

    assert _error_per_variance(calibration(9.0, own=False)) == pytest.approx(
        _error_per_variance(calibration(1.0, own=False))
    )
    small, usual, large = (_error_per_variance(calibration(f)) for f in (0.5, 1, 2))
    assert small < usual < large
    assert _error_per_variance(calibration(2.0, n=5)) < large


def test_more_than_there_is_to_label_is_no_fault(make):
    (one,) = forecast([make.query(make.track(5), positions=[0])], [3], threshold=0.8)
    assert np.isfinite(one.rmse).all()
    assert forecast([], [3], threshold=0.8) == []


def test_numbers_below_zero_are_refused(make):
    with pytest.raises(InputError, match="0 or more, not -1"):
        forecast(project(make), [3, -1], threshold=0.8)
