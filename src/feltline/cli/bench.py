"""`feltline bench`: methods at budgets, the review operation, simulated raters."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from feltline.cli import options as o
from feltline.cli.bench_tables import (
    print_classes,
    print_parity,
    print_scores,
    print_workflow,
    raters_json,
)
from feltline.cli.packages import need
from feltline.cli.show import figures, line, notice, print_json, progress
from feltline.errors import InputError

if TYPE_CHECKING:
    from feltline.lab.bench.cells import Spec
    from feltline.lab.bench.clips import Corpus
    from feltline.lab.bench.scores import Row

BENCH: Final = typer.Typer(
    no_args_is_help=True,
    help="Compare ways to label from few labels, on data that people have rated.",
)
EXAMPLE: Final = (
    "Examples: feltline bench run portrait; feltline bench run clips ratings.csv "
    "more/ratings.csv --labels 0,1,2,4 --report clips.html; feltline bench run walks "
    "FERPLUS --labels 4,10,every20,6% --methods engine,linear,svr"
)

Kind = Annotated[
    str,
    o.argument(
        "KIND",
        "walks or photos (of FER+), affectnet, afew-va, aff-wild2, clips (CSVs of "
        "ratings, each beside its videos), or portrait (generated, needs no data).",
    ),
]
Where = Annotated[
    list[Path] | None, o.argument("[PATH]...", "Its folder; the CSV, or several CSVs.")
]
Seed = Annotated[int, o.option("Of everything that is drawn.", min=0)]


@BENCH.command("run", epilog=EXAMPLE)
def run(
    kind: Kind,
    paths: Where = None,
    labels: Annotated[
        str,
        o.option(
            "Budgets, joined by commas: labels per clip (4; 0 = none), every20, 6%."
        ),
    ] = "1,2,3,4,6",
    methods: Annotated[
        str, o.option("Methods, joined by commas; all, or all+ceilings.")
    ] = "all",
    selections: Annotated[
        str, o.option("Of uniform, random, first, k-centre, suggested.")
    ] = "uniform,suggested",
    draws: Annotated[
        int, o.option("At most so many phases or random draws.", min=1)
    ] = 8,
    seed: Seed = 0,
    jobs: Annotated[int, o.option("Processes to compute in.", min=1)] = 1,
    out: Annotated[
        Path, o.option("Folder of results; a run that was stopped goes on there.")
    ] = Path("bench"),
    report: Annotated[Path | None, o.option("Write a page with plots (.html).")] = None,
    table_path: Annotated[
        Path | None, o.option("Write every figure (.csv or .parquet).", "--table")
    ] = None,
    include_support: Annotated[
        bool, o.option("Judge labelled frames too, as published.", "--include-support")
    ] = False,
    classes: Annotated[
        bool, o.option("Show accuracy and calibration of classes too.", "--classes")
    ] = False,
    support_rater: Annotated[
        str | None,
        o.option("Labels are this rater's alone; judged by the mean of all."),
    ] = None,
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Compare methods, budgets and ways to choose frames on rated data.

    Everything learnt is learnt without the clip that is judged. Labelled frames are
    not judged unless you ask for it.
    """
    need("bench")
    from feltline.formats import replacing_output
    from feltline.lab.bench.cells import plan, read_cell, run_cells
    from feltline.lab.bench.corpora import load_corpus
    from feltline.lab.bench.names import listed, methods_named, named
    from feltline.lab.bench.page import write_page
    from feltline.lab.bench.results import write_rows
    from feltline.lab.bench.selection import SELECTIONS

    _check_run_outputs(table_path, report, force=force)
    with progress("looking", quiet=as_json) as tell:
        corpus = load_corpus(
            kind,
            paths,
            encoder,
            seed=seed,
            support_rater=support_rater,
            progress=tell,
        )
    chosen = methods_named(methods, corpus.encoder)
    if "heads-all" in chosen:
        need("train")
    chosen_by = named(selections, "selection", SELECTIONS)
    specs = plan(corpus, listed(labels), chosen_by, chosen, draws)
    _say_what_needs_labels(specs, listed(labels), chosen)
    with progress("cells", quiet=as_json, unit="cells") as tell:
        run_cells(
            corpus, specs, out, seed=seed, jobs=jobs, progress=partial(tell, "bench")
        )
    rows = _scored(corpus, specs, out, with_support=include_support)
    command = "feltline " + " ".join(sys.argv[1:])
    if table_path is not None:
        with replacing_output(table_path, force=force):
            write_rows(table_path, rows)
    if report is not None:
        engine = [s for s in specs if s.method == "engine"]
        last = [s for s in engine if s.budget == engine[-1].budget]
        cells = [read_cell(out, s) for s in last if s.selection == last[-1].selection]
        with replacing_output(report, force=force):
            write_page(report, corpus, rows, cells, command)
    if as_json:
        _print_run_json(corpus, rows)
        return
    _describe(corpus)
    print_scores(rows)
    if classes:
        print_classes(rows)
    _print_raters(corpus, rows)
    _print_note(corpus)
    for made in (report, table_path):
        if made is not None:
            line(f"wrote {made}")
    line(f"again: {command}")


