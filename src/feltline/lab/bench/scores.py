"""Scores of a benchmark: from cells to a row per method, selection and budget.

**RMSE over clips** is the root of the mean of the clips' mean squared errors, averaged
over draws within a clip first; this is the figure that bars and plots use. Beside it
stand pooled figures. Intervals come from a bootstrap over clips.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from feltline.lab.bench.cells import Cell
from feltline.lab.bench.class_scores import class_scores, expected_calibration_error
from feltline.metrics import ccc, mae, pcc, sagr
from feltline.settings import THRESHOLD, TOLERANCE
from feltline.types import DIMENSIONS

__all__ = [
    "RiskCurve",
    "Row",
    "compare",
    "promises",
    "risk_coverage",
    "rmse_by_person",
    "score",
]

BOOTSTRAPS: Final = 2000
_ENDS: Final = (5.0, 95.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One method on one selection and budget, over all draws and clips.

    Attributes:
        budget: As asked for.
        selection: As asked for.
        method: As asked for.
        figures: Score by name; NaN where a method has none.
        clips: Number of each clip that was judged.
        persons: Number of the person in each of these clips.
        squares: Mean squared error of each clip, averaged over draws, (clips, 2).
    """

    budget: str
    selection: str
    method: str
    figures: dict[str, float]
    clips: Int64[np.ndarray, " c"]
    persons: Int64[np.ndarray, " c"]
    squares: Float64[np.ndarray, "c 2"]

    @property
    def rmse(self) -> float:
        """RMSE over clips, mean of valence and arousal."""
        return self.figures["rmse"]


def score(cells: Sequence[Cell], *, with_support: bool = False, seed: int = 0) -> Row:
    """Score all draws of one method, selection and budget.

    Args:
        cells: Its draws.
        with_support: Whether labelled frames are judged too, as in the published
            protocol.
        seed: Of the bootstrap.
    """
    spec = cells[0].spec
    keep = [
        np.ones(len(c.clip), bool) if with_support else ~c.is_support for c in cells
    ]
    clips, squares = _by_clip(cells, keep)
    persons = _persons_of(cells, clips)
    figures = _over_clips(squares, np.random.default_rng(seed))
    figures |= _over_persons(squares, persons)
    figures |= _pooled(cells, keep) | _within(cells, keep)
    figures |= class_scores(*_rated_classes(cells, keep))
    figures["class_frames"] /= len(cells)  # per draw, as clips and persons are
    figures |= _promises(cells, keep)
    return Row(
        budget=spec.budget,
        selection=spec.selection,
        method=spec.method,
        figures=figures,
        clips=clips,
        persons=persons,
        squares=squares,
    )


Keep = Sequence[Bool[np.ndarray, " _"]]


def _by_clip(
    cells: Sequence[Cell], keep: Keep
) -> tuple[Int64[np.ndarray, " c"], Float64[np.ndarray, "c 2"]]:
    draws: dict[int, list[np.ndarray]] = {}
    for cell, kept in zip(cells, keep, strict=True):
        error = (cell.value - cell.rated).astype(np.float64) ** 2
        for clip in np.unique(cell.clip):
            mine = kept & (cell.clip == clip)
            draws.setdefault(int(clip), []).append(error[mine].mean(axis=0))
    names = sorted(draws)
    means = np.stack([np.mean(draws[name], axis=0) for name in names])
    return np.array(names, np.int64), means


def _over_clips(
    squares: Float64[np.ndarray, "c 2"], rng: np.random.Generator
) -> dict[str, float]:
    drawn = rng.integers(len(squares), size=(BOOTSTRAPS, len(squares)))
    again = np.sqrt(squares[drawn].mean(axis=1)).mean(axis=1)
    low, high = np.percentile(again, _ENDS)
    both = np.sqrt(squares.mean(axis=0))
    return {
        "clips": float(len(squares)),
        "rmse": float(both.mean()),
        "rmse_low": float(low),
        "rmse_high": float(high),
        **{f"rmse_{n}": float(v) for n, v in zip(DIMENSIONS, both, strict=True)},
    }


def _persons_of(
    cells: Sequence[Cell], clips: Int64[np.ndarray, " c"]
) -> Int64[np.ndarray, " c"]:
    person = {
        int(clip): int(who)
        for cell in cells
        for clip, who in zip(cell.clip, cell.person, strict=True)
    }
    return np.array([person[int(clip)] for clip in clips], np.int64)


