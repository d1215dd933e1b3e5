from dataclasses import replace

import numpy as np
import pytest

from feltline.errors import ShapeError
from feltline.fewshot import model as models
from feltline.fewshot.gp import fit as fitting
from feltline.fewshot.gp.fit import evidence, fit_hyperparameters
from feltline.fewshot.gp.observed import RaterTerm, in_stretches
from feltline.fewshot.gp.raters import repeated_variance
from feltline.fewshot.gp.shipped import NEUTRAL, NOISE_FLOOR, shipped_hyperparameters
from feltline.fewshot.model import (
    default_model,
    disagreeing_raters,
    learn,
    promising,
    track_posterior,
)
from feltline.types import DEFAULT_SCHEMA, HyperParameters

NAMES = HyperParameters.names()


def stretches_of(project):
    return [
        own
        for features, some in zip(project.features, project.observations, strict=True)
        for own in in_stretches(features, some, {})
    ]


def learnt(project, **more):
    rows = zip(project.features, project.observations, project.clips, strict=True)
    return learn(rows, project.prior, schema=project.schema, **more)


def varied(make, seed, labels=9):
    project = make.project(seed, prior=True, labels=labels)
    project.observations[0] += [
        make.observation(range(4, 17), [0.2, -0.3], event=50, noise="span"),
        make.observation([3, 21], [0.4, 0.1], event=51, noise="span", weight=[-1, 1]),
        make.observation(6, [np.nan, 0.4], event=52, unsure=True),
        make.observation(27, [0.1, np.nan], event=53, noise="accept"),
    ]
    project.observations[1].append(make.observation(12, [np.nan, 0.4], event=54))
    return project


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("plain", [True, False])
def test_slope_of_the_evidence_is_its_derivative(make, seed, plain):
    project = make.project(seed, prior=True, labels=9) if plain else varied(make, seed)
    some = stretches_of(project)
    start = shipped_hyperparameters("valence", has_zero_shot=True).to_vector()
    vector = start + np.random.default_rng(seed).normal(size=len(NAMES)) / 2
    for j in range(2):

        def value(vector, j=j):
            return evidence(HyperParameters.from_vector(vector), some, j)

        numeric = np.array(
            [
                (value(vector + s)[0] - value(vector - s)[0]) / 2e-3
                for s in 1e-3 * np.eye(len(NAMES))
            ]
        )
        assert np.abs(numeric).max() > 0.1
        exact = HyperParameters.in_order(value(vector)[1])
        np.testing.assert_allclose(exact, numeric, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_evidence_is_the_density_of_the_observations(make, naive, seed):
    project = varied(make, seed)
    hypers = project.prior.hyperparameters
    dense = naive(project, hypers)
    for j in range(2):
        got, _ = evidence(hypers[j], stretches_of(project), j)
        assert got == pytest.approx(-dense.log_density(j), abs=1e-3)


def test_learning_finds_the_most_likely_hyperparameters_near_the_start(make, naive):
    project = make.project(7, labels=12)
    found = learnt(project).hyperparameters
    stiffness = HyperParameters.in_order(fitting.STIFFNESS) * models.FREEDOM
    start = project.prior.hyperparameters

    def cost(hypers, j):
        away = (hypers[j].to_vector() - start[j].to_vector()) / stiffness
        return -naive(project, hypers).log_density(j) + away @ away / 2

    rng = np.random.default_rng(0)
    for j in range(2):
        best = cost(found, j)
        assert best < cost(start, j) - 0.01
        for _ in range(10):
            near = found[j].to_vector() + rng.normal(size=len(NAMES)) / 5
            noise = NAMES.index("noise")
            near[noise] = max(near[noise], np.log(NOISE_FLOOR))
            other = [HyperParameters.from_vector(near)] * 2
            assert best < cost(other, j) + 1e-3


def test_a_dimension_that_nobody_judged_keeps_its_hyperparameters(make):
    project = make.project(3, labels=6)
    for some in project.observations:
        for one in some:
            one.value[1] = np.nan
    model = learnt(project)
    assert model.hyperparameters[1] == project.prior.hyperparameters[1]
    assert model.hyperparameters[0] != project.prior.hyperparameters[0]
    assert not model.shared.projection[1].any()
    assert model.shared.projection[0].any()


def test_labels_that_agree_do_not_take_the_noise_below_its_floor(make):
    project = make.project(0, tracks=1, n=40, labels=0)
    project.observations[0] = [
        make.observation(f, [0.1, -0.1], event=f + 1) for f in range(0, 40, 3)
    ]
    model = learnt(project)
    for hyper in model.hyperparameters:
        assert hyper.noise >= NOISE_FLOOR * (1 - 1e-9)
    _, variance = track_posterior(
        model, project.features[0], project.observations[0]
    ).predict()
    assert (variance >= NOISE_FLOOR * (1 - 1e-6)).all()


def test_many_observations_are_thinned_for_learning_only(make, monkeypatch):
    project = varied(make, 1, labels=12)
    monkeypatch.setattr(fitting, "MOST_OBSERVATIONS", 5)
    some = stretches_of(project)
    thin = fitting._thinned(some)
    before = [o.judgement_id for own in some for o in own.observations]
    after = [o.judgement_id for own in thin for o in own.observations]
    even = np.linspace(0, len(before) - 1, 5).round().astype(int)
    assert after == [before[i] for i in even]
    start = project.prior.hyperparameters
    assert fit_hyperparameters(
        some, start, rater_variance=[None, None]
    ) == fit_hyperparameters(thin, start, rater_variance=[None, None])
    assert learnt(project).n_judgements == len(before)


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
            id="two appearances only",
        ),
        pytest.param(np.ones((1, 3)), [(0, 0.5, 0.5)], id="one frame"),
        pytest.param(1e4 * np.eye(12), [(0, 1, 1), (9, -1, 0)], id="huge values"),
    ],
)
def test_odd_projects_work_and_stay_finite(make, vector, labels):
    from feltline.fewshot.labelling import basis_of, features_of

    seen = make.embeddings(12) if vector is None else make.embeddings(vector=vector)
    track = make.track(len(seen))
    basis = basis_of([track], [seen])
    (features,) = features_of([track], [seen], basis)
    some = [make.observation(p, v, event=k) for k, (p, *v) in enumerate(labels)]
    prior = default_model(
        basis=basis, schema=DEFAULT_SCHEMA, has_zero_shot=[False, False]
    )
    model = learn([(features, some, "a")], prior, schema=DEFAULT_SCHEMA)
    posterior = track_posterior(model, features, some)
    mean, variance = posterior.predict()
    assert np.isfinite(mean).all()
    assert (variance > 0).all()
    assert np.isfinite(variance).all()
    assert np.isfinite(posterior.residual).any()
    assert np.abs(mean).max() < 1.5


