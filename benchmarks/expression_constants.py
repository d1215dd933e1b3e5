"""The constants of `feltline.fewshot.expressions`, learnt again from rated clips.

    python benchmarks/expression_constants.py RATINGS.csv [MORE.csv] [--encoder NAME]
        [--ferplus FOLDER]

Least negative log likelihood of the class that most raters gave, over the rated frames
without a label, at each budget, suggested and even. Learnt on the clips of four folds
of persons and judged on the fifth, and printed for each fold: how far the constants
differ between folds says how many of their digits mean something. What is shipped is
rounded by hand. The hyper-parameters are those of the other folds throughout.

With `--ferplus`, `PHOTO_SHARES` are counted too.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from feltline.fewshot import expressions
from feltline.fewshot.gp.features import smoothed
from feltline.fewshot.gp.kernel import own_share
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.lab.bench.class_scores import class_scores
from feltline.lab.bench.clips import Clip, Corpus, folds_by_person
from feltline.lab.bench.engine import (
    ClipProject,
    frame_judgements,
    hyperparameters_by_fold,
)
from feltline.lab.bench.rated import rated_corpus
from feltline.lab.bench.selection import chosen_frames
from feltline.lab.datasets import read_dataset
from feltline.types import DEFAULT_SCHEMA

FOLDS = 5
CELLS = (
    ("0", "none"),
    *((k, way) for k in ("1", "2", "3", "4", "6") for way in ("suggested", "uniform")),
)
LEARNT = ("LOGIT_ADJUSTMENT", "PLACE_WEIGHT", "PRIOR_COUNTS", "CHOICE_EXPONENT")
UNLABELLED_WEIGHT = 2.0
"""Of the one cell without labels, against ten with some."""
SURE = 1e-3
"""Added to probabilities, so that no single frame decides."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What classes are estimated from, of the judged frames of one clip in one cell."""

    cell: tuple[str, str]
    fold: int
    rated: np.ndarray
    similarity: np.ndarray
    chosen: np.ndarray
    probability: np.ndarray
    near: np.ndarray
    own_share: np.ndarray
    value: np.ndarray
    variance: np.ndarray

    def estimated(self) -> np.ndarray:
        prior = expressions.adjusted_prior(
            self.probability, self.near, self.own_share, DEFAULT_SCHEMA.class_names
        )
        return expressions.expression_probabilities(
            self.similarity,
            self.chosen,
            prior,
            self.own_share,
            self.value,
            self.variance,
            DEFAULT_SCHEMA.places,
        )


def seen_in(
    cell: tuple[str, str],
    fold: int,
    clip: Clip,
    some: np.ndarray,
    known: TrackPosterior,
) -> Seen | None:
    judged = clip.expression >= 0
    judged[some] = False
    if not judged.any():
        return None
    at, features = clip.at[judged], known.features
    classes = features.class_probability
    mean, variance = known.predict(at)
    return Seen(
        cell=cell,
        fold=fold,
        rated=clip.expression[judged],
        similarity=known.similarity(at, clip.at[some]),
        chosen=clip.support_expression[some],
        probability=classes[at],
        near=smoothed(features.time_s, classes, expressions.NEAR_S)[at],
        own_share=own_share(known.model.hyperparameters, features.at(at)),
        value=np.clip(mean, -1, 1),
        variance=variance,
    )


def everything_seen(corpus: Corpus) -> list[Seen]:
    by_fold = hyperparameters_by_fold(corpus)
    found = []
    for cell in CELLS:
        chosen = chosen_frames(corpus, *cell, 0, 1, 0)
        judgements = frame_judgements(corpus.clips, chosen)
        for hypers in set(by_fold.values()):
            project = ClipProject.of(corpus.clips, hypers)
            observations = project.observations(judgements)
            model = project.learn(observations)
            for i, (clip, fold) in enumerate(
                zip(corpus.clips, corpus.fold, strict=True)
            ):
                if by_fold[fold] == hypers:
                    known = project.posterior(model, i, observations[i])
                    one = seen_in(cell, fold, clip, chosen[i], known)
                    found += [one] if one is not None else []
    return found


@contextmanager
def using(constants: Mapping[str, float]) -> Iterator[None]:
    """The module with other constants."""
    shipped = {name: getattr(expressions, name) for name in constants}
    try:
        for name, value in constants.items():
            setattr(expressions, name, value)
        yield
    finally:
        for name, value in shipped.items():
            setattr(expressions, name, value)


def loss(constants: Sequence[float], seen: Sequence[Seen]) -> float:
    total = frames = 0.0
    with using(dict(zip(LEARNT, map(abs, constants), strict=True))):
        for one in seen:
            weight = UNLABELLED_WEIGHT if one.cell[0] == "0" else 1.0
            right = one.estimated()[np.arange(len(one.rated)), one.rated]
            total -= weight * np.log(right + SURE).sum()
            frames += weight * len(right)
    return total / frames


def learn(seen: Sequence[Seen]) -> list[float]:
    start = [getattr(expressions, name) for name in LEARNT]
    options = {"xatol": 0.02, "fatol": 2e-4, "maxfev": 150}
    found = minimize(loss, start, args=(seen,), method="Nelder-Mead", options=options)
    return [abs(float(x)) for x in found.x]


def report(name: str, seen: Sequence[Seen], estimated: Sequence[np.ndarray]) -> None:
    print(name)
    for cell in CELLS:
        mine = [i for i, one in enumerate(seen) if one.cell == cell]
        rated = np.concatenate([seen[i].rated for i in mine])
        share = np.concatenate([estimated[i] for i in mine])
        scores = class_scores(rated, share.argmax(axis=1), share)
        figures = "  ".join(f"{k} {v:.3f}" for k, v in scores.items())
        print(f"    {cell[0]} {cell[1]:10s} {figures}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ratings", type=Path, nargs="+")
    parser.add_argument("--encoder", default="affect-s+geometry")
    parser.add_argument("--ferplus", type=Path)
    given = parser.parse_args()
    if given.ferplus:
        votes = read_dataset("ferplus", given.ferplus, "train").votes
        shares = np.nanmean(votes, axis=0)
        print("PHOTO_SHARES", (shares / shares.sum()).round(3).tolist())
    learn_from(rated_corpus(given.ratings, given.encoder))


def learn_from(corpus: Corpus) -> None:
    corpus = replace(corpus, fold=folds_by_person(corpus.clips, FOLDS))
    seen = everything_seen(corpus)
    report("as shipped", seen, [one.estimated() for one in seen])
    made: list[np.ndarray] = [np.empty(0)] * len(seen)
    for fold in range(FOLDS):
        constants = learn([one for one in seen if one.fold != fold])
        named = dict(zip(LEARNT, constants, strict=True))
        print(f"without fold {fold}:", {k: round(v, 2) for k, v in named.items()})
        with using(named):
            for i, one in enumerate(seen):
                if one.fold == fold:
                    made[i] = one.estimated()
    report("learnt on the other folds", seen, made)
    everything = dict(zip(LEARNT, learn(seen), strict=True))
    print("on all:", {k: round(v, 2) for k, v in everything.items()})


if __name__ == "__main__":
    main()
