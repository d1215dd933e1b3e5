"""Interpolation of labels in time: the baselines that need no face."""

from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

__all__ = ["INTERPOLATIONS", "interpolate"]

INTERPOLATIONS: Final = ("linear", "pchip", "nearest", "hold-last")


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
    if method == "hold-last":
        latest = np.searchsorted(label_s, time_s, side="right") - 1
        return np.asarray(label[np.maximum(latest, 0)])
    if method == "nearest":
        return np.asarray(label[nearest(label_s, time_s)])
    inside = np.clip(time_s, label_s[0], label_s[-1])
    if method == "pchip" and len(label_s) > 1:
        from scipy.interpolate import PchipInterpolator

        return np.asarray(PchipInterpolator(label_s, label)(inside))
    return np.stack([np.interp(inside, label_s, column) for column in label.T], axis=1)


def nearest(
    label_s: Float64[np.ndarray, " k"], time_s: Float64[np.ndarray, " n"]
) -> Int64[np.ndarray, " n"]:
    """Index of the label nearest in time, the earlier one of two."""
    return np.searchsorted((label_s[1:] + label_s[:-1]) / 2, time_s, side="left")


def carriers(
    method: str,
    label_s: Float64[np.ndarray, " k"],
    time_s: Float64[np.ndarray, " n"],
) -> Int64[np.ndarray, "n 2"]:
    """Which labels carry each value, nearer one first; -1 fills up."""
    last = len(label_s) - 1
    before = np.searchsorted(label_s, time_s, side="right") - 1
    if method == "hold-last":
        return np.stack([np.maximum(before, 0), np.full(len(time_s), -1)], axis=1)
    first = nearest(label_s, time_s)
    if method == "nearest":
        return np.stack([first, np.full(len(time_s), -1)], axis=1)
    left, right = np.clip(before, 0, last), np.clip(before + 1, 0, last)
    other = np.where(first == left, right, left)
    exact = (label_s[first] == time_s) | (other == first)
    return np.stack([first, np.where(exact, -1, other)], axis=1)
