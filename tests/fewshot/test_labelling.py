from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feltline.errors import EncoderError, NothingToLabelError, ShapeError
from feltline.fewshot import INTERPOLATIONS, LabelOptions, label_tracks
from feltline.fewshot.baselines.interpolation import interpolate
from feltline.fewshot.baselines.mtclar import Compared
from feltline.fewshot.gp.conditioning import fit
from feltline.fewshot.gp.features import points_of
from feltline.fewshot.gp.kernel import SHIPPED

METHODS = ("gp", *INTERPOLATIONS)


def label_all(*args, **kwargs):
    """Estimates of tracks that must each get one."""
    got = label_tracks(*args, **kwargs)
    made = [estimate for estimate in got if estimate is not None]
    assert len(made) == len(got)
    return made


def positions(track, support):
    return np.searchsorted(track.frame, support.frame[support.of_track(track)])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("prior", [False, True])
def test_a_label_stands_in_its_own_frame(make, method, prior):
    tracks, seen, support = make.project(1, prior=prior)
    got = label_all(tracks, seen, support, LabelOptions(method=method))
    for track, estimate in zip(tracks, got, strict=True):
        assert estimate is not None
        at = positions(track, support)
        own = support.affect[support.of_track(track)]
        for array in (estimate.affect, estimate.low, estimate.high):
            np.testing.assert_array_equal(array[at], own)
        assert (estimate.confidence[at] == 1).all()
        assert sorted(np.flatnonzero(estimate.is_human)) == sorted(at)
        assert estimate.method == method
        assert len(estimate) == len(track)


def test_the_other_frames_hold_the_posterior(make):
    tracks, seen, support = make.project(1)
    posterior = fit(tracks, seen, support)
    got = label_all(tracks, seen, support, run_id="r1")
    for number, estimate in enumerate(got):
        machine = ~estimate.is_human
        wanted = np.clip(posterior.predict(number).mean, -1, 1)
        np.testing.assert_array_equal(estimate.affect[machine], wanted[machine])
        assert (estimate.low < estimate.affect)[machine].all()
        assert (estimate.high > estimate.affect)[machine].all()
        assert (estimate.confidence[machine] < 1).all()
        assert estimate.run_id == "r1"
        assert estimate.calibration.startswith("shipped residuals")


def test_raters_of_one_frame_are_averaged(make):
    track, seen = make.track(), make.embeddings()
    rows = [(track, 4, 0.5, 0.0), (track, 4, 0.0, -0.5), (track, 9, 0.1, 0.1)]
    support = make.support(rows, expression=[3, -1, -1], rater=["me", "you", "me"])
    (got,) = label_all([track], [seen], support)
    np.testing.assert_array_equal(got.affect[4], np.array([0.25, -0.25], np.float32))
    assert got.is_human.sum() == 2
    assert got.expression[4].argmax() == 3
    assert got.expression[4].max() == 1


@pytest.mark.parametrize("prior", [False, True])
def test_intervals_nest_as_coverage_grows(make, prior):
    tracks, seen, support = make.project(4, prior=prior)
    by_coverage = [
        label_all(tracks, seen, support, LabelOptions(coverage=c))
        for c in (0.5, 0.8, 0.95)
    ]
    for narrow, wide in pairwise(by_coverage):
        for a, b in zip(narrow, wide, strict=True):
            assert (b.low <= a.low).all()
            assert (b.high >= a.high).all()
            assert (b.high - b.low > a.high - a.low).any()
            np.testing.assert_array_equal(a.affect, b.affect)
            assert b.coverage > a.coverage


def test_confidence_grows_with_tolerance(make):
    tracks, seen, support = make.project(4)
    strict = label_all(tracks, seen, support, LabelOptions(tolerance=0.05))
    loose = label_all(tracks, seen, support, LabelOptions(tolerance=0.5))
    for a, b in zip(strict, loose, strict=True):
        machine = ~a.is_human
        assert (a.confidence < b.confidence)[machine].all()


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 1000),
    method=st.sampled_from(METHODS),
    prior=st.booleans(),
    end=st.sampled_from([-1.0, 1.0]),
)
def test_values_stay_on_the_scale_and_in_their_intervals(
    make, seed, method, prior, end
):
    tracks, seen, support = make.project(seed, prior=prior)
    affect = support.affect.copy()
    affect[::2] = end
    support = replace(support, affect=affect)
    for got in label_all(tracks, seen, support, LabelOptions(method=method)):
        for array in (got.affect, got.low, got.high):
            assert not (np.abs(array) > 1).any()
        assert np.isfinite(got.affect).all()
        assert not (got.low > got.affect).any()
        assert not (got.high < got.affect).any()


