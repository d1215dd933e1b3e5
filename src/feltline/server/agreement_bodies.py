"""Bodies of agreement: figures of a project, and profiles of its raters.

Values are in the units of the label schema; what is no number is null.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from feltline.agreement.reliability import RepeatConsistency
from feltline.agreement.report import ClassReport, RaterValues, ValueReport
from feltline.server.responses import rounded
from feltline.server.work_bodies import HoneypotsBody, TrainingBody

By = Literal["video"]
"""What agreement may be broken down by."""


class IntervalBody(BaseModel):
    """A figure with its confidence interval."""

    value: float | None
    low: float | None
    high: float | None


class RaterAgreementBody(BaseModel):
    """One rater among the others in one dimension; see `agreement.report.RaterValues`.

    The interval of `drift`, the change of the bias per day, is one of 90 %.
    """

    rater_id: str
    n: int
    n_shared: int
    ccc: float | None
    rmse: float | None
    bias: float | None
    scale: float | None
    noise: float | None
    weight: float | None
    drift: IntervalBody


class ValueAgreementBody(BaseModel):
    """Agreement in one dimension; see `agreement.report.ValueReport`.

    `icc` by form, as `icc2k`; it and `cronbach` are null with fewer than two items that
    all raters rated. Intervals are of 95 %.
    """

    name: str
    n_items: int
    n_complete: int
    alpha: IntervalBody
    ccc: IntervalBody
    pcc: float | None
    rmse: float | None
    sagr: float | None
    sagr_zero_positive: float | None
    icc: dict[str, IntervalBody] | None
    cronbach: IntervalBody | None
    raters: list[RaterAgreementBody]


class ClassAgreementBody(BaseModel):
    """Agreement on the expression; see `agreement.report.ClassReport`."""

    n_items: int
    agreement: float | None
    cohen: float | None
    fleiss: float | None
    gwet: float | None
    alpha: float | None


class GroupBody(BaseModel):
    """How far two raters are apart on one video, on items that several judged."""

    name: str
    dimension: str
    n_items: int
    rmse: float


class AgreementBody(BaseModel):
    """How far the raters of a project agree on what they judged blind.

    Attributes:
        raters: Ids of who judged blind.
        n_judgements: Judgements that count.
        n_shown: Judgements left out because the machine's value was in sight.
        lost_videos: Videos whose faces are lost.
        values: By dimension; none where fewer than two raters judged.
        classes: Null where no two raters chose a class of the same.
        groups: By video, where asked for, who differ most first.
    """

    raters: list[str]
    n_judgements: int
    n_shown: int
    lost_videos: list[str]
    values: list[ValueAgreementBody]
    classes: ClassAgreementBody | None
    groups: list[GroupBody]


class RepeatsBody(BaseModel):
    """A rater against oneself, on items that were judged twice, blind."""

    n: int
    shift: float | None
    rmse: float | None
    noise: float | None
    ccc: float | None


class StretchBody(BaseModel):
    """Mean difference to the others in a stretch of a rater's work."""

    at: datetime
    difference: float
    n: int


class ProfileValuesBody(BaseModel):
    """A rater in one dimension.

    Attributes:
        name: The dimension.
        own: Among the others; null where fewer than two raters judged.
        repeats: Null where nothing was judged twice.
        course: How far from the others, over time.
    """

    name: str
    own: RaterAgreementBody | None
    repeats: RepeatsBody | None
    course: list[StretchBody]


class ProfileBody(BaseModel):
    """A rater, for who leads.

    Attributes:
        rater_id: Who.
        n_blind: Judgements that agreement counts.
        n_shown: Those given with the machine's value in sight.
        open: Assignments to be answered.
        answered: Assignments that were.
        active_s: Seconds at work, measured by the server.
        training: Training items.
        honeypots: Honeypots.
        right: Probability of choosing the class that all together mean; null = unknown.
        values: By dimension.
    """

    rater_id: str
    n_blind: int
    n_shown: int
    open: int
    answered: int
    active_s: float
    training: TrainingBody
    honeypots: HoneypotsBody
    right: float | None
    values: list[ProfileValuesBody]


def values_body(
    name: str, report: ValueReport, raters: Sequence[str]
) -> ValueAgreementBody:
    """Agreement in one dimension as a page is told of it."""
    made = report.cronbach
    return ValueAgreementBody(
        name=name,
        n_items=report.n_items,
        n_complete=report.n_complete,
        alpha=_interval(report.alpha, report.alpha_low, report.alpha_high),
        ccc=_interval(report.ccc, report.ccc_low, report.ccc_high),
        pcc=rounded(report.pcc),
        rmse=rounded(report.rmse),
        sagr=rounded(report.sagr),
        sagr_zero_positive=rounded(report.sagr_zero_positive),
        icc=None
        if report.icc is None
        else {
            form: _interval(one.value, one.low, one.high)
            for form, one in report.icc.items()
        },
        cronbach=None if made is None else _interval(made.value, made.low, made.high),
        raters=[
            rater_body(rater, own)
            for rater, own in zip(raters, report.raters, strict=True)
        ],
    )


def rater_body(rater: str, own: RaterValues) -> RaterAgreementBody:
    """One rater in one dimension as a page is told of it."""
    return RaterAgreementBody(
        rater_id=rater,
        n=own.n,
        n_shared=own.n_shared,
        ccc=rounded(own.ccc),
        rmse=rounded(own.rmse),
        bias=rounded(own.bias),
        scale=rounded(own.scale),
        noise=rounded(own.noise),
        weight=rounded(own.weight),
        drift=_interval(own.drift, own.drift_low, own.drift_high),
    )


def classes_body(report: ClassReport) -> ClassAgreementBody:
    """Agreement on classes as a page is told of it."""
    return ClassAgreementBody(
        n_items=report.n_items,
        agreement=rounded(report.agreement),
        cohen=rounded(report.cohen),
        fleiss=rounded(report.fleiss),
        gwet=rounded(report.gwet),
        alpha=rounded(report.alpha),
    )


def repeats_body(made: RepeatConsistency) -> RepeatsBody:
    """A rater against oneself as a page is told of it."""
    return RepeatsBody(
        n=made.n,
        shift=rounded(made.shift),
        rmse=rounded(made.rmse),
        noise=rounded(made.noise),
        ccc=rounded(made.ccc),
    )


def _interval(value: float, low: float, high: float) -> IntervalBody:
    return IntervalBody(value=rounded(value), low=rounded(low), high=rounded(high))
