import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feltline.errors import ShapeError
from feltline.fewshot import REASONS, LabelOptions, fill, plan_review
from feltline.fewshot.active import track_queue as plan
from feltline.fewshot.predictions import confidence_of


def frame_runs(pending):
    """Which run of neighbouring pending frames each frame is in, -1 = none."""
    run, out = -1, []
    for i, one in enumerate(pending):
        if one and (i == 0 or not pending[i - 1]):
            run += 1
        out.append(run if one else -1)
    return np.array(out)


def window(track, pending, at, covers_s):
    """Positions that an item at this position speaks for, frame by frame."""
    run = frame_runs(pending)
    near = np.abs(track.time_s - track.time_s[at]) <= covers_s + 1e-6
    return np.flatnonzero(near & (run == run[at]))


def replayed(filling, number, threshold, judged, covers_s):
    """The greedy choice by re-solving the posterior for each candidate.

    Yields, per item: the best gain, the gain of each candidate, and the frames left.
    """
    track = filling.tracks[number]
    n = len(track)
    known = filling.posterior
    pending = filling.confidence_at(number, np.arange(n)) < np.float32(threshold)
    pending &= ~judged
    left = pending.copy()

    def spread(posterior):
        return posterior.predict(number).variance.astype(np.float64)

    def step(at):
        nonlocal known, left
        known = known.with_label(number, at, np.zeros(2))
        sure = confidence_of(
            known.predict(number).variance,
            filling.calibration,
            filling.trust[number],
            filling.options.tolerance,
        )
        left = left & (sure < np.float32(threshold))
        left[window(track, pending, at, covers_s)] = False
        return left

    def gains():
        now = spread(known)
        return {
            int(at): float(
                (now - spread(known.with_label(number, int(at), np.zeros(2))))[
                    left
                ].sum()
            )
            for at in np.flatnonzero(left)
        }

    return gains, step, pending


@pytest.mark.parametrize("labels", [0, 3])
@pytest.mark.parametrize("covers_s", [0.0, 0.3])
@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_the_plan_is_the_naive_greedy_choice(make, labels, covers_s, threshold):
    tracks, seen, support = make.project(2, tracks=1, n=26, labels=max(labels, 1))
    support = support if labels else make.support([])
    filling = fill(tracks, seen, support, learn=False)
    judged = np.zeros(26, bool)
    judged[[7, 8]] = True
    got = plan_review(filling, 0, threshold, judged=judged, covers_s=covers_s, most=99)
    gains, step, pending = replayed(filling, 0, threshold, judged, covers_s)
    assert got.n_pending == pending.sum() > 5
    left = pending
    for at, gain, first, last in zip(
        got.at, got.gain, got.first, got.last, strict=True
    ):
        naive = gains()
        assert naive[int(at)] >= max(naive.values()) * (1 - 1e-3) - 1e-6
        assert gain == pytest.approx(naive[int(at)], rel=2e-3, abs=2e-6)
        covered = window(tracks[0], pending, at, covers_s)
        assert (first, last) == (covered[0], covered[-1])
        left = step(int(at))
    assert not left.any(), "the plan empties the queue"
    assert got.expected_items == len(got)


