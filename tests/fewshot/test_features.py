from dataclasses import replace

import numpy as np
import pytest

from feltline.errors import ShapeError
from feltline.fewshot.gp.features import (
    SMOOTHING_SCALES_S,
    smoothed,
    track_features,
)
from feltline.fewshot.gp.kernel import own_share
from feltline.types import (
    DEFAULT_SCHEMA,
    EXPRESSIONS,
    Dimension,
    ExpressionClass,
    LabelSchema,
)


@pytest.mark.parametrize("scale_s", [0.1, 0.3, 2.0])
@pytest.mark.parametrize("even", [True, False])
def test_smoothing_is_the_naive_gaussian_mean(scale_s, even):
    rng = np.random.default_rng(0)
    gaps = np.full(50, 0.04) if even else rng.choice([0.01, 0.04, 0.5, 3.0], 50)
    time_s = np.cumsum(gaps)
    value = rng.normal(size=(50, 2)).astype(np.float32)
    got = smoothed(time_s, value, scale_s)
    for i in range(50):
        weight = np.exp(-(((time_s - time_s[i]) / scale_s) ** 2) / 2)
        # Neighbours beyond three deviations may be left out or not.
        np.testing.assert_allclose(
            got[i], np.average(value, axis=0, weights=weight), atol=0.02
        )


def test_scale_zero_and_far_frames_leave_values_as_they_are():
    value = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    far = np.arange(5) * 100.0
    np.testing.assert_array_equal(smoothed(far, value, 0.0), value)
    np.testing.assert_array_equal(smoothed(far, value, 0.3), value)


def test_a_single_frame_is_its_own_mean():
    value = np.array([[0.3, -0.2]], np.float32)
    np.testing.assert_array_equal(smoothed(np.array([1.0]), value, 0.3), value)


def features(make, seen, *, schema=DEFAULT_SCHEMA, ood_score=None, **more):
    n = len(seen)
    return track_features(
        make.track(n, **more),
        zero_shot_value=seen.zero_shot_value,
        zero_shot_expression=seen.zero_shot_expression,
        appearance=np.zeros((n, 1)),
        ood_score=ood_score,
        schema=schema,
    )


def schema_of(names, classes):
    return LabelSchema(
        dimensions=tuple(Dimension(name=name) for name in names),
        classes=tuple(ExpressionClass(name=name) for name in classes),
    )


def test_ambiguity_is_the_variance_of_the_label_under_the_classes(make):
    seen = make.embeddings(2, prior=True)
    seen.zero_shot_expression[:] = 0
    seen.zero_shot_expression[0, 1] = 1  # happiness alone
    seen.zero_shot_expression[1, [1, 4]] = 0.5  # happiness or anger
    got = features(make, seen)
    assert got.zero_shot.shape == (2, len(SMOOTHING_SCALES_S), 2)
    np.testing.assert_allclose(got.ambiguity[0], 0, atol=1e-6)
    half = np.array([0.81 + 0.51, 0.51 - 0.59]) / 2
    np.testing.assert_allclose(got.ambiguity[1], half**2, atol=1e-6)


def test_an_encoder_without_a_zero_shot_prediction_adds_nothing(make):
    got = features(make, make.embeddings(4))
    assert not got.has_zero_shot.any()
    assert not got.zero_shot.any()
    assert not got.ambiguity.any()
    assert np.isnan(got.class_probability).all()


def test_one_missing_value_leaves_its_dimension_out(make):
    seen = make.embeddings(4, prior=True)
    seen.zero_shot_value[2, 1] = np.nan
    got = features(make, seen)
    assert got.has_zero_shot.tolist() == [True, False]
    assert not got.zero_shot[:, :, 1].any()
    assert not got.ambiguity[:, 1].any()
    np.testing.assert_array_equal(got.zero_shot[:, 0, 0], seen.zero_shot_value[:, 0])


def test_dimensions_are_mapped_by_name(make):
    seen = make.embeddings(5, prior=True)
    got = features(make, seen, schema=schema_of(["arousal", "pain", "valence"], []))
    assert got.has_zero_shot.tolist() == [True, False, True]
    wanted = seen.zero_shot_value
    np.testing.assert_array_equal(got.zero_shot[:, 0, 0], wanted[:, 1])
    np.testing.assert_array_equal(got.zero_shot[:, 0, 2], wanted[:, 0])
    assert not got.zero_shot[:, :, 1].any()
    assert got.class_probability.shape == (5, 0)


def test_classes_are_mapped_by_name_and_the_rest_is_shared_out(make):
    seen = make.embeddings(5, prior=True)
    every = seen.zero_shot_expression
    some = ["fear", "neutral", "anger"]
    at = [EXPRESSIONS.index(name) for name in some]
    fewer = features(make, seen, schema=schema_of(["valence"], some))
    wanted = every[:, at] / every[:, at].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fewer.class_probability, wanted, atol=1e-6)
    other = features(
        make, seen, schema=schema_of(["valence"], [*some, "bored", "tired"])
    ).class_probability
    np.testing.assert_allclose(other[:, :3], every[:, at], atol=1e-6)
    np.testing.assert_allclose(other[:, 3], other[:, 4], atol=1e-6)
    np.testing.assert_allclose(other.sum(axis=1), 1, atol=1e-5)
    strange = features(make, seen, schema=schema_of(["valence"], ["bored"]))
    assert np.isnan(strange.class_probability).all()


def test_trust_falls_with_quality_and_out_of_distribution_score(make):
    ood = np.array([0.5, 1.0, 1.15, 1.3, 2.0], np.float32)
    good = features(make, make.embeddings(5), ood_score=ood)
    np.testing.assert_allclose(good.trust, [1, 1, 0.5, 0, 0], atol=1e-6)
    quality = [1, 0.3, 0.15, 0, 0.03]
    poor = features(make, make.embeddings(5), quality=quality)
    np.testing.assert_allclose(poor.trust, [1, 1, 0.5, 0, 0.1], atol=1e-6)


def test_columns_of_another_length_are_named(make):
    seen = make.embeddings(5)
    with pytest.raises(ShapeError, match=r"has 4 frames .*'appearance': 5"):
        track_features(
            make.track(4),
            zero_shot_value=seen.zero_shot_value,
            zero_shot_expression=seen.zero_shot_expression,
            appearance=np.zeros((5, 1)),
            ood_score=None,
            schema=DEFAULT_SCHEMA,
        )


def test_the_own_share_is_the_naive_squared_correlation(make):
    rng = np.random.default_rng(0)
    project = make.project(2, prior=True)
    features = replace(
        project.features[0],
        ambiguity=rng.uniform(0, 0.3, (len(project.features[0]), 2)).astype("f4"),
    )
    hypers = [
        replace(one, offset_variance=0.02 * (j + 1), time_variance=0.01, ambiguity=0.1)
        for j, one in enumerate(project.prior.hyperparameters)
    ]
    want = np.zeros(len(features))
    for i in range(len(features)):
        for j, one in enumerate(hypers):
            own = one.offset_variance + one.time_variance + one.appearance_variance
            # The track's own slopes, on the predictions averaged over .1 s.
            own += one.track_slope * (features.zero_shot[i, 1] ** 2).sum()
            noise = one.noise + 0.1 * features.ambiguity[i, j]
            want[i] += (own / (own + noise)) ** 2 / 2
    got = own_share(hypers, features)
    np.testing.assert_allclose(got, want, rtol=1e-5)
    assert ((got > 0) & (got < 1)).all()
