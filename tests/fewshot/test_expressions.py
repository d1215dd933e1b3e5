import numpy as np
import pytest

from feltline.fewshot.expressions import expression_probabilities
from feltline.types import EXPRESSIONS

NONE = np.full((3, 8), np.nan, np.float32)


def naive(closeness, chosen, prior):
    out = np.full((len(closeness), len(EXPRESSIONS)), np.nan)
    for i in range(len(closeness)):
        known = not np.isnan(prior[i]).any()
        if not known and not any(c >= 0 for c in chosen):
            continue
        for c in range(len(EXPRESSIONS)):
            out[i, c] = prior[i, c] if known else 0.2 / 8
            for k, choice in enumerate(chosen):
                if choice == c:
                    out[i, c] += closeness[i, k]
        out[i] /= out[i].sum()
    return out


@pytest.mark.parametrize("known", [False, True, "some"])
@pytest.mark.parametrize("chosen", [[0, 0, 7], [-1, 3, -1], [-1, -1, -1], []])
def test_probabilities_are_the_naive_counts(known, chosen):
    rng = np.random.default_rng(0)
    prior = rng.dirichlet(np.ones(8), 3).astype(np.float32)
    if known != True:  # noqa: E712 - "some" is true as well
        prior[1 if known else slice(None)] = np.nan
    closeness = rng.uniform(size=(3, len(chosen)))
    got = expression_probabilities(closeness, np.array(chosen, np.int64), prior)
    np.testing.assert_allclose(got, naive(closeness, chosen, prior), atol=1e-6)
    there = got[np.isfinite(got).all(axis=1)]
    np.testing.assert_allclose(there.sum(axis=1), 1, atol=1e-6)


def test_a_closer_choice_weighs_more():
    closeness = np.array([[0.9, 0.1], [0.5, 0.5], [0.0, 0.0]])
    got = expression_probabilities(closeness, np.array([1, 4]), NONE)
    assert got[0, 1] > got[0, 4] > got[0, 0]
    assert got[1, 1] == got[1, 4]
    np.testing.assert_allclose(got[2], 1 / 8)
