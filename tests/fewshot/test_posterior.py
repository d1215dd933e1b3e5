import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.fewshot.gp import observed as states
from feltline.fewshot.gp import posterior as posteriors
from feltline.fewshot.gp.solve import leave_one_out, precision_of, weights_of
from feltline.fewshot.model import default_model, learn, track_posterior
from feltline.types import HyperParameters, Observation


def learnt(project, freedom=0.0):
    rows = zip(project.features, project.observations, project.clips, strict=True)
    return learn(rows, project.prior, schema=project.schema, freedom=freedom)


def posterior_of(project, number, model=None, **more):
    model = model or learnt(project)
    return track_posterior(
        model, project.features[number], project.observations[number], **more
    )


def add_varied(make, project):
    """Spans, clips, accepts, a difference, and dimensions that were not given."""
    first, second = project.observations
    first += [
        make.observation(range(4, 17), [0.2, -0.3], event=50, noise="span"),
        make.observation(range(12, 20), [0.1, np.nan], event=51, noise="span"),
        make.observation([3, 21], [0.4, 0.1], event=52, noise="span", weight=[-1, 1]),
    ]
    second += [
        make.observation(11, [np.nan, 0.5], event=53),
        make.observation(24, [0.3, 0.2], event=54, noise="accept"),
        make.observation(25, [0.3, 0.2], event=55, noise="edit", unsure=True),
        make.observation(range(35), [0.0, 0.1], event=56, noise="clip"),
        make.observation(9, [0.2, 0.4], event=57, noise="accept"),
    ]
    return project


@pytest.mark.parametrize("freedom", [0.0, 0.5])
@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("varied", [False, True])
def test_posterior_is_that_of_one_dense_process(make, naive, prior, freedom, varied):
    project = make.project(1, prior=prior)
    if varied:
        add_varied(make, project)
    model = learnt(project, freedom)
    assert (model.hyperparameters == project.prior.hyperparameters) != bool(freedom)
    dense = naive(project, model.hyperparameters)
    for number in range(2):
        mean, variance = posterior_of(project, number, model).predict()
        for j in range(2):
            middle, spread, _ = dense.predict(number, j)
            np.testing.assert_allclose(mean[:, j], middle, atol=1e-3)
            np.testing.assert_allclose(variance[:, j], spread, atol=1e-4)


@pytest.mark.parametrize("varied", [False, True])
def test_covariance_is_that_of_one_dense_process(make, naive, varied):
    project = make.project(2, prior=True)
    if varied:
        add_varied(make, project)
    model = learnt(project)
    a, b = np.array([0, 4, 9]), np.array([2, 4, 20, 28])
    dense = naive(project, model.hyperparameters)
    for j in range(2):
        got = posterior_of(project, 0, model).joint(a, b).covariance[j]
        _, _, wanted = dense.predict(0, j)
        np.testing.assert_allclose(got, wanted[np.ix_(a, b)], atol=1e-5)


def test_before_any_judgement_the_zero_shot_prediction_is_all(make, naive):
    project = make.project(3, prior=True, labels=0)
    dense = naive(project, project.prior.hyperparameters)
    mean, variance = posterior_of(project, 1, project.prior).predict()
    for j in range(2):
        middle, spread, _ = dense.predict(1, j)
        np.testing.assert_allclose(mean[:, j], middle, atol=1e-5)
        np.testing.assert_allclose(variance[:, j], spread, atol=1e-5)


@pytest.mark.parametrize("varied", [False, True])
def test_a_track_left_out_of_the_sums_is_one_never_learnt_from(make, varied):
    """Sums over tracks less its own share are those of learning without it."""
    project = make.project(4, prior=True, tracks=2, labels=9)
    if varied:
        add_varied(make, project)
    whole = learnt(project)
    own = [(project.features[0], project.observations[0])]
    other = project.observations[0][:1]
    without = learn(
        [(project.features[1], project.observations[1], "1.mp4")],
        project.prior,
        schema=project.schema,
        freedom=0.0,
    )
    off = track_posterior(whole, project.features[0], [], learnt=own)
    none = track_posterior(without, project.features[0], [], learnt=())
    for got, wanted in ((off, none),):
        np.testing.assert_allclose(got.predict()[0], wanted.predict()[0], atol=1e-6)
        np.testing.assert_allclose(got.predict()[1], wanted.predict()[1], atol=1e-7)
    less = track_posterior(whole, project.features[0], other, learnt=own)
    refit = learn(
        [
            (project.features[0], other, "0.mp4"),
            (project.features[1], project.observations[1], "1.mp4"),
        ],
        project.prior,
        schema=project.schema,
        freedom=0.0,
    )
    wanted = track_posterior(refit, project.features[0], other)
    np.testing.assert_allclose(less.predict()[0], wanted.predict()[0], atol=1e-6)
    np.testing.assert_allclose(less.predict()[1], wanted.predict()[1], atol=1e-7)


