"""Course of a rater: how far from the others, in the order of rating."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.agreement.checks import Ratings, check_ratings

__all__ = ["RaterCourse", "rater_course"]

LEAST_IN_STRETCH: Final = 3
"""Ratings of which a mean is worth drawing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaterCourse:
    """Mean difference of a rater to the mean of the others, by stretches of rating.

    Attributes:
        moment: Mean moment of each stretch, in the unit given.
        difference: Mean difference in it, in the units of the ratings.
        n: Ratings in it.
    """

    moment: Float64[np.ndarray, " s"]
    difference: Float64[np.ndarray, " s"]
    n: Int64[np.ndarray, " s"]


def rater_course(
    values: Ratings, moment: Ratings, rater: int, *, stretches: int = 12
) -> RaterCourse:
    """The course of one rater; empty where nothing is shared with another.

    Args:
        values: Ratings.
        moment: When each was given; only read where there is a rating.
        rater: Row of the rater.
        stretches: At most so many, of equally many ratings.
    """
    check_ratings(values)
    given = np.isfinite(values)
    others = given.sum(axis=0) - given[rater]
    both = np.flatnonzero(given[rater] & (others > 0))
    filled = np.where(given, values, 0.0).sum(axis=0)
    own = values[rater, both]
    apart = own - (filled[both] - own) / others[both]
    when = moment[rater, both]
    order = np.argsort(when, kind="stable")
    n = max(1, min(stretches, len(both) // LEAST_IN_STRETCH))
    parts = [part for part in np.array_split(order, n) if len(part)]
    return RaterCourse(
        moment=np.array([when[part].mean() for part in parts]),
        difference=np.array([apart[part].mean() for part in parts]),
        n=np.array([len(part) for part in parts], np.int64),
    )
