import numpy as np
import pytest

from feltline.fewshot.expressions import (
    PHOTO_SHARES,
    adjusted_prior,
    contradicts,
    expression_probabilities,
)
from feltline.types import (
    DEFAULT_SCHEMA,
    EXPRESSION_AFFECT,
    EXPRESSIONS,
    Dimension,
    ExpressionClass,
    LabelSchema,
)

NONE = np.full((3, 8), np.nan, np.float32)
RNG = np.random.default_rng(0)
VALUE = RNG.uniform(-0.8, 0.8, (3, 2)).astype(np.float32)
VARIANCE = RNG.uniform(0.01, 0.1, (3, 2)).astype(np.float32)
PLACES = DEFAULT_SCHEMA.places
SHARE = np.array([0.8, 0.1, 0.4], np.float32)
FULL = np.ones(3, np.float32)
ANYWHERE = np.full((3, 2), 1e6, np.float32)


def naive(similarity, chosen, prior):
    out = np.full((len(similarity), len(EXPRESSIONS)), np.nan)
    for i in range(len(similarity)):
        known = not np.isnan(prior[i]).any()
        if not known and not any(c >= 0 for c in chosen):
            continue
        weighed = np.zeros(8)
        for c in range(8):
            weighed[c] = prior[i, c] if known else 1.0
            for j in range(2):
                spread = VARIANCE[i, j] + 0.3**2
                apart = VALUE[i, j] - EXPRESSION_AFFECT[c, j]
                weighed[c] *= np.exp(-(apart**2) / spread / 2) ** 0.25
        out[i] = weighed / weighed.sum() * (0.2 if known else 0.08)
        for k, choice in enumerate(chosen):
            if choice >= 0:
                out[i, choice] += similarity[i, k] ** (2.5 / SHARE[i])
        out[i] /= out[i].sum()
    return out


@pytest.mark.parametrize("known", [False, True, "some"])
@pytest.mark.parametrize("chosen", [[0, 0, 7], [-1, 3, -1], [-1, -1, -1], []])
def test_probabilities_are_the_naive_counts(known, chosen):
    rng = np.random.default_rng(0)
    prior = rng.dirichlet(np.ones(8), 3).astype(np.float32)
    if known != True:  # noqa: E712 - "some" is true as well
        prior[1 if known else slice(None)] = np.nan
    similarity = rng.uniform(size=(3, len(chosen)))
    got = expression_probabilities(
        similarity, np.array(chosen, np.int64), prior, SHARE, VALUE, VARIANCE, PLACES
    )
    np.testing.assert_allclose(got, naive(similarity, chosen, prior), atol=1e-6)
    there = got[np.isfinite(got).all(axis=1)]
    np.testing.assert_allclose(there.sum(axis=1), 1, atol=1e-6)


def test_a_closer_choice_weighs_more():
    similarity = np.array([[0.9, 0.1], [0.5, 0.5], [0.0, 0.0]])
    got = expression_probabilities(
        similarity, np.array([1, 4]), NONE, FULL, VALUE, ANYWHERE, PLACES
    )
    assert got[0, 1] > got[0, 4] > got[0, 0]
    assert got[1, 1] == pytest.approx(got[1, 4])
    np.testing.assert_allclose(got[2], 1 / 8, atol=1e-5)


def test_classes_far_from_the_estimate_are_ruled_out():
    prior = np.full((1, 8), 1 / 8, np.float32)
    sure = np.full((1, 2), 0.01, np.float32)
    for name, term in zip(EXPRESSIONS, EXPRESSION_AFFECT, strict=True):
        got = expression_probabilities(
            np.empty((1, 0)),
            np.empty(0, np.int64),
            prior,
            FULL[:1],
            term[None],
            sure,
            PLACES,
        )
        assert EXPRESSIONS[got[0].argmax()] == name


@pytest.mark.parametrize("share", [0.02, 0.3, 0.8, 1.0])
def test_a_choice_rules_its_own_frame_whatever_the_encoder_thinks(share):
    prior = np.full((1, 8), 0.001, np.float32)
    prior[0, 1] = 0.993
    got = expression_probabilities(
        np.ones((1, 1), np.float32),
        np.array([7]),
        prior,
        np.array([share], np.float32),
        EXPRESSION_AFFECT[1:2],
        VARIANCE[:1],
        PLACES,
    )
    assert got[0].argmax() == 7
    assert got[0, 7] > 0.8


def test_frames_say_less_of_one_another_where_a_track_has_little_of_its_own():
    prior = np.full((2, 8), 1 / 8, np.float32)
    got = expression_probabilities(
        np.full((2, 1), 0.7),
        np.array([4]),
        prior,
        np.array([0.8, 0.1], np.float32),
        VALUE[:2],
        ANYWHERE[:2],
        PLACES,
    )
    assert got[0, 4] > 0.6
    assert got[1, 4] == pytest.approx(1 / 8, abs=0.01)


def test_of_photos_the_encoders_probabilities_stay_as_they_are():
    prior = RNG.dirichlet(np.ones(8), 5).astype(np.float32)
    near = np.full_like(prior, 1 / 8)
    none = np.zeros(5, np.float32)
    got = adjusted_prior(prior, near, none, EXPRESSIONS)
    np.testing.assert_allclose(got, (prior + 0.001) / 1.008, atol=1e-5)


