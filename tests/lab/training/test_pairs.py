import numpy as np
import pytest

from feltline.errors import InputError
from feltline.lab.training.pairs import PairSampler

CLASSES = np.array([0] * 500 + [1] * 20 + [2] * 3 + [4] + [-1] * 50, np.int64)


def _drawn(expression=CLASSES, count=8000, seed=0):
    return PairSampler(expression).draw(count, np.random.default_rng(seed))


def test_even_draws_are_alike_and_odd_ones_are_not():
    first, second, alike = _drawn()
    assert (alike == (np.arange(8000) % 2 == 0)).all()
    assert ((CLASSES[first] == CLASSES[second]) == alike).all()


def test_no_face_is_compared_with_itself_and_none_without_a_class():
    first, second, _ = _drawn()
    assert (first != second).all()
    assert (CLASSES[first] >= 0).all()
    assert (CLASSES[second] >= 0).all()


def test_classes_are_drawn_uniformly_however_rare():
    first, second, alike = _drawn()
    odd = np.bincount(CLASSES[np.concatenate([first[~alike], second[~alike]])])
    np.testing.assert_allclose(odd[odd > 0] / odd.sum(), 1 / 4, atol=0.03)
    even = np.bincount(CLASSES[first[alike]], minlength=5)
    np.testing.assert_allclose(even[:3] / even.sum(), 1 / 3, atol=0.03)
    assert even[4] == 0  # one face has no partner


def test_every_face_of_a_class_takes_part():
    first, second, _ = _drawn()
    seen = set(first) | set(second)
    assert seen >= set(np.flatnonzero((CLASSES == 1) | (CLASSES == 2)))


def test_a_seed_gives_the_same_pairs():
    for one, two in zip(_drawn(), _drawn(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("expression", [[0, 0, 0], [0, 1, 2], [-1, -1], [], [3, 3, -1]])
def test_classes_that_allow_no_pairs_are_explained(expression):
    with pytest.raises(InputError, match=r"two expressions.*--pair-weight 0"):
        PairSampler(np.array(expression, np.int64))
