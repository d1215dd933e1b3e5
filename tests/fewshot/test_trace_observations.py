"""Traces as observations: many stretches, few opinions."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.errors import InputError
from feltline.fewshot import learn, observations_from, predict_track, track_posterior
from feltline.fewshot.gp.fit import evidence, fit_hyperparameters
from feltline.fewshot.gp.observed import in_stretches
from feltline.fewshot.gp.raters import repeated_variance
from feltline.fewshot.gp.shipped import TRACE_TIME_S, TRACE_VARIANCE
from feltline.fewshot.gp.solve import noise_covariance
from feltline.fewshot.trace_observations import MOST_STRETCHES, STRETCH_S
from feltline.types import DEFAULT_SCHEMA
from feltline.types.traces import Trace

BOTH = DEFAULT_SCHEMA.dimension_names


def traced(rate_hz, length_s, curve, *, event=100, rater="live", names=BOTH, **more):
    """A trace of some curves of time, so many samples a second, its end included."""
    time_s = np.linspace(0, length_s, round(length_s * rate_hz) + 1)
    value = np.stack([curve(time_s, j) for j in range(len(names))], axis=1)
    return Trace(
        trace_id=event,
        rater=rater,
        time_s=time_s,
        value=value.clip(-1, 1),
        dimensions=names,
        mode="bounded",
        **more,
    )


def smooth(seed):
    """A curve that two samples a second can follow: no cycle under six seconds."""
    rng = np.random.default_rng(seed)
    pace, phase = rng.uniform(0.1, 1.0, (2, 3)), rng.uniform(0, 6, (2, 3))
    size = rng.uniform(0.1, 0.3, (2, 3))

    def curve(time_s, j):
        return (size[j] * np.sin(np.outer(time_s, pace[j]) + phase[j])).sum(axis=1)

    return curve


@settings(max_examples=examples(8), deadline=None)
@given(seed=st.integers(0, 999))
def test_however_often_a_trace_is_sampled_it_predicts_the_same(make, seed):
    track = make.track(240, rate=8.0)
    features, model = make.features(track, seed=seed), make.model()
    got = []
    for rate in (2.0, 25.0):
        trace = traced(rate, 30.0, smooth(seed))
        own = observations_from(trace, track, DEFAULT_SCHEMA)
        got.append(predict_track(model, features, own, schema=DEFAULT_SCHEMA))
    np.testing.assert_allclose(got[0].value, got[1].value, atol=0.01)
    for name in ("low", "high"):
        np.testing.assert_allclose(
            getattr(got[0], name), getattr(got[1], name), atol=0.01
        )


def test_a_trace_is_worth_no_more_than_a_label_each_time_its_error_is_new(make):
    """Five minutes: the interval against labels of a trace's noise, evenly spread."""
    track = make.track(1200, rate=4.0)
    features, model = make.features(track), make.model()
    trace = traced(4.0, 300.0, smooth(0))
    own = observations_from(trace, track, DEFAULT_SCHEMA)
    assert len(own) == 600
    after = track_posterior(model, features, own, learnt=()).predict()[1]
    n = round(300 / TRACE_TIME_S)
    at = np.linspace(0, 1199, n).round().astype(int)
    given = [make.observation(p, [0.1, 0.1], event=i + 1) for i, p in enumerate(at)]
    labels = track_posterior(model, features, given, learnt=()).predict()[1]
    before = track_posterior(model, features, [], learnt=()).predict()[1]
    assert (after < before).all()
    assert (after.mean(axis=0) > labels.mean(axis=0)).all()
    spans = [replace(o, trace=None, time_s=None, noise="span") for o in own]
    many = track_posterior(model, features, spans, learnt=()).predict()[1]
    assert (many.mean(axis=0) < 0.8 * after.mean(axis=0)).all()


@settings(max_examples=examples(20), deadline=None)
@given(
    seed=st.integers(0, 999),
    events=st.lists(st.sampled_from([7, 8, 9]), min_size=1, max_size=12),
)
def test_the_covariance_of_noise_is_that_of_each_trace_by_itself(make, seed, events):
    """Entry by entry; and no direction has less variance than white noise gives it."""
    rng = np.random.default_rng(seed)
    features = make.features(make.track(60))
    said = [make.observation(3, [0.1, 0.2], event=1)]
    said += [
        make.observation(
            int(rng.integers(60)),
            rng.uniform(-1, 1, 2),
            event=event,
            noise="trace",
            trace=event,
            time_s=float(rng.uniform(0, 40)),
        )
        for event in events
    ]
    (own,) = in_stretches(features, said, {})
    hyper = make.model().hyperparameters[0]
    got = noise_covariance(hyper, own, np.arange(len(own)), 0)
    for i, a in enumerate(own.observations):
        for k, b in enumerate(own.observations):
            wanted = hyper.noise * (i == k)
            if a.trace is not None and a.trace == b.trace:
                assert a.time_s is not None
                assert b.time_s is not None
                apart = abs(a.time_s - b.time_s)
                wanted += TRACE_VARIANCE * np.exp(-apart / TRACE_TIME_S)
            assert got[i, k] == pytest.approx(wanted)
    assert np.linalg.eigvalsh(got).min() >= hyper.noise * (1 - 1e-6)


