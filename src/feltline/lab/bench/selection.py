"""Which rated frames are labelled: budgets and ways to spend them."""

import re
from functools import lru_cache
from typing import Final

import numpy as np
from jaxtyping import Int64

from feltline.errors import InputError
from feltline.fewshot.active.suggestion import Budget, suggest_frames
from feltline.lab.bench.clips import Clip, Corpus
from feltline.lab.bench.engine import ClipProject, hyperparameters_by_fold

__all__ = ["SELECTIONS", "chosen_frames", "labels_of", "phases", "uniform_frames"]

SELECTIONS: Final = ("uniform", "random", "first", "k-centre", "suggested")
"""Ways to spend a budget. `uniform` has phases: where the first label lies."""

RANDOM_DRAWS: Final = 5


def labels_of(budget: str, clip: Clip) -> int:
    """Labels that a budget gives a clip.

    Args:
        budget: A number of labels per clip (4; 0 = none at all), a step (every20), or a
            share of the rated frames (6%).
        clip: The clip.

    Raises:
        InputError: It is none of these.
    """
    if re.fullmatch(r"0|[1-9]\d*", budget):
        return int(budget)
    step = re.fullmatch(r"every([1-9]\d*)", budget)
    if step:
        return max(1, -(-len(clip) // int(step[1])))
    share = re.fullmatch(r"(\d+(?:\.\d+)?)%", budget)
    if share and 0 < float(share[1]) < 100:
        return max(1, round(len(clip) * float(share[1]) / 100))
    raise InputError(
        f"{budget} is no budget; write labels per clip (4, or 0 for none), a step "
        f"(every20) or a share (6%)"
    )


def phases(corpus: Corpus, budget: str, selection: str, most: int) -> int:
    """How many draws a selection has: phases of uniform frames, or random ones."""
    if selection == "uniform":
        return min(
            most, max(len(_uniform(c, labels_of(budget, c))) for c in corpus.clips)
        )
    return min(most, RANDOM_DRAWS) if selection == "random" else 1


def chosen_frames(
    corpus: Corpus, budget: str, selection: str, draw: int, of: int, seed: int
) -> list[Int64[np.ndarray, " _"]]:
    """Per clip, which of its rated frames are labelled, in order of time.

    Args:
        corpus: The clips.
        budget: See `labels_of`.
        selection: One of `SELECTIONS`, or "none" where no frame is labelled.
        draw: Which of its draws.
        of: How many draws there are; phases are spread evenly over those of a clip.
        seed: Of random draws.
    """
    if selection == "none":
        return [np.empty(0, np.int64)] * len(corpus.clips)
    if selection in ("suggested", "k-centre"):
        return _queried(corpus, budget, selection)
    out = []
    for number, clip in enumerate(corpus.clips):
        k = min(labels_of(budget, clip), len(clip) - 1)
        if selection == "uniform":
            ways = _uniform(clip, k)
            out.append(
                ways[draw % len(ways) if of >= len(ways) else draw * len(ways) // of]
            )
        elif selection == "random":
            rng = np.random.default_rng([seed, draw, number])
            out.append(np.sort(rng.choice(len(clip), k, replace=False)))
        else:
            out.append(np.arange(k, dtype=np.int64))
    return out


def _uniform(clip: Clip, k: int) -> list[Int64[np.ndarray, " _"]]:
    """All phases of k evenly spaced rated frames."""
    n = len(clip)
    ways = -(-n // k)
    return [((np.arange(k) + p / ways) * n / k).astype(np.int64) for p in range(ways)]


@lru_cache(maxsize=16)
def _queried(
    corpus: Corpus, budget: str, selection: str
) -> list[Int64[np.ndarray, " _"]]:
    """What `suggest` asks for, of the rated frames; the same for every method."""
    by_fold = hyperparameters_by_fold(corpus)
    projects = {
        hypers: ClipProject.of(corpus.clips, hypers) for hypers in set(by_fold.values())
    }
    out = []
    for number, (clip, fold) in enumerate(zip(corpus.clips, corpus.fold, strict=True)):
        made = suggest_frames(
            [projects[by_fold[fold]].query_track(number, clip.at)],
            Budget(per_clip=min(labels_of(budget, clip), len(clip) - 1)),
            selection="engine" if selection == "suggested" else "k-centre",
        )
        frames = np.sort(np.array([s.frame for s in made], np.int64))
        at = np.searchsorted(clip.track.frame, frames)
        out.append(np.searchsorted(clip.at, at).astype(np.int64))
    return out


def uniform_frames(
    clip: Clip, k: int, *, draw: int = 0, of: int = 1
) -> Int64[np.ndarray, " _"]:
    """Of the phases of k evenly spaced frames, the one in the middle.

    Or the middle of one of several equal parts of all phases.
    """
    ways = _uniform(clip, min(k, len(clip)))
    return ways[(2 * draw + 1) * len(ways) // (2 * of)]
