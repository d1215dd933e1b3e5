"""Do comparisons within a track ("is B more positive than A?") earn a place?

    python benchmarks/comparisons_trial.py FERPLUS_FOLDER [--seeds 3]

On walks, hyper-parameters learnt from walks through the valid split. Each track has a
few labels, evenly spread; then two of its frames at a time are compared in each
dimension, by a rater whose differences have the noise of two labels (.1 each). An
answer enters as a probit observation of the difference, moment-matched once at the
posterior before all answers (Rasmussen and Williams 2006, section 3.6): a Gaussian on
weights -1 and +1. Frames are drawn at random, or those of 60 random pairs are taken of
which the answer is least certain. Prints the RMSE of unlabelled frames without and with
comparisons, and what two labels more bring instead. Nothing of this is in the engine:
see docs/results/consensus.md.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import norm

from feltline.fewshot import model as engine
from feltline.fewshot import track_posterior
from feltline.fewshot.gp.observed import RaterTerm
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.lab.bench.clips import Clip
from feltline.lab.bench.corpora import load_corpus
from feltline.lab.bench.engine import ClipProject, learnt_from
from feltline.settings import ENCODER
from feltline.types import Model, Observation

NOISE = 0.1
DIFFERENCE_NOISE = NOISE * np.sqrt(2)
DRAWN = 60


@dataclass(frozen=True)
class Site:
    """A comparison as the Gaussian that it comes down to."""

    observation: Observation
    variance: float


def observation(
    event: int, at: Sequence[int], weight: Sequence[float], value: np.ndarray, who: str
) -> Observation:
    return Observation(
        judgement_id=event,
        position=np.array(at),
        weight=np.array(weight),
        value=value,
        expression=-1,
        rater=who,
        noise="blind",
    )


def labels_of(clip: Clip, k: int, rng: np.random.Generator) -> list[Observation]:
    """Labels of evenly spread frames."""
    made = []
    for row in np.linspace(0, len(clip) - 1, k + 2).round().astype(int)[1:-1]:
        said = clip.value[row] + NOISE * rng.standard_normal(2)
        at = [int(clip.at[row])]
        made.append(observation(int(row) + 1, at, [1.0], said.clip(-1, 1), "r1"))
    return made


def sites_of(
    posterior: TrackPosterior,
    clip: Clip,
    n: int,
    rng: np.random.Generator,
    *,
    is_uncertain: bool,
) -> list[Site]:
    """Answers about two frames each, as Gaussians."""
    every = np.arange(len(clip))
    mean, _ = posterior.predict()
    covariance = posterior.joint(every, every).covariance
    pairs = [(a, b) for a, b in rng.integers(0, len(clip), (DRAWN, 2)) if a < b]

    def spread(a: int, b: int, j: int) -> float:
        c = covariance[j]
        return float(c[a, a] + c[b, b] - 2 * c[a, b])

    def uncertain(pair: tuple[int, int]) -> float:
        a, b = pair
        total = 0.0
        for j in range(2):
            v = spread(a, b, j)
            away = (mean[b, j] - mean[a, j]) / np.sqrt(v + DIFFERENCE_NOISE**2)
            total += v * norm.pdf(away)
        return total

    if is_uncertain:
        pairs.sort(key=uncertain, reverse=True)
    made: list[Site] = []
    for a, b in pairs[:n]:
        for j, hyper in enumerate(posterior.model.hyperparameters):
            felt = clip.value[b, j] - clip.value[a, j]
            felt += DIFFERENCE_NOISE * rng.standard_normal()
            sign = 1.0 if felt > 0 else -1.0
            ambiguity = hyper.ambiguity * float(
                posterior.features.ambiguity[[a, b], j].sum()
            )
            mu, v = float(mean[b, j] - mean[a, j]), spread(a, b, j)
            total = v + DIFFERENCE_NOISE**2 + ambiguity
            z = sign * mu / np.sqrt(total)
            ratio = norm.pdf(z) / max(norm.cdf(z), 1e-9)
            tilted = mu + sign * v * ratio / np.sqrt(total)
            left = v - v**2 * ratio * (z + ratio) / total
            variance = 1 / (1 / left - 1 / v)
            value = np.full(2, np.nan)
            value[j] = np.clip(variance * (tilted / left - mu / v), -2, 2)
            who = f"pair {len(made)} of {clip.track.video_id}"
            at = [int(clip.at[a]), int(clip.at[b])]
            one = observation(10**6 + len(made), at, [-1.0, 1.0], value, who)
            # The ambiguity of both frames is added again where it is solved.
            made.append(Site(one, max(variance - ambiguity, 1e-4)))
    return made


def terms_with(model: Model, sites: Sequence[Site]) -> dict[str, RaterTerm]:
    """Rater terms that give each comparison its own noise."""
    noise = np.array([h.noise for h in model.hyperparameters])
    none = RaterTerm.none(2)
    return engine.terms_of(model) | {
        s.observation.rater: RaterTerm(
            bias=none.bias,
            scale=none.scale,
            noise_factor=s.variance / noise,
            accept_noise=none.accept_noise,
        )
        for s in sites
    }


def errors(
    project: ClipProject,
    model: Model,
    labels: Sequence[Sequence[Observation]],
    sites: Sequence[Sequence[Site]],
) -> np.ndarray:
    """RMSE of frames without a label, per dimension."""
    read, off = engine.terms_of, []
    every = zip(project.clips, project.features, labels, sites, strict=True)
    for clip, features, own, some in every:
        terms = terms_with(model, some)
        engine.terms_of = lambda _model, terms=terms: terms
        try:
            both = [*own, *(s.observation for s in some)]
            learnt = [(features, own)]
            found = track_posterior(model, features, both, learnt=learnt)
            mean, _ = found.predict()
        finally:
            engine.terms_of = read
        at = np.setdiff1d(np.arange(len(clip)), [o.middle for o in own])
        off.append((np.clip(mean, -1, 1)[clip.at] - clip.value)[at])
    return np.sqrt((np.concatenate(off) ** 2).mean(axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    for seed in range(asked.seeds):
        corpus = load_corpus("walks", asked.ferplus, ENCODER, seed=seed)
        project = ClipProject.of(corpus.clips, learnt_from(corpus.learn))
        nothing: list[list[Site]] = [[] for _ in project.clips]
        for k in (1, 2, 4):
            rng = np.random.default_rng([seed, k])
            labels = [labels_of(clip, k, rng) for clip in project.clips]
            model = project.learn(labels)
            before = errors(project, model, labels, nothing)
            more = [labels_of(clip, k + 2, rng) for clip in project.clips]
            better = errors(project, project.learn(more), more, nothing) / before
            print(f"seed {seed}, {k} labels: RMSE {before[0]:.4f} {before[1]:.4f}")
            print(f"  two labels more: of that {better[0]:.3f} {better[1]:.3f}")
            for n in (4, 10):
                for is_uncertain in (False, True):
                    sites = [
                        sites_of(
                            track_posterior(model, features, own),
                            clip,
                            n,
                            rng,
                            is_uncertain=is_uncertain,
                        )
                        for clip, features, own in zip(
                            project.clips, project.features, labels, strict=True
                        )
                    ]
                    share = errors(project, model, labels, sites) / before
                    how = "least certain" if is_uncertain else "random"
                    print(
                        f"  {n} comparisons, {how}: of that "
                        f"{share[0]:.3f} {share[1]:.3f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
