"""The bars of agreement: reaction lags, consensus of traces, audits, anchoring.

    FELTLINE_DATA=DATA python benchmarks/bars/agreement.py [--only lags pagan ...]

Reads `lag_traces`, `rater_traces` and `ferplus` of the data folder. Each bar is printed
as figure and bar; figures without a bar are printed to be read beside them. The exit
code is 1 if one is missed.
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from rater_traces import read_ceap, read_muse, read_pagan, read_task  # noqa: E402
from tests.agreement.test_anchoring import simulate  # noqa: E402 - no package
from tests.agreement.test_error_bounds import held  # noqa: E402

from feltline.agreement.alpha import krippendorff_alpha  # noqa: E402
from feltline.agreement.consensus import ewe  # noqa: E402
from feltline.agreement.dawid_skene import dawid_skene  # noqa: E402
from feltline.agreement.icc import intraclass_correlations  # noqa: E402
from feltline.agreement.kappa import class_agreement  # noqa: E402
from feltline.agreement.pairs_of_raters import mean_pair, pairwise  # noqa: E402
from feltline.agreement.reaction_lag import estimate_lags  # noqa: E402
from feltline.agreement.trace_consensus import (  # noqa: E402
    LagRemoval,
    consensus_trace,
    lagged_values,
    removal_of,
)
from feltline.agreement.traces import resampled  # noqa: E402
from feltline.agreement.warping import dtw_align  # noqa: E402
from feltline.types.traces import Trace  # noqa: E402

PLANTED_S = (0.3, 0.6, 1.0, 1.5, 2.0, 3.0)
BAND_S = 3.0


class Bars:
    """Figures beside what they must reach."""

    def __init__(self) -> None:
        self.missed = 0

    def check(self, what: str, figure: float, bar: str, *, ok: bool) -> None:
        self.missed += not ok
        print(f"{what:<62}{figure:>9.3f}  bar {bar:<12}{'ok' if ok else 'MISSED'}")

    def note(self, what: str, figure: float) -> None:
        print(f"{what:<62}{figure:>9.3f}", flush=True)


# ---- lags


def cut(trace: Trace, first: float, last: float) -> Trace:
    here = (trace.time_s >= first) & (trace.time_s < last)
    return replace(trace, time_s=trace.time_s[here], value=trace.value[here])


def later(traces: Sequence[Trace], who: int, extra: float) -> list[Trace]:
    return [
        replace(t, time_s=t.time_s + extra) if i == who else t
        for i, t in enumerate(traces)
    ]


def lags(bars: Bars, data: Path) -> None:
    for task, mean in (("A", 1.5), ("B", 0.4)):
        level, traces = read_task(data, task)
        whole = estimate_lags(traces, level=level)
        found = float(whole.lag_s.mean())
        bars.check(f"task {task}: mean lag (s)", found, f"{mean} +- .2",
                   ok=abs(found - mean) <= 0.2)  # fmt: skip
        end = float(level.time_s[-1])
        halves = [
            estimate_lags([cut(t, a, b) for t in traces], level=cut(level, a, b))
            for a, b in ((0, end / 2), (end / 2, end + 60))
        ]
        apart = halves[1].lag_s - halves[0].lag_s
        median = float(np.median(np.abs(apart)))
        bars.check(f"task {task}: halves, each by itself, differ by (median, s)",
                   median, "<= .2", ok=median <= 0.2)  # fmt: skip
        bars.note(f"task {task}: second half later by (median, s)", np.median(apart))
        thirds = [
            estimate_lags(
                traces, level=level, within=[(end * i / 3, end * (i + 1) / 3)]
            )
            for i in range(3)
        ]
        for i, one in enumerate(thirds):
            bars.note(f"task {task}: mean lag in third {i + 1} (s)", one.lag_s.mean())
        for block in (10.0, 20.0, 40.0):
            blocks = [(at, at + block) for at in np.arange(0.0, end, block).tolist()]
            two = [
                estimate_lags(traces, level=level, within=blocks[i::2]) for i in (0, 1)
            ]
            bars.note(f"task {task}: interleaved blocks of {block:g} s differ by",
                      np.median(np.abs(two[1].lag_s - two[0].lag_s)))  # fmt: skip
        relative = estimate_lags(traces)
        most = float(np.abs(relative.relative_s - whole.relative_s).max())
        bars.check(f"task {task}: without the level, relative lags miss by (most, s)",
                   most, "<= .3", ok=most <= 0.3)  # fmt: skip
        plant(bars, task, level, traces)


def plant(bars: Bars, task: str, level: Trace, traces: list[Trace]) -> None:
    before = estimate_lags(traces, level=level).lag_s
    plain = estimate_lags(traces).relative_s
    n = len(traces)
    known, unknown = [], []
    for who in range(n):
        for extra in PLANTED_S:
            moved = later(traces, who, extra)
            known.append(
                estimate_lags(moved, level=level).lag_s[who] - before[who] - extra
            )
            relative = estimate_lags(moved).relative_s
            # The mean of all moves along by an n-th.
            unknown.append(relative[who] - plain[who] - extra * (n - 1) / n)
    for how, errors in (("the level", known), ("the others", unknown)):
        most = float(np.abs(errors).max())
        bars.check(f"task {task}: planted lags against {how} miss by (most, s)",
                   most, "<= .2", ok=most <= 0.2)  # fmt: skip


# ---- PAGAN


class Pagan:
    """Spearman's correlation of a consensus with the pitch that was played."""

    def __init__(self, traces: list[Trace], truth: Trace) -> None:
        self.traces = traces
        self.time_s = np.arange(0.0, float(truth.time_s[-1]), 0.05)
        self.truth = resampled(truth, self.time_s)[:, 0]
        self.raw = np.stack([resampled(t, self.time_s)[:, 0] for t in traces])

    def left(self, curve: np.ndarray) -> float:
        """1 - Spearman."""
        known = np.isfinite(curve)
        if not known.any() or np.ptp(curve[known]) == 0:
            return 1.0
        return 1 - float(spearmanr(curve[known], self.truth[known])[0])

    def plain(self, who: np.ndarray) -> float:
        return self.left(self.raw[who].mean(axis=0))

    def consensus(self, who: np.ndarray, lag_s: float | None = None) -> float:
        """As shipped, or with another lag removed of all."""
        own = [self.traces[i] for i in who]
        removal = removal_of(own, estimate_lags(own))
        if lag_s is not None:
            removal = replace(removal, lag_s=np.full(len(own), lag_s))
        made = consensus_trace(own, removal)
        return self.left(np.interp(self.time_s, made.time_s, made.value[:, 0]))


