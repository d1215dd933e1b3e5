"""Simulated sessions of raters in every mix, and whether the promises hold.

Judged are frames that nobody touched: no judgement of a frame or a span speaks of them
(the mean of a whole clip touches none).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float64, Int64

from feltline.fewshot.model import disagreeing_raters
from feltline.lab.bench.clips import Corpus
from feltline.lab.bench.engine import (
    ClipProject,
    NumberedJudgement,
    hyperparameters_by_fold,
)
from feltline.lab.bench.raters import STEPS, Desk, Step
from feltline.lab.bench.selection import chosen_frames
from feltline.types import Model, Observation

__all__ = ["MIXES", "SUPPORT", "ClipOutcome", "MixOutcome", "run_mix", "run_workflow"]

SUPPORT: Final = 4
"""Frames of each clip that are suggested and judged before anything is predicted."""

HONEST, LAZY = "r1", "r2"

MIXES: Final[dict[str, tuple[Step, ...]]] = {
    "frames": ("frames",),
    "flat_spans": ("frames", "flat_span"),
    "varying_spans": ("frames", "varying_span"),
    "honest_accepts": ("frames", "honest", "repeat"),
    "lazy_accepts": ("frames", "lazy", "repeat"),
    "class_alone": ("frames", "class"),
    "clip_labels": ("frames", "clip"),
    "all_mixed": (
        "frames",
        "flat_span",
        "varying_span",
        "class",
        "clip",
        "honest",
        "repeat",
    ),
}
"""What a rater does to each clip, in order. In `all_mixed` each step after the first is
done to every second clip, drawn at random; and every second clip is of a second, lazy
rater, who accepts whatever is shown."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipOutcome:
    """What was predicted of the rated frames of one clip after a session.

    Attributes:
        value: Predicted.
        rated: What the rater says.
        low: Of the interval.
        high: Likewise.
        confidence: Of each frame.
        touched: Frames that a judgement speaks of.
    """

    value: Float64[np.ndarray, "m d"]
    rated: Float64[np.ndarray, "m d"]
    low: Float64[np.ndarray, "m d"]
    high: Float64[np.ndarray, "m d"]
    confidence: Float64[np.ndarray, " m"]
    touched: Bool[np.ndarray, " m"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixOutcome:
    """One mix at one seed.

    Attributes:
        mix: Its name.
        seed: Of everything drawn.
        clips: One entry per clip of the corpus.
        disagreeing_raters: Whose accepts disagree with their blind judgements.
    """

    mix: str
    seed: int
    clips: tuple[ClipOutcome, ...]
    disagreeing_raters: tuple[str, ...]


def run_workflow(
    corpora: Sequence[Corpus],
    *,
    mixes: Sequence[str] = tuple(MIXES),
    progress: Progress | None = None,
) -> list[MixOutcome]:
    """Every mix on every corpus.

    Args:
        corpora: One per seed, which is its place.
        mixes: Which mixes.
        progress: Called with the name of the mix, sessions done, and of how many.
    """
    made = []
    for seed, whole in enumerate(corpora):
        corpus = whole.only(SUPPORT + 3)
        queried = chosen_frames(corpus, str(SUPPORT), "suggested", 0, 1, seed)
        for mix in mixes:
            made.append(run_mix(corpus, queried, mix, seed))
            if progress is not None:
                progress(mix, len(made), len(corpora) * len(mixes))
    return made


def run_mix(
    corpus: Corpus, queried: Sequence[Int64[np.ndarray, " q"]], mix: str, seed: int
) -> MixOutcome:
    """One mix on one corpus; hyper-parameters are learnt without the clip's fold.

    Args:
        corpus: The clips.
        queried: Per clip, the rated frames that are judged first, by number.
        mix: One of `MIXES`.
        seed: Of everything drawn.
    """
    outcome: dict[int, ClipOutcome] = {}
    named: set[str] = set()
    by_fold = hyperparameters_by_fold(corpus)
    for hypers in set(by_fold.values()):
        project = ClipProject.of(corpus.clips, hypers)
        desks = [
            Desk(
                clip=clip,
                rater=LAZY if _is_lazy(mix, number) else HONEST,
                queried=queried[number],
                rng=np.random.default_rng([seed, number]),
            )
            for number, clip in enumerate(corpus.clips)
        ]
        model, observations = _session(project, desks, mix)
        named |= set(disagreeing_raters(model))
        for number, fold in enumerate(corpus.fold):
            if by_fold[fold] == hypers:
                outcome[number] = _outcome(
                    project, model, number, observations[number], desks[number]
                )
    return MixOutcome(
        mix=mix,
        seed=seed,
        clips=tuple(outcome[number] for number in range(len(corpus.clips))),
        disagreeing_raters=tuple(sorted(named)),
    )


def _is_lazy(mix: str, number: int) -> bool:
    return mix == "all_mixed" and number % 2 == 1


def _session(
    project: ClipProject, desks: Sequence[Desk], mix: str
) -> tuple[Model, list[list[Observation]]]:
    """All steps of a mix; before a review, and at the end, the model is learnt."""
    for step in MIXES[mix]:
        if step == "honest" or step == "lazy":
            model, observations = _learnt(project, desks)
            for number, desk in enumerate(desks):
                some = observations[number]
                desk.posterior = project.posterior(model, number, some)
                desk.prediction = project.predict(model, number, some)
        for number, desk in enumerate(desks):
            if mix == "all_mixed" and step != "frames" and desk.rng.random() < 0.5:
                continue
            lazy = step == "honest" and _is_lazy(mix, number)
            STEPS["lazy" if lazy else step](desk)
    return _learnt(project, desks)


def _learnt(
    project: ClipProject, desks: Sequence[Desk]
) -> tuple[Model, list[list[Observation]]]:
    event = 0
    numbered: list[list[NumberedJudgement]] = []
    for desk in desks:
        numbered.append([])
        for judgement in desk.judgements:
            event += 1
            numbered[-1].append(NumberedJudgement(event, judgement))
    observations = project.observations(numbered)
    return project.learn(observations), observations


def _outcome(
    project: ClipProject,
    model: Model,
    number: int,
    observations: Sequence[Observation],
    desk: Desk,
) -> ClipOutcome:
    found, clip = project.predict(model, number, observations), desk.clip
    value, low, high, rated = (
        a.astype(np.float64)
        for a in (
            found.value[clip.at],
            found.low[clip.at],
            found.high[clip.at],
            clip.value,
        )
    )
    return ClipOutcome(
        value=value,
        rated=rated,
        low=low,
        high=high,
        confidence=found.confidence[clip.at].astype(np.float64),
        touched=desk.touched,
    )
