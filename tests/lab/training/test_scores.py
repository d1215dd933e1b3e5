import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    roc_auc_score,
)

from feltline.lab.training.scores import area_under_curve, score_faces, score_pairs

RNG = np.random.default_rng(0)


def test_expressions_are_scored_as_scikit_learn_does():
    truth = RNG.integers(0, 6, 200)
    said = RNG.normal(size=(200, 8)).astype(np.float32)
    said[np.arange(200), truth] += 1.5
    truth[:20], said[20:30] = -1, np.nan
    none = np.full((200, 2), np.nan, np.float32)
    scores = score_faces(
        affect=none, told_affect=none, expression=said, told_expression=truth
    )
    assert scores.affect is None
    assert scores.expression is not None
    kept = slice(30, 200)
    guess, classes = said[kept].argmax(axis=1), np.unique(truth[kept])
    assert scores.expression.faces == 170
    assert scores.expression.accuracy == accuracy_score(truth[kept], guess)
    macro = f1_score(truth[kept], guess, labels=classes, average="macro")
    assert scores.expression.macro_f1 == pytest.approx(macro)
    expected = confusion_matrix(truth[kept], guess, labels=range(8))
    np.testing.assert_array_equal(scores.expression.confusion, expected)


@pytest.mark.parametrize("coarse", [False, True])
def test_area_under_the_curve_also_with_ties(coarse):
    score = RNG.normal(size=300).astype(np.float32)
    truth = score + RNG.normal(size=300) > 0
    if coarse:
        score = score.round()
    assert area_under_curve(score, truth) == pytest.approx(roc_auc_score(truth, score))
    assert np.isnan(area_under_curve(score, np.ones(300, bool)))


def test_pairs_count_only_where_they_are_told():
    told = RNG.normal(size=(50, 2)).astype(np.float32) / 4
    told[:10] = np.nan
    scores = score_pairs(
        alike=np.full(50, 0.9, np.float32),
        told_alike=np.arange(50) % 2 == 0,
        difference=np.nan_to_num(told),
        single=np.full((50, 2), np.nan, np.float32),
        told=told,
    )
    assert scores.accuracy == 0.5
    assert scores.auc == 0.5
    assert scores.ccc == pytest.approx({"valence": 1, "arousal": 1})
    assert scores.ccc_single is None


def test_the_score_that_chooses_is_the_mean_of_what_there_is():
    affect = RNG.uniform(-1, 1, (9, 2)).astype(np.float32)
    expression = np.eye(8, dtype=np.float32)[np.arange(9) % 8]
    whole = score_faces(
        affect=affect,
        told_affect=affect,
        expression=expression,
        told_expression=(np.arange(9) + 1) % 8,
    )
    assert whole.overall == pytest.approx((1 + np.mean([0.0])) / 2, abs=0.1)
    assert whole.flat()["ccc_valence"] == pytest.approx(1)
