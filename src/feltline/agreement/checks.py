"""Checks of tables of ratings: raters by items, NaN where nothing was said."""

import numpy as np
from jaxtyping import Float64, Int64

from feltline.errors import ShapeError

__all__ = ["Ratings", "Votes", "check_ratings", "check_votes", "complete_items"]

Ratings = Float64[np.ndarray, "raters items"]
"""Values of raters (rows) for items (columns), NaN where one gave none."""

Votes = Int64[np.ndarray, "raters items"]
"""Classes chosen by raters (rows) for items (columns), -1 where one chose none."""


def check_ratings(values: Ratings, *, at_least: int = 2) -> None:
    """Raise unless there are enough raters and every value is finite or NaN."""
    if len(values) < at_least:
        raise ShapeError(
            f"agreement needs the ratings of at least {at_least} raters, but there "
            f"are {len(values)}"
        )
    if np.isinf(values).any():
        rater, item = np.argwhere(np.isinf(values))[0]
        raise ShapeError(
            f"the rating of item {item} by rater {rater} is infinite; a rating is a "
            f"finite number, or NaN where none was given"
        )


def check_votes(votes: Votes, n_classes: int, *, at_least: int = 2) -> None:
    """Raise unless there are enough raters and every vote names a class or is -1."""
    if len(votes) < at_least:
        raise ShapeError(
            f"agreement needs the votes of at least {at_least} raters, but there are "
            f"{len(votes)}"
        )
    outside = (votes < -1) | (votes >= n_classes)
    if outside.any():
        rater, item = np.argwhere(outside)[0]
        raise ShapeError(
            f"the vote for item {item} by rater {rater} is {votes[rater, item]}; it "
            f"must be a class from 0 to {n_classes - 1}, or -1 where none was given"
        )


def complete_items(values: Ratings) -> Float64[np.ndarray, "raters complete"]:
    """Only the items that every rater rated (listwise deletion)."""
    return values[:, np.isfinite(values).all(axis=0)]