def test_the_shipped_model_takes_nothing_off_and_adds_a_tracks_own(make, naive):
    project = make.project(4, prior=True, labels=6)
    project.observations[1] = []
    dense = naive(project, project.prior.hyperparameters)
    for more in ({}, {"learnt": ()}):
        mean, _ = posterior_of(project, 0, project.prior, **more).predict()
        for j in range(2):
            np.testing.assert_allclose(mean[:, j], dense.predict(0, j)[0], atol=1e-4)


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("varied", [False, True])
def test_residuals_are_those_of_refitting_without_each_frame(
    make, naive, prior, varied
):
    project = make.project(5, prior=prior, labels=8)
    if varied:
        add_varied(make, project)
    model = learnt(project)
    dense = naive(project, model.hyperparameters)
    seen = 0
    for number in range(2):
        posterior = posterior_of(project, number, model)
        ordered = [o for s in posterior.stretches for o in s.observed.observations]
        for one, closed in zip(ordered, posterior.residual, strict=True):
            for j in range(2):
                if one.noise != "blind" or np.isnan(one.value[j]):
                    assert np.isnan(closed[j])
                    continue
                # All of the frame is left out, an accept of it too.
                middle, variance = dense.left_out(number, one, j)
                off = (one.value[j] - middle) / np.sqrt(variance)
                np.testing.assert_allclose(closed[j], off, atol=2e-3)
                seen += 1
    assert seen >= 15


def test_raters_of_one_frame_are_left_out_together(make, naive):
    """Else each would be predicted from the others, and errors would look small."""
    project = make.project(6, labels=6)
    base = project.observations[0][0]
    project.observations[0] += [
        make.observation(base.position, base.value + s, event=70 + i, rater=f"r{i}")
        for i, s in enumerate((0.2, -0.1))
    ]
    posterior = posterior_of(project, 0, project.prior, learnt=())
    own = posterior.stretches[0].observed
    rows = [i for i, o in enumerate(own.observations) if o.middle == base.middle]
    assert len(rows) == 3
    got = posterior.residual[rows]
    assert np.isfinite(got[0]).all()
    assert np.isnan(got[1:]).all()
    project.observations[1] = []
    dense = naive(project, project.prior.hyperparameters)
    rest = [(n, o) for n, o in dense.rows if n or o.middle != base.middle]
    for j in range(2):
        middle, _, post = dense.predict(0, j, rest)
        at, h = base.middle, project.prior.hyperparameters[j]
        variance = post[at, at] + h.noise / 3
        mean = np.mean([own.value[i, j] for i in rows])
        off = (mean - middle[at]) / np.sqrt(variance)
        np.testing.assert_allclose(got[0, j], off, atol=1e-3)


def test_residuals_need_the_diagonal_of_the_precision_only(make):
    project = make.project(5, prior=True, labels=12)
    posterior = posterior_of(project, 0)
    for part in posterior.stretches:
        for block, shared in zip(part.blocks, posterior.shared, strict=True):
            whole = np.diag(precision_of(block, shared))
            wanted = weights_of(block, shared) / np.sqrt(whole)
            np.testing.assert_allclose(
                leave_one_out(part.observed, block, shared), wanted
            )


@settings(max_examples=examples(8), deadline=None)
@given(seed=st.integers(0, 99), shift_s=st.integers(-80, 80))
def test_order_of_observations_and_clocks_change_nothing(make, seed, shift_s):
    project = add_varied(make, make.project(2, prior=True))
    before = posterior_of(project, 0)
    mean, variance = before.predict()
    rng = np.random.default_rng(seed)
    for some in project.observations:
        rng.shuffle(some)
    for features in project.features:
        features.time_s[:] += shift_s  # the project is this example's own
    after = posterior_of(project, 0)
    np.testing.assert_allclose(after.predict()[0], mean, atol=1e-4)
    np.testing.assert_allclose(after.predict()[1], variance, atol=1e-5)
    np.testing.assert_allclose(after.residual, before.residual, atol=1e-5)