def pagan(bars: Bars, data: Path) -> None:
    traces, truth = read_pagan(data)
    task = Pagan(traces, truth)
    everyone = np.arange(len(traces))
    plain, shipped = task.plain(everyone), task.consensus(everyone)
    bars.note("PAGAN, 92 sessions: plain mean, 1 - Spearman", plain)
    bars.check("PAGAN, 92 sessions: consensus leaves of that", shipped / plain,
               "<= .5", ok=shipped <= 0.5 * plain)  # fmt: skip
    moving = np.flatnonzero(np.ptp(task.raw, axis=1) > 0)
    for name, population, is_bar in (
        ("moving", moving, True),
        ("all", everyone, False),
    ):
        draws = [
            np.random.default_rng(seed).choice(population, 5, replace=False)
            for seed in range(200)
        ]
        before = np.array([task.plain(who) for who in draws])
        better = float(np.mean([task.consensus(w) for w in draws] < before))
        what = f"PAGAN, five of the {len(population)} {name} sessions: better in"
        if is_bar:
            bars.check(what, better, ">= .8", ok=better >= 0.8)
        else:
            bars.note(what, better)
        for lag in (0.0, 0.25, 0.5, 0.75, 1.0):
            one = np.mean([task.consensus(w, lag) for w in draws] < before)
            bars.note(f"  the same with {lag:g} s removed of all", float(one))


# ---- agreement before and after lag


