"""Everything the engine ships that was learnt from labels, learnt again.

    python benchmarks/defaults.py FERPLUS_FOLDER [--seeds 3]

`FELTLINE_DATA` names the folder that holds `clips/ratings.csv`. Prints

- `SHIPPED` and `SHIPPED_BLIND` of `feltline.fewshot.gp.kernel`: hyper-parameters
  from all ratings of the rated clips, as the default encoder and geometry alone see
  them;
- `SHIPPED_REACH` of `feltline.fewshot.calibration`, from walks through FER+'s valid
  split: quantiles of errors in the engine's standard deviations;
- the constants of `feltline.fewshot.active.forecasting`, from the same walks.
"""

import argparse
import os
from pathlib import Path

import numpy as np

from feltline.fewshot import Budget, forecast, suggest_frames
from feltline.fewshot.calibration import LEVELS
from feltline.fewshot.gp.conditioning import fit
from feltline.fewshot.gp.kernel import N_LOGS, NAMES
from feltline.lab.bench.clips import Clip, support_of
from feltline.lab.bench.corpora import load_corpus, rated_corpus
from feltline.lab.bench.methods import learnt_from
from feltline.lab.bench.selection import chosen_frames
from feltline.settings import ENCODER

BUDGETS = (2, 4, 10)
PROJECTS = ((2, 10), (6, 6), (12, 4), (47, 1))
"""Tracks per project, and how many projects of that size, for the forecast."""


def hyperparameters(encoder: str) -> None:
    ratings = Path(os.environ["FELTLINE_DATA"]) / "clips" / "ratings.csv"
    theta = learnt_from(rated_corpus(ratings, encoder).clips)
    print(f"hyper-parameters, {encoder}")
    for name, values in zip(NAMES, theta.T, strict=True):
        shown = np.exp(values) if NAMES.index(name) < N_LOGS else values
        print(f"    {name:18s}" + "  ".join(f"{v:.4f}" for v in shown))


def judged(clips: tuple[Clip, ...], chosen: list, theta: np.ndarray):
    """Posterior, and per clip its error and variance on frames without a label."""
    tracks, seen = [c.track for c in clips], [c.seen for c in clips]
    known = fit(tracks, seen, support_of(clips, chosen), around=theta)
    off, variance = [], []
    for i, (clip, some) in enumerate(zip(clips, chosen, strict=True)):
        said = known.predict(i)
        left = np.setdiff1d(np.arange(len(clip)), some)
        off.append(np.clip(said.mean[left], -1, 1) - clip.affect[left])
        variance.append(said.variance[left])
    return known, np.concatenate(off), np.concatenate(variance)


def reach(corpora: list, theta: np.ndarray) -> None:
    size, ratio, residual = [], [], []
    for corpus in corpora:
        for k in BUDGETS:
            for selection in ("uniform", "suggested"):
                chosen = chosen_frames(corpus, str(k), selection, 0, 1, 0)
                known, off, variance = judged(corpus.clips, chosen, theta)
                size.append(np.abs(off) / np.sqrt(variance))
                ratio.append((off**2).sum(axis=0) / variance.sum(axis=0))
                residual.append((known.residual**2).mean(axis=0))
    quantiles = np.quantile(np.concatenate(size), LEVELS, axis=0).T
    print("SHIPPED_REACH", np.round(quantiles, 2).tolist())
    print("ERROR_PER_DEVIATION", np.sqrt(np.mean(ratio, axis=0)).round(2))
    print("USUAL_RESIDUAL", np.sqrt(np.mean(residual, axis=0)).round(2))


def outlooks(corpora: list, theta: np.ndarray) -> None:
    """How far what happened lies from what was forecast, by tracks per project."""
    rng = np.random.default_rng(0)
    for tracks, times in PROJECTS:
        off, held = [], []
        for corpus in corpora:
            for _ in range(times):
                n = min(tracks, len(corpus.clips))
                pick = rng.choice(len(corpus.clips), n, replace=False)
                clips = tuple(corpus.clips[i] for i in pick)
                k = int(rng.choice([2, 4, 6]))
                first = [np.linspace(3, len(c) - 4, k).astype(int) for c in clips]
                support = support_of(clips, first)
                seen = [c.track for c in clips], [c.seen for c in clips]
                both = forecast(*seen, support, [0, 2 * n], around=theta)
                asked = suggest_frames(
                    *seen, Budget(total=2 * n), labelled=support, around=theta
                )
                more = [
                    [s.frame for s in asked if s.video_id == c.track.video_id]
                    for c in clips
                ]
                second = [
                    np.union1d(some, extra).astype(int)
                    for some, extra in zip(first, more, strict=True)
                ]
                for outlook, chosen in zip(both, (first, second), strict=True):
                    _, error, _ = judged(clips, chosen, theta)
                    actual = np.sqrt((error**2).mean(axis=0))
                    off.append(np.log(actual / outlook.rmse))
                    held.append((outlook.low <= actual) & (actual <= outlook.high))
        print(
            f"forecast, {tracks} tracks: log(actual / expected) "
            f"{np.mean(off):+.3f} on average, deviation {np.std(off):.3f}; "
            f"the 80 % interval held {np.mean(held):.2f} of {len(held)} pairs"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", default="valid", choices=("valid", "test"))
    asked = parser.parse_args()
    if asked.split == "valid":
        hyperparameters(ENCODER)
        hyperparameters("geometry")
    walks = [
        load_corpus("walks", asked.ferplus, ENCODER, seed=seed)
        for seed in range(100, 100 + asked.seeds)
    ]
    theta = learnt_from(walks[0].learn)
    if asked.split == "valid":  # judge on other walks of the split learnt from
        from dataclasses import replace

        walks = [replace(w, clips=w.learn, fold=(0,) * len(w.learn)) for w in walks]
    reach(walks, theta)
    outlooks(walks, theta)


if __name__ == "__main__":
    main()
