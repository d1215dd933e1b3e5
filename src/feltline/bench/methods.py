"""Every way to label the rest of a clip from a few labels, under one signature."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64, Int64

from feltline.bench.clips import Clip, Corpus, support_of
from feltline.bench.learners import LEARNERS, features_of, fit_and_predict
from feltline.encoder import GEOMETRY, OnnxPairHeads, find_card
from feltline.errors import EncoderError
from feltline.fewshot import label_tracks
from feltline.fewshot.anchors import (
    Compare,
    Compared,
    anchors_past,
    block_means,
    by_one_anchor,
    by_several_anchors,
    difference_of_opinions,
)
from feltline.fewshot.engine import learn_from
from feltline.fewshot.interpolation import INTERPOLATIONS, interpolate
from feltline.fewshot.kernel import NEUTRAL, HyperParameters
from feltline.types import Embeddings

__all__ = ["CEILINGS", "METHODS", "Case", "Said", "has_pair_heads", "learnt", "run"]

Chosen = Sequence[Int64[np.ndarray, " _"]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """What a method says of the rated frames of one clip.

    Attributes:
        affect: In [-1, 1].
        low: Of the 90 % interval; NaN where the method has none.
        high: Likewise.
        confidence: NaN where the method has none.
        expression: Class, -1 where the method names none.
    """

    affect: Float32[np.ndarray, "m 2"]
    low: Float32[np.ndarray, "m 2"]
    high: Float32[np.ndarray, "m 2"]
    confidence: Float32[np.ndarray, " m"]
    expression: Int64[np.ndarray, " m"]

    @classmethod
    def plain(
        cls,
        affect: Float64[np.ndarray, "m 2"] | Float32[np.ndarray, "m 2"],
        expression: Int64[np.ndarray, " m"] | None = None,
    ) -> "Said":
        """A method without intervals."""
        m = len(affect)
        none = np.full((m, 2), np.nan, np.float32)
        return cls(
            affect=np.clip(affect, -1, 1).astype(np.float32),
            low=none,
            high=none,
            confidence=np.full(m, np.nan, np.float32),
            expression=np.full(m, -1, np.int64) if expression is None else expression,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One problem: a corpus, and which rated frames of each clip are labelled."""

    corpus: Corpus
    chosen: Chosen
    seed: int

    @property
    def clips(self) -> tuple[Clip, ...]:
        """What is judged."""
        return self.corpus.clips


Method = Callable[[Case], list[Said]]


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
        prior_va=np.full_like(seen.prior_va, np.nan),
        prior_expression=np.full_like(seen.prior_expression, np.nan),
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
        said = np.nan_to_num(clip.seen.prior_va[clip.at].astype(np.float64))
        classes = np.nan_to_num(clip.seen.prior_expression[clip.at]).argmax(axis=1)
        if shifted:
            said = said + (clip.affect[some] - said[some]).mean(axis=0)
        out.append(Said.plain(said, classes))
    return out


def has_pair_heads(encoder: str) -> bool:
    """Whether an encoder comes with heads that compare faces."""
    part = _learnt_part(encoder)
    return part is not None and find_card(part).pair_heads is not None


def _learnt_part(encoder: str) -> str | None:
    parts = [part for part in encoder.split("+") if part != GEOMETRY]
    return parts[0] if parts else None


@cache
def _heads(encoder: str) -> OnnxPairHeads:
    part = _learnt_part(encoder)
    if part is None:
        raise EncoderError(f"{encoder} has no heads that compare faces")
    return OnnxPairHeads(find_card(part), threads=1)


def _compare(case: Case, vectors: Float32[np.ndarray, "n d"]) -> Compare:
    """The pair heads on embeddings of one encoder."""
    heads = _heads(case.corpus.encoder)

    def compare(
        first: Int64[np.ndarray, " p"], second: Int64[np.ndarray, " p"]
    ) -> Compared:
        alike, difference = heads.compare(vectors[first], vectors[second])
        return Compared(alike, difference)

    return compare


def _learnt_view(clip: Clip) -> Float32[np.ndarray, "m d"]:
    """The part of the embeddings that the pair heads take: the first."""
    whole = clip.seen.vector[clip.at]
    width = clip.seen.views[0] if clip.seen.views else whole.shape[1]
    return np.ascontiguousarray(whole[:, :width])


