"""Inter-rater agreement of a project: from its ratings to figures."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from feltline.agreement.reliability import RepeatConsistency, repeat_consistency
from feltline.agreement.report import (
    ClassReport,
    ValueReport,
    report_of_classes,
    report_of_values,
)
from feltline.atomic import replacing
from feltline.errors import FacesLostError, InputError, NothingToLabelError
from feltline.formats import replacing_output
from feltline.pipeline.agreeing_traces import TraceAgreement, traces_in
from feltline.pipeline.ratings import RatingTable, ratings_in
from feltline.project import Project
from feltline.project.snapshot import ProjectLog
from feltline.store import StoredJudgement
from feltline.types import LabelSchema

__all__ = [
    "Agreement",
    "agreement_in",
    "agreement_of",
    "as_document",
    "check_agreement_path",
    "days_of",
    "write_agreement",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement of the raters of a project.

    Attributes:
        raters: Their names, in the order of all that follows.
        values: By dimension, in the units of the label schema.
        classes: Of the expression; None where no two raters chose one of an item.
        repeats: By dimension and rater, who repeated items.
        traces: Of each face that was rated live by two raters or more.
        n_judgements: Judgements that count.
        n_shown: Judgements left out because the machine's value was in sight.
        lost_videos: Videos whose faces are lost; their judgements count by the numbers
            of faces that the raters saw.
    """

    raters: tuple[str, ...]
    values: dict[str, ValueReport]
    classes: ClassReport | None
    repeats: dict[str, dict[str, RepeatConsistency]]
    traces: tuple[TraceAgreement, ...]
    n_judgements: int
    n_shown: int
    lost_videos: tuple[str, ...]


def agreement_in(project: Project, *, dimensions: Sequence[str] = ()) -> Agreement:
    """Agreement of the raters of a project.

    Args:
        project: The project.
        dimensions: Only these; all of the label schema if absent.

    Raises:
        InputError: There is no such dimension.
        NothingToLabelError: No two raters judged the same face at the same frames, or
            rated one live.
    """
    schema = project.schema
    names = schema.dimension_names
    for name in dimensions:
        if name not in names:
            raise InputError(
                f"the project has no dimension {name}; it has {', '.join(names)}"
            )
    lost: list[str] = []
    given = _judgements(project, lost)
    made = agreement_of(ratings_in(given, schema), schema, dimensions=dimensions)
    traces = traces_in(project, dimensions=dimensions)
    is_judged = made.classes is not None or any(
        one.n_items for one in made.values.values()
    )
    if not is_judged and not traces:
        raise NothingToLabelError(_why_nothing(made.raters, made.n_shown))
    return replace(made, traces=tuple(traces), lost_videos=tuple(lost))


def agreement_of(
    table: RatingTable, schema: LabelSchema, *, dimensions: Sequence[str] = ()
) -> Agreement:
    """Agreement on a table of ratings, however little it holds.

    Args:
        table: The ratings.
        schema: Of the project.
        dimensions: Only these; all of the label schema if absent.
    """
    names = schema.dimension_names
    asked = [n for n in names if n in dimensions or not dimensions]
    has_two = len(table.raters) >= 2
    return Agreement(
        raters=table.raters,
        values={n: _of_dimension(table, names.index(n)) for n in asked if has_two},
        classes=_of_classes(table, len(schema.classes)) if has_two else None,
        repeats={n: _repeats(table, names.index(n)) for n in asked},
        traces=(),
        n_judgements=table.n_blind.total(),
        n_shown=table.n_shown.total(),
        lost_videos=(),
    )


def days_of(table: RatingTable, at: int) -> Float64[np.ndarray, "r n"]:
    """When each value of a dimension was given, in days from the first of them.

    Days since 1970 would cost digits.
    """
    day = table.day[:, :, at]
    is_known = np.isfinite(day)
    return np.asarray(day - day[is_known].min() if is_known.any() else day)


def _of_dimension(table: RatingTable, at: int) -> ValueReport:
    values = np.ascontiguousarray(table.values[:, :, at])
    return report_of_values(values, days_of(table, at))


def _of_classes(table: RatingTable, n_classes: int) -> ClassReport | None:
    """Agreement on classes; None where nothing is shared."""
    if n_classes < 2 or not ((table.votes >= 0).sum(axis=0) >= 2).any():
        return None
    return report_of_classes(table.votes, n_classes=n_classes)


def _repeats(table: RatingTable, at: int) -> dict[str, RepeatConsistency]:
    return {
        rater: repeat_consistency(*np.array(pairs).T)
        for (dimension, rater), pairs in sorted(table.repeats.items())
        if dimension == at
    }


def _judgements(project: Project, lost: list[str]) -> Iterable[StoredJudgement]:
    """Judgements in force of all videos, on tracks as they are now."""
    log = ProjectLog(project)
    for name in log.labelled:
        record = project.store.video(name)
        try:
            given: Iterable[StoredJudgement] = log.load(record).judgements
        except FacesLostError:
            lost.append(name)
            given = project.store.judgements(video_id=name)
        yield from given


def _why_nothing(raters: Sequence[str], n_shown: int) -> str:
    who = {0: "nobody", 1: f"only {''.join(raters[:1])}"}.get(
        len(raters), f"{len(raters)} raters, but no two of them the same frames,"
    )
    shown = f"; {n_shown} judgements with the machine's value in sight do not count"
    return (
        f"there is no agreement to measure: {who} judged faces of this project blind"
        f"{shown if n_shown else ''}. Let two raters label the same frames, or import "
        f"labels with a column rater"
    )


def as_document(agreement: Agreement) -> dict[str, Any]:
    """Agreement as plain values for JSON, raters by name."""
    made = asdict(agreement)
    made["raters"] = list(agreement.raters)
    for one in (*made["values"].values(), made["classes"]):
        if one is not None:
            one["raters"] = dict(zip(agreement.raters, one["raters"], strict=True))
    return made


def write_agreement(path: Path, agreement: Agreement, *, force: bool = False) -> None:
    """Write agreement as a JSON document where a user wants it.

    Raises:
        InputError: The name does not end in .json, or there is a file that feltline did
            not write.
    """
    check_agreement_path(path)
    text = json.dumps(finite(as_document(agreement)), ensure_ascii=False, indent=1)
    with replacing_output(path, force=force), replacing(path) as scratch:
        scratch.write_text(text + "\n", encoding="utf-8")


def check_agreement_path(path: Path) -> None:
    """Raise InputError unless the name ends in .json."""
    if path.suffix.lower() != ".json":
        raise InputError(
            f"agreement is written as one JSON document, so {path.name} must end in "
            f".json"
        )


def finite(value: object) -> object:
    """The same with None for what is no number: JSON has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return value