def test_stretches_are_means_with_the_lag_taken_off(make):
    track = make.track(80, rate=8.0)
    trace = traced(10.0, 6.05, lambda t, _: t / 10, names=("arousal",), lag_s=1.0)
    own = observations_from(trace, track, DEFAULT_SCHEMA)
    assert len(own) == 10
    assert STRETCH_S == 0.5
    for k, one in enumerate(own):
        assert np.isnan(one.value[0])
        assert one.value[1] == pytest.approx(0.125 + 0.05 * k)
        assert one.time_s == pytest.approx(0.25 + 0.5 * k)
        assert one.position.tolist() == [4 * k + 1, 4 * k + 3]
        assert (one.trace, one.judgement_id, one.rater) == (100, 100, "live")
    later = make.track(40, rate=8.0, first=800)
    assert observations_from(trace, later, DEFAULT_SCHEMA) == []


def test_stretches_are_as_long_as_it_takes(make):
    """To hold a frame each, and for a long trace to be few."""
    sparse = make.track(30, rate=0.5)
    own = observations_from(traced(4.0, 60.0, smooth(1)), sparse, DEFAULT_SCHEMA)
    assert [one.position.tolist() for one in own] == [[i] for i in range(30)]
    long = make.track(8000, rate=4.0)
    own = observations_from(traced(2.0, 2000.0, smooth(1)), long, DEFAULT_SCHEMA)
    assert MOST_STRETCHES - 1 <= len(own) <= MOST_STRETCHES + 1
    moment = traced(10.0, 0.15, smooth(1))
    assert observations_from(moment, long, DEFAULT_SCHEMA) == []


def test_what_the_engine_cannot_learn_from_is_refused(make):
    track, trace = make.track(20), traced(4.0, 2.0, smooth(1), names=("valence",))
    with pytest.raises(InputError, match="trace 100 of live is relative"):
        observations_from(replace(trace, mode="relative"), track, DEFAULT_SCHEMA)
    other = replace(trace, dimensions=("green",))
    with pytest.raises(InputError, match=r"rates green; .* has valence, arousal"):
        observations_from(other, track, DEFAULT_SCHEMA)


def with_traces(project):
    """The same with a trace of each track by another rater."""
    for i, (track, some) in enumerate(
        zip(project.tracks, project.observations, strict=True)
    ):
        start = float(track.time_s[0])
        trace = traced(4.0, 4.0, lambda t, _: 0.3 + t * 0, event=100 + i, rater="live")
        trace = replace(trace, time_s=trace.time_s + start)
        some += observations_from(trace, track, DEFAULT_SCHEMA)
    return project


def test_a_trace_calibrates_nothing(make):
    def learnt(project):
        rows = zip(project.features, project.observations, project.clips, strict=True)
        return learn(rows, project.prior, schema=project.schema, freedom=0.0)

    project = make.project(1, tracks=10, n=40, labels=30)
    before, after = learnt(project), learnt(with_traces(project))
    assert after.n_judgements == before.n_judgements + 10
    assert after.calibration.n_judgements == before.calibration.n_judgements
    assert after.raters_per_frame == before.raters_per_frame == 1
    assert [one.rater for one in after.rater_effects] == ["live", "me"]
    assert after.rater_effects[0].n_judgements == 10
    own = project.features[0], project.observations[0]
    posterior = track_posterior(after, *own)
    n_blind = len({o.middle for o in own[1] if o.calibrates})
    assert np.isfinite(posterior.residual).any(axis=1).sum() == n_blind
    seen = predict_track(after, *own, schema=DEFAULT_SCHEMA)
    assert seen.is_observed.sum() == n_blind


def test_hyper_parameters_and_noise_are_learnt_from_judgements_alone(make):
    hypers = make.project(1).prior.hyperparameters

    def fitted(project):
        stretches = [
            own
            for some in zip(project.features, project.observations, strict=True)
            for own in in_stretches(*some, {})
        ]
        noise = repeated_variance(stretches, hypers)
        return fit_hyperparameters(stretches, hypers, rater_variance=noise), noise

    project = make.project(1)
    project.observations[0] += [make.observation(2, [0.4, 0.4], event=90, rater="ben")]
    assert fitted(project) == fitted(with_traces(project))
    project.observations = [[], []]
    assert fitted(with_traces(project)) == (hypers, [None, None])


def test_density_of_a_trace_is_that_of_its_covariance(make, naive):
    project = make.project(2, prior=True, tracks=1, n=40, labels=5)
    trace = traced(8.0, 4.0, smooth(2))
    project.observations[0] += observations_from(
        trace, project.tracks[0], DEFAULT_SCHEMA
    )
    model = project.prior
    dense = naive(project, model.hyperparameters)
    stretches = list(in_stretches(project.features[0], project.observations[0], {}))
    posterior = track_posterior(
        model, project.features[0], project.observations[0], learnt=()
    )
    for j, hyper in enumerate(model.hyperparameters):
        got = evidence(hyper, stretches, j)[0]
        assert got == pytest.approx(-dense.log_density(j), abs=1e-5)
        middle, spread, _ = dense.predict(0, j)
        np.testing.assert_allclose(posterior.predict()[0][:, j], middle, atol=1e-3)
        np.testing.assert_allclose(posterior.predict()[1][:, j], spread, atol=1e-4)
