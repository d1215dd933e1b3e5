from dataclasses import replace

import numpy as np
import pytest

from feltline.errors import EncoderError, NothingToLabelError, ShapeError
from feltline.fewshot import LabelOptions, label_by_baseline, learn_tracks, with_values
from feltline.fewshot.baselines import interpolate
from feltline.fewshot.model import learn
from feltline.fewshot.predictions import predict_track
from feltline.types import Method

METHODS: tuple[Method, ...] = ("gp", "linear", "pchip", "nearest", "hold-last")


def label_all(project, options=None, *, comparisons=None, **more):
    """Predictions of all tracks, None where nothing is known of one."""
    options, tracks = options or LabelOptions(), project.tracks
    valued = with_values(tracks, project.observations)
    if options.method != "gp":
        return label_by_baseline(tracks, valued, options.method, comparisons)
    model, features = learn_tracks(
        tracks, project.embeddings, project.observations, options, **more
    )
    rows = zip(features, project.observations, strict=True)
    made = [predict_track(model, *row, schema=project.schema) for row in rows]
    return [None if np.isnan(one.value).all() else one for one in made]


def test_the_engine_learns_and_predicts(make):
    project = make.project(2, prior=True)
    rows = zip(project.features, project.observations, project.clips, strict=True)
    model = learn(rows, project.prior, schema=project.schema)
    for number, got in enumerate(label_all(project)):
        wanted = predict_track(
            model,
            project.features[number],
            project.observations[number],
            schema=project.schema,
        )
        np.testing.assert_array_equal(got.value, wanted.value)
        np.testing.assert_array_equal(got.confidence, wanted.confidence)
        assert got.model_id == model.model_id


def test_promises_are_those_of_the_options(make):
    project = make.project(2)
    usual = label_all(project)[0]
    other = label_all(project, LabelOptions(tolerance=0.1, coverage=0.5))[0]
    assert (other.confidence < usual.confidence).all()
    assert (other.high - other.low <= usual.high - usual.low).all()


@pytest.mark.parametrize("method", METHODS[1:])
def test_interpolation_goes_through_the_labels(make, method):
    project = make.project(5)
    made = label_all(project, LabelOptions(method=method))
    for track, some, got in zip(
        project.tracks, project.observations, made, strict=True
    ):
        some = sorted(some, key=lambda o: o.middle)
        at = np.array([o.middle for o in some])
        value = np.array([o.value for o in some])
        wanted = interpolate(method, track.time_s[at], value, track.time_s)
        np.testing.assert_allclose(got.value, wanted, atol=1e-6)
        assert set(got.evidence.ravel()) <= {-1, *track.frame[at]}
        np.testing.assert_array_equal(got.evidence[at, 0], track.frame[at])
        assert (got.evidence[at, 1:] == -1).all()
        assert np.isnan(got.confidence).all()
        assert np.isnan(got.low).all()
        assert np.isnan(got.class_probability).all()
        assert got.model_id == method


def test_interpolation_takes_spans_at_their_middle_and_each_dimension_by_itself(make):
    project = make.project(0, tracks=1, labels=0)
    project.observations[0] = [
        make.observation(0, [0.0, np.nan], event=1),
        make.observation(range(8, 13), [0.5, 0.5], event=2, noise="span"),
        make.observation(10, [0.7, np.nan], event=3, rater="you"),
        make.observation(20, [0.0, -0.5], event=4),
    ]
    (got,) = label_all(project, LabelOptions(method="linear"))
    np.testing.assert_allclose(got.value[[0, 5, 10], 0], [0, 0.3, 0.6], atol=1e-6)
    np.testing.assert_allclose(got.value[[0, 10, 15], 1], [0.5, 0.5, 0], atol=1e-6)
    project.observations[0] = project.observations[0][:1]
    (got,) = label_all(project, LabelOptions(method="linear"))
    assert np.isnan(got.value[:, 1]).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_track_without_labels_needs_a_zero_shot_prediction(make, method):
    for prior in (False, True):
        project = make.project(3, prior=prior)
        project.observations[1] = []
        own, other = label_all(project, LabelOptions(method=method))
        assert own is not None
        assert (other is not None) == (method == "gp" and prior)
        if other is not None:
            assert not other.is_observed.any()
            assert (other.evidence == -1).all()


