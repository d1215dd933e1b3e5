"""`feltline bench`: methods at budgets, the review operation, simulated raters."""

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from feltline.cli import options as o
from feltline.cli.packages import need_bench, need_training
from feltline.cli.show import figures, line, notice, print_json, progress
from feltline.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feltline.lab.bench.clips import Corpus
    from feltline.lab.bench.scores import Row
    from feltline.lab.bench.workflow_scores import MixFigures

NAME: Final = "bench"
APP: Final = typer.Typer(
    no_args_is_help=True,
    help="Compare ways to label from few labels, on data that people have rated.",
)
EXAMPLE: Final = (
    "Examples: feltline bench run portrait; feltline bench run clips ratings.csv "
    "--labels 2,4,6 --report clips.html; feltline bench run walks FERPLUS "
    "--labels 4,10,every20,6% --methods engine,linear,svr"
)

Kind = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        help="walks or photos (of FER+), affectnet, afew-va, aff-wild2, clips (a CSV "
        "of ratings beside its videos), or portrait (generated, needs no data).",
        show_default=False,
    ),
]
Where = Annotated[
    Path | None,
    typer.Argument(
        metavar="[PATH]", help="Its folder, or the CSV.", show_default=False
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")]


@APP.command("run", epilog=EXAMPLE)
def run(
    kind: Kind,
    path: Where = None,
    labels: Annotated[
        str,
        typer.Option(
            help="Budgets, joined by commas: labels per clip (4), every20, 6%."
        ),
    ] = "1,2,3,4,6",
    methods: Annotated[
        str,
        typer.Option(help="Methods, joined by commas; all, or all+ceilings."),
    ] = "all",
    selections: Annotated[
        str,
        typer.Option(help="Of uniform, random, first, k-centre, suggested."),
    ] = "uniform,suggested",
    draws: Annotated[
        int, typer.Option(min=1, help="At most so many phases or random draws.")
    ] = 8,
    seed: Seed = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Processes to compute in.")] = 1,
    out: Annotated[
        Path,
        typer.Option(help="Folder of results; a run that was stopped goes on there."),
    ] = Path("bench"),
    report: Annotated[
        Path | None, typer.Option(help="Write a page with plots (.html).")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Write every figure (.csv or .parquet).")
    ] = None,
    include_support: Annotated[
        bool,
        typer.Option(
            "--include-support", help="Judge labelled frames too, as published."
        ),
    ] = False,
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    as_json: o.AsJson = False,
) -> None:
    """Compare methods, budgets and ways to choose frames on rated data.

    Everything learnt is learnt without the clip that is judged. Labelled frames are
    not judged unless you ask for it.
    """
    need_bench()
    from feltline.lab.bench.cells import plan, read_cell, run_cells
    from feltline.lab.bench.corpora import load_corpus
    from feltline.lab.bench.page import write_page
    from feltline.lab.bench.results import check_results_path, score_all, write_rows
    from feltline.lab.bench.selection import SELECTIONS

    if table is not None:
        check_results_path(table)
    if report is not None and report.suffix != ".html":
        raise InputError(f"{report} ends in {report.suffix}; a report is .html")
    with progress("looking", quiet=as_json) as tell:
        corpus = load_corpus(kind, path, encoder, seed=seed, progress=tell)
    named = _methods(methods, corpus)
    if "heads-all" in named:
        need_training()
    chosen_by = _named(selections, "selection", SELECTIONS)
    specs = plan(corpus, _listed(labels), chosen_by, named, draws)
    with progress("cells", quiet=as_json, unit="cells") as tell:
        run_cells(
            corpus, specs, out, seed=seed, jobs=jobs, progress=partial(tell, NAME)
        )
    rows = score_all(out, specs, with_support=include_support)
    command = "feltline " + " ".join(sys.argv[1:])
    if table is not None:
        write_rows(table, rows)
    if report is not None:
        engine = [s for s in specs if s.method == "engine"]
        last = [s for s in engine if s.budget == engine[-1].budget]
        cells = [read_cell(out, s) for s in last if s.selection == last[-1].selection]
        write_page(report, corpus, rows, cells, command)
    if as_json:
        print_json({"corpus": corpus.name, "rows": [_plain(row) for row in rows]})
        return
    _describe(corpus)
    _print_table(rows)
    for made in (report, table):
        if made is not None:
            line(f"wrote {made}")
    line(f"again: {command}")


@APP.command("loop")
def loop(
    kind: Kind,
    path: Where = None,
    start: Annotated[
        int, typer.Option(min=1, help="Suggested labels per clip to begin with.")
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
    need_bench()
    from feltline.lab.bench.corpora import load_corpus
    from feltline.lab.bench.loop import run_loop

    with progress("looking", quiet=as_json) as tell:
        corpus = load_corpus(kind, path, encoder, seed=seed, progress=tell)
    with progress("labels", quiet=as_json, unit="labels") as tell:
        result = run_loop(
            corpus,
            start=start,
            threshold=threshold,
            seed=seed,
            progress=partial(tell, NAME),
        )
    if as_json:
        print_json(
            {
                "corpus": corpus.name,
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


@APP.command("workflow")
def workflow(
    kind: Kind,
    path: Where = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Runs, each with its own draws.")
    ] = 3,
    mixes: Annotated[
        str, typer.Option(help="Mixes of judgements, joined by commas; or all.")
    ] = "all",
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    as_json: o.AsJson = False,
) -> None:
    """Let simulated raters judge in every way, and see whether promises hold.

    Judged are frames that nobody touched: how many 90 % intervals hold, whether
    confidence is true, and how many of the accepted values are right.
    """
    need_bench()
    from feltline.lab.bench.corpora import load_corpora
    from feltline.lab.bench.workflow import MIXES, run_workflow
    from feltline.lab.bench.workflow_scores import SPAN_MIXES, figures_of, spans_of

    wanted = list(MIXES) if mixes == "all" else _named(mixes, "mix", tuple(MIXES))
    with progress("looking", quiet=as_json) as tell:
        corpora = load_corpora(kind, path, encoder, seeds=range(seeds), progress=tell)
    with progress("sessions", quiet=as_json, unit="sessions") as tell:
        outcomes = run_workflow(corpora, mixes=wanted, progress=tell)
    found = [figures_of([o for o in outcomes if o.mix == mix]) for mix in wanted]
    spans = spans_of(outcomes) if set(SPAN_MIXES) & set(wanted) else {}
    if as_json:
        print_json(
            {
                "corpus": corpora[0].name,
                **{one.mix: one.to_json() for one in found},
                "spans": {mix: asdict(one) for mix, one in spans.items()},
            }
        )
        return
    _describe(corpora[0])
    _print_workflow(found)
    for mix, change in spans.items():
        line(
            f"{mix}: one span a clip changes the error by {change.error:+.1%} (at most "
            f"{change.error_high:+.1%}), the share wrong by {change.wrong:+.3f} (at "
            f"most {change.wrong_high:+.3f})"
        )
    for one in found:
        if one.disagreeing_raters:
            line(
                f"{one.mix}: accepts disagree with blind judgements of the same "
                f"rater: {', '.join(one.disagreeing_raters)}"
            )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _named(text: str, what: str, known: tuple[str, ...]) -> list[str]:
    named = _listed(text)
    unknown = [name for name in named if name not in known]
    if unknown or not named:
        raise InputError(
            f"there is no {what} {', '.join(unknown) or '(none given)'}; give some of "
            f"{', '.join(known)}"
        )
    return named


def _methods(text: str, corpus: "Corpus") -> list[str]:
    from feltline.lab.bench.methods import CEILINGS, METHODS
    from feltline.lab.bench.mtclar import NEEDS_PAIR_HEADS
    from feltline.project.encoder_extras import has_pair_heads

    fit = list(METHODS)
    if not has_pair_heads(corpus.encoder):
        fit = [name for name in fit if name not in NEEDS_PAIR_HEADS]
    if text == "all":
        return fit
    if text == "all+ceilings":
        return [*fit, *CEILINGS]
    named = _listed(text)
    unknown = [name for name in named if name not in (*fit, *CEILINGS)]
    if unknown or not named:
        raise InputError(
            f"there is no method {', '.join(unknown) or '(none given)'} for "
            f"{corpus.encoder}; give some of {', '.join((*fit, *CEILINGS))}"
        )
    return named


def _describe(corpus: "Corpus") -> None:
    if corpus.has_seen:
        notice(
            f"{corpus.encoder} was trained on this corpus: only a split that it has "
            f"not seen says anything of other faces"
        )
    if corpus.note:
        notice(corpus.note)


def _plain(row: "Row") -> dict[str, Any]:
    return {
        "budget": row.budget,
        "selection": row.selection,
        "method": row.method,
        **row.figures,
    }


def _print_workflow(found: "Sequence[MixFigures]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for name in ("mix", "holds", "90 %", "per seed", "ECE", "accept", "right"):
        table.add_column(name, justify="left" if name == "mix" else "right")
    for name in ("width", "RMSE"):
        table.add_column(name, justify="right")
    for one in found:
        f = one.figures
        table.add_row(
            one.mix,
            f"{f['coverage']:.3f}",
            f"{one.coverage_low:.2f}-{one.coverage_high:.2f}",
            " ".join(f"{seed['coverage']:.2f}" for seed in one.seeds),
            f"{f['ece']:.3f}",
            f"{f['accepted']:.0%}",
            f"{f['accepted_right']:.3f}",
            f"{f['width']:.3f}",
            f"{f['rmse']:.3f}",
        )
    Console().print(table)


def _print_table(rows: "list[Row]") -> None:
    from rich.console import Console
    from rich.table import Table

    for key in dict.fromkeys((row.budget, row.selection) for row in rows):
        some = [row for row in rows if (row.budget, row.selection) == key]
        title = "all labels of the others" if key[0] == "all" else " ".join(key)
        table = Table(box=None, title=title, title_justify="left")
        table.add_column("method", width=14, no_wrap=True)
        for name in ("RMSE", "90 %", "V", "A", "/linear", "CCC", "accept"):
            table.add_column(name, justify="right", no_wrap=True)
        for row in sorted(some, key=lambda row: row.rmse):
            f = row.figures
            table.add_row(
                row.method,
                f"{row.rmse:.3f}",
                f"{f['rmse_low']:.3f}-{f['rmse_high']:.3f}",
                f"{f['rmse_valence']:.3f}",
                f"{f['rmse_arousal']:.3f}",
                f"{f['ratio']:.2f}" if "ratio" in f else "",
                f"{f['pooled_ccc_valence']:.2f}/{f['pooled_ccc_arousal']:.2f}",
                f"{f['accepted']:.0%}" if f["accepted"] == f["accepted"] else "",
            )
        Console().print(table)