def _check_run_outputs(
    table_path: Path | None, report: Path | None, *, force: bool
) -> None:
    from feltline.lab.bench.results import check_results_path

    if table_path is not None:
        check_results_path(table_path)
    if report is not None and report.suffix != ".html":
        raise InputError(f"{report} ends in {report.suffix}; a report is .html")
    o.check_outputs((table_path, report), force=force)


def _scored(
    corpus: "Corpus", specs: "Sequence[Spec]", out: Path, *, with_support: bool
) -> "list[Row]":
    """All rows, beside a single rater where there are several."""
    from feltline.lab.bench.parity import parity_of, with_parity
    from feltline.lab.bench.results import score_all

    rows = score_all(out, specs, with_support=with_support)
    if (parity := parity_of(corpus)) is not None:
        with_parity(rows, parity)
    return rows


def _print_raters(corpus: "Corpus", rows: "Sequence[Row]") -> None:
    """How raters agree, and what is as good as one of them."""
    from feltline.lab.bench.parity import (
        agreement_sentences,
        labels_for_parity,
        parity_of,
    )

    for sentence in agreement_sentences(corpus):
        line(sentence)
    if parity_of(corpus) is not None:
        print_parity(labels_for_parity(rows, corpus))


def _print_run_json(corpus: "Corpus", rows: "Sequence[Row]") -> None:
    print_json(
        {
            "corpus": corpus.name,
            "note": corpus.note,
            "raters": raters_json(corpus, rows),
            "rows": [_plain(row) for row in rows],
        }
    )


@BENCH.command("loop")
def loop(
    kind: Kind,
    paths: Where = None,
    start: Annotated[
        int, o.option("Suggested labels per clip to begin with.", min=1)
    ] = 2,
    threshold: o.Threshold = o.DEFAULT_THRESHOLD,
    seed: Seed = 0,
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    as_json: o.AsJson = False,
) -> None:
    """Let a simulated rater review what is under the threshold, until nothing is.

    The error of the finished product, labelled frames included, stands beside that of
    the same number of labels spread evenly.
    """
    need("bench")
    from feltline.lab.bench.corpora import load_corpus
    from feltline.lab.bench.loop import run_loop

    with progress("looking", quiet=as_json) as tell:
        corpus = load_corpus(kind, paths, encoder, seed=seed, progress=tell)
    with progress("labels", quiet=as_json, unit="labels") as tell:
        result = run_loop(
            corpus,
            start=start,
            threshold=threshold,
            seed=seed,
            progress=partial(tell, "bench"),
        )
    if as_json:
        print_json(
            {
                "corpus": corpus.name,
                "note": corpus.note,
                "rounds": [asdict(one) for one in result.rounds],
                "ratio": result.ratio,
                "finished": result.is_finished,
            }
        )
        return
    _describe(corpus)
    rows: dict[str, Any] = {
        f"{one.labels} labels ({one.share:.0%})": f"{one.rmse:.3f} reviewed, "
        f"{one.rmse_uniform:.3f} evenly spread, {one.accepted:.0%} accepted"
        for one in result.rounds
    }
    rows["at the end"] = f"{result.ratio:.2f} of the error of labels evenly spread"
    if not result.is_finished:
        rows["stopped"] = "before nothing was left: half of the frames are labelled"
    figures(corpus.name, rows)
    _print_note(corpus)