def test_a_plan_that_is_cut_short_says_how_much_is_left(make):
    tracks, seen, support = make.project(2, tracks=1, n=60, labels=2)
    filling = fill(tracks, seen, support, learn=False)
    judged = np.zeros(60, bool)
    whole = plan_review(filling, 0, 0.9, judged=judged, most=99)
    some = plan_review(filling, 0, 0.9, judged=judged, most=3)
    np.testing.assert_array_equal(some.at, whole.at[:3])
    assert len(whole) > 4
    assert some.n_pending == whole.n_pending
    assert len(whole) / 2 < some.expected_items < 2 * len(whole)
    assert whole.expected_items == len(whole)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 40),
    prior=st.booleans(),
    threshold=st.floats(0.3, 1.0),
    most=st.integers(1, 12),
    covers_s=st.sampled_from([0.0, 0.2, 0.5]),
)
def test_every_plan_keeps_its_promises(make, seed, prior, threshold, most, covers_s):
    tracks, seen, support = make.project(seed, prior=prior, tracks=2, labels=3)
    quality = np.random.default_rng(seed).uniform(0, 1, len(tracks[1]))
    tracks[1] = make.track(len(quality), video="1.mp4", first=1, quality=quality)
    judged = np.random.default_rng(seed).uniform(size=len(quality)) < 0.3
    filling = fill(tracks, seen, support, learn=False)
    got = plan_review(
        filling, 1, threshold, judged=judged, most=most, covers_s=covers_s
    )
    n = len(tracks[1])
    sure = filling.confidence_at(1, np.arange(n))
    pending = (sure < np.float32(threshold)) & ~judged
    assert got.n_pending == pending.sum()
    assert len(got) <= most
    assert len(set(got.at.tolist())) == len(got)
    assert pending[got.at].all()
    assert (got.gain > 0).all()
    assert set(got.reason) <= set(REASONS)
    poor = (tracks[1].quality < 0.3)[got.at]
    assert (np.diff(poor.astype(int)) >= 0).all(), "poor faces come last"
    for some in (got.gain[~poor], got.gain[poor]):
        assert (np.diff(some) <= 1e-6 * some[:1].sum()).all()
    for at, first, last in zip(got.at, got.first, got.last, strict=True):
        covered = window(tracks[1], pending, at, covers_s)
        assert (first, last) == (covered[0], covered[-1])
    assert got.expected_items >= len(got)
    assert (got.expected_items == 0) == (got.n_pending == 0)


def test_nothing_pending_is_an_empty_plan(make):
    tracks, seen, support = make.project(1)
    filling = fill(tracks, seen, support)
    n = len(tracks[0])
    for threshold, judged in ((0.0, np.zeros(n, bool)), (1.0, np.ones(n, bool))):
        got = plan_review(filling, 0, threshold, judged=judged)
        assert len(got) == got.n_pending == got.expected_items == 0
        assert got.reason == ()
        assert got.at.dtype == np.int64


def test_labelled_frames_are_not_pending(make):
    track, seen = make.track(12), make.embeddings(12)
    support = make.support([(track, f, 0.1, 0.1) for f in range(0, 12, 2)])
    got = plan_review(
        fill([track], [seen], support), 0, 1.0, judged=np.zeros(12, bool), covers_s=0.0
    )
    assert set(got.at.tolist()) <= set(range(1, 12, 2))
    np.testing.assert_array_equal(got.first, got.at)
    np.testing.assert_array_equal(got.last, got.at)


def test_a_face_that_can_hardly_be_seen_is_covered_by_a_judgement(make):
    """Its confidence can never reach the threshold, however many labels there are."""
    quality = np.ones(60)
    quality[20:40] = 0.1
    track, seen = make.track(60, rate=20.0, quality=quality), make.embeddings(60)
    support = make.support([(track, f, 0.1, 0.1) for f in range(0, 60, 3)])
    filling = fill([track], [seen], support)
    got = plan_review(filling, 0, 0.8, judged=np.zeros(60, bool), most=99)
    assert got.n_pending >= 13
    assert got.expected_items == len(got) <= 14
    assert ((got.at >= 20) & (got.at < 40)).any()


def test_poor_faces_come_last_even_if_they_say_most(make):
    quality = np.where(np.arange(30) < 24, 0.1, 1)
    track, seen = make.track(30, rate=4.0, quality=quality), make.embeddings(30)
    filling = fill([track], [seen], make.support([(track, 29, 0.1, 0.1)]))
    got = plan_review(filling, 0, 0.99, judged=np.zeros(30, bool), most=99)
    first_poor = int(np.argmax(got.at < 24))
    assert first_poor > 0
    assert (got.at[:first_poor] >= 24).all()
    assert (got.at[first_poor:] < 24).all()
    assert got.gain[first_poor] > got.gain[0]