def test_of_video_the_prior_is_the_naive_one():
    prior, near = RNG.dirichlet(np.ones(8), (2, 3)).astype(np.float32)
    want = np.empty((3, 8))
    for i in range(3):
        for c in range(8):
            own = float(SHARE[i])
            want[i, c] = (prior[i, c] + 0.001) ** (1 - own)
            want[i, c] *= (near[i, c] + 0.001) ** own
            want[i, c] /= (PHOTO_SHARES[0, c] + 0.001) ** (0.6 * own)
    want /= want.sum(axis=1, keepdims=True)
    got = adjusted_prior(prior, near, SHARE, EXPRESSIONS)
    np.testing.assert_allclose(got, want, rtol=1e-4)


def test_a_rare_class_of_photos_gains_and_a_common_one_loses():
    even = np.full((3, 8), 1 / 8, np.float32)
    got = adjusted_prior(even, even, SHARE, EXPRESSIONS)
    assert (np.diff(got[0][np.argsort(-PHOTO_SHARES[0])]) >= -1e-7).all()
    assert got[0, 0] < got[2, 0] < got[1, 0] < 1 / 8


def test_faces_beside_one_without_probabilities_keep_theirs():
    prior = np.full((3, 8), 1 / 8, np.float32)
    prior[1] = near = np.nan
    got = adjusted_prior(prior, np.full_like(prior, near), FULL, EXPRESSIONS)
    alone = adjusted_prior(prior[:1], prior[:1], FULL[:1], EXPRESSIONS)
    np.testing.assert_allclose(got[[0, 2]], np.tile(alone, (2, 1)), rtol=1e-6)
    assert np.isnan(got[1]).all()


def test_classes_that_no_photo_has_share_what_the_others_leave():
    names = ("boredom", "happiness", "awe")
    even = np.full((1, 3), 1 / 3, np.float32)
    got = adjusted_prior(even, even, FULL[:1], names)
    rest = (1 - PHOTO_SHARES[0, 1]) / 2
    assert got[0, 0] == pytest.approx(got[0, 2])
    ratio = (PHOTO_SHARES[0, 1] + 0.001) / (rest + 0.001)
    assert got[0, 0] / got[0, 1] == pytest.approx(ratio**0.6, rel=1e-4)
    own = adjusted_prior(even, even, FULL[:1], ("a", "b", "c"))
    np.testing.assert_allclose(own, even, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "affect", "wrong"),
    [
        ("happiness", (-0.5, 0.4), True),
        ("happiness", (-0.1, 0.4), False),
        ("happiness", (0.5, -0.8), False),
        ("sadness", (0.3, -0.2), True),
        ("sadness", (-0.3, 0.9), False),
        ("anger", (-0.5, -0.4), True),
        ("surprise", (-0.9, 0.5), False),
        ("surprise", (0.4, -0.5), True),
        ("contempt", (0.9, -0.9), False),
        ("neutral", (0.9, -0.9), False),
    ],
)
def test_a_class_contradicts_the_opposite_side(name, affect, wrong):
    value = np.array([affect], np.float32)
    expression = np.array([EXPRESSIONS.index(name)])
    assert contradicts(value, expression, DEFAULT_SCHEMA)[0] == wrong
    assert not contradicts(value, np.array([-1]), DEFAULT_SCHEMA)[0]


def test_no_term_contradicts_itself():
    assert not contradicts(EXPRESSION_AFFECT, np.arange(8), DEFAULT_SCHEMA).any()


def schema_of(places):
    return LabelSchema(
        dimensions=(Dimension(name="pain"), Dimension(name="valence")),
        classes=tuple(
            ExpressionClass(name=str(i), place=tuple(place.items()))
            for i, place in enumerate(places)
        ),
    )


def test_a_class_without_a_place_is_as_likely_as_the_others_on_average():
    schema = schema_of([{"pain": 0.9, "valence": -0.9}, {"pain": -0.9}, {}])
    prior = np.full((2, 3), 1 / 3, np.float32)
    value = np.array([[0.9, -0.9], [-0.9, 0.9]], np.float32)
    got = expression_probabilities(
        np.empty((2, 0)),
        np.empty(0, np.int64),
        prior,
        FULL[:2],
        value,
        np.full((2, 2), 0.01, np.float32),
        schema.places,
    )
    assert got[0, 0] > got[0, 2] > got[0, 1]
    assert got[1, 1] > got[1, 2] > got[1, 0]
    np.testing.assert_allclose(got.sum(axis=1), 1, atol=1e-6)


def test_without_classes_there_are_no_probabilities():
    got = expression_probabilities(
        np.empty((3, 0)),
        np.empty(0, np.int64),
        np.empty((3, 0), np.float32),
        FULL,
        VALUE,
        VARIANCE,
        np.empty((0, 2)),
    )
    assert got.shape == (3, 0)


def test_contradiction_follows_the_places_of_the_schema():
    schema = schema_of([{"pain": 0.9}, {"valence": -0.8}, {}])
    value = np.array([[-0.5, 0.0], [0.5, 0.5], [-0.9, -0.9], [np.nan, 0.5]])
    wrong = contradicts(value, np.array([0, 1, 2, 1]), schema)
    assert wrong.tolist() == [True, True, False, True]
