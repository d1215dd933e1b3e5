"""MT-CLAR's labelling: an anchor's label plus the predicted difference.

The published rule (Parameshwara et al., ACM MM 2023): a frame gets the label of one
anchor plus the difference that the pair heads predict between the two, clipped to the
scale.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

__all__ = ["Compare", "Comparison", "anchors_past", "by_one_anchor"]


class Comparison(NamedTuple):
    """What a comparison of pairs of frames says. p = pairs."""

    alike: Float32[np.ndarray, " p"]
    """Probability that the expressions are one."""
    difference: Float32[np.ndarray, "p m"]
    """Valence and arousal of the second less those of the first."""


Compare = Callable[[Int64[np.ndarray, " p"], Int64[np.ndarray, " p"]], Comparison]
"""Compares frames given by their numbers: firsts and seconds."""


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
