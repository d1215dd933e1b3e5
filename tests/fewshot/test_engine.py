from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feltline.errors import EncoderError, ShapeError
from feltline.fewshot import engine
from feltline.fewshot.engine import fit, fit_hyperparameters
from feltline.fewshot.kernel import (
    NAMES,
    SHIPPED,
    SHIPPED_BLIND,
    between,
    covariance,
    gradients,
)
from feltline.fewshot.looks import RANK, looks_of
from feltline.types import SupportSet


def taken(support, index):
    """The labels at these places, in this order."""
    return SupportSet(
        video_id=tuple(support.video_id[i] for i in index),
        track_id=support.track_id[index],
        frame=support.frame[index],
        affect=support.affect[index],
        expression=support.expression[index],
        rater=tuple(support.rater[i] for i in index),
    )


def naive_labels(points, tracks, support):
    found = []
    for k in range(len(support)):
        for number, track in enumerate(tracks):
            if (track.video_id, track.track_id) == (
                support.video_id[k],
                support.track_id[k],
            ):
                found.append(points[number][list(track.frame).index(support.frame[k])])
    return found


def naive_posterior(naive, theta, points, labels, affect):
    """Mean and variance at points by the textbook formulas and an explicit inverse."""
    mean, spread = np.zeros((len(points), 2)), np.zeros((len(points), 2))
    for j in range(2):
        noise = np.exp(theta[j, 6])
        known = naive.kernel(theta, labels, labels, j) + noise * np.eye(len(labels))
        inverse = np.linalg.inv(known)
        cross = naive.kernel(theta, points, labels, j)
        off = affect[:, j].astype(np.float64) - [p[3][j] for p in labels]
        mean[:, j] = np.array([p[3][j] for p in points]) + cross @ inverse @ off
        for i, point in enumerate(points):
            own = naive.kernel(theta, [point], [point], j)[0, 0]
            spread[i, j] = own - cross[i] @ inverse @ cross[i] + noise
    return mean, spread


@pytest.mark.parametrize("learn", [False, True])
@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_posterior_is_the_textbook_one(make, naive, prior, learn, seed):
    tracks, seen, support = make.project(seed, prior=prior)
    posterior = fit(tracks, seen, support, learn=learn)
    theta = posterior.hyperparameters
    shipped = SHIPPED if prior else SHIPPED_BLIND
    assert np.array_equal(theta, shipped) != learn
    points = naive.points(tracks, seen)
    labels = naive_labels(points, tracks, support)
    for number in range(len(tracks)):
        mean, spread = naive_posterior(
            naive, theta, points[number], labels, support.affect
        )
        got = posterior.predict(number)
        np.testing.assert_allclose(got.mean, mean, atol=1e-3)
        np.testing.assert_allclose(got.variance, spread, atol=1e-4)


def test_one_missing_prior_means_none_is_used(make):
    tracks, seen, support = make.project(3, prior=True)
    unsure = seen[1].prior_va.copy()
    unsure[4] = np.nan
    some = fit(tracks, [seen[0], replace(seen[1], prior_va=unsure)], support)
    bare = [replace(e, prior_va=np.full_like(e.prior_va, np.nan)) for e in seen]
    none = fit(tracks, bare, support)
    full = fit(tracks, seen, support)
    np.testing.assert_array_equal(some.predict(0).mean, none.predict(0).mean)
    assert np.abs(full.predict(0).mean - none.predict(0).mean).max() > 0.05


