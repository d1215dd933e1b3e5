"""Each loss against a slow, obvious oracle."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.lab.training import losses
from feltline.metrics import ccc


def _values(seed, *shape):
    return torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, shape)).float()


@pytest.mark.parametrize("seed", range(3))
def test_ccc_loss_is_one_less_the_concordance(seed):
    x, y = _values(seed, 20, 2), _values(seed + 10, 20, 2)
    expected = 1 - ccc(x.double().numpy(), y.double().numpy()).mean()
    assert float(losses.ccc_loss(x, y)) == pytest.approx(expected, abs=1e-5)


def test_ccc_loss_of_constants_is_finite():
    x = torch.full((5, 2), 0.5, requires_grad=True)
    loss = losses.ccc_loss(x, torch.full((5, 2), 0.5))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(1)
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_difference_loss_mixes_exactness_and_agreement(weight):
    x, y = _values(1, 12, 1), _values(2, 12, 1)
    squared = np.mean([(float(a) - float(b)) ** 2 for a, b in zip(x, y, strict=True)])
    expected = weight * squared + (1 - weight) * float(losses.ccc_loss(x, y))
    assert float(losses.difference_loss(x, y, weight)) == pytest.approx(expected)


def test_soft_cross_entropy_face_by_face():
    logits, shares = _values(3, 6, 8) * 4, torch.softmax(_values(4, 6, 8), dim=1)
    total = 0.0
    for row, want in zip(logits.numpy(), shares.numpy(), strict=True):
        grown = np.exp(row - row.max())
        total -= sum(want * np.log(grown / grown.sum()))
    assert float(losses.soft_cross_entropy(logits, shares)) == pytest.approx(
        total / 6, rel=1e-5
    )


def test_cosine_embedding_loss_pair_by_pair():
    first, second = _values(5, 30, 4), _values(6, 30, 4)
    alike = torch.arange(30) % 2 == 0
    total = 0.0
    for a, b, same in zip(first.numpy(), second.numpy(), alike, strict=True):
        cos = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        total += 1 - cos if same else max(0.0, cos - 0.25)
    found = losses.cosine_embedding_loss(first, second, alike)
    assert float(found) == pytest.approx(total / 30, rel=1e-4)


def _slow_rank_n_contrast(embedding, affect, temperature):
    n, total = len(embedding), 0.0
    for i in range(n):
        for j in range(n):
            if i == j:
                continue
            apart = np.linalg.norm(affect[i] - affect[j])
            negatives = [
                k
                for k in range(n)
                if k != i and np.linalg.norm(affect[i] - affect[k]) >= apart
            ]
            like = [-np.linalg.norm(embedding[i] - embedding[k]) for k in negatives]
            own = -np.linalg.norm(embedding[i] - embedding[j]) / temperature
            total -= own - np.log(np.sum(np.exp(np.array(like) / temperature)))
    return total / (n * (n - 1))


@settings(max_examples=examples(25), deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(3, 12), coarse=st.booleans())
def test_rank_n_contrast_against_its_definition(seed, n, coarse):
    """Also with ties: labels in steps of a half lie equally far apart often."""
    embedding, affect = _values(seed, n, 5), _values(seed + 1, n, 2)
    if coarse:
        affect = (affect * 2).round() / 2
    found = float(losses.rank_n_contrast(embedding, affect, 2.0))
    slow = _slow_rank_n_contrast(
        embedding.double().numpy(), affect.numpy().astype(np.float32), 2.0
    )
    assert found == pytest.approx(slow, rel=1e-3, abs=1e-3)


def test_rank_n_contrast_has_a_slope_where_embeddings_coincide():
    embedding = torch.zeros(4, 3, requires_grad=True)
    losses.rank_n_contrast(embedding, _values(0, 4, 2)).backward()
    assert embedding.grad is not None
    assert torch.isfinite(embedding.grad).all()


def test_random_weights_are_convex_and_drawn_anew():
    one, two = (losses.random_weights(4, torch.device("cpu")) for _ in range(2))
    assert float(one.sum()) == pytest.approx(1)
    assert (one >= 0).all()
    assert not torch.equal(one, two)


def test_uncertainty_weights_follow_their_formula():
    weigh = losses.UncertaintyWeights(3)
    with torch.no_grad():
        weigh.log_variance.copy_(torch.tensor([0.0, 1.0, -2.0]))
    parts = torch.tensor([1.0, 2.0, 3.0])
    expected = sum(
        np.exp(-s) * value + s / 2
        for s, value in zip((0.0, 1.0, -2.0), (1.0, 2.0, 3.0), strict=True)
    )
    assert float(weigh(parts).detach()) == pytest.approx(expected, rel=1e-5)
