"""MT-CLAR's labelling in every published configuration, as benchmark methods."""

from typing import Final

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from feltline.fewshot.baselines import (
    Compare,
    Comparison,
    anchors_past,
    by_one_anchor,
)
from feltline.lab.bench.clips import Clip
from feltline.lab.bench.problem import Method, Problem, Result
from feltline.project.encoder_extras import comparison_of, learnt_view

__all__ = [
    "ANCHOR_METHODS",
    "NEEDS_PAIR_HEADS",
    "block_means",
    "by_several_anchors",
    "zero_shot_difference",
]

TYPICAL_VARIANCE: Final = 0.04
"""Squared error of one anchor's prediction that few labels hardly change."""
TYPICAL_WEIGHT: Final = 2.0
"""How many predictions that is worth."""
_MIN_ALIKE: Final = 1e-3


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
            out.append(Result.plain(by_one_anchor(clip.support_value[anchor], apart)))
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
        value = by_several_anchors(clip.support_value[some], some, every, compare)
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
            label = np.tile(clips[j].support_value[at], (len(clip), 1))
            out.append(Result.plain(by_one_anchor(label, apart)))
        return out

    return labelled


BINS: Final = 10


def _binned(problem: Problem) -> list[Result]:
    """The mean over training-set anchors: ten bins of valence, ten faces of each."""
    rng, out = np.random.default_rng(problem.seed), []
    for i, clip in enumerate(problem.clips):
        others = problem.corpus.learning_for(problem.corpus.fold[i])
        rated = np.concatenate([c.support_value for c in others])
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


def zero_shot_difference(
    value: Float32[np.ndarray, "n m"],
) -> Compare:
    """A comparison by the encoder's zero-shot prediction of each face alone."""

    def compare(
        first: Int64[np.ndarray, " p"], second: Int64[np.ndarray, " p"]
    ) -> Comparison:
        alike = np.ones(len(first), np.float32)
        return Comparison(alike, value[second] - value[first])

    return compare


def block_means(
    difference: Float[np.ndarray, "n m"], size: int
) -> Float64[np.ndarray, "n m"]:
    """Differences averaged over blocks of consecutive frames.

    The published code at batch size 5: each block of five frames shares its mean.
    """
    block = np.arange(len(difference)) // size
    count = np.bincount(block)[:, None]
    total = np.stack([np.bincount(block, column) for column in difference.T], axis=1)
    return np.asarray((total / count)[block])


def by_several_anchors(
    label: Float32[np.ndarray, "k m"],
    anchor: Int64[np.ndarray, " k"],
    frame: Int64[np.ndarray, " n"],
    compare: Compare,
) -> Float64[np.ndarray, "n m"]:
    """All anchors at once, weighted by likeness and inverse variance.

    An anchor's variance is the mean squared error with which it predicts the labels of
    the other anchors, per dimension, held near a typical value.

    Args:
        label: Values of the anchors.
        anchor: Their numbers, as `compare` takes them.
        frame: The frames to label.
        compare: Compares an anchor with a frame.
    """
    k, n = len(anchor), len(frame)
    first, second = np.repeat(anchor, k), np.tile(anchor, k)
    among = compare(first, second).difference.reshape(k, k, -1)
    error = (label[:, None] + among - label[None]).astype(np.float64)
    other = ~np.eye(k, dtype=bool)[..., None]
    squares = (error**2 * other).sum(axis=1)
    variance = (TYPICAL_WEIGHT * TYPICAL_VARIANCE + squares) / (TYPICAL_WEIGHT + k - 1)
    compared = compare(np.repeat(anchor, n), np.tile(frame, k))
    guess = label[:, None].astype(np.float64) + compared.difference.reshape(k, n, -1)
    alike = np.maximum(compared.alike.reshape(k, n, 1), _MIN_ALIKE)
    weight = alike / variance[:, None]
    mean = (weight * guess).sum(axis=0) / weight.sum(axis=0)
    return np.asarray(np.clip(mean, -1, 1))