def test_time_alone_agrees_with_scikit_learn(make):
    process = pytest.importorskip("sklearn.gaussian_process")
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    track, scale_s = make.track(60), 0.9
    off = dict.fromkeys(["offset", "appearance", "ridge"], -30.0)
    value = off | {
        "time": np.log(0.3),
        "time_scale_s": np.log(scale_s),
        "appearance_scale": 0.0,
        "noise": np.log(0.01),
    }
    theta = np.array([[value[name] for name in NAMES]] * 2)
    rows = [(track, f, np.sin(f), np.cos(f)) for f in (3, 11, 20, 21, 44)]
    support = make.support(rows)
    got = fit([track], [make.embeddings(60)], support, around=theta, learn=False)
    kernel = ConstantKernel(0.05) + ConstantKernel(0.3) * Matern(scale_s, nu=1.5)
    for j in range(2):
        other = process.GaussianProcessRegressor(kernel, alpha=0.01, optimizer=None)
        other.fit(track.time_s[support.frame][:, None], support.affect[:, j])
        mean, deviation = other.predict(track.time_s[:, None], return_std=True)
        np.testing.assert_allclose(got.predict(0).mean[:, j], mean, atol=1e-4)
        np.testing.assert_allclose(
            got.predict(0).variance[:, j], deviation**2 + 0.01, atol=1e-5
        )


