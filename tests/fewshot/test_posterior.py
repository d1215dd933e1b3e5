from dataclasses import replace

import numpy as np
import pytest

from feltline.errors import ShapeError
from feltline.fewshot.gp import posterior as states
from feltline.fewshot.gp.conditioning import blank, fit
from feltline.fewshot.gp.kernel import closeness
from feltline.fewshot.gp.solve import leave_one_out, precision_of, weights_of


def mine(posterior, number):
    """The labelled frames of one track: positions, values, raters."""
    own = posterior.frames.track == number
    frames = posterior.frames
    return frames.at[own], frames.affect[own], frames.raters[own]


def assert_same(got, wanted, tracks):
    for number in range(tracks):
        a, b = got.predict(number), wanted.predict(number)
        np.testing.assert_allclose(a.mean, b.mean, atol=1e-6)
        np.testing.assert_allclose(a.variance, b.variance, atol=1e-6)
    np.testing.assert_allclose(got.residual, wanted.residual, atol=1e-8)
    assert got.raters == wanted.raters
    np.testing.assert_array_equal(got.frames.at, wanted.frames.at)


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("many", [False, True])
def test_taking_all_labels_of_a_track_off_and_on_again_changes_nothing(
    make, prior, many, monkeypatch
):
    if many:
        monkeypatch.setattr(states, "MOST_IN_BLOCK", 2)
    tracks, seen, support = make.project(3, prior=prior, tracks=3, labels=11)
    whole = fit(tracks, seen, support, learn=False)
    at, affect, raters = mine(whole, 1)
    none = np.empty(0, np.int64)
    without = whole.with_track_labels(1, none, np.empty((0, 2)), np.empty(0))
    assert 1 not in without.stretches
    assert not (without.frames.track == 1).any()
    some = rng_order(len(at))
    again = without.with_track_labels(1, at[some], affect[some], raters[some])
    assert_same(again, whole, 3)


def rng_order(n):
    return np.random.default_rng(0).permutation(n)


def test_taking_the_last_label_off_leaves_the_opinion_alone(make):
    tracks, seen, _ = make.project(1, prior=True)
    support = make.support([(tracks[0], 4, 0.5, -0.2)])
    told = fit(tracks, seen, support, learn=False)
    off = told.with_track_labels(
        0, np.empty(0, np.int64), np.empty((0, 2)), np.empty(0)
    )
    assert_same(off, blank(tracks, seen), 2)
    assert off.residual.shape == (0, 2)


def test_more_raters_of_one_track_count_for_the_project(make):
    tracks, seen, support = make.project(2, labels=4)
    told = fit(tracks, seen, support, learn=False)
    at, affect, _ = mine(told, 0)
    more = told.with_track_labels(
        0, np.append(at, 20), np.vstack([affect, [0, 0]]), np.full(3, 4.0)
    )
    assert told.raters == 1
    assert more.raters == 4
    assert more.rater_noise(0) == pytest.approx(told.rater_noise(0) / 4)


def test_a_frame_may_not_be_given_twice(make):
    tracks, seen, support = make.project(2)
    told = fit(tracks, seen, support, learn=False)
    with pytest.raises(ShapeError, match="given once"):
        told.with_track_labels(0, np.array([3, 3]), np.zeros((2, 2)), np.ones(2))


@pytest.mark.parametrize("labels", [0, 1, 9])
def test_some_frames_are_predicted_as_all_are(make, labels, monkeypatch):
    monkeypatch.setattr(states, "MOST_IN_BLOCK", 3)
    monkeypatch.setattr(states, "CHUNK", 7)
    tracks, seen, support = make.project(2, prior=True, labels=labels, tracks=1)
    known = fit(tracks, seen, support, learn=False) if labels else blank(tracks, seen)
    whole = known.predict(0)
    for at in ([], [5], [29, 0, 11, 11, 3, 17, 18, 19, 20, 1], range(30)):
        some = known.predict(0, np.array(at, np.int64))
        np.testing.assert_allclose(some.mean, whole.mean[list(at)], atol=1e-6)
        np.testing.assert_allclose(some.variance, whole.variance[list(at)], atol=1e-6)


def test_pieces_are_the_prediction_with_its_labels(make, monkeypatch):
    monkeypatch.setattr(states, "MOST_IN_BLOCK", 3)
    monkeypatch.setattr(states, "CHUNK", 7)
    tracks, seen, support = make.project(2, prior=True, labels=8, tracks=1)
    known = fit(tracks, seen, support, learn=False)
    whole, points = known.predict(0), known.points[0]
    at, _, _ = mine(known, 0)
    near = closeness(known.hyperparameters, points, points.at(at))
    seen_frames: list[int] = []
    seen_labels: set[int] = set()
    for piece in known.pieces(0):
        np.testing.assert_array_equal(piece.mean, whole.mean[piece.here])
        np.testing.assert_array_equal(piece.variance, whole.variance[piece.here])
        np.testing.assert_allclose(
            piece.closeness, near[piece.here, piece.labels], atol=1e-5
        )
        seen_frames += range(piece.here.start, piece.here.stop)
        seen_labels |= set(range(piece.labels.start, piece.labels.stop))
    assert seen_frames == list(range(30))
    assert seen_labels == set(range(len(at)))


def test_closeness_of_a_frame_to_itself_is_one_and_never_more(make):
    tracks, seen, support = make.project(2, prior=True)
    known = fit(tracks, seen, support)
    near = closeness(known.hyperparameters, known.points[0], known.points[0])
    np.testing.assert_allclose(np.diag(near), 1, atol=1e-3)
    assert near.max() <= 1 + 1e-6
    assert near.min() >= 0


def test_residuals_need_the_diagonal_of_the_precision_only(make):
    tracks, seen, support = make.project(5, prior=True, labels=12)
    known = fit(tracks, seen, support, learn=False)
    for parts in known.stretches.values():
        for part in parts:
            for block, shared in zip(part.blocks, known.shared, strict=True):
                whole = np.diag(precision_of(block, shared))
                wanted = weights_of(block, shared) / np.sqrt(whole)
                np.testing.assert_allclose(leave_one_out(block, shared), wanted)


def test_a_posterior_is_left_as_it_was(make):
    tracks, seen, support = make.project(4, labels=6)
    told = fit(tracks, seen, support, learn=False)
    before = told.predict(0)
    frames = replace(told.frames)
    told.with_track_labels(0, np.array([1]), np.array([[0.9, 0.9]]), np.ones(1))
    np.testing.assert_array_equal(told.predict(0).mean, before.mean)
    np.testing.assert_array_equal(told.frames.affect, frames.affect)
