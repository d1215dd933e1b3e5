"""Everything the engine ships that was learnt from labels, learnt again.

    python benchmarks/defaults.py FERPLUS_FOLDER [--seeds 3]

`FELTLINE_DATA` names the folder that holds `clips/ratings.csv` and
`clips_rated/ratings.csv`. Prints

- the hyper-parameters of `feltline.fewshot.gp.shipped`, from all ratings of the rated
  clips, as the default encoder and geometry alone see them;
- `SHIPPED_QUANTILES` of `feltline.fewshot.calibration`, from walks through FER+'s valid
  split: quantiles of errors in the engine's standard deviations;
- the constants of `feltline.fewshot.active.forecasting`, from the same walks.

The rater of the clips is a vision language model that saw single stills, not a person.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from feltline.fewshot import Budget, QueryTrack, forecast, suggest_frames
from feltline.fewshot.calibration import LEVELS
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.lab.bench.clips import Clip
from feltline.lab.bench.corpora import load_corpus
from feltline.lab.bench.engine import (
    ClipProject,
    Hypers,
    frame_judgements,
    learnt_from,
)
from feltline.lab.bench.rated import rated_corpus
from feltline.lab.bench.selection import chosen_frames
from feltline.settings import ENCODER, THRESHOLD
from feltline.types import HyperParameters

RATINGS = ("clips/ratings.csv", "clips_rated/ratings.csv")
BUDGETS = (1, 2, 4, 10)
PROJECTS = ((2, 10), (6, 6), (12, 4), (47, 1))
"""Tracks per project, and how many projects of that size, for the forecast."""


def hyperparameters(encoder: str) -> None:
    data = Path(os.environ["FELTLINE_DATA"])
    hypers = learnt_from(rated_corpus([data / one for one in RATINGS], encoder).clips)
    print(f"hyper-parameters, {encoder}; rated by a vision language model")
    for name in HyperParameters.names():
        values = "  ".join(f"{getattr(one, name):.4f}" for one in hypers)
        print(f"    {name:20s}{values}")


def learnt_posteriors(
    clips: Sequence[Clip], chosen: Sequence[np.ndarray], hypers: Hypers
) -> list[TrackPosterior]:
    """What is known of each clip by a model learnt from some of its rated frames."""
    project = ClipProject.of(clips, hypers)
    observations = project.observations(frame_judgements(clips, chosen))
    model = project.learn(observations)
    return [
        project.posterior(model, number, some)
        for number, some in enumerate(observations)
    ]


def errors(
    clips: Sequence[Clip], chosen: Sequence[np.ndarray], known: list[TrackPosterior]
) -> tuple[np.ndarray, np.ndarray]:
    """Error and variance of all frames without a label."""
    off, variance = [], []
    for clip, some, posterior in zip(clips, chosen, known, strict=True):
        left = np.setdiff1d(np.arange(len(clip)), some)
        mean, spread = posterior.predict(clip.at[left])
        off.append(np.clip(mean, -1, 1) - clip.value[left])
        variance.append(spread)
    return np.concatenate(off), np.concatenate(variance)


def quantiles(corpora: list, hypers: Hypers) -> None:
    size, ratio, residual = [], [], []
    for corpus in corpora:
        for k in BUDGETS:
            for selection in ("uniform", "suggested"):
                chosen = chosen_frames(corpus, str(k), selection, 0, 1, 0)
                known = learnt_posteriors(corpus.clips, chosen, hypers)
                off, variance = errors(corpus.clips, chosen, known)
                size.append(np.abs(off) / np.sqrt(variance))
                ratio.append((off**2).sum() / variance.sum())
                own = np.concatenate([one.residual for one in known])
                residual.append(np.nanmean(own**2))
    found = np.quantile(np.concatenate(size), LEVELS, axis=0).T
    print("SHIPPED_QUANTILES", np.round(found, 2).tolist())
    print("ERROR_PER_DEVIATION", np.sqrt(np.mean(ratio)).round(2))
    print("USUAL_RESIDUAL", np.sqrt(np.mean(residual)).round(2))


def outlooks(corpora: list, hypers: Hypers) -> None:
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
                known = learnt_posteriors(clips, first, hypers)
                queries = [
                    QueryTrack(track=clip.track, posterior=posterior)
                    for clip, posterior in zip(clips, known, strict=True)
                ]
                both = forecast(queries, [0, 2 * n], threshold=THRESHOLD)
                asked = suggest_frames(queries, Budget(total=2 * n))
                second = [
                    np.union1d(
                        some,
                        [s.frame for s in asked if s.video_id == clip.track.video_id],
                    ).astype(int)
                    for clip, some in zip(clips, first, strict=True)
                ]
                for outlook, chosen in zip(both, (first, second), strict=True):
                    again = learnt_posteriors(clips, chosen, hypers)
                    error, _ = errors(clips, chosen, again)
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
    hypers = learnt_from(walks[0].learn)
    if asked.split == "valid":  # judge on other walks of the split learnt from
        walks = [replace(w, clips=w.learn, fold=(0,) * len(w.learn)) for w in walks]
    quantiles(walks, hypers)
    outlooks(walks, hypers)


if __name__ == "__main__":
    main()
