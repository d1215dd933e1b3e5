"""Learning-rate schedule and early stopping."""

from collections.abc import Sequence
from math import cos, pi
from typing import Final

import numpy as np

from feltline.lab.training.options import TrainOptions
from feltline.lab.training.training_log import Epoch

__all__ = ["best_epoch", "is_over", "learning_rate"]

_RISE: Final = 0.03
"""Share of the steps in which the cosine schedule rises to its highest rate."""
_PLATEAU_EPOCHS: Final = 5
_PLATEAU_FACTOR: Final = 0.1


def learning_rate(
    options: TrainOptions, step: int, per_epoch: int, history: Sequence[Epoch]
) -> float:
    """The learning rate of a step."""
    if options.schedule == "plateau":
        drops = _plateaus([e.overall for e in history])
        return options.learning_rate * _PLATEAU_FACTOR**drops
    share = (step + 1) / (per_epoch * options.epochs)
    falling = (1 + cos(pi * share)) / 2
    return options.learning_rate * min(share / _RISE, 1.0) * falling


def _plateaus(scores: Sequence[float]) -> int:
    """How often the score has stood still for more than five epochs."""
    best, waited, drops = -np.inf, 0, 0
    for score in scores:
        waited = 0 if score > best else waited + 1
        best = max(best, score)
        if waited > _PLATEAU_EPOCHS:
            waited, drops = 0, drops + 1
    return drops


def best_epoch(history: Sequence[Epoch]) -> Epoch:
    """The epoch with the best score; the first of equal ones."""
    return max(history, key=lambda epoch: epoch.overall)


def is_over(history: Sequence[Epoch], patience: int | None) -> bool:
    """Whether that many epochs went by without progress."""
    if patience is None or not history:
        return False
    return history[-1].epoch - best_epoch(history).epoch >= patience