@pytest.mark.parametrize("method", INTERPOLATIONS)
def test_baselines_know_no_interval_and_no_confidence(make, method):
    tracks, seen, support = make.project(1, prior=True)
    for number, got in enumerate(
        label_all(tracks, seen, support, LabelOptions(method=method))
    ):
        track, machine = tracks[number], ~got.is_human
        for array in (got.low, got.high, got.confidence, got.expression):
            assert np.isnan(array[machine]).all()
        at = positions(track, support)
        order = np.argsort(at)
        label = support.affect[support.of_track(track)][order].astype(np.float64)
        wanted = interpolate(method, track.time_s[at[order]], label, track.time_s)
        np.testing.assert_allclose(got.affect, wanted, atol=1e-6)
        assert got.calibration.startswith("none")
        assert set(got.evidence.ravel()) <= {-1, *track.frame[at]}
        np.testing.assert_array_equal(got.evidence[at, 0], track.frame[at])
        assert (got.evidence[at, 1:] == -1).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_track_without_labels_needs_a_prior(make, method):
    tracks = [make.track(30), make.track(12, video="b.mp4")]
    options = LabelOptions(method=method)
    for prior in (False, True):
        seen = [
            make.embeddings(len(t), seed=i, prior=prior) for i, t in enumerate(tracks)
        ]
        expected = [
            np.stack([p.opinion[:, :, j] @ SHIPPED[j, -3:] for j in range(2)], axis=1)
            for p in points_of(tracks, seen)
        ]
        rows = [(tracks[0], f, *expected[0][f]) for f in (1, 5, 9)]
        support = make.support(rows)
        own, other = label_tracks(tracks, seen, support, options)
        assert own is not None
        if method != "gp" or not prior:
            assert other is None
            continue
        assert other is not None
        assert not other.is_human.any()
        assert (other.evidence == -1).all()
        np.testing.assert_allclose(other.affect, expected[1], atol=0.02)
        np.testing.assert_allclose(other.expression.sum(axis=1), 1, atol=1e-5)


def test_labels_of_other_tracks_shift_a_biased_prior(make):
    tracks, seen, _ = make.project(2, prior=True, tracks=3)
    rows = []
    for number in (0, 1):
        for at in range(0, 30, 3):
            value = np.clip(seen[number].zero_shot_value[at] + 0.2, -1, 1)
            rows.append((tracks[number], int(tracks[number].frame[at]), *value))
    (_, _, other) = label_all(tracks, seen, make.support(rows))
    shift = other.affect - seen[2].zero_shot_value
    assert 0.05 < shift.mean() < 0.3


def test_low_quality_lowers_confidence(make):
    quality = np.linspace(0, 1, 40)
    sharp, blurred = make.track(), make.track(quality=quality)
    seen = make.embeddings()
    support = make.support([(sharp, 4, 0.5, 0.1), (sharp, 33, -0.2, 0.1)])
    (full,) = label_all([sharp], [seen], support)
    (less,) = label_all([blurred], [seen], support)
    machine = ~full.is_human
    share = np.minimum(quality / 0.3, 1)
    np.testing.assert_allclose(
        less.confidence[machine], (full.confidence * share)[machine], rtol=1e-5
    )
    assert less.confidence[4] == 1, "a person's label is as sure as ever"
    np.testing.assert_array_equal(less.low, full.low)


@pytest.mark.parametrize("labels", [2, 5, 10])
def test_evidence_is_the_tracks_own_labels_nearest_first(make, labels):
    tracks, seen, support = make.project(6, labels=labels)
    for track, got in zip(tracks, label_all(tracks, seen, support), strict=True):
        frames = support.frame[support.of_track(track)]
        n = min(3, len(frames))
        assert got.evidence.shape == (len(track), 3)
        for row in got.evidence:
            assert set(row[:n]) <= set(frames)
            assert len(set(row[:n])) == n
            assert (row[n:] == -1).all()
        at = positions(track, support)
        np.testing.assert_array_equal(got.evidence[at, 0], frames)


def test_evidence_of_a_still_face_is_what_is_near_in_time(make):
    track, seen = make.track(), make.embeddings(vector=np.ones((40, 3)))
    support = make.support([(track, f, 0.1, 0.1) for f in (30, 2, 20, 10)])
    (got,) = label_all([track], [seen], support)
    np.testing.assert_array_equal(got.evidence[0], [2, 10, 20])
    np.testing.assert_array_equal(got.evidence[18], [20, 10, 30])
    np.testing.assert_array_equal(got.evidence[39], [30, 20, 10])


