"""MT-CLAR's labelling: an anchor's label plus the predicted difference.

The published rule (Parameshwara et al., ACM MM 2023): a frame gets the label of one
anchor plus the difference that the pair heads predict between the two, clipped to the
scale. Beside it the same with the difference of its zero-shot predictions, and ours
with several anchors, weighted by how alike the faces are and by how well each anchor
predicts the others.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

__all__ = [
    "Comparison",
    "anchors_past",
    "block_means",
    "by_one_anchor",
    "by_several_anchors",
    "zero_shot_difference",
]

TYPICAL_VARIANCE: Final = 0.04
"""Squared error of one anchor's prediction that few labels hardly change."""
TYPICAL_WEIGHT: Final = 2.0
"""How many predictions that is worth."""
_MIN_ALIKE: Final = 1e-3


class Comparison(NamedTuple):
    """What a comparison of pairs of frames says. p = pairs."""

    alike: Float32[np.ndarray, " p"]
    """Probability that the expressions are one."""
    difference: Float32[np.ndarray, "p m"]
    """Valence and arousal of the second less those of the first."""


Compare = Callable[[Int64[np.ndarray, " p"], Int64[np.ndarray, " p"]], Comparison]
"""Compares frames given by their numbers: firsts and seconds."""


def zero_shot_difference(
    value: Float32[np.ndarray, "n m"],
) -> Compare:
    """A comparison by the encoder's zero-shot prediction of each face alone."""

    def compare(
        first: Int64[np.ndarray, " p"], second: Int64[np.ndarray, " p"]
    ) -> Comparison:
        alike = np.ones(len(first), np.float32)
        return Comparison(alike, value[second] - value[first])

    return compare


def anchors_past(
    label_s: Float64[np.ndarray, " k"], time_s: Float64[np.ndarray, " n"]
) -> Int64[np.ndarray, " n"]:
    """The most recent anchor so far; before the first one, the first."""
    latest = np.searchsorted(label_s, time_s, side="right") - 1
    return np.asarray(np.maximum(latest, 0))


def by_one_anchor(
    label: Float[np.ndarray, "n m"], difference: Float[np.ndarray, "n m"]
) -> Float64[np.ndarray, "n m"]:
    """Each frame's anchor label plus the difference, clipped to [-1, 1]."""
    return np.asarray(np.clip(label.astype(np.float64) + difference, -1, 1))


def block_means(
    difference: Float[np.ndarray, "n m"], size: int
) -> Float64[np.ndarray, "n m"]:
    """Differences averaged over blocks of consecutive frames.

    The published code at batch size 5: each block of five frames shares its mean.
    """
    block = np.arange(len(difference)) // size
    count = np.bincount(block)[:, None]
    total = np.stack([np.bincount(block, column) for column in difference.T], axis=1)
    return np.asarray((total / count)[block])


def by_several_anchors(
    label: Float32[np.ndarray, "k m"],
    anchor: Int64[np.ndarray, " k"],
    frame: Int64[np.ndarray, " n"],
    compare: Compare,
) -> Float64[np.ndarray, "n m"]:
    """All anchors at once, weighted by likeness and inverse variance.

    An anchor's variance is the mean squared error with which it predicts the labels of
    the other anchors, per dimension, held near a typical value.

    Args:
        label: Values of the anchors.
        anchor: Their numbers, as `compare` takes them.
        frame: The frames to label.
        compare: Compares an anchor with a frame.
    """
    k, n = len(anchor), len(frame)
    first, second = np.repeat(anchor, k), np.tile(anchor, k)
    among = compare(first, second).difference.reshape(k, k, -1)
    error = (label[:, None] + among - label[None]).astype(np.float64)
    other = ~np.eye(k, dtype=bool)[..., None]
    squares = (error**2 * other).sum(axis=1)
    variance = (TYPICAL_WEIGHT * TYPICAL_VARIANCE + squares) / (TYPICAL_WEIGHT + k - 1)
    compared = compare(np.repeat(anchor, n), np.tile(frame, k))
    guess = label[:, None].astype(np.float64) + compared.difference.reshape(k, n, -1)
    alike = np.maximum(compared.alike.reshape(k, n, 1), _MIN_ALIKE)
    weight = alike / variance[:, None]
    mean = (weight * guess).sum(axis=0) / weight.sum(axis=0)
    return np.asarray(np.clip(mean, -1, 1))
