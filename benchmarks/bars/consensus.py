"""The bar of the engine's consensus: nearer than mean and EWE on every seed.

    python benchmarks/bars/consensus.py FERPLUS_FOLDER [--seeds 3]

Walks through FER+'s test split, their reference from ten votes a photo. Three raters
judge 40 % of the frames each, with biases and noises of their own. Prints per seed and
setting the RMSE of each consensus after its mean error (the level) is taken off, that
level, the engine's share of the mean's and of EWE's in the same run, and how often the
engine's 90 % interval holds the reference. Hyper-parameters are those shipped, and once
more those learnt from walks through the valid split. Leaves with 1 if one is not below.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from feltline.lab.bench.consensus import SETTINGS, score_consensus
from feltline.lab.bench.corpora import load_corpus
from feltline.lab.bench.engine import learnt_from
from feltline.settings import ENCODER


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    began, missed, ratios, held = time.monotonic(), 0, [], []
    for seed in range(asked.seeds):
        corpus = load_corpus("walks", asked.ferplus, ENCODER, seed=seed)
        starts = {"shipped": None, "valid walks": learnt_from(corpus.learn)}
        for start, hypers in starts.items():
            for number, setting in enumerate(SETTINGS):
                drawn = 100 * seed + number
                one = score_consensus(corpus, setting, drawn, hyperparameters=hypers)
                r = one.rmse
                share = np.stack([r["posterior"] / r[n] for n in ("mean", "ewe")])
                missed += int((share >= 1).sum())
                ratios.append(share)
                held.append(one.held)
                figures = "  ".join(f"{n} {v[0]:.3f} {v[1]:.3f}" for n, v in r.items())
                level = one.level["posterior"]
                print(
                    f"seed {seed}, {start}, bias {setting.bias}, noise {setting.noise}:"
                    f"  {figures}  of mean {share[0, 0]:.2f} {share[0, 1]:.2f}"
                    f"  of EWE {share[1, 0]:.2f} {share[1, 1]:.2f}"
                    f"  level {level[0]:+.3f} {level[1]:+.3f}"
                    f"  held {one.held[0]:.3f} {one.held[1]:.3f}",
                    flush=True,
                )
    every = np.array(ratios)
    for at, name in enumerate(("mean", "EWE")):
        low, middle, high = np.percentile(every[:, at], [0, 50, 100])
        print(f"of {name}: {low:.3f} to {high:.3f}, median {middle:.3f}  bar < 1")
    print(f"intervals hold {np.min(held):.3f} to {np.max(held):.3f}")
    print(f"{missed} of {every.size} missed; {time.monotonic() - began:.0f} s")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
