"""Baselines: interpolation of labels in time, and MT-CLAR's anchor rule.

MT-CLAR's rule as published (Parameshwara et al., ACM MM 2023): a frame gets the label
of one anchor plus the difference that the pair heads predict between the two, clipped
to the scale.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

__all__ = [
    "INTERPOLATIONS",
    "Compare",
    "Comparison",
    "anchors_past",
    "by_one_anchor",
    "interpolate",
]

INTERPOLATIONS: Final = ("linear", "pchip", "nearest", "hold-last")


class Comparison(NamedTuple):
    """What a comparison of pairs of frames says. p = pairs."""

    alike: Float32[np.ndarray, " p"]
    """Probability that the expressions are one."""
    difference: Float32[np.ndarray, "p m"]
    """Valence and arousal of the second less those of the first."""


Compare = Callable[[Int64[np.ndarray, " p"], Int64[np.ndarray, " p"]], Comparison]
"""Compares frames given by their numbers: firsts and seconds."""


def interpolate(
    method: str,
    label_s: Float64[np.ndarray, " k"],
    label: Float64[np.ndarray, "k m"],
    time_s: Float64[np.ndarray, " n"],
) -> Float64[np.ndarray, "n m"]:
    """Values at other times from labels at some times.

    Args:
        method: `linear`; `pchip` (shape-preserving cubic, Fritsch and Carlson 1980);
            `nearest` in time; `hold-last`, the latest label so far (before the first
            one, the first). Beyond the outermost labels all of them hold the value.
        label_s: Times of the labels, strictly increasing.
        label: Their values.
        time_s: Where values are wanted.
    """
    if method in ("hold-last", "nearest"):
        return np.asarray(label[carriers(method, label_s, time_s)[:, 0]])
    inside = np.clip(time_s, label_s[0], label_s[-1])
    if method == "pchip" and len(label_s) > 1:
        from scipy.interpolate import PchipInterpolator

        return np.asarray(PchipInterpolator(label_s, label)(inside))
    return np.stack([np.interp(inside, label_s, column) for column in label.T], axis=1)


def carriers(
    method: str,
    label_s: Float64[np.ndarray, " k"],
    time_s: Float64[np.ndarray, " n"],
) -> Int64[np.ndarray, "n 2"]:
    """Which labels carry each value, nearer one first; -1 fills up."""
    none = np.full(len(time_s), -1)
    if method == "hold-last":
        return np.stack([anchors_past(label_s, time_s), none], axis=1)
    # The earlier one of two that are equally near.
    first = np.searchsorted((label_s[1:] + label_s[:-1]) / 2, time_s, side="left")
    if method == "nearest":
        return np.stack([first, none], axis=1)
    after = np.searchsorted(label_s, time_s, side="right")
    left = np.maximum(after - 1, 0)
    right = np.minimum(after, len(label_s) - 1)
    other = np.where(first == left, right, left)
    exact = (label_s[first] == time_s) | (other == first)
    return np.stack([first, np.where(exact, none, other)], axis=1)


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
