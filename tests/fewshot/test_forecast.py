from itertools import pairwise

import numpy as np
import pytest

from feltline.errors import InputError
from feltline.fewshot import Budget, forecast, suggest_frames
from feltline.fewshot.active.selection import Chooser
from feltline.fewshot.gp.conditioning import fit


def test_more_labels_promise_less_error_and_more_acceptance(make):
    tracks, seen, support = make.project(1, prior=True, tracks=3, labels=6)
    found = forecast(tracks, seen, support, [0, 3, 9, 27])
    assert [one.more for one in found] == [0, 3, 9, 27]
    for before, after in pairwise(found):
        assert (after.rmse < before.rmse).all()
        assert after.accepted >= before.accepted
    for one in found:
        assert (one.low < one.rmse).all()
        assert (one.rmse < one.high).all()
        assert (one.ccc > -1).all()
        assert (one.ccc < 1).all()
        assert 0 <= one.accepted <= 1


def test_numbers_are_answered_in_the_order_asked(make):
    tracks, seen, support = make.project(1, labels=4)
    there = forecast(tracks, seen, support, [5, 0, 5])
    assert [one.more for one in there] == [5, 0, 5]
    np.testing.assert_array_equal(there[0].rmse, there[2].rmse)
    assert (there[1].rmse > there[0].rmse).all()


def test_before_any_label_there_is_an_outlook_without_concordance(make):
    tracks, seen, _ = make.project(1, prior=True)
    now, later = forecast(tracks, seen, None, [0, 6])
    assert np.isnan(now.ccc).all()
    assert (later.rmse < now.rmse).all()


def test_thinking_a_label_takes_off_what_giving_it_would(make):
    """Variances do not hang on the value of a label, only on where it is."""
    tracks, seen, support = make.project(4, prior=True, tracks=1, labels=4)
    posterior = fit(tracks, seen, support, learn=False)
    allowed = np.setdiff1d(np.arange(len(tracks[0])), posterior.frames.at)
    chooser = Chooser.of(posterior, 0, tracks[0], allowed)
    for _ in range(3):
        at, _ = chooser.choose()
        label = np.random.default_rng(at).uniform(-0.9, 0.9, 2)
        posterior = posterior.with_label(0, at, label)
        # A frame's own doubt is in the variance of its label, not in what it teaches.
        wanted = posterior.predict(0).variance
        np.testing.assert_allclose(chooser.spread, wanted, rtol=0.35, atol=2e-3)


def test_more_than_there_is_to_label_is_no_fault(make):
    track, seen = make.track(5), make.embeddings(5)
    support = make.support([(track, 0, 0.1, 0.1)])
    (one,) = forecast([track], [seen], support, [3])
    assert np.isfinite(one.rmse).all()


def test_numbers_below_zero_are_refused(make):
    tracks, seen, support = make.project(1)
    with pytest.raises(InputError, match="0 or more, not -1"):
        forecast(tracks, seen, support, [3, -1])


def test_second_rounds_say_what_is_likely_wrong(make):
    tracks, seen, support = make.project(2, prior=True, tracks=2, n=60, labels=4)
    again = suggest_frames(tracks, seen, Budget(per_clip=8), labelled=support)
    assert any(s.reason.startswith("likely wrong") for s in again)


def test_audits_are_drawn_from_what_would_be_accepted(make):
    track, seen = make.track(80), make.embeddings(vector=np.zeros((80, 3)))
    support = make.support([(track, f, 0.1, 0.1) for f in range(0, 80, 6)])
    budget = Budget(per_clip=10)
    got = suggest_frames([track], [seen], budget, labelled=support, audit=0.3)
    reasons = [s.reason.startswith("audit") for s in got]
    assert sum(reasons) == 3
    assert [s.rank for s in got] == list(range(1, 11))
    assert len({s.frame for s in got}) == 10
    assert not {s.frame for s in got} & set(range(0, 80, 6))
    with pytest.raises(InputError, match="give labels"):
        suggest_frames([track], [seen], budget, audit=0.3)