def test_order_of_tracks_changes_nothing(make):
    project = make.project(2, prior=True, tracks=3, labels=9)
    before = learnt(project, freedom=0.0)
    for name in ("features", "observations", "clips"):
        setattr(project, name, getattr(project, name)[::-1])
    after = learnt(project, freedom=0.0)
    for name in ("information", "projection"):
        np.testing.assert_allclose(
            getattr(after.shared, name), getattr(before.shared, name), rtol=1e-9
        )


def test_tracks_are_read_once_and_one_at_a_time(make):
    project = make.project(2, prior=True, tracks=3, labels=9)
    rows = zip(project.features, project.observations, project.clips, strict=True)
    once = learn((row for row in rows), project.prior, schema=project.schema)
    assert once.model_id == learnt(project).model_id


def test_a_model_is_named_by_all_that_is_in_it(make):
    project = make.project(2, prior=True)
    base = learnt(project)
    assert learnt(project).model_id == base.model_id
    assert base.model_id != learnt(project, learnt_from_event=3).model_id
    other = promising(base, tolerance=0.1, coverage=base.coverage)
    assert other.model_id != base.model_id
    assert other.shared is base.shared
    assert project.prior.model_id.startswith("default-")
    project.observations[0][0].value[0] += 0.1
    assert learnt(project).model_id != base.model_id


