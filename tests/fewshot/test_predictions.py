import pickle
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from feltline.fewshot.gp import observed as states
from feltline.fewshot.gp import posterior as posteriors
from feltline.fewshot.model import learn, promising, track_posterior
from feltline.fewshot.predictions import predict_posterior, predict_track
from feltline.types import Dimension, ExpressionClass, LabelSchema

ARRAYS = (
    "value",
    "low",
    "high",
    "confidence",
    "class_probability",
    "evidence",
    "is_observed",
)


def learnt(project, **more):
    rows = zip(project.features, project.observations, project.clips, strict=True)
    return learn(rows, project.prior, schema=project.schema, **more)


def predicted(project, number, model=None, **more):
    return predict_track(
        model or learnt(project),
        project.features[number],
        project.observations[number],
        schema=project.schema,
        **more,
    )


def test_a_prediction_is_the_posterior_mean_also_where_people_judged(make):
    project = make.project(1, prior=True)
    model = learnt(project)
    for number in range(2):
        posterior = track_posterior(
            model, project.features[number], project.observations[number]
        )
        got = predict_posterior(posterior, project.schema)
        mean, _ = posterior.predict()
        np.testing.assert_array_equal(got.value, np.clip(mean, -1, 1))
        assert (got.low <= got.value).all()
        assert (got.high >= got.value).all()
        assert (got.confidence < 1).all()
        np.testing.assert_allclose(got.confidence, posterior.confidence(), rtol=1e-6)
        assert got.model_id == model.model_id
        at = [o.middle for o in project.observations[number]]
        assert np.flatnonzero(got.is_observed).tolist() == sorted(at)


@pytest.mark.parametrize("prior", [False, True])
def test_intervals_nest_as_coverage_grows(make, prior):
    project = make.project(4, prior=prior)
    model = learnt(project)
    made = [
        predicted(project, 0, promising(model, tolerance=0.2, coverage=c))
        for c in (0.5, 0.8, 0.95)
    ]
    for narrow, wide in pairwise(made):
        assert (wide.low <= narrow.low).all()
        assert (wide.high >= narrow.high).all()
        assert (wide.high - wide.low > narrow.high - narrow.low).any()
        np.testing.assert_array_equal(narrow.value, wide.value)


def test_confidence_is_at_the_models_tolerance_and_falls_with_trust(make):
    project = make.project(3, prior=True)
    model = learnt(project)
    whole = predicted(project, 0, model)
    trust = np.linspace(0, 1, 30).astype(np.float32)
    features = project.features[0]
    project.features[0] = replace(features, trust=trust)
    less = predicted(project, 0, model)
    np.testing.assert_allclose(less.confidence, whole.confidence * trust, rtol=1e-5)
    np.testing.assert_array_equal(less.low, whole.low)
    wider = predicted(project, 0, promising(model, tolerance=0.4, coverage=0.9))
    assert (wider.confidence >= less.confidence).all()
    assert (wider.confidence > less.confidence).any()


def test_without_zero_shot_and_judgement_there_is_no_value_and_no_confidence(make):
    project = make.project(1)
    project.observations[1] = []
    got = predicted(project, 1)
    assert np.isnan(got.value).all()
    assert np.isnan(got.low).all()
    assert not got.confidence.any()
    # Nor has the posterior that suggestions, audits and the forecast are made from.
    posterior = track_posterior(learnt(project), project.features[1], [])
    assert not posterior.confidence().any()
    project.observations[1] = [make.observation(3, [0.2, np.nan], event=50)]
    half = predicted(project, 1)
    assert np.isfinite(half.value[:, 0]).all()
    assert np.isnan(half.value[:, 1]).all()
    assert not half.confidence.any()


@pytest.mark.parametrize("labels", [2, 5, 10])
def test_evidence_is_the_tracks_own_observations_nearest_first(make, labels):
    project = make.project(6, labels=labels)
    model = learnt(project)
    for number, track in enumerate(project.tracks):
        got = predicted(project, number, model)
        at = [o.middle for o in project.observations[number]]
        frames = track.frame[at]
        n = min(3, len(frames))
        for row in got.evidence:
            assert set(row[:n]) <= set(frames)
            assert len(set(row[:n])) == n
            assert (row[n:] == -1).all()
        np.testing.assert_array_equal(got.evidence[at, 0], frames)


def test_a_span_is_named_by_its_middle_frame_and_raters_of_a_frame_once(make):
    project = make.project(2, labels=0)
    project.observations[0] = [
        make.observation(range(10, 19), [0.1, 0.1], event=1, noise="span"),
        make.observation(2, [0.1, 0.1], event=2, rater="me"),
        make.observation(2, [0.3, 0.1], event=3, rater="you"),
    ]
    got = predicted(project, 0)
    assert set(got.evidence.ravel()) == {14, 2, -1}
    assert got.evidence[2].tolist() == [2, 14, -1]
    assert got.evidence[14].tolist() == [14, 2, -1]
    assert np.flatnonzero(got.is_observed).tolist() == [2]


