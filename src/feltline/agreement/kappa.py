"""Agreement on classes beyond chance: Cohen's, Fleiss' kappa and Gwet's AC1."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from feltline.agreement.checks import Votes, check_votes
from feltline.errors import ShapeError

__all__ = ["ClassAgreement", "KappaWeights", "class_agreement", "cohen_kappa"]

KappaWeights = Literal["none", "linear", "quadratic"]
"""What a disagreement costs: the same for all, or its distance in order (squared)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAgreement:
    """Agreement of any number of raters on classes, with missing votes.

    Attributes:
        agreement: Share of pairs of raters who chose the same class, mean over items.
        fleiss: Fleiss' kappa (1971), generalised to missing votes as Gwet (2014) does.
        gwet: Gwet's AC1 (2008), which does not fall where one class is common.
        n_items: Items with two votes or more.
    """

    agreement: float
    fleiss: float
    gwet: float
    n_items: int


def cohen_kappa(
    first: Int64[np.ndarray, " items"],
    second: Int64[np.ndarray, " items"],
    *,
    n_classes: int,
    weights: KappaWeights = "none",
) -> float:
    """Cohen's kappa of two raters (1960; weighted 1968), on items that both rated.

    NaN where there is no such item, or where chance alone would agree in all.
    """
    both = np.stack([first, second])
    check_votes(both, n_classes)
    first, second = both[:, (both >= 0).all(axis=0)]
    if not len(first):
        return float("nan")
    table = np.zeros((n_classes, n_classes))
    np.add.at(table, (first, second), 1 / len(first))
    at = np.arange(n_classes)
    apart = np.abs(at[:, None] - at).astype(np.float64)
    cost = {"none": (apart > 0) * 1.0, "linear": apart, "quadratic": apart**2}[weights]
    expected = (cost * np.outer(table.sum(axis=1), table.sum(axis=0))).sum()
    return float("nan") if expected == 0 else float(1 - (cost * table).sum() / expected)


def class_agreement(votes: Votes, *, n_classes: int) -> ClassAgreement:
    """Fleiss' kappa and Gwet's AC1 of all raters.

    Raises:
        ShapeError: If there are fewer than two raters or classes, or a vote is neither
            a class nor -1.
    """
    if n_classes < 2:
        raise ShapeError(f"agreement on classes needs 2 or more, but is of {n_classes}")
    check_votes(votes, n_classes)
    count = votes_by_class(votes, n_classes)
    m = count.sum(axis=1)
    several = count[m >= 2]
    if not len(several):
        none = float("nan")
        return ClassAgreement(agreement=none, fleiss=none, gwet=none, n_items=0)
    pairs = m[m >= 2] * (m[m >= 2] - 1)
    same = float(((several * (several - 1)).sum(axis=1) / pairs).mean())
    share = (count[m > 0] / m[m > 0, None]).mean(axis=0)
    by_chance = float((share**2).sum())
    return ClassAgreement(
        agreement=same,
        fleiss=_beyond(same, by_chance),
        gwet=_beyond(same, (1 - by_chance) / (n_classes - 1)),
        n_items=len(several),
    )


def votes_by_class(votes: Votes, n_classes: int) -> Float64[np.ndarray, "items c"]:
    """How many raters chose each class of each item."""
    return np.stack(
        [(votes == c).sum(axis=0).astype(np.float64) for c in range(n_classes)], axis=1
    )


def _beyond(same: float, by_chance: float) -> float:
    return float("nan") if by_chance == 1 else (same - by_chance) / (1 - by_chance)