def _over_persons(
    squares: Float64[np.ndarray, "c 2"], persons: Int64[np.ndarray, " c"]
) -> dict[str, float]:
    """RMSE over clips with equal weight per person, however many clips each has."""
    both = rmse_by_person(squares, persons)
    return {
        "persons": float(len(np.unique(persons))),
        "rmse_person": float(both.mean()),
        **{f"rmse_person_{n}": float(v) for n, v in zip(DIMENSIONS, both, strict=True)},
    }


def rmse_by_person(
    squares: Float64[np.ndarray, "c 2"], persons: Int64[np.ndarray, " c"]
) -> Float64[np.ndarray, " 2"]:
    """Root of the mean over persons of the mean over their clips, per dimension."""
    each = [squares[persons == who].mean(axis=0) for who in np.unique(persons)]
    return np.asarray(np.sqrt(np.mean(each, axis=0)))


def _pooled(cells: Sequence[Cell], keep: Keep) -> dict[str, float]:
    predicted, rated = _joined(cells, keep)
    found: dict[str, Any] = {
        "pooled_rmse": np.sqrt(((predicted - rated) ** 2).mean(axis=0)),
        "pooled_mae": mae(predicted, rated),
        "pooled_pcc": pcc(predicted, rated),
        "pooled_ccc": ccc(predicted, rated),
        "pooled_sagr": sagr(predicted, rated),
        "pooled_sagr_zero_positive": sagr(predicted, rated, zero_is_a_sign=False),
    }
    return {
        f"{name}_{dimension}": float(values[j])
        for name, values in found.items()
        for j, dimension in enumerate(DIMENSIONS)
    }


def _joined(
    cells: Sequence[Cell], keep: Keep
) -> tuple[Float64[np.ndarray, "f 2"], Float64[np.ndarray, "f 2"]]:
    pick = list(zip(cells, keep, strict=True))
    predicted = np.concatenate([cell.value[kept] for cell, kept in pick])
    rated = np.concatenate([cell.rated[kept] for cell, kept in pick])
    return predicted.astype(np.float64), rated.astype(np.float64)


def _within(cells: Sequence[Cell], keep: Keep) -> dict[str, float]:
    """Correlation and concordance within clips, averaged; flat curves count as 0."""
    found: dict[str, list[np.ndarray]] = {"pcc": [], "ccc": []}
    for cell, kept in zip(cells, keep, strict=True):
        for clip in np.unique(cell.clip):
            mine = kept & (cell.clip == clip)
            if mine.sum() < 3:
                continue
            predicted, rated = (
                a[mine].astype(np.float64) for a in (cell.value, cell.rated)
            )
            found["pcc"].append(np.nan_to_num(pcc(predicted, rated)))
            found["ccc"].append(np.nan_to_num(ccc(predicted, rated)))
    return {
        f"within_{name}_{dimension}": float(np.mean([v[j] for v in values]))
        for name, values in found.items()
        for j, dimension in enumerate(DIMENSIONS)
        if values
    }


def _rated_classes(
    cells: Sequence[Cell], keep: Keep
) -> tuple[Int64[np.ndarray, " f"], Int64[np.ndarray, " f"], Float[np.ndarray, "f c"]]:
    """Human class, estimated class and probabilities of frames that have a class."""
    pick = [
        (cell, kept & (cell.rated_expression >= 0))
        for cell, kept in zip(cells, keep, strict=True)
    ]
    return (
        np.concatenate([cell.rated_expression[kept] for cell, kept in pick]),
        np.concatenate([cell.expression[kept] for cell, kept in pick]),
        np.concatenate([cell.class_probability[kept] for cell, kept in pick]),
    )


DISTANCES: Final = ((1, 2), (3, 5), (6, 10), (11, 10**9))
"""Bins of distance to the nearest label, in rated frames."""


PROMISES: Final = ("coverage", "width", "ece", "aurc", "accepted", "accepted_right")


