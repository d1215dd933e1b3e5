from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.errors import ShapeError
from feltline.fewshot import REASONS, build_queue, promising
from feltline.fewshot.active import selection, track_queue
from feltline.fewshot.calibration import confidence
from feltline.fewshot.model import track_posterior

TOLERANCE = 0.2


def queue_of(query, threshold=0.8, *, reviewed=None, tolerance=TOLERANCE, **how):
    n, model = len(query.track), query.posterior.model
    model = promising(model, tolerance=tolerance, coverage=model.coverage)
    return build_queue(
        replace(query.posterior, model=model),
        threshold,
        quality=query.track.quality,
        reviewed=np.zeros(n, bool) if reviewed is None else reviewed,
        **how,
    )


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


class Replayed:
    """The greedy choice by conditioning anew on each candidate."""

    def __init__(self, make, query, threshold, reviewed, covers_s, tolerance):
        self.make, self.query, self.threshold = make, query, threshold
        self.covers_s, self.tolerance = covers_s, tolerance
        self.posterior = query.posterior
        sure = self.sure(self.posterior)
        self.pending = (sure < np.float32(threshold)) & ~reviewed
        self.left = self.pending.copy()
        self.is_first = not query.posterior.observations

    def variance(self, posterior):
        return posterior.predict()[1].astype(np.float64)

    def sure(self, posterior):
        variance = posterior.predict()[1]
        found = confidence(posterior.model.calibration, variance, self.tolerance)
        return found * posterior.features.trust

    def labelled(self, at):
        extra = self.make.observation(at, (0.0, 0.0), event=100 + int(at))
        observations = [*self.posterior.observations, extra]
        model, features = self.posterior.model, self.posterior.features
        return track_posterior(model, features, observations, learnt=())

    def gains(self):
        """Gain of each that may be taken: the first label is the most telling one."""
        now, time_s = self.variance(self.posterior), self.query.track.time_s
        noise = sum(self.posterior.rater_noise(j) for j in range(2))
        told, worth = {}, {}
        for at in np.flatnonzero(self.left).tolist():
            told[at] = float((now - self.variance(self.labelled(at)))[self.left].sum())
            around = (np.abs(time_s - time_s[at]) <= 0.25 + 1e-6) & self.left
            worth[at] = told[at] + around.sum() * (now[at].sum() - noise)
        judge = told if self.is_first else worth
        most = max(judge.values()) * (1 - 1e-3) - 1e-5
        return {at: told[at] for at in told if judge[at] >= most}

    def step(self, at):
        self.posterior, self.is_first = self.labelled(at), False
        self.left &= self.sure(self.posterior) < np.float32(self.threshold)
        near = window(self.query.track, self.pending, at, self.covers_s)
        self.left[near] = False
        return self.left


@pytest.mark.parametrize("positions", [(), (4, 15, 22)])
@pytest.mark.parametrize("covers_s", [0.0, 0.3])
@pytest.mark.parametrize("threshold", [0.6, 0.8])
def test_the_queue_is_the_naive_greedy_choice(make, positions, covers_s, threshold):
    query = make.query(make.track(26), positions=positions)
    reviewed = np.zeros(26, bool)
    reviewed[[7, 8]] = True
    got = queue_of(query, threshold, reviewed=reviewed, covers_s=covers_s, most=99)
    naive = Replayed(make, query, threshold, reviewed, covers_s, TOLERANCE)
    assert got.n_pending == naive.pending.sum() > 3
    left = naive.pending
    for at, gain, first, last in zip(
        got.at, got.gain, got.first, got.last, strict=True
    ):
        gains = naive.gains()
        assert int(at) in gains
        assert gain == pytest.approx(gains[int(at)], rel=5e-3, abs=2e-5)
        covered = window(query.track, naive.pending, at, covers_s)
        assert (first, last) == (covered[0], covered[-1])
        left = naive.step(int(at))
    assert not left.any(), "the plan empties the queue"
    assert got.expected_items == len(got)


def test_a_queue_that_is_cut_short_says_how_much_is_left(make):
    query = make.query(make.track(60), positions=(2, 40))
    whole, some = queue_of(query, 0.9, most=99), queue_of(query, 0.9, most=3)
    np.testing.assert_array_equal(some.at, whole.at[:3])
    assert len(whole) > 4
    assert some.n_pending == whole.n_pending
    assert len(whole) / 2 < some.expected_items < 2 * len(whole)
    assert whole.expected_items == len(whole)


@settings(max_examples=examples(15), deadline=None)
@given(
    seed=st.integers(0, 50),
    zero_shot=st.booleans(),
    threshold=st.floats(0.3, 1.0),
    most=st.integers(1, 12),
    covers_s=st.sampled_from([0.0, 0.2, 0.5]),
)
def test_every_queue_keeps_its_promises(
    make, seed, zero_shot, threshold, most, covers_s
):
    rng = np.random.default_rng(seed)
    track = make.track(30, first=1, quality=rng.uniform(0, 1, 30))
    reviewed = rng.uniform(size=30) < 0.3
    query = make.query(track, seed=seed, zero_shot=zero_shot, positions=(3, 17))
    got = queue_of(query, threshold, reviewed=reviewed, most=most, covers_s=covers_s)
    sure = query.posterior.confidence()
    pending = (sure < np.float32(threshold)) & ~reviewed
    assert got.n_pending == pending.sum()
    assert len(got) <= most
    assert len(set(got.at.tolist())) == len(got)
    assert pending[got.at].all()
    assert (got.gain > 0).all()
    assert set(got.reason) <= set(REASONS)
    poor = (track.quality < selection.POOR_QUALITY)[got.at]
    assert (np.diff(poor.astype(int)) >= 0).all(), "poor faces come last"
    for at, first, last in zip(got.at, got.first, got.last, strict=True):
        covered = window(track, pending, at, covers_s)
        assert (first, last) == (covered[0], covered[-1])
    assert got.expected_items >= len(got)
    assert (got.expected_items == 0) == (got.n_pending == 0)


