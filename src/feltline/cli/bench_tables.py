"""Tables of `feltline bench`: scores, classes, raters, review mixes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from feltline.cli.show import line, table

if TYPE_CHECKING:
    from feltline.lab.bench.clips import Corpus
    from feltline.lab.bench.scores import Row
    from feltline.lab.bench.workflow_scores import MixFigures


def print_scores(rows: "Sequence[Row]") -> None:
    """A table per budget and selection; equal weight per person where it differs."""
    shared = any(row.figures["persons"] < row.figures["clips"] for row in rows)
    by_person = (">by person",) if shared else ()
    for key, some in _groups(rows).items():
        table(
            *("method", ">RMSE", ">90 %", ">V/A", *by_person),
            *(">/linear", ">CCC", ">accept"),
            rows=(_score_cells(row, by_person=shared) for row in some),
            title=_title(key),
        )


def _score_cells(row: "Row", *, by_person: bool) -> tuple[str, ...]:
    f = row.figures
    return (
        row.method,
        _short(row.rmse),
        f"{_short(f['rmse_low'])}-{_short(f['rmse_high'])}",
        _both(f, "rmse"),
        *((_both(f, "rmse_person"),) if by_person else ()),
        f"{f['ratio']:.2f}" if "ratio" in f else "",
        _both(f, "pooled_ccc", digits=2),
        f"{f['accepted']:.0%}" if f["accepted"] == f["accepted"] else "",
    )


def _both(figures: Mapping[str, float], name: str, digits: int = 3) -> str:
    """A figure in valence and arousal."""
    ends = ("valence", "arousal")
    return "/".join(_short(figures[f"{name}_{end}"], digits) for end in ends)


def _short(value: float, digits: int = 3) -> str:
    """Without the zero before the point: so many columns must fit."""
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def print_classes(rows: "Sequence[Row]") -> None:
    """A table per budget and selection of the methods that name classes."""
    for key, some in _groups(rows).items():
        named = [row for row in some if row.figures["class_frames"]]
        if not named:
            continue
        table(
            *("method", ">class right", ">of frames", ">ECE", ">ECE, all", ">Brier"),
            rows=(
                (
                    row.method,
                    f"{row.figures['accuracy']:.3f}",
                    f"{row.figures['class_frames']:.0f}",
                    *(
                        _or_nothing(row.figures[name])
                        for name in ("class_ece", "class_ece_all", "class_brier")
                    ),
                )
                for row in sorted(named, key=lambda row: -row.figures["accuracy"])
            ),
            title=f"classes, {_title(key)}",
        )


def print_parity(found: Mapping[str, Mapping[str, str | None]]) -> None:
    """The smallest budget at which each method is as good as a single rater."""
    if not found:
        return
    selections = list(next(iter(found.values())))
    line("Labels per clip with which a method is as good as a single rater:")
    table(
        *("method", *(f">{name}" for name in selections)),
        rows=(
            (method, *(own[name] or "-" for name in selections))
            for method, own in found.items()
        ),
    )


def raters_json(corpus: "Corpus", rows: "Sequence[Row]") -> dict[str, Any]:
    """How raters agree, and which budgets reach a single one; empty of one rater."""
    from feltline.lab.bench.parity import (
        class_agreement,
        labels_for_parity,
        parity_of,
    )

    parity, classes = parity_of(corpus), class_agreement(corpus)
    found: dict[str, Any] = {}
    if parity is not None:
        found["single_rater_rmse"] = parity.rmse.tolist()
        found["single_rater_rmse_person"] = parity.rmse_person.tolist()
        found["labels_for_parity"] = labels_for_parity(rows, corpus)
    if classes is not None:
        found["classes"] = asdict(classes)
    return found


def _groups(rows: "Sequence[Row]") -> "dict[tuple[str, str], list[Row]]":
    """Rows of each budget and selection, the smallest error first."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.rmse):
        found.setdefault((row.budget, row.selection), []).append(row)
    order = dict.fromkeys((row.budget, row.selection) for row in rows)
    return {key: found[key] for key in order}


def _title(key: tuple[str, str]) -> str:
    budget, selection = key
    if budget == "all":
        return "all labels of the others"
    return "no label" if selection == "none" else f"{budget} {selection}"


def _or_nothing(value: float) -> str:
    return f"{value:.3f}" if value == value else ""


def print_workflow(found: "Sequence[MixFigures]") -> None:
    """A line per mix of judgements."""
    table(
        *("mix", ">holds", ">90 %", ">per seed", ">ECE", ">accept", ">right"),
        *(">width", ">RMSE"),
        rows=(
            (
                one.mix,
                f"{one.figures['coverage']:.3f}",
                f"{one.coverage_low:.2f}-{one.coverage_high:.2f}",
                " ".join(f"{seed['coverage']:.2f}" for seed in one.seeds),
                f"{one.figures['ece']:.3f}",
                f"{one.figures['accepted']:.0%}",
                *(f"{one.figures[k]:.3f}" for k in ("accepted_right", "width", "rmse")),
            )
            for one in found
        ),
    )