def promises(
    value: Float[np.ndarray, "f d"],
    rated: Float[np.ndarray, "f d"],
    low: Float[np.ndarray, "f d"],
    high: Float[np.ndarray, "f d"],
    confidence: Float[np.ndarray, " f"],
) -> dict[str, float]:
    """Whether intervals and confidence hold what they say, pooled over frames.

    Args:
        value: What was predicted.
        rated: What people say.
        low: Lower end of the interval.
        high: Upper end.
        confidence: That every error is within the tolerance.
    """
    off = np.abs(value - rated)
    held = _held(rated, low, high)
    right = (off <= TOLERANCE + 1e-6).all(axis=1)
    accepted = confidence >= np.float32(THRESHOLD)
    return {
        "coverage": float(held.mean()),
        "width": float((high - low).mean()),
        "ece": expected_calibration_error(confidence, right),
        "aurc": float(risk_coverage(confidence, off).risk.mean()),
        "accepted": float(accepted.mean()),
        "accepted_right": float(right[accepted].mean()) if accepted.any() else np.nan,
        "accepted_rmse": float(np.sqrt((off[accepted] ** 2).mean()))
        if accepted.any()
        else np.nan,
        "right": float(right.mean()),
    }


def _held(
    rated: Float[np.ndarray, "f d"],
    low: Float[np.ndarray, "f d"],
    high: Float[np.ndarray, "f d"],
) -> Bool[np.ndarray, "f d"]:
    return np.asarray((rated >= low - 1e-6) & (rated <= high + 1e-6))


def _promises(cells: Sequence[Cell], keep: Keep) -> dict[str, float]:
    """Promises of all draws, per dimension and by distance to the nearest label too."""
    pick = list(zip(cells, keep, strict=True))
    confidence = np.concatenate([cell.confidence[kept] for cell, kept in pick])
    if not np.isfinite(confidence).all():
        return dict.fromkeys(PROMISES, float("nan"))
    predicted, rated = _joined(cells, keep)
    low, high = (
        np.concatenate([getattr(cell, end)[kept] for cell, kept in pick])
        for end in ("low", "high")
    )
    distance = np.concatenate([cell.distance[kept] for cell, kept in pick])
    found = promises(predicted, rated, low, high, confidence)
    off, held = np.abs(predicted - rated), _held(rated, low, high)
    wide = (high - low).mean(axis=0)
    # A constant half width that holds as often: what intervals that know nothing of
    # the single frame would need.
    plain = [2 * np.quantile(off[:, j], held[:, j].mean()) for j in range(2)]
    found["width_to_constant"] = float(np.mean(wide / np.maximum(plain, 1e-9)))
    for j, dimension in enumerate(DIMENSIONS):
        found[f"coverage_{dimension}"] = float(held[:, j].mean())
        found[f"width_to_constant_{dimension}"] = float(wide[j] / max(plain[j], 1e-9))
    for first, last in DISTANCES:
        there = (distance >= first) & (distance <= last)
        name = f"{first}-{last}" if last < 10**9 else f"{first}+"
        if there.any():
            found[f"coverage_at_{name}"] = float(held[there].mean())
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskCurve:
    """Error of what is accepted against how much is.

    Attributes:
        coverage: Share accepted, rising to 1.
        risk: Mean absolute error of both dimensions over what is accepted.
    """

    coverage: Float64[np.ndarray, " f"]
    risk: Float64[np.ndarray, " f"]


def risk_coverage(
    confidence: Float[np.ndarray, " f"], off: Float[np.ndarray, "f 2"]
) -> RiskCurve:
    """Accept the surest first (Geifman and El-Yaniv 2017)."""
    order = np.argsort(-confidence, kind="stable")
    n = np.arange(1, len(order) + 1)
    return RiskCurve(
        coverage=n / len(order), risk=np.cumsum(off.mean(axis=1)[order]) / n
    )


def compare(row: Row, other: Row, *, seed: int = 0) -> dict[str, float]:
    """Ratio of two RMSEs over the clips that both were judged on, with its interval."""
    shared = np.intersect1d(row.clips, other.clips)
    mine = row.squares[np.isin(row.clips, shared)]
    theirs = other.squares[np.isin(other.clips, shared)]
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(shared), size=(BOOTSTRAPS, len(shared)))

    def error(squares: Float64[np.ndarray, "... c 2"]) -> Float64[np.ndarray, "..."]:
        return np.asarray(np.sqrt(squares.mean(axis=-2)).mean(axis=-1))

    again = error(mine[drawn]) / np.maximum(error(theirs[drawn]), 1e-12)
    low, high = np.percentile(again, _ENDS)
    ratio = float(error(mine) / max(float(error(theirs)), 1e-12))
    return {"ratio": ratio, "ratio_low": float(low), "ratio_high": float(high)}