def test_a_project_of_nine_clips_is_calibrated_on_its_own_blind_frames(make):
    project = make.project(1, tracks=9, n=40, labels=27)
    model = learnt(project)
    assert model.calibration.is_own
    assert model.calibration.n_judgements == 27
    assert model.calibration.n_clips == 9
    assert model.calibration.source.startswith("leave-one-judgement-out")
    for noise in ("span", "accept", "edit"):
        other = make.project(1, tracks=9, n=40, labels=27)
        other.observations[3] = [
            make.observation(o.position, o.value, event=o.judgement_id, noise=noise)
            for o in other.observations[3]
        ]
        less = learnt(other)
        assert less.calibration.n_judgements == 24
        assert not less.calibration.is_own
    project.observations[3] = []
    assert not learnt(project).calibration.is_own


# ---------------------------------------------------------------- raters


def with_raters(make, effects, *, n_frames=8, tracks=6, seed=0, noise=0.05):
    """Raters who all judge the same frames, with known bias, scale and noise."""
    project = make.project(seed, prior=True, tracks=tracks, labels=0)
    rng, event = np.random.default_rng(seed), 0
    for number, features in enumerate(project.features):
        curve = np.clip(features.zero_shot[:, 2] + rng.normal(size=2) / 10, -1, 1)
        for p in rng.choice(len(features), n_frames, replace=False):
            for rater, (bias, scale, factor) in effects.items():
                event += 1
                off = rng.normal(size=2) * noise * factor
                project.observations[number].append(
                    make.observation(
                        p, bias + scale * curve[p] + off, event=event, rater=rater
                    )
                )
    return project


def test_bias_and_scale_of_raters_are_found_and_sum_to_none(make):
    effects = {"a": (0.15, 1.2, 1.0), "b": (-0.15, 0.8, 1.0), "c": (0, 1.0, 1.0)}
    model = learnt(with_raters(make, effects))
    found = {one.rater: one for one in model.rater_effects}
    for rater, (bias, scale, _) in effects.items():
        np.testing.assert_allclose(found[rater].bias, bias, atol=0.05)
        np.testing.assert_allclose(found[rater].scale, scale, atol=0.12)
    total = sum(one.bias for one in model.rater_effects)
    np.testing.assert_allclose(total, 0, atol=1e-9)
    np.testing.assert_allclose(
        sum(one.scale for one in model.rater_effects), 3, atol=1e-9
    )
    assert model.raters_per_frame == 3


def test_a_noisy_rater_counts_for_less(make):
    model = learnt(
        with_raters(
            make, {"a": (0, 1, 1.0), "b": (0, 1, 1.0), "c": (0, 1, 6.0)}, seed=2
        )
    )
    noise = {one.rater: one.noise.mean() for one in model.rater_effects}
    assert noise["c"] > 4 * noise["a"]
    assert noise["c"] > 4 * noise["b"]
    project = make.project(2, prior=True, labels=0)
    features = project.features[0]
    plain = track_posterior(model, features, [], learnt=()).predict()[0]
    moved = {
        rater: np.abs(
            track_posterior(
                model,
                features,
                [make.observation(5, [0.9, 0.9], rater=rater)],
                learnt=(),
            ).predict()[0]
            - plain
        ).max()
        for rater in "ac"
    }
    assert moved["c"] < 0.9 * moved["a"]


def test_few_judgements_say_little_of_a_rater(make):
    effects = {"a": (0.3, 1.0, 1.0), "b": (-0.3, 1.0, 1.0)}
    one = learnt(with_raters(make, effects, n_frames=1, tracks=1))
    many = learnt(with_raters(make, effects))
    for few, more in zip(one.rater_effects, many.rater_effects, strict=True):
        assert np.abs(few.bias).max() < np.abs(more.bias).min()
        assert np.sign(more.bias[0]) == (1 if more.rater == "a" else -1)


def test_one_rater_has_neither_bias_nor_scale(make):
    (only,) = learnt(make.project(2, labels=8)).rater_effects
    assert not only.bias.any()
    assert (only.scale == 1).all()
    assert only.n_judgements == 8


