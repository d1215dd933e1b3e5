"""Every way to label the rest of a clip from a few labels, under one signature."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from feltline.fewshot import label_tracks
from feltline.fewshot.baselines.interpolation import INTERPOLATIONS, interpolate
from feltline.fewshot.gp.conditioning import learn_from
from feltline.fewshot.gp.kernel import NEUTRAL, HyperParameters
from feltline.lab.bench.case import Case, Chosen, Method, Said
from feltline.lab.bench.clips import Clip, Corpus, support_of
from feltline.lab.bench.learners import LEARNERS, features_of, fit_and_predict
from feltline.lab.bench.mtclar import ANCHOR_METHODS
from feltline.types import Embeddings

__all__ = ["CEILINGS", "METHODS", "learnt", "learnt_from", "run"]


def run(name: str, case: Case) -> list[Said]:
    """What a method says of every clip."""
    return (METHODS | CEILINGS)[name](case)


def learnt(corpus: Corpus, *, blind: bool = False) -> dict[int, HyperParameters]:
    """The engine's hyper-parameters for each fold, learnt without looking at it."""
    found = {}
    for fold in sorted(set(corpus.fold)):
        clips = corpus.learning_for(fold)
        found[fold] = learnt_from(clips, blind=blind)
        if corpus.learn:  # the same clips serve all folds
            return dict.fromkeys(set(corpus.fold), found[fold])
    return found


@cache
def learnt_from(clips: tuple[Clip, ...], *, blind: bool = False) -> HyperParameters:
    """Hyper-parameters from all ratings of some clips, from a neutral start."""
    if not clips:
        return NEUTRAL
    tracks = [clip.track for clip in clips]
    seen = [_blind(clip.seen) if blind else clip.seen for clip in clips]
    every = support_of(clips, [np.arange(len(clip)) for clip in clips])
    return learn_from(tracks, seen, every, NEUTRAL)


def _blind(seen: Embeddings) -> Embeddings:
    """The same without looks and opinions: time is all that is left."""
    return replace(
        seen,
        vector=np.zeros((len(seen), 1), np.float32),
        zero_shot_value=np.full_like(seen.zero_shot_value, np.nan),
        zero_shot_expression=np.full_like(seen.zero_shot_expression, np.nan),
        views=(),
    )


def _engine(case: Case, *, blind: bool = False) -> list[Said]:
    """The product as it is, with hyper-parameters learnt from other clips."""
    clips = case.clips
    tracks = [clip.track for clip in clips]
    seen = [_blind(clip.seen) if blind else clip.seen for clip in clips]
    support = support_of(clips, case.chosen)
    theta = learnt(case.corpus, blind=blind)
    made = {
        key: label_tracks(
            tracks, seen, support, around=np.frombuffer(key).reshape(2, -1)
        )
        for key in {value.tobytes() for value in theta.values()}
    }
    out = []
    for i, fold in enumerate(case.corpus.fold):
        estimate, clip = made[theta[fold].tobytes()][i], clips[i]
        if estimate is None:  # no label of its own, and no opinion to start from
            out.append(Said.plain(np.zeros((len(clip), 2))))
            continue
        at = clip.at
        named = np.isfinite(estimate.expression[at]).all(axis=1)
        best = np.nan_to_num(estimate.expression[at]).argmax(axis=1)
        out.append(
            Said(
                affect=estimate.affect[at],
                low=estimate.low[at],
                high=estimate.high[at],
                confidence=estimate.confidence[at],
                expression=np.where(named, best, -1),
            )
        )
    return out


def _by_time(method: str) -> Method:
    def labelled(case: Case) -> list[Said]:
        out = []
        for clip, some in zip(case.clips, case.chosen, strict=True):
            label = clip.affect[some].astype(np.float64)
            value = interpolate(method, clip.time_s[some], label, clip.time_s)
            near = np.abs(clip.time_s[:, None] - clip.time_s[some][None]).argmin(axis=1)
            out.append(Said.plain(value, clip.expression[some][near]))
        return out

    return labelled


def _mean(case: Case) -> list[Said]:
    return [
        Said.plain(np.tile(clip.affect[some].mean(axis=0), (len(clip), 1)))
        for clip, some in zip(case.clips, case.chosen, strict=True)
    ]


def _opinion(case: Case, *, shifted: bool = False) -> list[Said]:
    """The encoder alone; shifted by the mean of what a clip's labels lack."""
    out = []
    for clip, some in zip(case.clips, case.chosen, strict=True):
        said = np.nan_to_num(clip.seen.zero_shot_value[clip.at].astype(np.float64))
        classes = np.nan_to_num(clip.seen.zero_shot_expression[clip.at]).argmax(axis=1)
        if shifted:
            said = said + (clip.affect[some] - said[some]).mean(axis=0)
        out.append(Said.plain(said, classes))
    return out


def _learner(name: str) -> Method:
    def labelled(case: Case) -> list[Said]:
        affect = [clip.affect.astype(np.float64) for clip in case.clips]
        said = fit_and_predict(
            name, features_of(case.clips), affect, case.chosen, seed=case.seed
        )
        return [Said.plain(value) for value in said]

    return labelled


def _everything(name: str) -> Method:
    """A ceiling: a regressor on all labels of the other persons, none of its own."""

    def labelled(case: Case) -> list[Said]:
        out: list[Said | None] = [None] * len(case.clips)
        for fold in sorted(set(case.corpus.fold)):
            judged = [i for i, f in enumerate(case.corpus.fold) if f == fold]
            rest = [
                c
                for c, f in zip(case.clips, case.corpus.fold, strict=True)
                if f != fold
            ]
            others = [*case.corpus.learn, *rest]
            clips = [*others, *(case.clips[i] for i in judged)]
            every = [np.arange(len(c)) for c in others] + [np.arange(0)] * len(judged)
            affect = [clip.affect.astype(np.float64) for clip in clips]
            said = _CEILING[name](clips, affect, every, case.seed)
            for i, value in zip(judged, said[len(others) :], strict=True):
                out[i] = Said.plain(value)
        return [said for said in out if said is not None]

    return labelled


def _by_learner(name: str) -> Callable[..., list[np.ndarray]]:
    def fitted(
        clips: Sequence[Clip],
        affect: Sequence[np.ndarray],
        every: Chosen,
        seed: int,
    ) -> list[np.ndarray]:
        return fit_and_predict(name, features_of(clips), affect, every, seed=seed)

    return fitted


def _by_heads(
    clips: Sequence[Clip], affect: Sequence[np.ndarray], every: Chosen, seed: int
) -> list[np.ndarray]:
    """The paper's heads on frozen features (MT-CLAR + SL)."""
    from feltline.lab.training.supervised import fit_heads

    known = [i for i, some in enumerate(every) if len(some)]
    vector = np.concatenate([clips[i].seen.vector[clips[i].at] for i in known])
    told = np.concatenate([affect[i] for i in known]).astype(np.float32)
    classes = np.full(len(told), -1, np.int64)
    heads = fit_heads("mlp", vector, told, classes, seed=seed)
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
    "gp-time": lambda case: _engine(case, blind=True),
    "opinion": _opinion,
    "opinion+offset": lambda case: _opinion(case, shifted=True),
    **ANCHOR_METHODS,
    **{name: _learner(name) for name in LEARNERS},
}
"""Methods by name; docs/benchmarks.md says what each does."""

CEILINGS: Final[dict[str, Method]] = {name: _everything(name) for name in _CEILING}
"""What all labels of the other persons give, without one of the clip's own."""
