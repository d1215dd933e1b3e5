from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from feltline.errors import EncoderError, ShapeError
from feltline.fewshot.gp import conditioning as engine
from feltline.fewshot.gp import fit as learning
from feltline.fewshot.gp.appearance import RANK, looks_of
from feltline.fewshot.gp.conditioning import blank, fit
from feltline.fewshot.gp.features import points_of
from feltline.fewshot.gp.fit import evidence, fit_hyperparameters
from feltline.fewshot.gp.kernel import NAMES, NOISE, SHIPPED, SHIPPED_BLIND
from feltline.fewshot.gp.posterior import CHUNK, cut
from feltline.fewshot.labels import labelled_frames
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
        noise = naive.noise(theta, labels, j)
        known = naive.kernel(theta, labels, labels, j) + np.diag(noise)
        inverse = np.linalg.inv(known)
        cross = naive.kernel(theta, points, labels, j)
        off = affect[:, j].astype(np.float64) - naive.expected(theta, labels, j)
        mean[:, j] = naive.expected(theta, points, j) + cross @ inverse @ off
        for i, point in enumerate(points):
            own = naive.kernel(theta, [point], [point], j)[0, 0]
            own += naive.noise(theta, [point], j)[0]
            spread[i, j] = own - cross[i] @ inverse @ cross[i]
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
    unsure = seen[1].zero_shot_value.copy()
    unsure[4] = np.nan
    some = fit(tracks, [seen[0], replace(seen[1], zero_shot_value=unsure)], support)
    bare = [
        replace(e, zero_shot_value=np.full_like(e.zero_shot_value, np.nan))
        for e in seen
    ]
    none = fit(tracks, bare, support)
    full = fit(tracks, seen, support)
    np.testing.assert_array_equal(some.predict(0).mean, none.predict(0).mean)
    assert np.abs(full.predict(0).mean - none.predict(0).mean).max() > 0.05


def test_time_alone_agrees_with_scikit_learn(make):
    process = pytest.importorskip("sklearn.gaussian_process")
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    track, scale_s = make.track(60), 0.9
    theta = SHIPPED_BLIND.copy()
    theta[:, :10] = -30.0
    for name, value in {"time": 0.3, "time_scale_s": scale_s, "level": 0.05}.items():
        theta[:, NAMES.index(name)] = np.log(value)
    theta[:, NAMES.index("appearance_scale")] = 0.0
    theta[:, NOISE] = np.log(0.01)
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
    posterior = fit(tracks, seen, support, learn=False)
    places = list(zip(posterior.frames.track, posterior.frames.at, strict=True))
    for k in range(len(support)):
        rest = [i for i in range(len(support)) if i != k]
        without = fit(tracks, seen, taken(support, rest), learn=False)
        number = [t.video_id for t in tracks].index(support.video_id[k])
        at = int(np.searchsorted(tracks[number].frame, support.frame[k]))
        guess = without.predict(number)
        off = (support.affect[k] - guess.mean[at]) / np.sqrt(guess.variance[at])
        closed = posterior.residual[places.index((number, at))]
        np.testing.assert_allclose(closed, off, atol=2e-3)