@BENCH.command("workflow")
def workflow(
    kind: Kind,
    paths: Where = None,
    seeds: Annotated[int, o.option("Runs, each with its own draws.", min=1)] = 3,
    mixes: Annotated[
        str, o.option("Mixes of judgements, joined by commas; or all.")
    ] = "all",
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    as_json: o.AsJson = False,
) -> None:
    """Let simulated raters judge in every way, and see whether promises hold.

    Judged are frames that nobody touched: how many 90 % intervals hold, whether
    confidence is true, and how many of the accepted values are right.
    """
    need("bench")
    from feltline.lab.bench.corpora import load_corpora
    from feltline.lab.bench.names import named
    from feltline.lab.bench.workflow import MIXES, run_workflow
    from feltline.lab.bench.workflow_scores import SPAN_MIXES, figures_of, spans_of

    wanted = list(MIXES) if mixes == "all" else named(mixes, "mix", tuple(MIXES))
    with progress("looking", quiet=as_json) as tell:
        corpora = load_corpora(kind, paths, encoder, seeds=range(seeds), progress=tell)
    with progress("sessions", quiet=as_json, unit="sessions") as tell:
        outcomes = run_workflow(corpora, mixes=wanted, progress=tell)
    found = [figures_of([o for o in outcomes if o.mix == mix]) for mix in wanted]
    spans = spans_of(outcomes) if set(SPAN_MIXES) & set(wanted) else {}
    if as_json:
        print_json(
            {
                "corpus": corpora[0].name,
                "note": corpora[0].note,
                **{one.mix: one.to_json() for one in found},
                "spans": {mix: asdict(one) for mix, one in spans.items()},
            }
        )
        return
    _describe(corpora[0])
    print_workflow(found)
    for mix, change in spans.items():
        line(
            f"{mix}: one span a clip changes the error by {change.error:+.1%} (at most "
            f"{change.error_high:+.1%}), the share wrong by {change.wrong:+.3f} (at "
            f"most {change.wrong_high:+.3f})"
        )
    for mixed in found:
        if mixed.disagreeing_raters:
            line(
                f"{mixed.mix}: accepts disagree with blind judgements of the same "
                f"rater: {', '.join(mixed.disagreeing_raters)}"
            )
    _print_note(corpora[0])


def _describe(corpus: "Corpus") -> None:
    if corpus.has_seen:
        notice(
            f"{corpus.encoder} was trained on this corpus: only a split that it has "
            f"not seen says anything of other faces"
        )


def _print_note(corpus: "Corpus") -> None:
    """What a reader of the figures should know, below them."""
    if corpus.note:
        line(corpus.note)


def _say_what_needs_labels(
    specs: "Sequence[Spec]", budgets: Sequence[str], methods: Sequence[str]
) -> None:
    """Name the methods that a budget of 0 leaves out."""
    from feltline.lab.bench.cells import NO_LABEL
    from feltline.lab.bench.methods import CEILINGS

    ran = {spec.method for spec in specs if spec.budget == NO_LABEL}
    left = [name for name in methods if name not in ran and name not in CEILINGS]
    if NO_LABEL in budgets and left:
        notice(f"not run at 0 labels, since nothing can be said: {', '.join(left)}")


def _plain(row: "Row") -> dict[str, Any]:
    names = ("budget", "selection", "method")
    return {name: getattr(row, name) for name in names} | row.figures
