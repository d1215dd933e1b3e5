"""How far raters agree, and what each of them is like: for who leads."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import numpy as np
from fastapi import APIRouter, HTTPException, Path, Query

from feltline.agreement.rater_course import rater_course
from feltline.errors import InputError
from feltline.pipeline import DAY_S, RatingTable, days_of
from feltline.server.agreement_bodies import (
    AgreementBody,
    By,
    GroupBody,
    ProfileBody,
    ProfileValuesBody,
    StretchBody,
    classes_body,
    rater_body,
    repeats_body,
    values_body,
)
from feltline.server.agreement_cache import MeasuredAgreement
from feltline.server.context import Here, Served
from feltline.server.known_answer_bodies import (
    honeypots_body,
    met_answers,
    training_body,
)
from feltline.server.responses import rounded
from feltline.server.work_bodies import RaterName

router = APIRouter(tags=["agreement"])

MAX_GROUPS = 100


@router.get("/agreement")
def agreement(
    here: Here,
    dimension: Annotated[str | None, Query(max_length=100)] = None,
    by: Annotated[By | None, Query()] = None,
) -> AgreementBody:
    """How far raters agree on what they judged blind; of one dimension, or of all.

    With `by=video`, of each video, too: those on which raters differ most, first.
    """
    names = here.project.schema.dimension_names
    if dimension is not None and dimension not in names:
        known = ", ".join(names)
        raise InputError(f"the project has no dimension {dimension}; it has {known}")
    seen = here.agreement.measured()
    asked = [name for name in names if dimension in (None, name)]
    made = seen.agreement
    return AgreementBody(
        raters=list(made.raters),
        n_judgements=made.n_judgements,
        n_shown=made.n_shown,
        lost_videos=list(made.lost_videos),
        values=[
            values_body(name, made.values[name], made.raters)
            for name in asked
            if name in made.values
        ],
        classes=None if made.classes is None else classes_body(made.classes),
        groups=[] if by is None else _by_video(seen, names, asked),
    )


@router.get("/raters/{rater_id}/profile")
def profile(
    rater_id: Annotated[RaterName, Path()],
    here: Here,
) -> ProfileBody:
    """What a rater is like: beside the others, over time, and against what is known."""
    store, seen = here.project.store, here.agreement.measured()
    counts = [one for one in store.work_counts() if one.rater_id == rater_id]
    known = {here.project.settings.rater, *store.raters(), *seen.table.raters}
    if rater_id not in known and not counts:
        raise HTTPException(404, f"there is no rater {rater_id!r} in this project")
    met = met_answers(here).get(rater_id, ())
    return ProfileBody(
        rater_id=rater_id,
        n_blind=seen.table.n_blind[rater_id],
        n_shown=seen.table.n_shown[rater_id],
        open=sum(one.n_open for one in counts),
        answered=sum(one.n_answered for one in counts),
        active_s=round(store.active_seconds_by_rater().get(rater_id, 0.0), 1),
        training=training_body(here, met),
        honeypots=honeypots_body(met),
        right=_right(seen, rater_id),
        values=list(_profile_values(here, seen, rater_id)),
    )


def _right(seen: MeasuredAgreement, rater_id: str) -> float | None:
    made = seen.agreement
    if made.classes is None or rater_id not in made.raters:
        return None
    return rounded(made.classes.raters[made.raters.index(rater_id)].right)


def _profile_values(
    here: Served, seen: MeasuredAgreement, rater_id: str
) -> Iterator[ProfileValuesBody]:
    made = seen.agreement
    row = made.raters.index(rater_id) if rater_id in made.raters else None
    for at, name in enumerate(here.project.schema.dimension_names):
        report = made.values.get(name)
        own = None if report is None or row is None else report.raters[row]
        repeats = made.repeats[name].get(rater_id)
        yield ProfileValuesBody(
            name=name,
            own=None if own is None else rater_body(rater_id, own),
            repeats=None if repeats is None else repeats_body(repeats),
            course=[] if own is None else _course(seen.table, at, row or 0),
        )


def _course(table: RatingTable, at: int, row: int) -> list[StretchBody]:
    values = np.ascontiguousarray(table.values[:, :, at])
    days = days_of(table, at)
    made = rater_course(values, days, row)
    first = np.nanmin(table.day[:, :, at]) if len(made.n) else 0.0
    return [
        StretchBody(
            at=datetime.fromtimestamp((first + day) * DAY_S, UTC),
            difference=round(float(difference), 4),
            n=int(n),
        )
        for day, difference, n in zip(made.moment, made.difference, made.n, strict=True)
    ]


def _by_video(
    seen: MeasuredAgreement, names: Sequence[str], asked: Sequence[str]
) -> list[GroupBody]:
    """How far raters are apart on each video, the widest first."""
    sizes = [table.votes.shape[1] for table in seen.videos.values()]
    video = np.repeat(np.arange(len(sizes)), sizes)
    made: list[GroupBody] = []
    for name in asked:
        values = seen.table.values[:, :, names.index(name)]
        given = np.isfinite(values)
        m = given.sum(axis=0)
        mean = np.where(given, values, 0).sum(axis=0) / np.maximum(m, 1)
        apart = np.where(given, values - mean, 0)
        # The sum over pairs of (x - y)^2 is m times the sum of squares.
        squares = np.bincount(video, m * (apart**2).sum(axis=0), len(sizes))
        pairs = np.bincount(video, m * (m - 1) / 2, len(sizes))
        shared = np.bincount(video, m >= 2, len(sizes))
        made += [
            GroupBody(
                name=video_id,
                dimension=name,
                n_items=int(shared[at]),
                rmse=round(float(np.sqrt(squares[at] / pairs[at])), 4),
            )
            for at, video_id in enumerate(seen.videos)
            if shared[at]
        ]
    made.sort(key=lambda one: -one.rmse)
    return made[:MAX_GROUPS]