def test_evidence_of_a_long_track_is_near(make, monkeypatch):
    monkeypatch.setattr(states, "MOST_IN_BLOCK", 6)
    monkeypatch.setattr(posteriors, "CHUNK", 16)
    project = make.project(0, tracks=1, n=60, labels=0)
    frames = list(range(0, 60, 4))
    project.observations[0] = [
        make.observation(f, [np.sin(f / 9), 0], event=f + 1, expression=f // 4 % 8)
        for f in frames
    ]
    got = predicted(project, 0)
    np.testing.assert_array_equal(got.evidence[frames, 0], frames)
    assert set(got.evidence.ravel()) <= set(frames)
    assert len(set(got.evidence[31])) == 3
    np.testing.assert_allclose(got.class_probability.sum(axis=1), 1, atol=1e-5)
    assert got.class_probability[0].argmax() == 0


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("positions", [[12], range(9, 16)])
def test_a_class_alone_says_nothing_of_values(make, prior, positions):
    project = make.project(3, prior=prior)
    model = learnt(project)
    before = predicted(project, 0, model)
    alone = make.observation(positions, [np.nan] * 2, event=90, expression=4)
    project.observations[0].append(alone)
    after = predicted(project, 0, model)
    for name in ARRAYS:
        if name != "class_probability":
            np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert after.class_probability[12].argmax() == 4
    if prior:
        change = after.class_probability[:, 4] - before.class_probability[:, 4]
        assert (change >= -1e-6).all()
        far = np.abs(np.arange(30) - 12) > 15
        assert change[12] > change[far].max()


def test_classes_of_raters_count_each(make):
    project = make.project(2, labels=0)
    project.observations[0] = [
        make.observation(4, [0.1, 0.1], event=1, expression=3),
        make.observation(4, [np.nan] * 2, event=2, expression=6, rater="you"),
        make.observation(4, [np.nan] * 2, event=3, expression=6, rater="them"),
    ]
    got = predicted(project, 0).class_probability[4]
    assert got.argmax() == 6
    assert got[3] > np.delete(got, [3, 6]).max()


@pytest.mark.parametrize(
    ("variance", "steady"), [(0.04, True), (1e-6, False)], ids=["video", "photos"]
)
def test_classes_follow_neighbours_in_time_as_far_as_a_track_has_its_own(
    make, variance, steady
):
    """A blink that looks like another class passes in video, and stands in photos."""
    project = make.project(1, prior=True, labels=0)
    model = learnt(project)
    hyper = replace(
        model.hyperparameters[0],
        offset_variance=variance,
        time_variance=variance,
        appearance_variance=variance,
        noise=0.01,
        ambiguity=1e-6,
    )
    model = replace(model, hyperparameters=(hyper, hyper))
    sad, happy = np.eye(8, dtype=np.float32)[[3, 1]] * 0.92 + np.float32(0.01)
    features = project.features[0]
    seen = np.tile(sad, (len(features), 1))
    seen[10] = happy
    features = replace(
        features, time_s=np.arange(len(features)) / 30, class_probability=seen
    )
    got = predict_track(model, features, [], schema=project.schema).class_probability
    assert got[5].argmax() == 3
    assert (got[10].argmax() == 3) == steady


@pytest.mark.parametrize("m", [1, 3])
@pytest.mark.parametrize("classes", [0, 3])
def test_any_number_of_dimensions_and_classes_works(make, m, classes):
    names = ("arousal", "pain", "valence")[:m]
    schema = LabelSchema(
        dimensions=tuple(Dimension(name=name) for name in names),
        classes=tuple(ExpressionClass(name=f"c{i}") for i in range(classes)),
    )
    project = make.project(1, prior=True, tracks=9, n=20, labels=27, schema=schema)
    model = learnt(project)
    assert len(model.hyperparameters) == m
    got = predicted(project, 0, model)
    assert got.value.shape == (20, m)
    assert np.isfinite(got.value).all()
    assert got.class_probability.shape == (20, classes)
    assert (got.confidence > 0).all()
    project.observations[2] = []
    other = predicted(project, 2)
    has = np.array([name in ("valence", "arousal") for name in names])
    np.testing.assert_array_equal(np.isfinite(other.value).all(axis=0), has)


def test_a_prediction_depends_on_the_model_and_on_its_own_track_alone(make):
    """What was learnt of a track is taken off: other tracks move at learning only."""
    project = make.project(4, prior=True, labels=8)
    model = learnt(project)
    then = [(project.features[0], list(project.observations[0]))]
    first = predicted(project, 0, model, learnt=then)
    np.testing.assert_allclose(first.value, predicted(project, 0, model).value)
    project.observations[0].append(make.observation(20, [0.4, 0.4], event=90))
    moved = predicted(project, 0, model, learnt=then)
    assert np.abs(moved.value - first.value).max() > 0.01
    again = pickle.loads(pickle.dumps((model, moved)))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again[1].value, moved.value)


def test_a_track_that_was_split_takes_off_what_it_was(make):
    project = make.project(4, prior=True, labels=8)
    model, whole = learnt(project), project.features[0]
    then = [(whole, project.observations[0])]
    half = whole.at(slice(0, 15))
    some = [o for o in project.observations[0] if o.middle < 15]
    rest = [o for o in project.observations[0] if o.middle >= 15]
    assert some
    assert rest
    got = track_posterior(model, half, some, learnt=then)
    # As if the project had never had the other half.
    other = learn(
        [
            (half, some, "0.mp4"),
            (project.features[1], project.observations[1], "1.mp4"),
        ],
        replace(project.prior, hyperparameters=model.hyperparameters),
        schema=project.schema,
        freedom=0.0,
    )
    wanted = track_posterior(other, half, some)
    np.testing.assert_allclose(got.predict()[0], wanted.predict()[0], atol=1e-6)


def test_time_is_linear_in_frames(make):
    """A hundred times the frames cost at most two hundred times the processor time."""
    took = []
    for n in (1_000, 100_000):
        project = make.project(0, prior=False, tracks=1, n=n, labels=40)
        model = project.prior
        begin = time.process_time()
        predicted(project, 0, model)
        took.append(time.process_time() - begin)
    assert took[1] < 200 * took[0]
