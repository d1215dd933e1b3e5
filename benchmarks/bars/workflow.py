"""Bars of `feltline bench workflow`: promises after every mix of judgements.

    python benchmarks/bars/workflow.py DATA_FOLDER [--seeds 3] [--only walks clips]

`DATA_FOLDER` holds `ferplus/`, `clips/` and, if there, `clips_rated/`. Prints a line
per bar: figure, bar, whether it is met; then the time. Leaves with 1 if one is missed.

The raters of the clips are a vision language model that saw single stills, not people.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from feltline.lab.bench.clips import Corpus
from feltline.lab.bench.corpora import load_corpora
from feltline.lab.bench.workflow import MIXES, run_workflow
from feltline.lab.bench.workflow_scores import MixFigures, figures_of, spans_of
from feltline.settings import ENCODER

FORMER = {
    "walks": {"accepted": 0.902, "width": 0.273},
    "clips": {"accepted": 0.841, "width": 0.335},
    "clips_rated": {"accepted": 0.649, "width": 0.377},
}
"""The engine of labels (commit 32dd834) in the mix `frames`: four suggested frames per
clip, three seeds of walks, clips learnt by person."""

Bar = tuple[str, float, float, float]
"""What it is of, the figure, the least and the most that it may be."""


def promises(kind: str, one: MixFigures) -> Iterator[Bar]:
    """Coverage of every mix; error of confidence and share right on walks."""
    f, name = one.figures, f"{kind} {one.mix}"
    lazy = one.mix == "lazy_accepts"
    if kind != "walks":
        yield f"{name}: intervals that hold", f["coverage"], 0.85, 0.95
        return
    yield f"{name}: intervals that hold", f["coverage"], 0.85 if lazy else 0.87, 0.93
    seeds = [seed["coverage"] for seed in one.seeds]
    yield f"{name}: least of a seed", min(seeds), 0.85, 0.95
    yield f"{name}: most of a seed", max(seeds), 0.85, 0.95
    yield f"{name}: expected calibration error", f["ece"], 0.0, 0.05
    yield f"{name}: accepted that are right", f["accepted_right"], 0.88, 1.0


def bars(kind: str, corpora: list[Corpus]) -> Iterator[Bar]:
    """All bars of one corpus."""
    outcomes = run_workflow(corpora)
    for mix in MIXES:
        one = figures_of([o for o in outcomes if o.mix == mix])
        yield from promises(kind, one)
        if mix == "frames":
            accepted, width = one.figures["accepted"], one.figures["width"]
            former = FORMER[kind]
            yield (
                f"{kind} frames: accepted, of the former engine's",
                accepted / former["accepted"],
                0.95,
                float("inf"),
            )
            ratio = width / former["width"]
            yield f"{kind} frames: width, of the former engine's", ratio, 0.0, 1.05
        if mix == "lazy_accepts":
            named = float(len(one.disagreeing_raters))
            yield f"{kind} {mix}: raters named whose accepts disagree", named, 1, 1
    for mix, change in spans_of(outcomes).items():
        if kind == "walks":
            yield f"{kind} {mix}: change of error, at most", change.error_high, -1, 0.02
            yield f"{kind} {mix}: change of wrong, at most", change.wrong_high, -1, 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=["walks", "clips", "clips_rated"])
    asked = parser.parse_args()
    missed, start = 0, time.monotonic()
    for kind in asked.only:
        path = asked.data / ("ferplus" if kind == "walks" else f"{kind}/ratings.csv")
        if not path.exists():
            print(f"{kind}: not there, {path}")
            continue
        read_as = "walks" if kind == "walks" else "clips"
        corpora = load_corpora(read_as, path, ENCODER, seeds=range(asked.seeds))
        print(corpora[0].note)
        for what, figure, least, most in bars(kind, corpora):
            met = least <= figure <= most
            missed += not met
            print(
                f"{what:62s} {figure:8.3f}   bar {least:g} to {most:g}   "
                f"{'met' if met else 'MISSED'}",
                flush=True,
            )
    print(f"{missed} missed; {time.monotonic() - start:.0f} s")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