def test_confidence_at_hand_is_used_as_it_is(make):
    tracks, seen, support = make.project(2, prior=True)
    filling = fill(tracks, seen, support)
    estimate = filling.estimate(0)
    assert estimate is not None
    judged = np.zeros(len(tracks[0]), bool)
    a = plan_review(filling, 0, 0.8, judged=judged)
    b = plan_review(filling, 0, 0.8, judged=judged, confidence=estimate.confidence)
    np.testing.assert_array_equal(a.at, b.at)
    np.testing.assert_allclose(a.gain, b.gain, rtol=1e-5)
    sure = np.ones(len(judged), np.float32)
    assert not len(plan_review(filling, 0, 0.8, judged=judged, confidence=sure))


def test_reasons_tell_the_items_apart(make):
    vector = np.repeat(np.eye(4)[[0, 1]], 20, axis=0) * 3
    track, seen = make.track(40, rate=0.5), make.embeddings(vector=vector)
    nothing = np.zeros(40, bool)
    blank = plan_review(fill([track], [seen], make.support([])), 0, 0.7, judged=nothing)
    assert blank.reason[:2] == ("typical", "far")
    told = fill([track], [seen], make.support([(track, 3, 0, 0)]))
    got = plan_review(told, 0, 0.7, judged=nothing)
    assert got.reason[0] == "far"
    assert got.at[0] >= 20


def test_reasons_are_what_they_say(make):
    tracks, seen, support = make.project(2, tracks=1, n=26, labels=3)
    none, seen_reasons = np.zeros(26, bool), set()
    for threshold, tolerance in ((0.6, 0.2), (0.8, 0.2), (0.7, 0.12)):
        options = LabelOptions(tolerance=tolerance)
        filling = fill(tracks, seen, support, options, learn=False)
        sure = filling.confidence_at(0, np.arange(26))
        got = plan_review(filling, 0, threshold, judged=none, covers_s=0.1)
        _, step, left = replayed(filling, 0, threshold, none, 0.1)
        whole = left
        for at, reason in zip(got.at, got.reason, strict=True):
            covered = left[window(tracks[0], whole, at, 0.1)].sum()
            after = step(int(at))
            settled, left = left.sum() - after.sum(), after
            seen_reasons.add(reason)
            if reason != "far":
                assert (reason == "high_influence") == (settled >= 2 * covered)
            if reason in ("likely_wrong", "low_confidence"):
                assert (reason == "likely_wrong") == (sure[at] < 0.5)
    assert seen_reasons >= {"high_influence", "likely_wrong", "low_confidence"}


def test_long_tracks_are_thinned_but_counted_in_full(make, monkeypatch):
    n = 400
    track, seen = make.track(n, rate=25.0), make.embeddings(n)
    filling = fill([track], [seen], make.support([(track, 5, 0.2, 0.1)]), learn=False)
    judged = np.zeros(n, bool)
    full = plan_review(filling, 0, 0.9, judged=judged, most=5)
    monkeypatch.setattr(plan, "MOST_CANDIDATES", 40)
    monkeypatch.setattr(plan, "MOST_TARGETS", 50)
    thin = plan_review(filling, 0, 0.9, judged=judged, most=5)
    assert thin.n_pending == full.n_pending > 300
    assert thin.gain[0] == pytest.approx(full.gain[0], rel=0.15)
    assert thin.gain.sum() == pytest.approx(full.gain.sum(), rel=0.1)
    assert thin.expected_items == pytest.approx(full.expected_items, rel=0.3)


def test_plans_of_wrong_lengths_are_refused(make):
    track, seen = make.track(12), make.embeddings(12)
    filling = fill([track], [seen], make.support([(track, 0, 0, 0)]))
    with pytest.raises(ShapeError, match="not 11, 12 and 40"):
        plan_review(filling, 0, 0.8, judged=np.zeros(11, bool))
    with pytest.raises(ShapeError, match="most >= 1, not 12, 12 and 0"):
        plan_review(filling, 0, 0.8, judged=np.zeros(12, bool), most=0)
    with pytest.raises(ShapeError, match="not 12, 9 and 40"):
        plan_review(
            filling,
            0,
            0.8,
            judged=np.zeros(12, bool),
            confidence=np.ones(9, np.float32),
        )
