"""Inter-rater agreement of a project: from the log to tables of raters by items.

An item is what two raters can both have judged: a frame of a face, the same span of it,
or the whole face. Only judgements count that were given with nothing of the machine in
sight: who accepts or edits what is shown agrees with it, not with another rater. Where
a rater judged an item more than once, the last one stands; the repeat of an item
(purpose `repeat`) is compared with the one before it.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

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
from feltline.project import Project
from feltline.project.snapshot import ProjectLog
from feltline.store import StoredJudgement
from feltline.types import LabelSchema

__all__ = [
    "Agreement",
    "agreement_in",
    "as_document",
    "check_agreement_path",
    "write_agreement",
]

Item = tuple[str, int, int, int]
"""Video, track as it is now, first and last frame; a whole face has -1 and -1."""

DAY_S = 86_400.0


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


@dataclass(slots=True)
class _Table:
    """What raters said, by item: later judgements take the place of earlier ones."""

    schema: LabelSchema
    value: dict[tuple[str, Item, int], tuple[float, datetime]] = field(
        default_factory=dict
    )
    vote: dict[tuple[str, Item], int] = field(default_factory=dict)
    repeats: dict[tuple[int, str], list[tuple[float, float]]] = field(
        default_factory=dict
    )
    n: int = 0
    n_shown: int = 0

    def add(self, stored: StoredJudgement) -> None:
        """Take in one judgement."""
        said = stored.judgement
        if (
            said.decision not in ("label", "accept", "edit")
            or said.purpose == "resolve"
        ):
            return
        if said.shown is not None and said.shown.value is not None:
            self.n_shown += 1
            return
        self.n += 1
        item = _item(stored)
        for at, value in enumerate(said.value):
            if value is None:
                continue
            key = (said.rater, item, at)
            if said.purpose == "repeat" and key in self.value:
                pair = (self.value[key][0], value)
                self.repeats.setdefault((at, said.rater), []).append(pair)
            self.value[key] = (value, stored.at)
        if said.expression is not None:
            self.vote[said.rater, item] = self.schema.class_index(said.expression)

    def raters(self) -> tuple[str, ...]:
        """Everyone who said something."""
        by_value = {rater for rater, _, _ in self.value}
        return tuple(sorted(by_value | {rater for rater, _ in self.vote}))

    def of_dimension(self, at: int, raters: Sequence[str]) -> ValueReport:
        """Agreement in one dimension."""
        own = {(r, i): said for (r, i, d), said in self.value.items() if d == at}
        items = {item: n for n, item in enumerate(dict.fromkeys(i for _, i in own))}
        values = np.full((len(raters), len(items)), np.nan)
        day = np.full(values.shape, np.nan)
        for (rater, item), (value, when) in own.items():
            here = raters.index(rater), items[item]
            values[here], day[here] = value, when.timestamp() / DAY_S
        # Counted from the first one: a day since 1970 would cost digits.
        return report_of_values(values, day - np.nanmin(day) if own else day)

    def of_classes(self, raters: Sequence[str]) -> ClassReport | None:
        """Agreement on classes; None where nothing is shared."""
        n_classes = len(self.schema.classes)
        items = {i: n for n, i in enumerate(dict.fromkeys(i for _, i in self.vote))}
        votes = np.full((len(raters), len(items)), -1, np.int64)
        for (rater, item), vote in self.vote.items():
            votes[raters.index(rater), items[item]] = vote
        if n_classes < 2 or not ((votes >= 0).sum(axis=0) >= 2).any():
            return None
        return report_of_classes(votes, n_classes=n_classes)


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
    table = _Table(schema)
    lost: list[str] = []
    for stored in _judgements(project, lost):
        table.add(stored)
    raters = table.raters()
    asked = [n for n in names if n in dimensions or not dimensions]
    values = {}
    if len(raters) >= 2:
        values = {n: table.of_dimension(names.index(n), raters) for n in asked}
    classes = table.of_classes(raters) if len(raters) >= 2 else None
    traces = traces_in(project, dimensions=dimensions)
    is_judged = classes is not None or any(one.n_items for one in values.values())
    if not is_judged and not traces:
        raise NothingToLabelError(_why_nothing(raters, table.n_shown))
    return Agreement(
        raters=raters,
        values=values,
        classes=classes,
        repeats={n: _repeats(table, names.index(n)) for n in asked},
        traces=tuple(traces),
        n_judgements=table.n,
        n_shown=table.n_shown,
        lost_videos=tuple(lost),
    )


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


def _item(stored: StoredJudgement) -> Item:
    said = stored.judgement
    if said.scope == "clip":
        return said.video_id, said.track_id, -1, -1
    return said.video_id, said.track_id, said.first_frame, said.last_frame


def _repeats(table: _Table, at: int) -> dict[str, RepeatConsistency]:
    return {
        rater: repeat_consistency(*np.array(pairs).T)
        for (dimension, rater), pairs in sorted(table.repeats.items())
        if dimension == at
    }


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