@pytest.mark.parametrize("prior", [False, True])
def test_residuals_are_those_of_refitting_without_each_label(make, prior):
    tracks, seen, support = make.project(5, prior=prior, labels=8)
    closed = fit(tracks, seen, support, learn=False).residual
    for k in range(len(support)):
        rest = [i for i in range(len(support)) if i != k]
        without = fit(tracks, seen, taken(support, rest), learn=False)
        number = [t.video_id for t in tracks].index(support.video_id[k])
        at = int(np.searchsorted(tracks[number].frame, support.frame[k]))
        guess = without.predict(number)
        off = (support.affect[k] - guess.mean[at]) / np.sqrt(guess.variance[at])
        np.testing.assert_allclose(closed[k], off, atol=2e-3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_slope_of_the_evidence_is_its_derivative(make, seed):
    tracks, seen, support = make.project(seed, prior=True, labels=9)
    labels = fit(tracks, seen, support, learn=False).labels
    parts = between(labels, labels)
    target = support.affect[:, 0].astype(np.float64) - labels.prior[:, 0]
    theta = SHIPPED[0] + np.random.default_rng(seed).normal(size=7) / 2

    def value(theta):
        cov = covariance(theta, labels, labels, 0, parts)
        return engine._evidence(theta, cov, gradients(theta, parts), target)

    step = 1e-2 * np.eye(7)
    numeric = np.array(
        [(value(theta + s)[0] - value(theta - s)[0]) / 2e-2 for s in step]
    )
    assert np.abs(numeric).max() > 0.1
    np.testing.assert_allclose(value(theta)[1], numeric, rtol=2e-3, atol=2e-3)


def test_learning_finds_the_most_likely_hyperparameters_near_the_start(make, naive):
    tracks, seen, support = make.project(7, labels=12)
    theta = fit(tracks, seen, support).hyperparameters
    points = naive_labels(naive.points(tracks, seen), tracks, support)
    stiffness = np.array([1.0, 1.0, 0.7, 1.0, 0.5, 1.0, 0.7])

    def cost(candidate, j):
        cov = naive.kernel(candidate, points, points, j)
        cov += np.exp(candidate[j, 6]) * np.eye(len(points))
        y = support.affect[:, j].astype(np.float64)
        away = (candidate[j] - SHIPPED_BLIND[j]) / stiffness
        fit_ = y @ np.linalg.inv(cov) @ y + np.linalg.slogdet(cov)[1]
        return (fit_ + away @ away) / 2

    rng = np.random.default_rng(0)
    for j in range(2):
        best = cost(theta, j)
        assert best < cost(SHIPPED_BLIND, j) - 0.01
        for _ in range(30):
            near = theta + rng.normal(size=theta.shape) / 5
            near[:, 6] = np.maximum(near[:, 6], np.log(0.05**2))
            assert best < cost(near, j) + 1e-3


def test_labels_that_agree_do_not_take_the_noise_below_its_floor(make):
    track, seen = make.track(), make.embeddings()
    rows = [(track, f, 0.1, -0.1) for f in range(0, 40, 3)]
    posterior = fit([track], [seen], make.support(rows))
    floor = 0.05**2
    assert (np.exp(posterior.hyperparameters[:, 6]) >= floor * (1 - 1e-9)).all()
    assert (posterior.predict(0).variance >= floor * (1 - 1e-6)).all()


def test_labels_that_disagree_raise_the_noise(make):
    track, seen = make.track(), make.embeddings()
    rows = [(track, 5, s * 0.9, s * 0.9) for s in (1, -1) * 6]
    theta = fit([track], [seen], make.support(rows)).hyperparameters
    assert (np.exp(theta[:, 6]) > 0.02).all()


@settings(max_examples=6, deadline=None)
@given(order=st.permutations(range(6)), shift_s=st.integers(-80, 80))
def test_order_of_labels_time_shift_and_names_change_nothing(make, order, shift_s):
    tracks, seen, support = make.project(2)
    new_name = {"0.mp4": "z", "1.mp4": "b"}
    moved = [
        replace(
            track,
            video_id=new_name[track.video_id],
            track_id=track.track_id + 7,
            time_s=track.time_s + shift_s,
        )
        for track in tracks
    ]
    other = taken(support, list(order))
    other = replace(
        other,
        video_id=tuple(new_name[v] for v in other.video_id),
        track_id=other.track_id + 7,
    )
    before, after = fit(tracks, seen, support), fit(moved, seen, other)
    for number in range(2):
        old, new = before.predict(number), after.predict(number)
        np.testing.assert_allclose(new.mean, old.mean, atol=2e-3)
        np.testing.assert_allclose(new.variance, old.variance, atol=5e-4)
    np.testing.assert_allclose(after.residual, before.residual[order], atol=2e-2)


def test_order_of_tracks_changes_nothing(make):
    tracks, seen, support = make.project(2)
    before = fit(tracks, seen, support, learn=False)
    after = fit(tracks[::-1], seen[::-1], support, learn=False)
    for number in range(2):
        np.testing.assert_allclose(
            after.predict(1 - number).mean, before.predict(number).mean, atol=1e-4
        )


def test_a_long_track_is_the_same_in_one_piece(make, monkeypatch):
    n = 2 * engine.CHUNK + 37
    track, seen = make.track(n), make.embeddings(n, prior=True)
    rows = [(track, f, 0.3, -0.2) for f in (0, 90, n - 40, n - 1)]
    posterior = fit([track], [seen], make.support(rows), learn=False)
    pieces = posterior.predict(0)
    monkeypatch.setattr(engine, "CHUNK", n)
    whole = posterior.predict(0)
    assert len(pieces.mean) == n
    np.testing.assert_allclose(pieces.mean, whole.mean, atol=1e-6)
    np.testing.assert_allclose(pieces.variance, whole.variance, atol=1e-6)


@pytest.mark.parametrize(
    ("vector", "labels"),
    [
        pytest.param(None, [(4, 0.5, 0.1)], id="one label"),
        pytest.param(None, [(4, 1, -1), (4, -1, 1)], id="contradiction"),
        pytest.param(None, [(f, 0.2, 0.2) for f in range(12)], id="all equal"),
        pytest.param(np.ones((12, 3)), [(0, 1, 1), (9, -1, 0)], id="face never moves"),
        pytest.param(
            np.repeat([[0.0, 1], [1, 0]], 6, axis=0),
            [(0, 0.5, 0), (1, 0.5, 0), (8, -0.5, 0)],
            id="two looks only",
        ),
        pytest.param(np.ones((1, 3)), [(0, 0.5, 0.5)], id="one frame"),
        pytest.param(1e4 * np.eye(12), [(0, 1, 1), (9, -1, 0)], id="huge values"),
    ],
)
def test_odd_projects_work_and_stay_finite(make, vector, labels):
    seen = make.embeddings(12) if vector is None else make.embeddings(vector=vector)
    track = make.track(len(seen))
    posterior = fit([track], [seen], make.support([(track, *row) for row in labels]))
    got = posterior.predict(0)
    assert np.isfinite(got.mean).all()
    assert (got.variance > 0).all()
    assert np.isfinite(got.variance).all()
    assert np.isfinite(posterior.residual).all()
    assert np.abs(got.mean).max() < 1.5


def test_contradictory_raters_meet_in_the_middle(make):
    track, seen = make.track(), make.embeddings()
    support = make.support(
        [(track, 4, 0.8, 0.8), (track, 4, -0.8, -0.8)], rater=["me", "you"]
    )
    assert np.abs(fit([track], [seen], support).predict(0).mean).max() < 1e-3


def test_many_labels_are_thinned_for_learning_only(make, monkeypatch):
    tracks, seen, support = make.project(1, labels=12)
    labels = fit(tracks, seen, support, learn=False).labels
    target = support.affect.astype(np.float64)
    monkeypatch.setattr(engine, "MOST_FOR_HYPERPARAMETERS", 4)
    some = [0, 4, 7, 11]
    np.testing.assert_array_equal(
        fit_hyperparameters(labels, target, SHIPPED),
        fit_hyperparameters(labels.at(np.array(some)), target[some], SHIPPED),
    )
    assert fit(tracks, seen, support).residual.shape == (12, 2)


def test_labels_that_fit_no_track_are_named(make):
    track, seen = make.track(), make.embeddings()
    stranger = make.track(video="b.mp4")
    with pytest.raises(ShapeError, match=r"label 0 names face 0 of b\.mp4"):
        fit([track], [seen], make.support([(stranger, 3, 0, 0)]))
    for frame in (40, 1000, -1):
        with pytest.raises(ShapeError, match=f"label 1 names frame {frame} "):
            fit([track], [seen], make.support([(track, 3, 0, 0), (track, frame, 0, 0)]))
    with pytest.raises(ShapeError, match="at least one label"):
        fit([track], [seen], make.support([]))


def test_tracks_and_embeddings_must_pair_up(make):
    track = make.track()
    support = make.support([(track, 3, 0, 0)])
    with pytest.raises(ShapeError, match=r"\[40\] frames, embeddings \[39\]"):
        fit([track], [make.embeddings(39)], support)
    with pytest.raises(ShapeError, match="each track needs its embeddings"):
        fit([track], [make.embeddings(40)] * 2, support)


def test_embeddings_of_two_encoders_are_refused(make):
    tracks, seen, support = make.project()
    with pytest.raises(EncoderError, match="e, other"):
        fit(tracks, [seen[0], replace(seen[1], encoder_id="other")], support)


@pytest.mark.parametrize("width", [1, 3, 8, 20])
def test_looks_are_centred_scaled_and_few(make, naive, width):
    seen = [make.embeddings(n, seed=n, width=width) for n in (25, 60)]
    looks = looks_of(seen)
    assert [x.shape for x in looks] == [(n, min(width, RANK)) for n in (25, 60)]
    for x in looks:
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)
    size = np.mean([(x.astype(float) ** 2).sum(axis=1).mean() for x in looks])
    assert size == pytest.approx(1, abs=1e-4)
    points = naive.points([make.track(25), make.track(60)], seen)
    for x, mine in zip(looks, points, strict=True):
        wanted = np.array([p[2] for p in mine])
        np.testing.assert_allclose(x @ x.T, wanted @ wanted.T, atol=1e-3)


def test_faces_that_never_move_have_no_looks(make):
    still = [make.embeddings(vector=np.full((n, 4), n / 4)) for n in (1, 8, 32)]
    for x, e in zip(looks_of(still), still, strict=True):
        assert x.shape == (len(e), 1)
        assert not x.any()