@pytest.mark.parametrize("varied", [False, True])
def test_more_observations_never_widen_the_interval(make, varied):
    project = make.project(6, prior=True, labels=4)
    model = project.prior
    some: list[Observation] = []
    before = track_posterior(model, project.features[0], []).predict()[1]
    for k in range(4):
        at = [3 + 7 * k] if not varied else range(3 + 6 * k, 10 + 6 * k)
        noise = "span" if varied else "blind"
        some = [*some, make.observation(at, [0.3, 0.1], event=k + 1, noise=noise)]
        after = track_posterior(model, project.features[0], some).predict()[1]
        assert (after <= before + 1e-6).all()
        assert (after < before - 1e-6).any()
        before = after


@settings(max_examples=examples(20), deadline=None)
@given(
    first=st.integers(0, 20),
    length=st.integers(2, 10),
    seed=st.integers(0, 3),
    value=st.floats(-1, 1),
)
def test_a_span_never_says_more_elsewhere_than_its_frames_would(
    make, first, length, seed, value
):
    """The confidence that a flat span gives is at most that of each frame judged."""
    project = make.project(seed, prior=True, labels=4)
    frames = range(first, first + length)
    span = make.observation(frames, [value, value], event=90, noise="span")
    each = [
        make.observation(p, [value, value], event=90 + i) for i, p in enumerate(frames)
    ]
    base = project.observations[0]
    free = [o for o in base if o.middle not in frames]
    with_span = track_posterior(project.prior, project.features[0], [*free, span])
    with_each = track_posterior(project.prior, project.features[0], [*free, *each])
    assert (with_span.confidence() <= with_each.confidence() + 1e-5).all()


def test_a_flat_span_is_worth_about_one_frame_outside_it(make):
    """Eight copies of a span's value were worth eight; confidence rose with them."""
    project = make.project(3, labels=4)
    model = project.prior
    frames = np.arange(10, 18)
    span = [make.observation(frames, [0.2, 0.1], event=90, noise="span")]
    copies = [
        make.observation(p, [0.2, 0.1], event=90 + i) for i, p in enumerate(frames)
    ]
    best = np.max(
        [
            track_posterior(
                model, project.features[0], [make.observation(p, [0.2, 0.1])]
            ).confidence()
            for p in frames
        ],
        axis=0,
    )
    outside = np.setdiff1d(np.arange(30), frames)
    one = track_posterior(model, project.features[0], span).confidence()[outside]
    many = track_posterior(model, project.features[0], copies).confidence()[outside]
    # The mean of eight frames says a little more of the track's level than any frame.
    assert (one <= best[outside] + 0.06).all()
    assert many.mean() > one.mean() + 0.05


def test_a_track_of_very_many_observations_is_cut_into_stretches(make, monkeypatch):
    project = make.project(1, tracks=1, n=240, labels=0)
    rng = np.random.default_rng(0)
    truth = np.sin(np.arange(240)[:, None] / [20, 31]) * 0.6
    at = sorted(rng.choice(240, 90, replace=False))
    project.observations[0] = [
        make.observation(p, truth[p], event=k + 1) for k, p in enumerate(at)
    ]
    whole, spread = posterior_of(project, 0).predict()
    monkeypatch.setattr(states, "MOST_IN_BLOCK", 30)
    cut = posterior_of(project, 0)
    assert [len(part.observed) for part in cut.stretches] == [30, 30, 30]
    assert cut.residual.shape == (90, 2)
    mean, wider = cut.predict()
    assert np.abs(mean - whole).max() < 0.3
    alone, together = mean - truth, whole - truth
    assert np.sqrt((alone**2).mean()) < 1.2 * np.sqrt((together**2).mean()) + 0.01
    assert (wider > spread - 1e-4).all()
    near = np.concatenate([piece.similarity.max(axis=1) for piece in cut.pieces()])
    assert (near[at] > 0.99).all()


def test_thousands_of_observations_of_one_track_work(make):
    project = make.project(1, tracks=1, n=2400, labels=0)
    truth = np.sin(np.arange(2400)[:, None] / [200, 310]) * 0.6
    project.observations[0] = [
        make.observation(p, truth[p], event=p + 1) for p in range(2200)
    ]
    posterior = posterior_of(project, 0, learnt(project, 0.5))
    assert len(posterior.stretches) == 2
    assert np.abs(posterior.predict()[0][:2200] - truth[:2200]).max() < 0.05


