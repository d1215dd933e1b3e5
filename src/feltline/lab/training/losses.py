"""Loss functions. Each has a slow oracle in the tests."""

from typing import Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = [
    "MARGIN",
    "TEMPERATURE",
    "UncertaintyWeights",
    "ccc_loss",
    "cosine_embedding_loss",
    "difference_loss",
    "random_weights",
    "rank_n_contrast",
    "soft_cross_entropy",
]

MARGIN: Final = 0.25
"""Of the cosine embedding loss, as in the paper."""
TEMPERATURE: Final = 2.0
"""Of Rank-N-Contrast, as in its paper."""
_TINY: Final = 1e-8

Values = Float[Tensor, "n _"]
Loss = Float[Tensor, ""]


def ccc_loss(
    estimate: Values, truth: Values, share: Float[Tensor, " n"] | None = None
) -> Loss:
    """1 less the concordance correlation (Lin 1989), mean of both dimensions.

    Variances are those of the population. In [0, 2]; 1 where both sides are constant.

    Args:
        estimate: Predicted.
        truth: The labels.
        share: Weight of each row, summing to 1; equal if absent.
    """
    by = _even(estimate) if share is None else share
    centre, middle = by @ estimate, by @ truth
    x, y = estimate - centre, truth - middle
    spread = by @ x**2 + by @ y**2 + (centre - middle) ** 2
    return (1 - 2 * (by @ (x * y)) / (spread + _TINY)).mean()


def difference_loss(
    estimate: Values,
    truth: Values,
    weight: float,
    share: Float[Tensor, " n"] | None = None,
) -> Loss:
    """`weight * MSE + (1 - weight) * (1 - CCC)`, mean of both dimensions.

    The paper's weight is (epoch / epochs)^2: agreement first, then exactness.

    Args:
        estimate: Predicted.
        truth: The labels.
        weight: See above.
        share: Weight of each row, summing to 1; equal if absent.
    """
    by = _even(estimate) if share is None else share
    squared = (by @ (estimate - truth) ** 2).mean()
    return weight * squared + (1 - weight) * ccc_loss(estimate, truth, by)


def _even(values: Values) -> Float[Tensor, " n"]:
    return values.new_full((len(values),), 1 / len(values))


def soft_cross_entropy(
    logits: Float[Tensor, "n 8"], shares: Float[Tensor, "n 8"]
) -> Loss:
    """Cross-entropy against the raters' shares of votes, mean over faces."""
    return -(shares * functional.log_softmax(logits, dim=1)).sum(dim=1).mean()


def cosine_embedding_loss(
    first: Float[Tensor, "p d"], second: Float[Tensor, "p d"], alike: Bool[Tensor, " p"]
) -> Loss:
    """`1 - cos` for pairs of one expression, `max(0, cos - margin)` for others."""
    cos = functional.cosine_similarity(first, second, dim=1)
    return torch.where(alike, 1 - cos, (cos - MARGIN).clamp(min=0)).mean()


def rank_n_contrast(
    embedding: Float[Tensor, "n d"],
    affect: Values,
    temperature: float = TEMPERATURE,
) -> Loss:
    """Rank-N-Contrast (Zha et al., NeurIPS 2023).

    For an anchor and a second face, every face at least as far from the anchor in
    valence and arousal as that second one is a negative. Similarity is the negative
    Euclidean distance of the embeddings over the temperature; distance of labels is
    Euclidean in the plane of valence and arousal.

    Args:
        embedding: Of at least three faces.
        affect: Their valence and arousal.
        temperature: See above.
    """
    n = len(embedding)
    others = ~torch.eye(n, dtype=torch.bool, device=embedding.device)
    gap = (embedding[:, None] - embedding[None]).square().sum(dim=2)
    # The root has no slope at 0, which is where the diagonal lies.
    likeness = -torch.sqrt(gap + _TINY) / temperature
    distance = (affect[:, None] - affect[None]).square().sum(dim=2)
    # Sorted by label distance, the negatives of a face are a tail of its row: itself,
    # all after it, and those before it at the same distance.
    distance = distance.masked_fill(~others, -1.0)
    order = distance.argsort(dim=1)
    ranked = likeness.gather(1, order)[:, 1:]
    apart = distance.gather(1, order)[:, 1:]
    tails = ranked.flip(1).logcumsumexp(dim=1).flip(1)
    start = torch.searchsorted(apart.contiguous(), apart.contiguous(), side="left")
    return (tails.gather(1, start) - ranked).mean()


def random_weights(n: int, device: torch.device) -> Float[Tensor, " n"]:
    """A convex combination drawn anew: n uniforms over their sum (the paper's)."""
    draws = torch.rand(n, device=device)
    return draws / draws.sum()


class UncertaintyWeights(nn.Module):
    """Weights learnt as homoscedastic uncertainties (Kendall et al., CVPR 2018)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.log_variance = nn.Parameter(torch.zeros(n))

    def forward(self, losses: Float[Tensor, " n"]) -> Loss:
        """Sum of `exp(-s) * loss + s / 2` over the losses."""
        weighed = torch.exp(-self.log_variance) * losses + self.log_variance / 2
        return torch.as_tensor(weighed.sum())