def corpora(bars: Bars, data: Path) -> None:
    """Agreement of the same moments: as rated, and with lags removed in two ways."""
    del bars  # a table without a bar
    print("each: every lag as estimated; sure: `removal_of`; warped: after sure")
    print(f"{'CCC (alpha)':<24}{'as rated':>16}{'each':>16}{'sure':>16}"
          f"{'warped (chance)':>18}  lags of each, s; sure ones")  # fmt: skip
    for name, traces in (read_muse(data) | read_ceap(data)).items():
        found = estimate_lags(traces)
        each = np.where(found.moves, found.lag_s, found.mean_s)
        sure = removal_of(traces, found).lag_s
        ways = [
            lagged_values(traces, LagRemoval.of(lag), step_s=0.25)
            for lag in (np.zeros(len(traces)), each, sure)
        ]
        time_s = ways[0][1]
        for j, dimension in enumerate(traces[0].dimensions):
            moves = np.array([np.ptp(t.value[:, j]) > 0 for t in traces])
            whole = [np.isfinite(values[j]).all(axis=0) for values, _ in ways]
            both = np.logical_and.reduce(whole)
            tables = [values[j][moves][:, both] for values, _ in ways]
            warped = dtw_align(tables[2], band_s=BAND_S, time_s=time_s[both])
            cells = "".join(
                f"{mean_pair(pairwise(t).ccc):>8.3f} ({krippendorff_alpha(t):+.3f})"
                for t in tables
            )
            n_sure = int((sure != found.mean_s).sum())
            print(
                f"{name + ' ' + dimension:<24}{cells}"
                f"{warped.ccc_after:>10.3f} ({warped.ccc_by_chance:+.3f})"
                f"  {each.min():.2f} to {each.max():.2f}; {n_sure}",
                flush=True,
            )


# ---- ten votes


def votes(bars: Bars, data: Path) -> None:
    with (data / "ferplus" / "ferplus.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:2000]
    names = [n for n in rows[0] if n not in ("split", "index", "name")]
    names = [n for n in names if not n.startswith("identical")]
    counts = np.array([[int(float(row[n] or 0)) for n in names] for row in rows])
    made = np.full((counts.sum(axis=1).max(), len(rows)), -1, np.int64)
    for i, row in enumerate(counts):
        own = np.repeat(np.arange(len(names)), row)
        made[: len(own), i] = own
    valence = np.linspace(-1, 1, len(names))
    values = np.where(made >= 0, valence[made], np.nan)
    began = time.monotonic()
    krippendorff_alpha(np.where(made >= 0, made, np.nan).astype(float), "nominal")
    krippendorff_alpha(values)
    intraclass_correlations(values)
    class_agreement(made, n_classes=len(names))
    ewe(values)
    dawid_skene(made, n_classes=len(names))
    took = time.monotonic() - began
    bars.check(f"{len(made)} votes on 2,000 faces: alpha, ICC, consensus (s)", took,
               "< 5", ok=took < 5)  # fmt: skip


# ---- simulations


def audits(bars: Bars, data: Path) -> None:
    del data
    for weighted in (False, True):
        for rate in (0.02, 0.1, 0.3):
            rng = np.random.default_rng(100)
            share = np.mean([held(rng, rate, weighted) for _ in range(1000)])
            what = f"audits, rate {rate:g}{', weighted' if weighted else ''}"
            bars.check(f"{what}: bound held at every look", float(share), ">= .9",
                       ok=share >= 0.9)  # fmt: skip


def anchoring(bars: Bars, data: Path) -> None:
    del data
    for noise_in in ("answer", "impression"):
        for seed in range(5):
            rng = np.random.default_rng(seed)
            made = [simulate(rng, 0.3, noise_in=noise_in) for _ in range(200)]
            mean = float(np.mean([one.pull for one in made]))
            cover = float(np.mean([one.low <= 0.3 <= one.high for one in made]))
            what = f"anchoring, noise in the {noise_in}, seed {seed}"
            bars.check(f"{what}: mean pull", mean, ".3 +- .03",
                       ok=abs(mean - 0.3) <= 0.03)  # fmt: skip
            bars.check(f"{what}: 90 % interval holds", cover, ".85 to .95",
                       ok=0.85 <= cover <= 0.95)  # fmt: skip
            none = [simulate(rng, 0.0, noise_in=noise_in) for _ in range(200)]
            warned = float(np.mean([one.is_warned for one in none]))
            bars.check(f"{what}: warned of no pull", warned, "<= .05",
                       ok=warned <= 0.05)  # fmt: skip


PARTS = {
    part.__name__: part for part in (lags, pagan, corpora, votes, audits, anchoring)
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    folder = os.environ.get("FELTLINE_DATA")
    if not folder:
        parser.error("FELTLINE_DATA does not name the folder of the data")
    bars = Bars()
    for name in parser.parse_args().only:
        PARTS[name](bars, Path(folder))
    print(f"{bars.missed} bars missed")
    return int(bars.missed > 0)


if __name__ == "__main__":
    sys.exit(main())
