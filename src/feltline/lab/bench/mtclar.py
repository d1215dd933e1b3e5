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
    difference_of_opinions,
)
from feltline.lab.bench.case import Case, Method, Said
from feltline.lab.bench.clips import Clip
from feltline.project.encoder_extras import comparison_of, learnt_view

__all__ = ["ANCHOR_METHODS", "NEEDS_PAIR_HEADS"]


def _view(clip: Clip) -> Float32[np.ndarray, "m d"]:
    return np.asarray(learnt_view(clip.seen)[clip.at])


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
        return difference_of_opinions(np.nan_to_num(clip.seen.zero_shot_value[clip.at]))
    return comparison_of(case.corpus.encoder, _view(clip))


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
            faces = np.concatenate([_view(clips[j])[at][None], _view(clip)])
            frame = np.arange(1, len(faces))
            apart = comparison_of(case.corpus.encoder, faces)(
                np.zeros_like(frame), frame
            ).difference
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
        faces = np.concatenate([_view(c) for c in others])
        bin_of = np.clip(((told[:, 0] + 1) / 2 * BINS).astype(int), 0, BINS - 1)
        anchor = np.concatenate(
            [
                rng.choice(rows, min(BINS, len(rows)), replace=False)
                for rows in (np.flatnonzero(bin_of == b) for b in range(BINS))
                if len(rows)
            ]
        )
        both = np.concatenate([faces[anchor], _view(clip)])
        k, m = len(anchor), len(clip)
        apart = comparison_of(case.corpus.encoder, both)(
            np.repeat(np.arange(k), m), np.tile(np.arange(k, k + m), k)
        ).difference.reshape(k, m, 2)
        out.append(Said.plain((told[anchor][:, None] + apart).mean(axis=0)))
    return out


ANCHOR_METHODS: Final[dict[str, Method]] = {
    "anchor": _anchor("pairs"),
    "anchor-opinion": _anchor("opinion"),
    "anchor-blocks": _anchor("pairs", block=5),
    "anchor-person": _stranger("person"),
    "anchor-actor": _stranger("actor"),
    "anchor-video": _stranger("video"),
    "anchor-bins": _binned,
    "anchors": _anchors,
}
"""`anchor` is the published rule on the most recent past anchor, `anchor-opinion` the
same with the difference of two opinions, `anchor-blocks` with the mean difference of
each five frames, as published code has it at batch size 5; `anchor-person`, `-actor`,
`-video` and `-bins` take the anchor from elsewhere; `anchors` weighs several."""

NEEDS_PAIR_HEADS: Final = tuple(n for n in ANCHOR_METHODS if n != "anchor-opinion")
