"""How the error of live raters wanders: `TRACE_VARIANCE` and `TRACE_TIME_S`.

    FELTLINE_DATA=DATA python benchmarks/trace_noise.py

Of traces of real raters (`lag_traces`, `rater_traces`), lags taken off, the error of
each is its mean over half a second less the level that was played, or less the mean of
the others (then by 1 + 1/(n - 1) less in variance). Its mean, a rater's bias, is taken
off. v exp(-t / T) is fitted to the autocovariance of all errors of a set up to 16 s
(least squares; what taking the mean off takes away is in it), once with all raters and
once without each. Prints both, and how often the error of the rater left out stays
within 1.645 sqrt(v): .9 if v were right for everyone.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parent / "bars"))

from rater_traces import read_ceap, read_muse, read_task

from feltline.agreement.reaction_lag import estimate_lags
from feltline.fewshot.gp.shipped import TRACE_TIME_S, TRACE_VARIANCE
from feltline.types.traces import Trace

STEP_S = 0.5
LAGS = np.array([0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32])
WITHIN = 1.645

Errors = list[tuple[str, np.ndarray]]
"""Of a trace and dimension: who, and the error of each half second."""


def binned(trace: Trace, edge: np.ndarray, lag_s: float) -> np.ndarray:
    """Means of a trace from edge to edge; NaN where it does not reach."""
    time_s = trace.time_s - lag_s
    at = edge[:-1, None] + STEP_S * (np.arange(10) + 0.5) / 10
    made = np.stack([np.interp(at, time_s, v).mean(axis=1) for v in trace.value.T], 1)
    made[(edge[:-1] < time_s[0]) | (edge[1:] > time_s[-1])] = np.nan
    return made


def errors_of(traces: Sequence[Trace], level: Trace | None = None) -> Errors:
    lags = estimate_lags(traces, level=level).lag_s
    edge = np.arange(0, max(t.time_s[-1] for t in traces), STEP_S)
    value = np.stack([binned(t, edge, g) for t, g in zip(traces, lags, strict=True)])
    made = []
    for i, trace in enumerate(traces):
        if level is not None:
            off = value[i] - binned(level, edge, 0.0)
        else:
            others = np.delete(value, i, axis=0)
            known = np.isfinite(others)
            mean = np.where(known, others, 0).sum(0) / np.maximum(known.sum(0), 1)
            mean[~known.any(axis=0)] = np.nan
            off = (value[i] - mean) / np.sqrt(1 + 1 / (len(traces) - 1))
        for own in off.T:
            own = own[np.isfinite(own)]
            made.append((trace.rater, own - own.mean()))
    return made


def fitted(errors: Errors) -> tuple[float, float]:
    """Variance and time of the errors of a set."""
    length = STEP_S * float(np.mean([len(e) for _, e in errors]))
    products = [
        np.concatenate([e[: len(e) - k] * e[k:] for _, e in errors if len(e) > k])
        for k in LAGS
    ]
    seen = np.array([one.mean() for one in products])

    def cost(logs: np.ndarray) -> float:
        v, t = np.exp(logs)
        # Variance of the mean of such an error over `length`, in units of v.
        lost = 2 * t / length * (1 - t / length * (1 - np.exp(-length / t)))
        return float(((v * (np.exp(-STEP_S * LAGS / t) - lost) - seen) ** 2).sum())

    start = np.log([seen[0], 8.0])
    v, t = np.exp(minimize(cost, start, method="Nelder-Mead").x)
    return float(v), float(t)


def main() -> None:
    folder = os.environ.get("FELTLINE_DATA")
    if not folder:
        raise SystemExit("FELTLINE_DATA does not name the folder of the data")
    data = Path(folder)
    sets: dict[str, Errors] = {}
    for task in "AB":
        level, traces = read_task(data, task)
        sets[f"task {task}"] = errors_of(traces, level)
    for name, read in (("MuSe-CaR", read_muse), ("CEAP", read_ceap)):
        sets[name] = [e for traces in read(data).values() for e in errors_of(traces)]
    found = []
    for name, errors in sets.items():
        v, t = fitted(errors)
        found.append((v, t))
        without, held, shipped = [], [], []
        for who in sorted({rater for rater, _ in errors}):
            rest = fitted([one for one in errors if one[0] != who])
            own = np.abs(np.concatenate([e for rater, e in errors if rater == who]))
            without.append(rest)
            held.append((own <= WITHIN * np.sqrt(rest[0])).mean())
            shipped.append((own <= WITHIN * np.sqrt(TRACE_VARIANCE)).mean())
        low, high = np.min(without, axis=0), np.max(without, axis=0)
        print(
            f"{name:<9} {len(errors)} traces: variance {v:.3f}, time {t:.1f} s; "
            f"without one rater {low[0]:.3f} to {high[0]:.3f}, {low[1]:.1f} to "
            f"{high[1]:.1f} s; of who was left out within: {np.mean(held):.3f} (least "
            f"{np.min(held):.2f}), with the shipped variance {np.mean(shipped):.3f}"
        )
    v, t = np.exp(np.mean(np.log(found), axis=0))
    print(f"geometric means: variance {v:.3f}, time {t:.1f} s; ", end="")
    print(f"shipped {TRACE_VARIANCE}, {TRACE_TIME_S} s")


if __name__ == "__main__":
    main()
