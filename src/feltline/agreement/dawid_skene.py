"""Consensus of classes with a confusion matrix per rater (Dawid and Skene 1979)."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.agreement.checks import Votes, check_votes
from feltline.agreement.kappa import votes_by_class

__all__ = ["ClassConsensus", "dawid_skene"]

ROUNDS: Final = 200
CHANGE: Final = 1e-7
"""Rounds of expectation and maximisation, and the change at which they end."""

PRIOR_VOTES: Final = 1.0
"""Votes, spread over the classes of a row of a confusion matrix, that keep a rater who
saw a class once or twice from counting as always right or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassConsensus:
    """Probabilities of classes. r raters, n items, c classes.

    Attributes:
        probability: Of each class per item; a row of NaN where nobody voted.
        confusion: Per rater, probability of a vote (last axis) given the class.
        prior: Share of each class.
        rounds: How many rounds it took; `ROUNDS` where it had not settled.
    """

    probability: Float64[np.ndarray, "n c"]
    confusion: Float64[np.ndarray, "r c c"]
    prior: Float64[np.ndarray, " c"]
    rounds: int


def dawid_skene(votes: Votes, *, n_classes: int) -> ClassConsensus:
    """Classes that the raters mean, and how each rater confuses them.

    Expectation-maximisation from the share of votes; each row of a confusion matrix
    has `PRIOR_VOTES` votes more, spread evenly (a Dirichlet prior).
    """
    check_votes(votes, n_classes)
    # (r, n, c): 1 for the class that was chosen, 0 for all where none was.
    chosen = (votes[:, :, None] == np.arange(n_classes)).astype(np.float64)
    count = votes_by_class(votes, n_classes)
    voted = count.sum(axis=1) > 0
    if not voted.any():
        nothing = np.full((votes.shape[1], n_classes), np.nan)
        even = np.full((len(votes), n_classes, n_classes), 1 / n_classes)
        return ClassConsensus(
            probability=nothing, confusion=even, prior=even[0, 0], rounds=0
        )
    probability = np.zeros_like(count)
    probability[voted] = count[voted] / count[voted].sum(axis=1, keepdims=True)
    done = 0
    while done < ROUNDS:
        done += 1
        confusion, prior = _maximised(probability, chosen, n_classes)
        found = _expected(chosen, confusion, prior)
        found[~voted] = 0
        change = np.abs(found - probability).max()
        probability = found
        if change < CHANGE:
            break
    probability[~voted] = np.nan
    return ClassConsensus(
        probability=probability, confusion=confusion, prior=prior, rounds=done
    )


def _maximised(
    probability: np.ndarray, chosen: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Confusion matrices and shares of classes, given the probabilities."""
    seen = np.einsum("nc,rnd->rcd", probability, chosen) + PRIOR_VOTES / n_classes
    prior = probability.sum(axis=0)
    return seen / seen.sum(axis=2, keepdims=True), prior / prior.sum()


def _expected(
    chosen: np.ndarray, confusion: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """Probabilities of the classes of each item, given raters."""
    log = np.log(np.maximum(prior, np.finfo(np.float64).tiny))
    likelihood = np.einsum("rnd,rcd->nc", chosen, np.log(confusion)) + log
    likelihood -= likelihood.max(axis=1, keepdims=True)
    odds = np.exp(likelihood)
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
