"""The consensus curve: the posterior of the raters' rule at every frame."""

from dataclasses import replace

import numpy as np
import pytest

from feltline.fewshot import consensus as module
from feltline.fewshot import consensus_of, learn, track_posterior
from feltline.fewshot.consensus import rule_at
from feltline.fewshot.gp import observed as states


def judged(make, *, seed=1, prior=True, raters=3):
    """Two tracks that three raters judged here and there, some frames twice."""
    project = make.project(seed, prior=prior, n=24, labels=16)
    for i, some in enumerate(project.observations):
        some += [
            make.observation(range(4, 12), [0.2, -0.3], event=50 + i, noise="span"),
            make.observation(2, [np.nan, 0.5], event=60 + i),
            make.observation(some[0].position, [0.4, 0.1], event=70 + i),
        ]
        some[:] = [replace(o, rater=f"r{k % raters}") for k, o in enumerate(some)]
    return project


def learnt(project):
    rows = zip(project.features, project.observations, project.clips, strict=True)
    return learn(rows, project.prior, schema=project.schema, freedom=0.0)


@pytest.mark.parametrize("prior", [False, True])
def test_the_consensus_is_the_posterior_of_curve_and_ambiguity(make, naive, prior):
    project = judged(make, prior=prior)
    model = learnt(project)
    dense = naive(project, model.hyperparameters, model.rater_effects)
    for number, features in enumerate(project.features):
        posterior = track_posterior(model, features, project.observations[number])
        mean, variance = rule_at(posterior, np.arange(len(features)))
        here = slice(dense.first[number], dense.first[number + 1])
        for j in range(2):
            rows, cov, middle, w, kernel, ambiguity = dense.joint(j)
            rule = kernel + np.diag(ambiguity)
            gain = rule @ w.T @ np.linalg.inv(cov)
            wanted = middle + gain @ (dense.target(rows, w, j) - w @ middle)
            left = np.diag(rule - gain @ w @ rule)
            np.testing.assert_allclose(mean[:, j], wanted[here], atol=1e-3)
            np.testing.assert_allclose(variance[:, j], left[here], atol=1e-4)


def test_a_curve_has_an_interval_and_what_was_found_of_raters(make, monkeypatch):
    project = judged(make)
    model = learnt(project)
    own = project.features[0], project.observations[0]
    curve = consensus_of(model, *own)
    assert curve.effects == model.rater_effects
    assert {one.rater for one in curve.effects} == {"r0", "r1", "r2"}
    assert (curve.low <= curve.value).all()
    assert (curve.value <= curve.high).all()
    wide = consensus_of(replace(model, coverage=0.99), *own)
    assert ((wide.high - wide.low) >= (curve.high - curve.low)).all()
    monkeypatch.setattr(module, "CHUNK", 5)
    again = consensus_of(model, *own)
    np.testing.assert_allclose(again.value, curve.value, atol=1e-5)


def test_a_judged_frame_is_better_known_than_a_new_label_of_it(make):
    project = judged(make, raters=1)
    model = learnt(project)
    features, observations = project.features[0], project.observations[0]
    posterior = track_posterior(model, features, observations)
    _, of_label = posterior.predict()
    _, of_rule = rule_at(posterior, np.arange(len(features)))
    assert (of_rule < of_label).all()
    at = observations[0].middle
    more = [
        make.observation(at, [0.3, -0.3], event=100 + k, rater="r0") for k in range(200)
    ]
    curve = consensus_of(model, features, [*observations, *more])
    np.testing.assert_allclose(curve.value[at], [0.3, -0.3], atol=0.05)


def test_a_rater_is_read_without_the_bias_of_that_rater(make):
    """Of two who differ by .3 throughout, whoever judges a frame, it gets one value."""
    project = make.project(3, labels=0, n=40)
    for number, some in enumerate(project.observations):
        for at in range(0, 40, 2):
            for k, rater in enumerate("ab"):
                value = 0.1 + 0.15 * (1 - 2 * k)
                one = make.observation(at, [value] * 2, event=100 * number + 2 * at + k)
                some.append(replace(one, rater=rater))
    model = learnt(project)
    features = project.features[0]
    alone = [
        consensus_of(
            model,
            features,
            [o for o in project.observations[0] if o.rater == rater],
            learnt=(),
        ).value
        for rater in "ab"
    ]
    assert np.abs(alone[0] - alone[1]).max() < 0.05
    np.testing.assert_allclose(alone[0], 0.1, atol=0.05)


def test_nothing_is_known_of_a_dimension_that_nobody_gave(make):
    project = make.project(2, labels=0)
    one = make.observation(4, [0.5, np.nan])
    curve = consensus_of(project.prior, project.features[0], [one])
    assert np.isfinite(curve.value[:, 0]).all()
    for array in (curve.value, curve.low, curve.high):
        assert np.isnan(array[:, 1]).all()


def test_a_long_track_is_read_stretch_by_stretch(make, monkeypatch):
    project = judged(make)
    model = learnt(project)
    own = project.features[0], project.observations[0]
    whole = consensus_of(model, *own)
    monkeypatch.setattr(states, "MOST_IN_BLOCK", 6)
    parts = consensus_of(model, *own)
    assert np.isfinite(parts.value).all()
    assert np.abs(parts.value - whole.value).mean() < 0.1