def test_a_long_track_is_the_same_in_one_piece(make, monkeypatch):
    n = 2 * posteriors.CHUNK + 37
    project = make.project(1, prior=True, tracks=1, n=n, labels=0)
    project.observations[0] = [
        make.observation(p, [0.3, -0.2], event=p + 1) for p in (0, 90, n - 40, n - 1)
    ]
    posterior = posterior_of(project, 0)
    mean, variance = posterior.predict()
    monkeypatch.setattr(posteriors, "CHUNK", n)
    whole, spread = posterior.predict()
    assert len(mean) == n
    np.testing.assert_allclose(mean, whole, atol=1e-6)
    np.testing.assert_allclose(variance, spread, atol=1e-6)


@pytest.mark.parametrize("labels", [0, 1, 9])
def test_some_frames_are_predicted_as_all_are(make, labels, monkeypatch):
    monkeypatch.setattr(states, "MOST_IN_BLOCK", 3)
    monkeypatch.setattr(posteriors, "CHUNK", 7)
    project = make.project(2, prior=True, labels=labels, tracks=1)
    posterior = posterior_of(project, 0)
    mean, variance = posterior.predict()
    for at in ([], [5], [29, 0, 11, 11, 3, 17, 18, 19, 20, 1], range(30)):
        where = np.array(at, np.int64)
        some, spread = posterior.predict(where)
        np.testing.assert_allclose(some, mean[where], atol=1e-6)
        np.testing.assert_allclose(spread, variance[where], atol=1e-6)
        np.testing.assert_allclose(
            posterior.confidence(where), posterior.confidence()[where], atol=1e-5
        )


def test_closeness_of_a_frame_to_itself_is_one_and_never_more(make):
    project = make.project(2, prior=True)
    every = np.arange(30)
    near = posterior_of(project, 0).similarity(every, every)
    np.testing.assert_allclose(np.diag(near), 1, atol=1e-3)
    assert near.max() <= 1 + 1e-6
    assert near.min() >= 0


def test_a_posterior_and_a_model_travel_between_processes(make):
    project = add_varied(make, make.project(2, prior=True))
    posterior = posterior_of(project, 0, learnt(project, 0.5))
    other = pickle.loads(pickle.dumps(posterior))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(other.predict()[0], posterior.predict()[0])
    assert other.model.model_id == posterior.model.model_id


def test_time_alone_agrees_with_scikit_learn(make):
    process = pytest.importorskip("sklearn.gaussian_process")
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern

    project, scale_s, tiny = make.project(0, tracks=1, n=60, labels=0), 0.9, 1e-13
    hyper = HyperParameters(
        offset_variance=tiny,
        track_slope=tiny,
        time_variance=0.3,
        time_scale_s=scale_s,
        appearance_variance=tiny,
        appearance_scale=1.0,
        ridge=tiny,
        level=0.05,
        slope=tiny,
        noise=0.01,
        ambiguity=tiny,
        zero_shot_now=0.0,
        zero_shot_near=0.0,
        zero_shot_wide=0.0,
    )
    at = np.array([3, 11, 20, 21, 44])
    value = np.stack([np.sin(at), np.cos(at)], axis=1)
    some = [
        make.observation(p, v, event=int(p)) for p, v in zip(at, value, strict=True)
    ]
    model = default_model(
        basis=project.basis,
        schema=project.schema,
        has_zero_shot=[False, False],
        hyperparameters=(hyper, hyper),
    )
    mean, variance = track_posterior(model, project.features[0], some).predict()
    kernel = ConstantKernel(0.05) + ConstantKernel(0.3) * Matern(scale_s, nu=1.5)
    time_s = project.tracks[0].time_s[:, None]
    for j in range(2):
        other = process.GaussianProcessRegressor(kernel, alpha=0.01, optimizer=None)
        other.fit(time_s[at], value[:, j])
        middle, deviation = other.predict(time_s, return_std=True)
        np.testing.assert_allclose(mean[:, j], middle, atol=1e-4)
        np.testing.assert_allclose(variance[:, j], deviation**2 + 0.01, atol=1e-5)