def test_raters_who_disagree_raise_the_noise_and_their_number_lowers_it(make):
    project = make.project(0, tracks=1, n=40, labels=0)
    project.observations[0] = [
        make.observation(
            f, np.array([0.4, 0.2]) * s, event=2 * f + (s > 0), rater="ab"[i]
        )
        for f in range(0, 40, 4)
        for i, s in enumerate((1, -1) if f % 8 else (-1, 1))
    ]
    some = stretches_of(project)
    # Ten pairs about their mean, and ten repeats' worth of the shipped variance.
    wanted = (10 * 0.0025 + 20 * np.array([0.4, 0.2]) ** 2) / 20
    got = repeated_variance(some, project.prior.hyperparameters)
    np.testing.assert_allclose(np.array(got, float), wanted, rtol=1e-6)
    model = learnt(project)
    assert model.raters_per_frame == 2
    posterior = track_posterior(model, project.features[0], project.observations[0])
    noise = model.hyperparameters[0].noise
    assert noise > 10 * project.prior.hyperparameters[0].noise
    assert posterior.rater_noise(0) == pytest.approx(noise / 2)
    assert np.isfinite(posterior.residual[:, 0]).sum() == 10


def test_raters_of_unlike_noise_do_not_raise_the_variance_of_one(make):
    """Off the plain mean of a frame, who is exact is off by the other's noise."""
    project = make.project(0, tracks=1, n=400, labels=0)
    rng, factor = np.random.default_rng(1), {"a": 0.25, "b": 1.0, "c": 4.0}
    for at in range(400):
        for k, (rater, times) in enumerate(factor.items()):
            value = 0.1 * np.sqrt(times) * rng.normal(size=2)
            one = make.observation(at, value.clip(-1, 1), event=3 * at + k, rater=rater)
            project.observations[0].append(one)
    none = RaterTerm.none(2)
    terms = {r: replace(none, noise_factor=np.full(2, f)) for r, f in factor.items()}
    some = [one.with_terms(terms) for one in stretches_of(project)]
    got = repeated_variance(some, project.prior.hyperparameters)
    np.testing.assert_allclose(np.array(got, float), 0.01, rtol=0.1)


def shown(make, *, accepts, confidence, unlike=0, repeats=0):
    """A rater who was shown 40 values, accepted some, and repeated some blind."""
    project = make.project(3, prior=True, tracks=2, n=60, labels=6)
    for k in range(40):
        noise = "accept" if k < accepts else "edit"
        project.observations[0].append(
            make.observation(
                15 + k,
                [0.1, 0.1],
                event=100 + k,
                noise=noise,
                shown_confidence=confidence,
            )
        )
    for k in range(repeats):
        off = 0.4 if k < unlike else 0.02
        project.observations[1].append(
            make.observation(
                15 + k, [0.1, 0.1], event=200 + k, accepted=np.full(2, 0.1 + off)
            )
        )
    return learnt(project)


def test_who_accepts_more_than_confidence_expects_is_named_and_counts_for_less(make):
    honest = shown(make, accepts=28, confidence=0.7)
    lazy = shown(make, accepts=40, confidence=0.7)
    assert disagreeing_raters(honest) == ()
    assert disagreeing_raters(lazy) == ("me",)
    careful, careless = honest.rater_effects[0], lazy.rater_effects[0]
    assert (careless.accept_noise > 2 * careful.accept_noise).all()
    assert careless.accept_excess > 3 > careful.accept_excess


def test_blind_repeats_of_accepted_frames_show_what_accepts_are_worth(make):
    good = shown(make, accepts=28, confidence=0.7, repeats=10)
    poor = shown(make, accepts=28, confidence=0.7, repeats=10, unlike=4)
    assert disagreeing_raters(good) == ()
    assert disagreeing_raters(poor) == ("me",)
    better, worse = good.rater_effects[0], poor.rater_effects[0]
    assert worse.n_unlike_accepts == 4
    assert worse.n_repeated_accepts == better.n_repeated_accepts == 10
    plain = shown(make, accepts=28, confidence=0.7).rater_effects[0]
    assert (better.accept_noise < plain.accept_noise).all()
    assert (worse.accept_noise > plain.accept_noise).all()


def test_hyperparameters_of_unknown_names_are_not_guessed():
    with pytest.raises(KeyError, match="offset_variance"):
        HyperParameters.in_order({"level": 1.0})
    again = HyperParameters.from_vector(NEUTRAL.to_vector())
    for name in NAMES:
        assert getattr(again, name) == pytest.approx(getattr(NEUTRAL, name))


def test_a_model_of_three_dimensions_needs_three(make):
    project = make.project(1)
    with pytest.raises(ShapeError, match="needs 2 entries of has_zero_shot"):
        default_model(
            basis=project.basis, schema=project.schema, has_zero_shot=[True] * 3
        )
