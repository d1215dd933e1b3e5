"""All figures of agreement of one table of ratings, or of votes, in one value."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.agreement.alpha import krippendorff_alpha
from feltline.agreement.checks import Ratings, Votes, complete_items
from feltline.agreement.consensus import ewe
from feltline.agreement.dawid_skene import dawid_skene
from feltline.agreement.icc import (
    IccForm,
    IntraclassCorrelation,
    intraclass_correlations,
)
from feltline.agreement.intervals import alpha_interval, ccc_interval
from feltline.agreement.kappa import class_agreement, cohen_kappa
from feltline.agreement.pairs_of_raters import against_others, mean_pair, pairwise
from feltline.agreement.rater_effects import rater_drift, rater_effects
from feltline.agreement.reliability import CronbachAlpha, cronbach_alpha

__all__ = [
    "ClassReport",
    "RaterClasses",
    "RaterValues",
    "ValueReport",
    "report_of_classes",
    "report_of_values",
]

DRIFT_DAYS: Final = 1.0
"""Days between a rater's first and last judgement from which on a drift is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterValues:
    """One rater among the others, in one dimension; NaN where too little is shared.

    Attributes:
        n: Ratings.
        n_shared: Those of items that another rated, too.
        ccc: Concordance with the mean of the others.
        rmse: Against the mean of the others.
        bias: How much higher than all together.
        scale: Units of the rater to one of all together.
        noise: Standard deviation of what neither explains.
        weight: In the evaluator weighted estimator.
        drift: Change of the bias per day; NaN too where a rater's judgements do not
            reach over a day: what is fitted to minutes says nothing of days.
        drift_low: Lower end of its 90 % interval.
        drift_high: Upper end.
    """

    n: int
    n_shared: int
    ccc: float
    rmse: float
    bias: float
    scale: float
    noise: float
    weight: float
    drift: float
    drift_low: float
    drift_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueReport:
    """Agreement on values of one dimension.

    Attributes:
        n_items: Items that two raters or more rated.
        n_complete: Items that all rated: what ICC and Cronbach's alpha rest on.
        ccc: Mean concordance of two raters.
        ccc_low: Lower end of its 95 % interval; NaN where there is none.
        ccc_high: Upper end.
        pcc: Mean correlation of two raters.
        rmse: Mean root of the mean squared difference of two raters.
        sagr: Mean share of equal signs of two raters, zero a third sign.
        sagr_zero_positive: The same with zero as positive.
        alpha: Krippendorff's alpha of interval data.
        alpha_low: Lower end of its 95 % interval; NaN where there is none.
        alpha_high: Upper end.
        icc: Intraclass correlations; None with fewer than two complete items.
        cronbach: Cronbach's alpha; None likewise.
        raters: Each rater, in the order of the rows.
    """

    n_items: int
    n_complete: int
    ccc: float
    ccc_low: float
    ccc_high: float
    pcc: float
    rmse: float
    sagr: float
    sagr_zero_positive: float
    alpha: float
    alpha_low: float
    alpha_high: float
    icc: dict[IccForm, IntraclassCorrelation] | None
    cronbach: CronbachAlpha | None
    raters: tuple[RaterValues, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterClasses:
    """One rater among the others, in classes.

    Attributes:
        n: Votes.
        right: Probability of choosing the class that all together mean (Dawid and
            Skene), mean over classes by their share; NaN without a shared item.
    """

    n: int
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassReport:
    """Agreement on classes.

    Attributes:
        n_items: Items with two votes or more.
        agreement: Share of equal pairs of votes.
        cohen: Mean of Cohen's kappa of two raters.
        fleiss: Fleiss' kappa.
        gwet: Gwet's AC1.
        alpha: Krippendorff's alpha of nominal data.
        raters: Each rater, in the order of the rows.
    """

    n_items: int
    agreement: float
    cohen: float
    fleiss: float
    gwet: float
    alpha: float
    raters: tuple[RaterClasses, ...]


def report_of_values(
    values: Ratings, day: Float64[np.ndarray, "raters items"]
) -> ValueReport:
    """Agreement of raters on one dimension.

    Args:
        values: Ratings, in any unit; those without another rater's are left out.
        day: When each was given, in days; read where there is a rating.
    """
    given = np.isfinite(values)
    shared = given.sum(axis=0) >= 2
    table, when = values[:, shared], day[:, shared]
    pairs = pairwise(table)
    whole = complete_items(table)
    has_whole = whole.shape[1] >= 2
    ccc, alpha = ccc_interval(table), alpha_interval(table)
    return ValueReport(
        n_items=int(shared.sum()),
        n_complete=whole.shape[1],
        ccc=ccc.value,
        ccc_low=ccc.low,
        ccc_high=ccc.high,
        pcc=mean_pair(pairs.pcc),
        rmse=mean_pair(pairs.rmse),
        sagr=mean_pair(pairs.sagr),
        sagr_zero_positive=mean_pair(pairs.sagr_zero_positive),
        alpha=alpha.value,
        alpha_low=alpha.low,
        alpha_high=alpha.high,
        icc=intraclass_correlations(table) if has_whole else None,
        cronbach=cronbach_alpha(table) if has_whole else None,
        raters=_raters(table, when, given.sum(axis=1)),
    )


def _raters(
    table: np.ndarray, when: np.ndarray, n: np.ndarray
) -> tuple[RaterValues, ...]:
    """Each rater; effects are those among the raters who share items."""
    r = len(table)
    others = against_others(table)
    rows = np.full((7, r), np.nan)
    seen = np.flatnonzero(np.isfinite(table).any(axis=1))
    if len(seen) >= 2:
        effects = rater_effects(table[seen])
        drift = rater_drift(table[seen], when[seen])
        given = np.where(np.isfinite(table[seen]), when[seen], np.nan)
        is_long = np.nanmax(given, axis=1) - np.nanmin(given, axis=1) >= DRIFT_DAYS
        rows[:, seen] = [
            effects.bias,
            effects.scale,
            effects.noise,
            ewe(table[seen]).weight,
            np.where(is_long, drift.per_unit, np.nan),
            np.where(is_long, drift.low, np.nan),
            np.where(is_long, drift.high, np.nan),
        ]
    return tuple(
        RaterValues(
            n=int(n[i]),
            n_shared=int(others.n[i]),
            ccc=float(others.ccc[i]),
            rmse=float(others.rmse[i]),
            bias=float(rows[0, i]),
            scale=float(rows[1, i]),
            noise=float(rows[2, i]),
            weight=float(rows[3, i]),
            drift=float(rows[4, i]),
            drift_low=float(rows[5, i]),
            drift_high=float(rows[6, i]),
        )
        for i in range(r)
    )


def report_of_classes(votes: Votes, *, n_classes: int) -> ClassReport:
    """Agreement of raters on classes; items with one vote are left out."""
    shared = votes[:, (votes >= 0).sum(axis=0) >= 2]
    r = len(votes)
    made = class_agreement(shared, n_classes=n_classes)
    kappa = np.full((r, r), np.nan)
    for i in range(r):
        for j in range(i + 1, r):
            kappa[i, j] = cohen_kappa(shared[i], shared[j], n_classes=n_classes)
    right = np.full(r, np.nan)
    if shared.shape[1]:
        found = dawid_skene(shared, n_classes=n_classes)
        own = np.diagonal(found.confusion, axis1=1, axis2=2) @ found.prior
        right = np.where((shared >= 0).any(axis=1), own, np.nan)
    as_values = np.where(shared >= 0, shared, np.nan).astype(np.float64)
    return ClassReport(
        n_items=made.n_items,
        agreement=made.agreement,
        cohen=mean_pair(kappa),
        fleiss=made.fleiss,
        gwet=made.gwet,
        alpha=krippendorff_alpha(as_values, "nominal"),
        raters=tuple(
            RaterClasses(n=int(n), right=float(one))
            for n, one in zip((votes >= 0).sum(axis=1), right, strict=True)
        ),
    )
