"""Checks of arrays when a value is made: type, shape and range."""

import numpy as np

from feltline.errors import ShapeError

__all__ = ["check_array", "check_within"]


def check_array(
    name: str, array: np.ndarray, dtype: type, shape: tuple[int, ...]
) -> None:
    """Raise unless `array` has this dtype and shape (-1 = any length)."""
    fits = len(array.shape) == len(shape) and all(
        want in (-1, got) for want, got in zip(shape, array.shape, strict=True)
    )
    if array.dtype != dtype or not fits:
        wanted = tuple("any" if want == -1 else want for want in shape)
        raise ShapeError(
            f"{name} must be {np.dtype(dtype)} of shape {wanted}, "
            f"but is {array.dtype} of shape {array.shape}"
        )


def check_within(name: str, array: np.ndarray, low: float, high: float) -> None:
    """Raise if any finite value lies outside [low, high]; NaN is left alone."""
    outside = array[(array < low) | (array > high)]
    if outside.size:
        raise ShapeError(
            f"{name} must lie in [{low:g}, {high:g}], but holds {outside[0]:g}"
        )
