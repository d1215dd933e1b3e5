"""The training objective: a weighted sum of losses."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from feltline.lab.training import losses
from feltline.lab.training.batches import Batch
from feltline.lab.training.network import FaceOutput, PairOutput
from feltline.lab.training.options import TrainOptions

__all__ = ["LossTerms", "Objective"]

_AFFECT_BALANCE = 0.5
"""Share of MSE in the loss of single faces; the rest is 1 - CCC."""
_FEWEST_PAIRS = 2
_FEWEST_TO_RANK = 3


class LossTerms(NamedTuple):
    """The parts of the loss, each a mean over the batch."""

    expression: Float[Tensor, ""]
    affect: Float[Tensor, ""]
    pairs: Float[Tensor, ""]
    rank: Float[Tensor, ""]


class Objective(nn.Module):
    """The weighed sum of all terms; it holds the weights that are learnt, if any."""

    def __init__(self, options: TrainOptions) -> None:
        super().__init__()
        self.options = options
        self.learnt = (
            losses.UncertaintyWeights(4) if options.weighting == "uncertainty" else None
        )

    def forward(
        self, seen: FaceOutput, compared: PairOutput, batch: Batch, progress: float
    ) -> tuple[Float[Tensor, ""], LossTerms]:
        """The loss of a batch and its parts.

        Args:
            seen: What the network says of the batch's faces.
            compared: What it says of its pairs.
            batch: With the labels.
            progress: Share of the epochs that are over, in [0, 1].
        """
        o = self.options
        terms = LossTerms(
            expression=_of_votes(seen, batch),
            affect=_of_affect(seen, batch, o.weak_weight),
            pairs=self._of_pairs(seen, compared, batch, progress),
            rank=_of_rank(seen, batch, wanted=o.rank_weight > 0),
        )
        weights = (o.expression_weight, o.affect_weight, o.pair_weight, o.rank_weight)
        weighed = [w * term for w, term in zip(weights, terms, strict=True)]
        return torch.stack(weighed).sum(), terms

    def _of_pairs(
        self, seen: FaceOutput, compared: PairOutput, batch: Batch, progress: float
    ) -> Float[Tensor, ""]:
        told = batch.affect[batch.second] - batch.affect[batch.first]
        known = torch.isfinite(told).all(dim=1)
        if not self.options.weak_weight:
            known = known & ~(batch.is_weak[batch.second] | batch.is_weak[batch.first])
        if known.sum() < _FEWEST_PAIRS:
            return _nothing(seen)
        said, told, weight = compared.difference[known], told[known], progress**2
        first, second = seen.embedding[batch.first], seen.embedding[batch.second]
        parts = torch.stack(
            [
                losses.difference_loss(said[:, :1], told[:, :1], weight),
                functional.cross_entropy(compared.alike, batch.alike.long()),
                losses.difference_loss(said[:, 1:], told[:, 1:], weight),
                losses.cosine_embedding_loss(first, second, batch.alike),
            ]
        )
        if self.learnt is not None:
            return torch.as_tensor(self.learnt(parts))
        if self.options.weighting == "random":
            return (losses.random_weights(len(parts), parts.device) * parts).sum()
        return parts.mean()


def _of_votes(seen: FaceOutput, batch: Batch) -> Float[Tensor, ""]:
    known = torch.isfinite(batch.votes).all(dim=1)
    if not known.any():
        return _nothing(seen)
    return losses.soft_cross_entropy(seen.expression[known], batch.votes[known])


def _of_affect(seen: FaceOutput, batch: Batch, weak_weight: float) -> Float[Tensor, ""]:
    weight = torch.where(batch.is_weak, weak_weight, 1.0)
    known = torch.isfinite(batch.affect).all(dim=1) & (weight > 0)
    if known.sum() < 2:
        return _nothing(seen)
    return losses.difference_loss(
        seen.affect[known],
        batch.affect[known],
        _AFFECT_BALANCE,
        weight[known] / weight[known].sum(),
    )


def _of_rank(seen: FaceOutput, batch: Batch, *, wanted: bool) -> Float[Tensor, ""]:
    known = torch.isfinite(batch.affect).all(dim=1)
    if not wanted or known.sum() < _FEWEST_TO_RANK:
        return _nothing(seen)
    return losses.rank_n_contrast(seen.embedding[known], batch.affect[known])


def _nothing(seen: FaceOutput) -> Float[Tensor, ""]:
    """0, with a gradient (of 0) to everything, as several devices need it."""
    return 0 * (seen.embedding.sum() + seen.affect.sum() + seen.expression.sum())
