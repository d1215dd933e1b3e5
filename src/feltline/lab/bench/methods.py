"""Every way to label the rest of a clip from a few labels, under one signature."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from jaxtyping import Float32, Int64

from feltline.fewshot.baselines import INTERPOLATIONS, interpolate
from feltline.lab.bench.clips import Clip, Corpus
from feltline.lab.bench.engine import learnt_projects
from feltline.lab.bench.learners import LEARNERS, features_of, fit_and_predict
from feltline.lab.bench.mtclar import ANCHOR_METHODS
from feltline.lab.bench.problem import Chosen, Method, Problem, Result
from feltline.types import Prediction

__all__ = ["CEILINGS", "METHODS", "run", "without_labels"]


def run(name: str, problem: Problem) -> list[Result]:
    """What a method says of every clip."""
    return (METHODS | CEILINGS)[name](problem)


def _engine(problem: Problem, *, time_only: bool = False) -> list[Result]:
    """The product as it is, with hyper-parameters learnt from other clips."""
    made: dict[int, Result] = {}
    for project, model, observations, judged in learnt_projects(
        problem.corpus, problem.chosen, time_only=time_only
    ):
        for number in judged:
            found = project.predict(model, number, observations[number])
            clip, some = problem.clips[number], problem.chosen[number]
            made[number] = _result(found, clip, some)
    return [made[number] for number in range(len(problem.clips))]


def _result(found: Prediction, clip: Clip, some: Int64[np.ndarray, " k"]) -> Result:
    """A prediction of the rated frames, with each label standing in its own frame."""
    at = clip.at
    value, low, high = (
        np.nan_to_num(a[at]) for a in (found.value, found.low, found.high)
    )
    for column in (value, low, high):
        column[some] = clip.support_value[some]
    confidence = found.confidence[at]
    confidence[some] = 1
    return Result(
        value=value,
        low=low,
        high=high,
        confidence=confidence,
        expression=_likeliest(found.class_probability[at]),
        class_probability=found.class_probability[at],
    )


def _likeliest(probability: Float32[np.ndarray, "m c"]) -> Int64[np.ndarray, " m"]:
    """The class of highest probability; -1 where there are none."""
    known = np.isfinite(probability).all(axis=1)
    return np.where(known, np.nan_to_num(probability).argmax(axis=1), -1)


def _by_time(method: str) -> Method:
    def labelled(problem: Problem) -> list[Result]:
        out = []
        for clip, some in zip(problem.clips, problem.chosen, strict=True):
            label = clip.support_value[some].astype(np.float64)
            value = interpolate(method, clip.time_s[some], label, clip.time_s)
            near = np.abs(clip.time_s[:, None] - clip.time_s[some][None]).argmin(axis=1)
            out.append(Result.plain(value, clip.support_expression[some][near]))
        return out

    return labelled


def _mean(problem: Problem) -> list[Result]:
    return [
        Result.plain(np.tile(clip.support_value[some].mean(axis=0), (len(clip), 1)))
        for clip, some in zip(problem.clips, problem.chosen, strict=True)
    ]


def _zero_shot(problem: Problem, *, shifted: bool = False) -> list[Result]:
    """The encoder alone; shifted by the mean of what a clip's labels lack."""
    out = []
    for clip, some in zip(problem.clips, problem.chosen, strict=True):
        predicted = np.nan_to_num(clip.seen.zero_shot_value[clip.at].astype(np.float64))
        classes = clip.seen.zero_shot_expression[clip.at]
        if shifted:
            predicted = predicted + (clip.support_value[some] - predicted[some]).mean(
                axis=0
            )
        out.append(Result.plain(predicted, _likeliest(classes), classes))
    return out


def _learner(name: str) -> Method:
    def labelled(problem: Problem) -> list[Result]:
        value = [clip.support_value.astype(np.float64) for clip in problem.clips]
        predicted = fit_and_predict(
            name, features_of(problem.clips), value, problem.chosen, seed=problem.seed
        )
        return [Result.plain(value) for value in predicted]

    return labelled


def _everything(name: str) -> Method:
    """A ceiling: a regressor on all labels of the other persons, none of its own."""

    def labelled(problem: Problem) -> list[Result]:
        out: list[Result | None] = [None] * len(problem.clips)
        for fold in sorted(set(problem.corpus.fold)):
            judged = [i for i, f in enumerate(problem.corpus.fold) if f == fold]
            rest = [
                c
                for c, f in zip(problem.clips, problem.corpus.fold, strict=True)
                if f != fold
            ]
            others = [*problem.corpus.learn, *rest]
            clips = [*others, *(problem.clips[i] for i in judged)]
            every = [np.arange(len(c)) for c in others] + [np.arange(0)] * len(judged)
            rated = [clip.support_value.astype(np.float64) for clip in clips]
            predicted = _CEILING[name](clips, rated, every, problem.seed)
            for i, value in zip(judged, predicted[len(others) :], strict=True):
                out[i] = Result.plain(value)
        return [one for one in out if one is not None]

    return labelled


def _by_learner(name: str) -> Callable[..., list[np.ndarray]]:
    def fitted(
        clips: Sequence[Clip],
        value: Sequence[np.ndarray],
        every: Chosen,
        seed: int,
    ) -> list[np.ndarray]:
        return fit_and_predict(name, features_of(clips), value, every, seed=seed)

    return fitted


def _by_heads(
    clips: Sequence[Clip], value: Sequence[np.ndarray], every: Chosen, seed: int
) -> list[np.ndarray]:
    """The paper's heads on frozen features (MT-CLAR + SL)."""
    from feltline.lab.training.supervised import fit_heads

    known = [i for i, some in enumerate(every) if len(some)]
    vector = np.concatenate([clips[i].seen.vector[clips[i].at] for i in known])
    rated = np.concatenate([value[i] for i in known]).astype(np.float32)
    classes = np.full(len(rated), -1, np.int64)
    heads = fit_heads("mlp", vector, rated, classes, seed=seed)
    return [heads.predict(c.seen.vector[c.at]).affect for c in clips]


_CEILING: Final[dict[str, Callable[..., list[np.ndarray]]]] = {
    "heads-all": _by_heads,
    "svr-all": _by_learner("svr"),
    "forest-all": _by_learner("forest"),
}

METHODS: Final[dict[str, Method]] = {
    "engine": _engine,
    "mean": _mean,
    **{name: _by_time(name) for name in INTERPOLATIONS},
    "gp-time": lambda problem: _engine(problem, time_only=True),
    "zero-shot": _zero_shot,
    "zero-shot+offset": lambda problem: _zero_shot(problem, shifted=True),
    **ANCHOR_METHODS,
    **{name: _learner(name) for name in LEARNERS},
}
"""Methods by name; docs/benchmarks.md says what each does."""

CEILINGS: Final[dict[str, Method]] = {name: _everything(name) for name in _CEILING}
"""What all labels of the other persons give, without one of the clip's own."""

_NEEDS_ZERO_SHOT: Final = ("engine", "zero-shot")
"""What these say of a clip without labels is, or begins with, the zero-shot value."""


def without_labels(corpus: Corpus) -> tuple[str, ...]:
    """Methods that say something of clips of which no frame is labelled."""
    has_zero_shot = all(clip.seen.has_zero_shot for clip in corpus.clips)
    return (*(_NEEDS_ZERO_SHOT if has_zero_shot else ()), "anchor-bins")