@pytest.mark.parametrize("prior", [False, True])
def test_expressions_are_probabilities_and_a_persons_choice_stands(make, prior):
    tracks, seen, support = make.project(3, prior=prior, labels=6)
    support = replace(support, expression=np.array([1, -1, 1, -1, 4, -1], np.int64))
    first, second = label_all(tracks, seen, support)
    np.testing.assert_allclose(first.expression.sum(axis=1), 1, atol=1e-5)
    assert (first.expression >= 0).all()
    at = positions(tracks[0], support)
    np.testing.assert_array_equal(first.expression[at], np.eye(8)[[1, 1, 4]])
    if prior:
        np.testing.assert_allclose(second.expression.sum(axis=1), 1, atol=1e-5)
    else:
        assert np.isnan(second.expression).all()


@pytest.mark.parametrize("method", METHODS)
def test_nothing_to_work_from_is_said(make, method):
    track, seen = make.track(), make.embeddings()
    options = LabelOptions(method=method)
    with pytest.raises(NothingToLabelError, match="no label to work from"):
        label_all([track], [seen], make.support([]), options)
    with pytest.raises(NothingToLabelError, match="no face to work from"):
        label_all([], [], make.support([(track, 3, 0, 0)]), options)


def test_a_label_of_an_unseen_frame_is_named(make):
    track, seen = make.track(), make.embeddings()
    support = make.support([(track, 3, 0, 0), (track, 77, 0, 0)])
    with pytest.raises(ShapeError, match="label 1 names frame 77"):
        label_all([track], [seen], support)


def test_many_clips_are_calibrated_on_their_own_labels(make):
    tracks, seen, support = make.project(1, tracks=9, n=8, labels=27)
    for got in label_all(tracks, seen, support):
        assert got.calibration.startswith("leave-one-label-out")
    few = label_tracks(tracks[:8], seen[:8], make.project(1, tracks=8, n=8)[2])
    assert all(e is None or e.calibration.startswith("shipped") for e in few)


@pytest.mark.parametrize("method", METHODS)
def test_a_one_frame_track_is_its_label(make, method):
    track, seen = make.track(1), make.embeddings(1)
    support = make.support([(track, 0, 0.5, -0.5)], expression=[2])
    (got,) = label_all([track], [seen], support, LabelOptions(method=method))
    np.testing.assert_array_equal(got.affect, [[0.5, -0.5]])
    np.testing.assert_array_equal(got.expression, np.eye(8)[[2]])
    np.testing.assert_array_equal(got.evidence, [[0, -1, -1]])


def test_the_published_rule_adds_differences_to_the_latest_label(make):
    track, seen = make.track(20), make.embeddings(20)
    support = make.support([(track, 4, 0.3, -0.2), (track, 12, -0.1, 0.4)])

    def compare(first, second):
        apart = np.stack([(second - first) / 50, (first - second) / 40], axis=1)
        return Compared(np.ones(len(first), np.float32), apart.astype(np.float32))

    (got,) = label_tracks(
        [track],
        [seen],
        support,
        LabelOptions(method="mt-clar"),
        comparisons=[compare],
    )
    assert got is not None
    for i in range(20):
        anchor, label = (12, (-0.1, 0.4)) if i >= 12 else (4, (0.3, -0.2))
        wanted = (label[0] + (i - anchor) / 50, label[1] + (anchor - i) / 40)
        np.testing.assert_allclose(got.affect[i], wanted, atol=1e-6)
        assert got.evidence[i, 0] == anchor
    assert got.is_human[[4, 12]].all()
    assert np.isnan(np.delete(got.confidence, [4, 12])).all()
    with pytest.raises(EncoderError, match="needs pair heads"):
        label_tracks([track], [seen], support, LabelOptions(method="mt-clar"))


def test_faces_that_the_encoder_does_not_know_lose_confidence(make):
    tracks, seen, support = make.project(3, prior=True)
    strange = [np.zeros(len(t), np.float32) for t in tracks]
    strange[0][5:9] = [0.99, 1.0, 1.15, 1.4]
    plain, _ = label_tracks(tracks, seen, support)
    marked, _ = label_tracks(tracks, seen, support, strangeness=strange)
    assert plain is not None
    assert marked is not None
    machine = ~plain.is_human
    factor = np.ones(len(tracks[0]), np.float32)
    factor[5:9] = [1, 1, 0.5, 0]
    np.testing.assert_allclose(
        marked.confidence[machine], (plain.confidence * factor)[machine], rtol=1e-5
    )
    np.testing.assert_array_equal(marked.affect, plain.affect)
