"""MT-CLAR's labelling in every published configuration, as benchmark methods."""

from typing import Final

import numpy as np
from jaxtyping import Float32

from feltline.fewshot.baselines.mtclar import (
    Compare,
    anchors_past,
    block_means,
    by_one_anchor,
    by_several_anchors,
    zero_shot_difference,
)
from feltline.lab.bench.clips import Clip
from feltline.lab.bench.problem import Method, Problem, Result
from feltline.project.encoder_extras import comparison_of, learnt_view

__all__ = ["ANCHOR_METHODS", "NEEDS_PAIR_HEADS"]


def _view(clip: Clip) -> Float32[np.ndarray, "m d"]:
    return np.asarray(learnt_view(clip.seen)[clip.at])


def _anchor(by: str, block: int = 1) -> Method:
    """The published rule on the most recent past anchor of the clip."""

    def labelled(problem: Problem) -> list[Result]:
        out = []
        for clip, some in zip(problem.clips, problem.chosen, strict=True):
            anchor = some[anchors_past(clip.time_s[some], clip.time_s)]
            compare = _comparison(by, problem, clip)
            apart = compare(anchor, np.arange(len(clip))).difference
            if block > 1:
                apart = block_means(apart, block)
            out.append(Result.plain(by_one_anchor(clip.value[anchor], apart)))
        return out

    return labelled


def _comparison(by: str, problem: Problem, clip: Clip) -> Compare:
    if by == "zero-shot":
        return zero_shot_difference(np.nan_to_num(clip.seen.zero_shot_value[clip.at]))
    return comparison_of(problem.corpus.encoder, _view(clip))


def _anchors(problem: Problem) -> list[Result]:
    """All of a clip's anchors, weighted."""
    out = []
    for clip, some in zip(problem.clips, problem.chosen, strict=True):
        compare, every = _comparison("pairs", problem, clip), np.arange(len(clip))
        value = by_several_anchors(clip.value[some], some, every, compare)
        out.append(Result.plain(value))
    return out


def _stranger(where: str) -> Method:
    """The published rule on an anchor from elsewhere: one drawn for each clip.

    `person`: another clip of the same person; `video`: any other clip; `actor`: a clip
    of another person. A clip without such an anchor keeps its own past anchors.
    """

    def labelled(problem: Problem) -> list[Result]:
        rng, clips, out = np.random.default_rng(problem.seed), problem.clips, []
        own = _anchor("pairs")(problem)
        for i, clip in enumerate(clips):
            allowed = [
                j
                for j, other in enumerate(clips)
                if j != i
                and len(problem.chosen[j])
                and (
                    where == "video"
                    or (other.person == clip.person) == (where == "person")
                )
            ]
            if not allowed:
                out.append(own[i])
                continue
            j = allowed[rng.integers(len(allowed))]
            at = int(rng.choice(problem.chosen[j]))
            faces = np.concatenate([_view(clips[j])[at][None], _view(clip)])
            frame = np.arange(1, len(faces))
            apart = comparison_of(problem.corpus.encoder, faces)(
                np.zeros_like(frame), frame
            ).difference
            label = np.tile(clips[j].value[at], (len(clip), 1))
            out.append(Result.plain(by_one_anchor(label, apart)))
        return out

    return labelled


BINS: Final = 10


def _binned(problem: Problem) -> list[Result]:
    """The mean over training-set anchors: ten bins of valence, ten faces of each."""
    rng, out = np.random.default_rng(problem.seed), []
    for i, clip in enumerate(problem.clips):
        others = problem.corpus.learning_for(problem.corpus.fold[i])
        rated = np.concatenate([c.value for c in others])
        faces = np.concatenate([_view(c) for c in others])
        bin_of = np.clip(((rated[:, 0] + 1) / 2 * BINS).astype(int), 0, BINS - 1)
        anchor = np.concatenate(
            [
                rng.choice(rows, min(BINS, len(rows)), replace=False)
                for rows in (np.flatnonzero(bin_of == b) for b in range(BINS))
                if len(rows)
            ]
        )
        both = np.concatenate([faces[anchor], _view(clip)])
        k, m = len(anchor), len(clip)
        apart = comparison_of(problem.corpus.encoder, both)(
            np.repeat(np.arange(k), m), np.tile(np.arange(k, k + m), k)
        ).difference.reshape(k, m, 2)
        out.append(Result.plain((rated[anchor][:, None] + apart).mean(axis=0)))
    return out


ANCHOR_METHODS: Final[dict[str, Method]] = {
    "anchor": _anchor("pairs"),
    "anchor-zero-shot": _anchor("zero-shot"),
    "anchor-blocks": _anchor("pairs", block=5),
    "anchor-person": _stranger("person"),
    "anchor-actor": _stranger("actor"),
    "anchor-video": _stranger("video"),
    "anchor-bins": _binned,
    "anchors": _anchors,
}
"""`anchor` is the published rule on the most recent past anchor, `anchor-zero-shot`
the same with the difference of two zero-shot predictions, `anchor-blocks` with the mean
difference of each five frames, as published code has it at batch size 5;
`anchor-person`, `-actor`, `-video` and `-bins` take the anchor from elsewhere;
`anchors` weighs several."""

NEEDS_PAIR_HEADS: Final = tuple(n for n in ANCHOR_METHODS if n != "anchor-zero-shot")
