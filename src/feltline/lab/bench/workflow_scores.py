"""Figures of `bench workflow`: promises per mix and seed, intervals, paired spans."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from feltline.lab.bench.scores import promises
from feltline.lab.bench.workflow import ClipOutcome, MixOutcome
from feltline.settings import TOLERANCE

__all__ = [
    "FIGURES",
    "SPAN_MIXES",
    "MixFigures",
    "SpanDifference",
    "figures_of",
    "span_difference",
    "spans_of",
]

FIGURES: Final = ("coverage", "ece", "accepted", "accepted_right", "width", "rmse")
SPAN_MIXES: Final = ("flat_spans", "varying_spans")
"""Mixes that are `frames` and one span per clip."""
BOOTSTRAPS: Final = 2000
_ENDS: Final = (5.0, 95.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MixFigures:
    """One mix over all seeds.

    Attributes:
        mix: Its name.
        figures: Mean of each of `FIGURES` over the seeds.
        coverage_low: Of a 90 % bootstrap interval over clips.
        coverage_high: Likewise.
        seeds: The same figures per seed.
        disagreeing_raters: Named at any seed.
    """

    mix: str
    figures: dict[str, float]
    coverage_low: float
    coverage_high: float
    seeds: tuple[dict[str, float], ...]
    disagreeing_raters: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values for JSON, the figures first."""
        rest = {k: v for k, v in asdict(self).items() if k not in ("mix", "figures")}
        return self.figures | rest


def figures_of(outcomes: Sequence[MixOutcome]) -> MixFigures:
    """Figures of one mix from its outcomes at all seeds."""
    seeds = tuple(_seed_figures(one.clips) for one in outcomes)
    # A clip is one unit, whatever it went through at several seeds.
    counts = np.array([[_held(c) for c in one.clips] for one in outcomes]).sum(axis=0)
    rng = np.random.default_rng(0)
    drawn = counts[rng.integers(len(counts), size=(BOOTSTRAPS, len(counts)))]
    held, of = drawn.sum(axis=1).T
    low, high = np.percentile(held / of, _ENDS)
    return MixFigures(
        mix=outcomes[0].mix,
        figures={n: float(np.mean([s[n] for s in seeds])) for n in seeds[0]},
        coverage_low=float(low),
        coverage_high=float(high),
        seeds=seeds,
        disagreeing_raters=tuple(
            sorted({name for one in outcomes for name in one.disagreeing_raters})
        ),
    )


def _seed_figures(clips: Sequence[ClipOutcome]) -> dict[str, float]:
    left = [~clip.touched for clip in clips]
    pick = list(zip(clips, left, strict=True))
    names = ("value", "rated", "low", "high", "confidence")
    pooled = [np.concatenate([getattr(c, n)[k] for c, k in pick]) for n in names]
    found = promises(*pooled)
    squares = [((c.value - c.rated)[k] ** 2).mean(axis=0) for c, k in pick if k.any()]
    found["rmse"] = float(np.sqrt(np.mean(squares, axis=0)).mean())
    return {name: found[name] for name in FIGURES}


def _held(clip: ClipOutcome) -> tuple[int, int]:
    """Values of untouched frames inside their interval, and how many there are."""
    inside = (clip.rated >= clip.low - 1e-6) & (clip.rated <= clip.high + 1e-6)
    left = inside[~clip.touched]
    return int(left.sum()), left.size


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanDifference:
    """What one span per clip changes, on the same frames; intervals over clips.

    Attributes:
        error: Ratio of RMSE with the span to that without, less 1.
        error_high: Upper end of its 90 % bootstrap interval.
        wrong: Share of frames off by more than the tolerance, with less without.
        wrong_high: Likewise.
    """

    error: float
    error_high: float
    wrong: float
    wrong_high: float


def span_difference(
    with_span: Sequence[MixOutcome], without: Sequence[MixOutcome]
) -> SpanDifference:
    """Compare runs clip by clip, on frames that neither touched."""
    by_clip: dict[int, list[tuple[np.ndarray, float]]] = {}
    for one, other in zip(with_span, without, strict=True):
        for number, (a, b) in enumerate(zip(one.clips, other.clips, strict=True)):
            if (~a.touched & ~b.touched).any():
                by_clip.setdefault(number, []).append(_paired(a, b))
    squares = np.array([np.mean([r[0] for r in rows], 0) for rows in by_clip.values()])
    wrong = np.array([np.mean([r[1] for r in rows]) for rows in by_clip.values()])

    def changes(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Relative error and difference in wrong, for each draw of rows."""
        rmse = np.sqrt(squares[at].mean(axis=-3)).mean(axis=-1)
        share = np.asarray(wrong[at].mean(axis=-1))
        return np.asarray(rmse[..., 0] / rmse[..., 1] - 1), share

    rng = np.random.default_rng(0)
    n = len(wrong)
    drawn = rng.integers(n, size=(BOOTSTRAPS, n))
    error, share = changes(np.arange(n))
    errors, shares = changes(drawn)
    return SpanDifference(
        error=float(error),
        error_high=float(np.percentile(errors, _ENDS[1])),
        wrong=float(share),
        wrong_high=float(np.percentile(shares, _ENDS[1])),
    )


def spans_of(outcomes: Sequence[MixOutcome]) -> dict[str, SpanDifference]:
    """What a span changes, for each mix with spans that was run beside `frames`."""
    by_mix: dict[str, list[MixOutcome]] = {}
    for one in outcomes:
        by_mix.setdefault(one.mix, []).append(one)
    if "frames" not in by_mix:
        return {}
    return {
        mix: span_difference(by_mix[mix], by_mix["frames"])
        for mix in SPAN_MIXES
        if mix in by_mix
    }


def _paired(a: ClipOutcome, b: ClipOutcome) -> tuple[np.ndarray, float]:
    """Mean squared error of both runs, (run, dimension), and difference in wrong."""
    left = ~a.touched & ~b.touched
    off = [np.abs(c.value - c.rated)[left] for c in (a, b)]
    wrong = [(one > TOLERANCE + 1e-6).any(axis=1).mean() for one in off]
    return np.stack([(one**2).mean(axis=0) for one in off]), float(wrong[0] - wrong[1])
