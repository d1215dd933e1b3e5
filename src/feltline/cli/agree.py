"""`feltline agree`: how far the raters of a project agree."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from feltline.cli import options as o
from feltline.cli.project import opened
from feltline.cli.rater_names import rater_names
from feltline.cli.show import figures, line, notices, print_json, table

if TYPE_CHECKING:
    from feltline.agreement.report import ClassReport, ValueReport
    from feltline.pipeline import Agreement
    from feltline.pipeline.agreeing_traces import TraceAgreement


@o.example(
    "Examples: feltline agree; feltline agree study --dimension valence; "
    "feltline agree study --out agreement.json"
)
def agree(
    project: Annotated[
        Path,
        o.argument("[PROJECT]", "The project's folder; where you are if absent."),
    ] = Path(),
    dimension: Annotated[
        list[str] | None,
        o.option("Only this dimension; may be repeated.", show_default="all"),
    ] = None,
    out: Annotated[
        Path | None,
        o.option("Write all figures as JSON here, too.", show_default=False),
    ] = None,
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Measure how far the raters of a project agree, and how each of them differs.

    Only what was judged blind counts: the same frame or span of a face, by two raters
    or more, with no value of the machine in sight. Faces that several rated live are
    compared before and after their reaction lags are removed.
    """
    from feltline.pipeline import (
        agreement_in,
        as_document,
        check_agreement_path,
        write_agreement,
    )

    if out is not None:
        check_agreement_path(out)
        o.check_outputs([out], force=force)
    with opened(project) as here:
        made = agreement_in(here, dimensions=dimension or ())
        names = rater_names(here)
    if out is not None:
        write_agreement(out, made, force=force)
    if as_json:
        print_json(as_document(made) | {"written": [] if out is None else [str(out)]})
        return
    _show(made, [names.get(rater, rater) for rater in made.raters])
    if out is not None:
        line(f"wrote {out}")


def _show(made: "Agreement", names: Sequence[str]) -> None:
    called = dict(zip(made.raters, names, strict=True))
    notes = []
    if made.n_shown:
        notes.append(
            f"{made.n_shown} judgements with the machine's value in sight are left out"
        )
    notes += [
        f"the faces of {name} are lost: its judgements are compared by the numbers of "
        f"faces that the raters saw"
        for name in made.lost_videos
    ]
    notices(notes)
    for name, report in made.values.items():
        _show_values(name, report, names)
        for rater, own in made.repeats[name].items():
            line(
                f"{called[rater]} repeated {own.n} items in {name}: noise of one "
                f"rating {_figure(own.noise)}, shift {_figure(own.shift, sign=True)}"
            )
    if made.classes is not None:
        _show_classes(made.classes, names)
    if made.traces:
        _show_traces(made.traces, called)


def _show_traces(traces: "Sequence[TraceAgreement]", called: Mapping[str, str]) -> None:
    table(
        *("video", ">face", "dimension", ">seconds", ">CCC", ">before", ">Pearson"),
        *(">before", "lags"),
        rows=(
            (
                one.video_id,
                one.track_id,
                one.dimension,
                f"{one.seconds:.0f}",
                _figure(one.ccc),
                _figure(one.ccc_before),
                _figure(one.pcc),
                _figure(one.pcc_before),
                ", ".join(
                    f"{called.get(rater, rater)} {lag:.1f} s"
                    for rater, lag in one.lag_s.items()
                ),
            )
            for one in traces
        ),
        title="rated live: lags removed, and before",
    )


def _show_values(name: str, report: "ValueReport", raters: Sequence[str]) -> None:
    rows = {
        "items of two raters or more": f"{report.n_items}",
        "items of all raters": f"{report.n_complete}",
        "Krippendorff's alpha": _interval(
            report.alpha, report.alpha_low, report.alpha_high
        ),
        "CCC of two raters, mean": _interval(
            report.ccc, report.ccc_low, report.ccc_high
        ),
        "Pearson's correlation": _figure(report.pcc),
        "RMSE of two raters": _figure(report.rmse),
        "equal signs, zero a sign": _figure(report.sagr),
        "equal signs, zero positive": _figure(report.sagr_zero_positive),
    }
    rows |= dict(_of_complete_items(report))
    figures(name, rows)
    table(
        *("rater", ">rated", ">shared", ">CCC", ">RMSE", ">bias", ">scale"),
        *(">noise", ">weight", ">drift a day"),
        rows=(
            (
                rater,
                own.n,
                own.n_shared,
                _figure(own.ccc),
                _figure(own.rmse),
                _figure(own.bias, sign=True),
                _figure(own.scale),
                _figure(own.noise),
                _figure(own.weight),
                _drift(own.drift, own.drift_low, own.drift_high),
            )
            for rater, own in zip(raters, report.raters, strict=True)
        ),
        title=f"{name}: each rater against the others",
    )


def _of_complete_items(report: "ValueReport") -> Iterator[tuple[str, str]]:
    if report.icc is not None:
        for form, one in report.icc.items():
            name = f"ICC({form[3]},{'k' if form.endswith('k') else '1'})"
            yield name, _interval(one.value, one.low, one.high)
    if report.cronbach is not None:
        own = report.cronbach
        yield "Cronbach's alpha", _interval(own.value, own.low, own.high)


def _show_classes(report: "ClassReport", raters: Sequence[str]) -> None:
    figures(
        "expression",
        {
            "items of two raters or more": f"{report.n_items}",
            "equal choices": _figure(report.agreement),
            "Cohen's kappa, mean": _figure(report.cohen),
            "Fleiss' kappa": _figure(report.fleiss),
            "Gwet's AC1": _figure(report.gwet),
            "Krippendorff's alpha": _figure(report.alpha),
        },
    )
    table(
        *("rater", ">chose", ">right (Dawid-Skene)"),
        rows=(
            (rater, own.n, _figure(own.right))
            for rater, own in zip(raters, report.raters, strict=True)
        ),
        title="expression: each rater",
    )


def _figure(value: float, *, sign: bool = False) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:+.3f}" if sign else f"{value:.3f}"


def _interval(value: float, low: float, high: float) -> str:
    if not math.isfinite(low + high):
        return _figure(value)
    return f"{_figure(value)} ({_figure(low)} to {_figure(high)})"


def _drift(value: float, low: float, high: float) -> str:
    """Only where the interval excludes none: hours of rating make wild slopes a day."""
    is_sure = low > 0 or high < 0
    return _figure(value, sign=True) if is_sure else "-"