def test_labels_of_other_tracks_shift_a_biased_zero_shot_prediction(make):
    project = make.project(2, prior=True, tracks=3, labels=0)
    for number in (0, 1):
        own = project.embeddings[number].zero_shot_value
        project.observations[number] = [
            make.observation(at, np.clip(own[at] + 0.2, -1, 1), event=40 * number + at)
            for at in range(0, 30, 3)
        ]
    other = label_all(project)[2]
    shift = other.value - project.embeddings[2].zero_shot_value
    assert 0.05 < shift.mean() < 0.3


def test_faces_that_the_encoder_does_not_know_lose_confidence(make):
    project = make.project(3, prior=True)
    ood = [np.zeros(len(t), np.float32) for t in project.tracks]
    ood[0][5:9] = [0.99, 1.0, 1.15, 1.4]
    plain, _ = label_all(project)
    marked, _ = label_all(project, ood_score=ood)
    factor = np.ones(30, np.float32)
    factor[5:9] = [1, 1, 0.5, 0]
    np.testing.assert_allclose(marked.confidence, plain.confidence * factor, rtol=1e-5)
    np.testing.assert_array_equal(marked.value, plain.value)


def test_nothing_to_work_from_is_said(make):
    project = make.project(1, labels=0)
    with pytest.raises(NothingToLabelError, match="no label to work from"):
        with_values(project.tracks, project.observations)
    alone = make.observation(2, [np.nan] * 2, expression=3)
    project.observations[0] = [alone]
    with pytest.raises(NothingToLabelError, match="no label to work from"):
        with_values(project.tracks, project.observations)
    with pytest.raises(NothingToLabelError, match="no face to work from"):
        with_values([], [])


def test_a_one_frame_track_is_near_its_label(make):
    project = make.project(1, tracks=1, n=1, labels=0)
    project.observations[0] = [make.observation(0, [0.5, -0.5], expression=2)]
    for method in METHODS:
        (got,) = label_all(project, LabelOptions(method=method))
        np.testing.assert_allclose(got.value, [[0.5, -0.5]], atol=0.06)
        np.testing.assert_array_equal(got.evidence, [[0, -1, -1]])


def test_the_published_rule_adds_differences_to_the_latest_label(make):
    from types import SimpleNamespace

    project = make.project(1, tracks=1, n=20, labels=0)
    project.observations[0] = [
        make.observation(4, [0.3, -0.2], event=1),
        make.observation(12, [-0.1, 0.4], event=2),
    ]

    def compare(first, second):
        apart = np.stack([(second - first) / 50, (first - second) / 40], axis=1)
        return SimpleNamespace(difference=apart.astype(np.float32))

    options = LabelOptions(method="mt-clar")
    (got,) = label_all(project, options, comparisons=[compare])
    for i in range(20):
        anchor, label = (12, (-0.1, 0.4)) if i >= 12 else (4, (0.3, -0.2))
        wanted = (label[0] + (i - anchor) / 50, label[1] + (anchor - i) / 40)
        np.testing.assert_allclose(got.value[i], wanted, atol=1e-6)
        assert got.evidence[i, 0] == anchor
    assert np.flatnonzero(got.is_observed).tolist() == [4, 12]
    with pytest.raises(EncoderError, match="needs pair heads"):
        label_all(project, options)


def test_tracks_and_embeddings_must_pair_up(make):
    project = make.project(1)
    project.embeddings[1] = make.embeddings(34)
    with pytest.raises(ShapeError, match=r"\[30, 35\] frames, embeddings \[30, 34\]"):
        label_all(project)
    project.embeddings.pop()
    with pytest.raises(ShapeError, match="each track needs its embeddings"):
        label_all(project)


def test_embeddings_of_two_encoders_are_refused(make):
    project = make.project(1)
    project.embeddings[1] = replace(project.embeddings[1], encoder_id="other")
    with pytest.raises(EncoderError, match="e, other"):
        label_all(project)