def _anchor(by: str, block: int = 1) -> Method:
    """The published rule on the most recent past anchor of the clip."""

    def labelled(case: Case) -> list[Said]:
        out = []
        for clip, some in zip(case.clips, case.chosen, strict=True):
            anchor = some[anchors_past(clip.time_s[some], clip.time_s)]
            compare = _comparison(by, case, clip)
            apart = compare(anchor, np.arange(len(clip))).difference
            if block > 1:
                apart = block_means(apart, block)
            out.append(Said.plain(by_one_anchor(clip.affect[anchor], apart)))
        return out

    return labelled


def _comparison(by: str, case: Case, clip: Clip) -> Compare:
    if by == "opinion":
        return difference_of_opinions(np.nan_to_num(clip.seen.prior_va[clip.at]))
    return _compare(case, _learnt_view(clip))


def _anchors(case: Case) -> list[Said]:
    """All of a clip's anchors, weighted."""
    out = []
    for clip, some in zip(case.clips, case.chosen, strict=True):
        compare, every = _comparison("pairs", case, clip), np.arange(len(clip))
        value = by_several_anchors(clip.affect[some], some, every, compare)
        out.append(Said.plain(value))
    return out


def _stranger(where: str) -> Method:
    """The published rule on an anchor from elsewhere: one drawn for each clip.

    `person`: another clip of the same person; `video`: any other clip; `actor`: a clip
    of another person. A clip without such an anchor keeps its own past anchors.
    """

    def labelled(case: Case) -> list[Said]:
        rng, clips, out = np.random.default_rng(case.seed), case.clips, []
        own = _anchor("pairs")(case)
        for i, clip in enumerate(clips):
            allowed = [
                j
                for j, other in enumerate(clips)
                if j != i
                and len(case.chosen[j])
                and (
                    where == "video"
                    or (other.person == clip.person) == (where == "person")
                )
            ]
            if not allowed:
                out.append(own[i])
                continue
            j = allowed[rng.integers(len(allowed))]
            at = int(rng.choice(case.chosen[j]))
            faces = np.concatenate(
                [_learnt_view(clips[j])[at][None], _learnt_view(clip)]
            )
            frame = np.arange(1, len(faces))
            apart = _compare(case, faces)(np.zeros_like(frame), frame).difference
            label = np.tile(clips[j].affect[at], (len(clip), 1))
            out.append(Said.plain(by_one_anchor(label, apart)))
        return out

    return labelled


BINS: Final = 10


def _binned(case: Case) -> list[Said]:
    """The mean over training-set anchors: ten bins of valence, ten faces of each."""
    rng, out = np.random.default_rng(case.seed), []
    for i, clip in enumerate(case.clips):
        others = case.corpus.learning_for(case.corpus.fold[i])
        told = np.concatenate([c.affect for c in others])
        faces = np.concatenate([_learnt_view(c) for c in others])
        bin_of = np.clip(((told[:, 0] + 1) / 2 * BINS).astype(int), 0, BINS - 1)
        anchor = np.concatenate(
            [
                rng.choice(rows, min(BINS, len(rows)), replace=False)
                for rows in (np.flatnonzero(bin_of == b) for b in range(BINS))
                if len(rows)
            ]
        )
        both = np.concatenate([faces[anchor], _learnt_view(clip)])
        k, m = len(anchor), len(clip)
        apart = _compare(case, both)(
            np.repeat(np.arange(k), m), np.tile(np.arange(k, k + m), k)
        ).difference.reshape(k, m, 2)
        out.append(Said.plain((told[anchor][:, None] + apart).mean(axis=0)))
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
    from feltline.training.supervised import fit_heads

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
    "anchor": _anchor("pairs"),
    "anchor-opinion": _anchor("opinion"),
    "anchor-blocks": _anchor("pairs", block=5),
    "anchor-person": _stranger("person"),
    "anchor-actor": _stranger("actor"),
    "anchor-video": _stranger("video"),
    "anchor-bins": _binned,
    "anchors": _anchors,
    **{name: _learner(name) for name in LEARNERS},
}
"""Methods by name. `anchor` is the published rule of MT-CLAR on the most recent past
anchor, `anchor-opinion` the same with the difference of two opinions, `anchor-blocks`
with the mean difference of each five frames, as published code has it at batch size 5;
`anchor-person`, `-actor`, `-video` and `-bins` take the anchor from elsewhere;
`anchors` weighs several."""

CEILINGS: Final[dict[str, Method]] = {name: _everything(name) for name in _CEILING}
"""What all labels of the other persons give, without one of the clip's own."""

NEEDS_PAIR_HEADS: Final = tuple(
    name for name in METHODS if name.startswith("anchor") and name != "anchor-opinion"
)
