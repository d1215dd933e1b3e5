"""Intraclass correlations with confidence intervals (Shrout and Fleiss 1979).

A two-way analysis of variance of items by raters, without replication. Intervals are
those of McGraw and Wong (1996), exact for forms 1 and 3, Satterthwaite's approximation
for form 2. Items that a rater left out are left out.
"""

from dataclasses import dataclass
from typing import Literal

from scipy.special import fdtri

from feltline.agreement.checks import Ratings, check_ratings, complete_items
from feltline.errors import ShapeError

__all__ = ["IccForm", "IntraclassCorrelation", "intraclass_correlations"]

IccForm = Literal["icc1", "icc2", "icc3", "icc1k", "icc2k", "icc3k"]
"""1: each item has raters of its own; 2: raters are a sample, absolute agreement;
3: these raters only, consistency. With k: of the mean of all k raters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassCorrelation:
    """One intraclass correlation.

    Attributes:
        form: Which.
        value: At most 1; NaN where no rating differs from another.
        low: Lower end of its confidence interval.
        high: Upper end.
        n_items: Items that every rater rated.
    """

    form: IccForm
    value: float
    low: float
    high: float
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Squares:
    """Mean squares of the analysis of variance: n items, k raters."""

    n: int
    k: int
    items: float
    raters: float
    error: float
    within: float


def intraclass_correlations(
    values: Ratings, *, confidence: float = 0.95
) -> dict[IccForm, IntraclassCorrelation]:
    """All six forms of the intraclass correlation.

    Args:
        values: Ratings; items that a rater left out are not used.
        confidence: Of the intervals.

    Raises:
        ShapeError: If fewer than two raters, or fewer than two complete items.
    """
    check_ratings(values)
    squares = _squares(complete_items(values))
    made: dict[IccForm, IntraclassCorrelation] = {}
    for form, (value, low, high) in _forms(squares, (1 + confidence) / 2).items():
        made[form] = IntraclassCorrelation(
            form=form, value=value, low=low, high=high, n_items=squares.n
        )
    return made


def _squares(values: Ratings) -> _Squares:
    k, n = values.shape
    if n < 2:
        raise ShapeError(
            f"an intraclass correlation needs at least 2 items that all {k} raters "
            f"rated, but there are {n}; leave out a rater who rated others"
        )
    mean = values.mean()
    of_items, of_raters = values.mean(axis=0), values.mean(axis=1)
    residual = values - of_items - of_raters[:, None] + mean
    return _Squares(
        n=n,
        k=k,
        items=float(k * ((of_items - mean) ** 2).sum() / (n - 1)),
        raters=float(n * ((of_raters - mean) ** 2).sum() / (k - 1)),
        error=float((residual**2).sum() / ((n - 1) * (k - 1))),
        within=float(((values - of_items) ** 2).sum() / (n * (k - 1))),
    )


def _forms(s: _Squares, level: float) -> dict[IccForm, tuple[float, float, float]]:
    """Value, low and high by form; McGraw and Wong (1996), tables 4 and 7."""
    n, k = s.n, s.k
    single1 = _share(s.items, s.within, k)
    single3 = _share(s.items, s.error, k)
    f1 = _ends(_over(s.items, s.within), n - 1, n * (k - 1), level)
    f3 = _ends(_over(s.items, s.error), n - 1, (n - 1) * (k - 1), level)
    bottom = s.items + (k - 1) * s.error + k * (s.raters - s.error) / n
    single2 = _over(s.items - s.error, bottom)
    low2, high2 = _absolute(s, single2, level)
    ends1 = [1 - k / (f + k - 1) for f in f1]
    ends3 = [1 - k / (f + k - 1) for f in f3]
    return {
        "icc1": (single1, ends1[0], ends1[1]),
        "icc2": (single2, low2, high2),
        "icc3": (single3, ends3[0], ends3[1]),
        "icc1k": (
            _over(s.items - s.within, s.items),
            1 - _over(1.0, f1[0]),
            1 - _over(1.0, f1[1]),
        ),
        "icc2k": (
            _over(s.items - s.error, s.items + (s.raters - s.error) / n),
            _of_mean(low2, k),
            _of_mean(high2, k),
        ),
        "icc3k": (
            _over(s.items - s.error, s.items),
            1 - _over(1.0, f3[0]),
            1 - _over(1.0, f3[1]),
        ),
    }


def _absolute(s: _Squares, single: float, level: float) -> tuple[float, float]:
    """Interval of form 2; the degrees of freedom are Satterthwaite's."""
    n, k = s.n, s.k
    if not single < 1:  # no error at all, or nothing defined
        return single, single
    a = k * single / (n * (1 - single))
    b = 1 + k * single * (n - 1) / (n * (1 - single))
    rows, residual = a * s.raters, b * s.error
    df = _over(
        (rows + residual) ** 2,
        rows**2 / (k - 1) + residual**2 / ((n - 1) * (k - 1)),
    )
    upper, lower = fdtri(n - 1, df, level), fdtri(df, n - 1, level)
    both = k * s.raters + (k * n - k - n) * s.error
    return (
        _over(n * (s.items - upper * s.error), upper * both + n * s.items),
        _over(n * (lower * s.items - s.error), both + n * lower * s.items),
    )


def _ends(f: float, df1: int, df2: int, level: float) -> tuple[float, float]:
    """An F ratio over its upper quantile, and times that of its inverse."""
    return f / float(fdtri(df1, df2, level)), f * float(fdtri(df2, df1, level))


def _share(items: float, error: float, k: int) -> float:
    return _over(items - error, items + (k - 1) * error)


def _of_mean(single: float, k: int) -> float:
    """Spearman and Brown: from one rater to the mean of k."""
    return _over(single * k, 1 + single * (k - 1))


def _over(top: float, bottom: float) -> float:
    if bottom == 0:
        return float("inf") if top > 0 else float("nan")
    return float(top / bottom)