def grouped(tracks, seen, support):
    """Labels as learning takes them: by track."""
    points = points_of(tracks, seen)
    frames = labelled_frames(tracks, support, shipped_variance=np.full(2, 0.0025))
    return [own for number in frames.tracks for own in cut(points, frames, number)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_slope_of_the_evidence_is_its_derivative(make, seed):
    tracks, seen, support = make.project(seed, prior=True, labels=9)
    labels = grouped(tracks, seen, support)
    theta = SHIPPED[0] + np.random.default_rng(seed).normal(size=len(NAMES)) / 2

    def value(theta):
        return evidence(theta, labels, 0)

    step = 1e-3 * np.eye(len(NAMES))
    numeric = np.array(
        [(value(theta + s)[0] - value(theta - s)[0]) / 2e-3 for s in step]
    )
    assert np.abs(numeric).max() > 0.1
    np.testing.assert_allclose(value(theta)[1], numeric, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_evidence_is_the_density_of_the_labels(make, naive, seed):
    tracks, seen, support = make.project(seed, prior=True, labels=9)
    points = naive_labels(naive.points(tracks, seen), tracks, support)
    for j in range(2):
        cov = naive.kernel(SHIPPED, points, points, j)
        cov += np.diag(naive.noise(SHIPPED, points, j))
        density = multivariate_normal(naive.expected(SHIPPED, points, j), cov)
        got, _ = evidence(SHIPPED[j], grouped(tracks, seen, support), j)
        wanted = -density.logpdf(support.affect[:, j])
        shift = len(support) / 2 * np.log(2 * np.pi)
        assert got == pytest.approx(wanted - shift, abs=1e-3)


def test_learning_finds_the_most_likely_hyperparameters_near_the_start(make, naive):
    tracks, seen, support = make.project(7, labels=12)
    theta = fit(tracks, seen, support).hyperparameters
    points = naive_labels(naive.points(tracks, seen), tracks, support)
    stiffness = learning.STIFFNESS * engine.FREEDOM

    def cost(candidate, j):
        cov = naive.kernel(candidate, points, points, j)
        cov += np.diag(naive.noise(candidate, points, j))
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
            near[:, NOISE] = np.maximum(near[:, NOISE], np.log(0.05**2))
            assert best < cost(near, j) + 1e-3


def test_labels_that_agree_do_not_take_the_noise_below_its_floor(make):
    track, seen = make.track(), make.embeddings()
    rows = [(track, f, 0.1, -0.1) for f in range(0, 40, 3)]
    posterior = fit([track], [seen], make.support(rows))
    floor = 0.05**2
    assert (np.exp(posterior.hyperparameters[:, NOISE]) >= floor * (1 - 1e-9)).all()
    assert (posterior.predict(0).variance >= floor * (1 - 1e-6)).all()


def test_raters_who_disagree_raise_the_noise_and_their_mean_lowers_it(make):
    track, seen = make.track(), make.embeddings()
    rows = [(track, f, s * 0.4, s * 0.2) for f in range(0, 40, 4) for s in (1, -1)]
    support = make.support(rows, rater=["me", "you"] * 10)
    posterior = fit([track], [seen], support)
    # Ten pairs about their mean, and ten repeats' worth of the shipped variance.
    wanted = (10 * 0.0025 + 20 * np.array([0.4, 0.2]) ** 2) / 20
    noise = np.exp(posterior.hyperparameters[:, NOISE])
    np.testing.assert_allclose(noise, wanted, rtol=1e-6)
    assert posterior.raters == 2
    assert posterior.rater_noise(0) == pytest.approx(wanted[0] / 2)
    assert len(posterior.residual) == 10


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
    np.testing.assert_allclose(after.residual, before.residual, atol=2e-2)


def test_order_of_tracks_changes_nothing(make):
    tracks, seen, support = make.project(2)
    before = fit(tracks, seen, support, learn=False)
    after = fit(tracks[::-1], seen[::-1], support, learn=False)
    for number in range(2):
        np.testing.assert_allclose(
            after.predict(1 - number).mean, before.predict(number).mean, atol=1e-4
        )


def test_a_long_track_is_the_same_in_one_piece(make, monkeypatch):
    n = 2 * CHUNK + 37
    track, seen = make.track(n), make.embeddings(n, prior=True)
    rows = [(track, f, 0.3, -0.2) for f in (0, 90, n - 40, n - 1)]
    posterior = fit([track], [seen], make.support(rows), learn=False)
    pieces = posterior.predict(0)
    monkeypatch.setattr("feltline.fewshot.gp.posterior.CHUNK", n)
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
    monkeypatch.setattr(learning, "MOST_LABELS", 4)
    labels = grouped(tracks, seen, support)
    some = [[labels[0], labels[1]]]
    thin = learning._thinned(some)[0]
    before = np.concatenate([own.affect for own in labels])
    after = np.concatenate([own.affect for own in thin])
    even = np.linspace(0, len(before) - 1, 4).round().astype(int)
    np.testing.assert_array_equal(after, before[even])
    np.testing.assert_array_equal(
        fit_hyperparameters(some, SHIPPED_BLIND),
        fit_hyperparameters([thin], SHIPPED_BLIND),
    )
    assert len(fit(tracks, seen, support).residual) == len(before)


@pytest.mark.parametrize("prior", [False, True])
def test_one_more_label_is_as_good_as_a_full_refit(make, prior):
    tracks, seen, support = make.project(4, prior=prior, labels=7, tracks=3)
    posterior = fit(tracks, seen, taken(support, range(6)), learn=False)
    number = [t.video_id for t in tracks].index(support.video_id[6])
    at = int(np.searchsorted(tracks[number].frame, support.frame[6]))
    grown = posterior.with_label(number, at, support.affect[6])
    whole = fit(tracks, seen, support, learn=False)
    for i in range(3):
        np.testing.assert_allclose(
            grown.predict(i).mean, whole.predict(i).mean, atol=1e-6
        )
        np.testing.assert_allclose(
            grown.predict(i).variance, whole.predict(i).variance, atol=1e-6
        )
    np.testing.assert_allclose(grown.residual, whole.residual, atol=1e-8)
    assert len(posterior.frames) == 6, "the first one is left as it was"


def test_a_label_in_an_old_place_replaces_it(make):
    tracks, seen, support = make.project(4, labels=6)
    posterior = fit(tracks, seen, support, learn=False)
    number, at = int(posterior.frames.track[2]), int(posterior.frames.at[2])
    other = posterior.with_label(number, at, np.array([0.9, -0.9]))
    assert len(other.frames) == 6
    np.testing.assert_array_equal(other.frames.affect[2], [0.9, -0.9])


def test_more_labels_never_widen_the_interval(make):
    tracks, seen, support = make.project(6, prior=True, labels=4)
    posterior = fit(tracks, seen, support, learn=False)
    for at in (3, 17, 29):
        more = posterior.with_label(0, at, np.array([0.3, 0.1]))
        for number in range(2):
            before, after = posterior.predict(number), more.predict(number)
            assert (after.variance <= before.variance + 1e-7).all()
            assert (after.variance < before.variance - 1e-7).any()
        posterior = more


def test_a_track_of_very_many_labels_is_cut_into_stretches(make, monkeypatch):
    track, seen = make.track(240), make.embeddings(240)
    rng = np.random.default_rng(0)
    truth = np.sin(np.arange(240)[:, None] / [20, 31]) * 0.6
    rows = [(track, f, *truth[f]) for f in sorted(rng.choice(240, 90, replace=False))]
    support = make.support(rows)
    whole = fit([track], [seen], support, learn=False).predict(0)
    monkeypatch.setattr("feltline.fewshot.gp.posterior.MOST_IN_BLOCK", 30)
    cut = fit([track], [seen], support, learn=False)
    assert [len(part.labels) for part in cut.stretches[0]] == [30, 30, 30]
    assert cut.residual.shape == (90, 2)
    off = np.abs(cut.predict(0).mean - whole.mean)
    assert off.max() < 0.3
    alone, together = cut.predict(0).mean - truth, whole.mean - truth
    assert np.sqrt((alone**2).mean()) < 1.2 * np.sqrt((together**2).mean()) + 0.01
    assert (cut.predict(0).variance > whole.variance - 1e-4).all()


def test_thousands_of_labels_of_one_track_work(make):
    track, seen = make.track(5200), make.embeddings(5200)
    truth = np.sin(np.arange(5200)[:, None] / [200, 310]) * 0.6
    support = make.support([(track, f, *truth[f]) for f in range(5000)])
    posterior = fit([track], [seen], support)
    assert len(posterior.stretches[0]) == 3
    assert np.abs(posterior.predict(0).mean[:5000] - truth[:5000]).max() < 0.05


def test_without_labels_only_the_opinion_speaks(make, naive):
    tracks, seen, _ = make.project(3, prior=True)
    posterior = blank(tracks, seen)
    points = naive.points(tracks, seen)[1]
    got = posterior.predict(1)
    for j in range(2):
        wanted = naive.expected(SHIPPED, points, j)
        np.testing.assert_allclose(got.mean[:, j], wanted, atol=1e-5)
        spread = np.diag(naive.kernel(SHIPPED, points, points, j))
        spread = spread + naive.noise(SHIPPED, points, j)
        np.testing.assert_allclose(got.variance[:, j], spread, atol=1e-5)
    assert posterior.residual.shape == (0, 2)


@pytest.mark.parametrize("labels", [0, 5])
def test_covariance_is_the_textbook_one(make, naive, labels):
    tracks, seen, support = make.project(2, prior=True, labels=max(labels, 1))
    posterior = (
        fit(tracks, seen, support, learn=False) if labels else blank(tracks, seen)
    )
    points = naive.points(tracks, seen)
    known = naive_labels(points, tracks, support) if labels else []
    a, b = np.array([0, 4, 9]), np.array([2, 4, 20, 28])
    for j in range(2):
        some, others = [points[0][i] for i in a], [points[0][i] for i in b]
        wanted = naive.kernel(SHIPPED, some, others, j)
        if known:
            cov = naive.kernel(SHIPPED, known, known, j)
            cov += np.diag(naive.noise(SHIPPED, known, j))
            left = naive.kernel(SHIPPED, some, known, j)
            wanted -= (
                left @ np.linalg.inv(cov) @ naive.kernel(SHIPPED, known, others, j)
            )
        np.testing.assert_allclose(posterior.covariance(0, a, b, j), wanted, atol=1e-5)


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
