"""The report: one HTML file with the plots and the table, nothing fetched."""

import html
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from feltline.atomic import replacing
from feltline.lab.bench.cells import NO_LABEL, Cell
from feltline.lab.bench.clips import Corpus
from feltline.lab.bench.parity import agreement_sentences, labels_for_parity
from feltline.lab.bench.scores import Row, risk_coverage
from feltline.settings import THRESHOLD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["write_page"]

SHOWN: Final = ("engine", "anchor", "anchors", "linear", "zero-shot", "svr", "forest")
"""Methods drawn with a colour of their own; the others are thin and grey."""
COLOURS: Final = dict(
    zip(
        SHOWN,
        ("#c1272d", "#0b6e99", "#4aa3c7", "#555555", "#e09f3e", "#4f772d", "#9c6644"),
        strict=True,
    )
)
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;
color:#222;background:#fff}
table{border-collapse:collapse;font-size:14px;width:100%}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #ddd}
th:nth-child(-n+3),td:nth-child(-n+3){text-align:left}
tr.best{font-weight:600}
code{background:#f2f2f2;padding:.1rem .3rem}
.note{border-left:4px solid #e09f3e;padding:.2rem .8rem;background:#fdf6ec}
svg{max-width:100%;height:auto}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}
figure{background:#fff}code{background:#333}.note{background:#33291a}
th,td{border-color:#444}}
"""


def write_page(
    path: Path,
    corpus: Corpus,
    rows: Sequence[Row],
    engine: Sequence[Cell],
    command: str,
) -> None:
    """Write the report.

    Args:
        path: The HTML file.
        corpus: What was judged on.
        rows: All scores.
        engine: Cells of the engine that the risk curve is drawn from.
        command: What gives these figures again.
    """
    warning = ""
    if corpus.has_seen:
        warning = (
            f"<p class=note>{html.escape(corpus.encoder)} was trained on this corpus: "
            f"only splits that it has not seen say anything of other faces.</p>"
        )
    if corpus.note:
        warning += f"<p class=note>{html.escape(corpus.note)}</p>"
    raters = "".join(
        f"<p>{html.escape(one)}</p>" for one in agreement_sentences(corpus)
    )
    figures = _drawn(_errors, rows) + (_drawn(_risk, engine) if engine else "")
    scores = _table(rows, _COLUMNS, lambda row: row.rmse)
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>feltline benchmark: {html.escape(corpus.name)}</title>"
        f"<style>{_STYLE}</style>"
        f"<h1>{html.escape(corpus.name)}</h1>"
        f"<p>{len(corpus.clips)} clips, encoder <code>{html.escape(corpus.encoder)}"
        f"</code>. RMSE over clips: the root of the mean of the clips' mean squared "
        f"errors, the mean of valence and arousal; labelled frames are not judged. "
        f"Brackets and whiskers hold 90 % of a bootstrap over clips.</p>"
        f"{warning}{raters}{figures}{_parity(rows, corpus)}"
        f"<h2>All figures</h2>{scores}{_classes(rows)}"
        f"<p>Again: <code>{html.escape(command)}</code></p></html>"
    )
    with replacing(path) as scratch:
        scratch.write_text(page, encoding="utf-8")


def _drawn(draw: Any, values: Sequence[Any]) -> str:  # noqa: ANN401 - rows or cells
    """A figure as SVG text inside the page."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.4), layout="constrained")
    FigureCanvasSVG(figure)
    draw(figure, values)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    return f"<figure>{svg[svg.index('<svg') :]}</figure>"


def _errors(figure: Any, rows: Sequence[Row]) -> None:  # noqa: ANN401
    """Error against budget, one panel per selection; no label begins each."""
    selections = [s for s in dict.fromkeys(r.selection for r in rows) if s != "none"]
    selections = selections or ["none"]
    panels = figure.subplots(1, len(selections), sharey=True, squeeze=False)[0]
    ceilings = [row for row in rows if row.budget == "all"]
    unlabelled = [row for row in rows if row.budget == NO_LABEL]
    for panel, selection in zip(panels, selections, strict=True):
        spent = [row for row in rows if row.selection == selection != "none"]
        mine = unlabelled + spent
        budgets = list(dict.fromkeys(row.budget for row in mine))
        for method in dict.fromkeys(row.method for row in mine):
            _line(panel, method, [row for row in mine if row.method == method], budgets)
        for row in ceilings:
            panel.axhline(row.rmse, color="#999999", lw=0.8, ls=":")
            if panel is panels[-1]:
                panel.annotate(
                    row.method,
                    (1.01, row.rmse),
                    xycoords=panel.get_yaxis_transform(),
                    va="center",
                    fontsize=7,
                    color="#666666",
                )
        if selection != "none":
            panel.set_title(f"{selection} frames", fontsize=11)
        panel.set_xticks(range(len(budgets)), budgets)
        panel.set_xlabel("labels per clip")
        panel.set_ylim(bottom=0)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("RMSE over clips")
    names = dict(zip(*panels[-1].get_legend_handles_labels()[::-1], strict=True))
    figure.legend(
        names.values(),
        names.keys(),
        loc="outside lower center",
        ncols=max(1, len(names)),
        fontsize=9,
        frameon=False,
    )


def _line(
    panel: "Axes", method: str, rows: Sequence[Row], budgets: Sequence[str]
) -> None:
    at = [budgets.index(row.budget) for row in rows]
    value = [row.rmse for row in rows]
    colour = COLOURS.get(method)
    if colour is None:
        panel.plot(at, value, color="#cccccc", lw=0.8, zorder=1)
        return
    low = [row.rmse - row.figures["rmse_low"] for row in rows]
    high = [row.figures["rmse_high"] - row.rmse for row in rows]
    panel.errorbar(
        at,
        value,
        yerr=np.maximum([low, high], 0),
        color=colour,
        lw=2.4 if method == "engine" else 1.3,
        elinewidth=0.7,
        marker="o",
        ms=4,
        label=method,
        zorder=3 if method == "engine" else 2,
    )


def _risk(figure: Any, cells: Sequence[Cell]) -> None:  # noqa: ANN401
    """Error of what is accepted against how much is, and whether confidence is true."""
    left, right = figure.subplots(1, 2)
    keep = [~cell.is_support for cell in cells]
    pick = list(zip(cells, keep, strict=True))
    sure = np.concatenate([cell.confidence[kept] for cell, kept in pick])
    off = np.concatenate([np.abs(c.value - c.rated)[kept] for c, kept in pick])
    curve = risk_coverage(sure.astype(np.float64), off.astype(np.float64))
    left.plot(curve.coverage, curve.risk, color=COLOURS["engine"])
    accepted = float((sure >= THRESHOLD).mean())
    left.axvline(accepted, color="#999999", lw=0.8, ls=":")
    left.annotate(f"accepted at {THRESHOLD:g}", (accepted, 0), fontsize=8, rotation=90)
    left.set_xlabel("share accepted, surest first")
    left.set_ylabel("mean absolute error")
    left.set_ylim(bottom=0)
    bins = np.linspace(0, 1, 11)
    within = (off <= 0.2 + 1e-6).all(axis=1)
    place = np.clip(np.digitize(sure, bins) - 1, 0, 9)
    there = [b for b in range(10) if (place == b).sum() >= 10]
    right.plot([0, 1], [0, 1], color="#999999", lw=0.8)
    right.plot(
        [sure[place == b].mean() for b in there],
        [within[place == b].mean() for b in there],
        color=COLOURS["engine"],
        marker="o",
    )
    right.set_xlabel("confidence")
    right.set_ylabel("share within tolerance")
    for panel in (left, right):
        panel.spines[["top", "right"]].set_visible(False)


_COLUMNS: Final = (
    ("RMSE", "rmse"),
    ("V", "rmse_valence"),
    ("A", "rmse_arousal"),
    ("V by person", "rmse_person_valence"),
    ("A by person", "rmse_person_arousal"),
    ("of linear", "ratio"),
    ("CCC V", "pooled_ccc_valence"),
    ("CCC A", "pooled_ccc_arousal"),
    ("coverage", "coverage"),
    ("ECE", "ece"),
    ("accepted", "accepted"),
)
_CLASS_COLUMNS: Final = (
    ("accuracy", "accuracy"),
    ("frames", "class_frames"),
    ("ECE", "class_ece"),
    ("ECE of all classes", "class_ece_all"),
    ("Brier", "class_brier"),
)


def _parity(rows: Sequence[Row], corpus: Corpus) -> str:
    """The smallest budgets at which methods are as good as a single rater."""
    if not any("to_single_rater_valence" in row.figures for row in rows):
        return ""
    found = labels_for_parity(rows, corpus)
    if not found:
        return ""
    selections = list(next(iter(found.values())))
    head = "".join(f"<th>{html.escape(name)}</th>" for name in selections)
    lines = "".join(
        f"<tr><td>{method}</td>"
        + "".join(f"<td>{html.escape(own[name] or '-')}</td>" for name in selections)
        + "</tr>"
        for method, own in found.items()
    )
    return (
        "<h2>As good as a single rater</h2><p>The smallest budget at which a method "
        "differs from the mean of all raters, in valence and in arousal, by no more "
        "than a single rater from the mean of the others.</p>"
        f"<table class=parity><thead><tr><th>method</th>{head}</tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _classes(rows: Sequence[Row]) -> str:
    """A second table: of the methods that name classes, where people did."""
    named = [row for row in rows if row.figures.get("class_frames")]
    if not named:
        return ""
    return "<h2>Classes</h2>" + _table(
        named, _CLASS_COLUMNS, lambda row: -row.figures["accuracy"]
    )


def _table(
    rows: Sequence[Row],
    columns: Sequence[tuple[str, str]],
    loss: Callable[[Row], float],
) -> str:
    """Rows by budget and selection, within these the smallest loss first."""
    head = "".join(f"<th>{name}</th>" for name, _ in columns)
    lines = []
    for key in dict.fromkeys((row.budget, row.selection) for row in rows):
        some = [row for row in rows if (row.budget, row.selection) == key]
        some.sort(key=loss)
        for number, row in enumerate(some):
            cells = "".join(f"<td>{_cell(row, name)}</td>" for _, name in columns)
            best = " class=best" if number == 0 else ""
            lines.append(
                f"<tr{best}><td>{html.escape(row.budget)}</td><td>{row.selection}</td>"
                f"<td>{row.method}</td>{cells}</tr>"
            )
    return (
        f"<table><tr><th>labels</th><th>selection</th><th>method</th>{head}</tr>"
        f"{''.join(lines)}</table>"
    )


def _cell(row: Row, name: str) -> str:
    value = row.figures.get(name, float("nan"))
    if not np.isfinite(value):
        return ""
    if name == "rmse":
        low, high = row.figures["rmse_low"], row.figures["rmse_high"]
        return f"{value:.3f} [{low:.3f}, {high:.3f}]"
    return f"{value:.0f}" if name == "class_frames" else f"{value:.3f}"