def test_nothing_pending_is_an_empty_queue(make):
    query = make.query(make.track(20), positions=(3,))
    for threshold, reviewed in ((0.0, np.zeros(20, bool)), (1.0, np.ones(20, bool))):
        got = queue_of(query, threshold, reviewed=reviewed)
        assert len(got) == got.n_pending == got.expected_items == 0
        assert got.reason == ()
        assert got.at.dtype == np.int64


def test_tolerance_of_the_project_decides_what_is_pending(make):
    query = make.query(make.track(40), positions=range(0, 40, 5))
    counts = [queue_of(query, 0.8, tolerance=t).n_pending for t in (0.05, 0.2, 0.6)]
    assert counts[0] > counts[1] > counts[2]


def test_a_face_that_can_hardly_be_seen_is_covered_by_a_judgement(make):
    """Its confidence can never reach the threshold, however many labels there are."""
    quality = np.ones(60)
    quality[20:40] = 0.1
    track = make.track(60, rate=20.0, quality=quality)
    query = make.query(track, positions=range(0, 60, 3), appearance=np.zeros((60, 3)))
    got = queue_of(query, 0.6, most=99)
    assert got.n_pending >= 20
    assert got.expected_items == len(got) <= 14
    assert ((got.at >= 20) & (got.at < 40)).any()


def test_poor_faces_come_last_even_if_they_say_most(make):
    quality = np.where(np.arange(30) < 24, 0.1, 1)
    track = make.track(30, rate=0.1, quality=quality)
    appearance = np.repeat(np.eye(3)[[0, 1]], [24, 6], axis=0) * 3
    query = make.query(track, positions=(29,), appearance=appearance)
    got = queue_of(query, 0.99, most=99, covers_s=0.0)
    first_poor = int(np.argmax(got.at < 24))
    assert first_poor > 0
    assert (got.at[:first_poor] >= 24).all()
    assert (got.at[first_poor:] < 24).all()
    assert got.gain[first_poor] > got.gain[0]


def test_confidence_at_hand_is_used_as_it_is(make):
    query = make.query(make.track(30), positions=(4, 22), zero_shot=True)
    sure = query.posterior.confidence()
    a, b = queue_of(query), queue_of(query, confidence_now=sure)
    np.testing.assert_array_equal(a.at, b.at)
    np.testing.assert_allclose(a.gain, b.gain, rtol=1e-5)
    assert not len(queue_of(query, confidence_now=np.ones(30, np.float32)))


def test_reasons_tell_the_items_apart(make):
    appearance = np.repeat(np.eye(3)[[0, 1]], 20, axis=0) * 3
    track = make.track(40, rate=0.5)
    none = make.query(track, appearance=appearance)
    assert set(queue_of(none, 0.7).reason) == {"no_label"}
    blank = make.query(track, appearance=appearance, zero_shot=True)
    assert queue_of(blank, 0.9).reason[:2] == ("typical", "far")
    got = queue_of(make.query(track, appearance=appearance, positions=(3,)), 0.7)
    assert got.reason[0] == "far"
    assert got.at[0] >= 20


def test_reasons_are_what_they_say(make):
    query = make.query(make.track(26), positions=(2, 9, 16))
    labelled, seen = np.isin(np.arange(26), (2, 9, 16)), set()
    for threshold, tolerance in ((0.6, 0.2), (0.8, 0.2), (0.7, 0.12), (0.8, 0.08)):
        got = queue_of(
            query, threshold, tolerance=tolerance, reviewed=labelled, covers_s=0.1
        )
        naive = Replayed(make, query, threshold, labelled, 0.1, tolerance)
        sure = naive.sure(query.posterior)
        left = naive.pending.copy()
        for at, reason in zip(got.at, got.reason, strict=True):
            covered = left[window(query.track, naive.pending, at, 0.1)].sum()
            after = naive.step(int(at))
            settled, left = left.sum() - after.sum(), after.copy()
            seen.add(reason)
            if reason != "far":
                assert (reason == "high_influence") == (settled >= 2 * covered)
            if reason in ("likely_wrong", "low_confidence"):
                assert (reason == "likely_wrong") == (sure[at] < 0.5)
    assert seen >= {"high_influence", "likely_wrong", "low_confidence"}


def test_long_tracks_are_thinned_but_counted_in_full(make, monkeypatch):
    query = make.query(make.track(400, rate=25.0), positions=(5,))
    full = queue_of(query, 0.9, most=5)
    monkeypatch.setattr(track_queue, "MAX_CANDIDATES", 40)
    monkeypatch.setattr(track_queue, "MAX_TARGETS", 50)
    thin = queue_of(query, 0.9, most=5)
    assert thin.n_pending == full.n_pending > 300
    assert thin.gain[0] == pytest.approx(full.gain[0], rel=0.15)
    assert thin.gain.sum() == pytest.approx(full.gain.sum(), rel=0.1)
    assert thin.expected_items == pytest.approx(full.expected_items, rel=0.3)


def test_queues_of_wrong_lengths_are_refused(make):
    query = make.query(make.track(12), positions=(0,))
    with pytest.raises(ShapeError, match="not 11, 12, 12 and 40"):
        queue_of(query, reviewed=np.zeros(11, bool))
    with pytest.raises(ShapeError, match="not 12, 12, 12 and 0"):
        queue_of(query, most=0)
    with pytest.raises(ShapeError, match="not 12, 9, 12 and 40"):
        queue_of(query, confidence_now=np.ones(9, np.float32))
