"""The whole hybrid operation with a simulated rater: what the threshold is worth.

Some frames are suggested and labelled, the rest is filled in; then the rater mends what
is under the threshold in the order of the product's review queue, some frames at a
time, and after each batch everything is filled in anew. The reference spends the same
number of labels on each clip evenly in time. Judged is the finished product: all rated
frames, labelled ones included, since these are what a review leaves right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.lab.bench.clips import Corpus
from feltline.lab.bench.engine import learnt_projects
from feltline.lab.bench.methods import run
from feltline.lab.bench.problem import Problem, Result
from feltline.lab.bench.selection import chosen_frames, uniform_frames
from feltline.settings import THRESHOLD

__all__ = ["REFERENCE_DRAWS", "LoopResult", "Round", "run_loop"]

MOST_ROUNDS: Final = 30
MOST_SHARE: Final = 0.5
"""A rater who has labelled this share of the frames stops."""
BATCH_SHARE: Final = 0.02
"""Frames mended between two refits, as a share of all rated ones."""
REFERENCE_DRAWS: Final = 3
"""Phases of even frames that the reference averages: on 34 clips one alone jumped by
9 % from a round to the next."""

Progress = Callable[[int, int], None]
Chosen = list[Int64[np.ndarray, " _"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Where the operation stood after a refit.

    Attributes:
        labels: Labels given so far, over all clips.
        share: The same as a share of the rated frames.
        accepted: Share of the other frames at or above the threshold.
        rmse: Error of the finished product, over clips.
        rmse_uniform: Of the same number of labels per clip, evenly spread.
    """

    labels: int
    share: float
    accepted: float
    rmse: float
    rmse_uniform: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopResult:
    """All rounds of one run; the last one is where nothing was left to review."""

    rounds: tuple[Round, ...]
    is_finished: bool

    @property
    def ratio(self) -> float:
        """Error of the review over that of labels spent uniformly, at the end."""
        last = self.rounds[-1]
        return last.rmse / last.rmse_uniform if last.rmse_uniform else float("nan")


def run_loop(
    corpus: Corpus,
    *,
    start: int = 2,
    threshold: float = THRESHOLD,
    seed: int = 0,
    progress: Progress | None = None,
) -> LoopResult:
    """Run the operation to its end.

    Args:
        corpus: The clips.
        start: Suggested labels per clip to begin with.
        threshold: What is under it is reviewed.
        seed: Of what is random.
        progress: Called with how many labels have been given, and of how many frames.
    """
    corpus = corpus.only(start + 3)
    chosen = chosen_frames(corpus, str(start), "suggested", 0, 1, seed)
    frames = sum(len(clip) for clip in corpus.clips)
    batch = max(1, round(BATCH_SHARE * frames))
    rounds, asked = [], np.empty((0, 2), np.int64)
    for _ in range(MOST_ROUNDS):
        predicted = run("engine", Problem(corpus=corpus, chosen=chosen, seed=seed))
        asked = _asked(corpus, chosen, threshold)
        n_labels = sum(len(some) for some in chosen)
        sure = _n_sure(predicted, chosen, threshold)
        rounds.append(
            Round(
                labels=n_labels,
                share=n_labels / frames,
                accepted=sure / max(frames - n_labels, 1),
                rmse=_error(corpus, [predicted]),
                rmse_uniform=_uniform_error(corpus, chosen, seed),
            )
        )
        if progress is not None:
            progress(n_labels, frames)
        if not len(asked) or n_labels >= MOST_SHARE * frames:
            break
        chosen = _corrected(chosen, asked[:batch])
    return LoopResult(rounds=tuple(rounds), is_finished=not len(asked))


def _n_sure(predicted: Sequence[Result], chosen: Chosen, threshold: float) -> int:
    """How many of the machine's values are at or above the threshold."""
    sure = 0
    for one, some in zip(predicted, chosen, strict=True):
        is_sure = np.delete(one.confidence, some) >= np.float32(threshold)
        sure += int(np.count_nonzero(is_sure))
    return sure


def _asked(
    corpus: Corpus, chosen: Chosen, threshold: float
) -> Int64[np.ndarray, "q 2"]:
    """Frames to mend, (clip, rated frame), as the review queue orders them."""
    rows: list[tuple[float, int, int]] = []
    for project, model, observations, judged in learnt_projects(corpus, chosen):
        for number in judged:
            clip = corpus.clips[number]
            queue = project.review_queue(
                project.posterior(model, number, observations[number]),
                number,
                np.delete(clip.at, chosen[number]),
                threshold,
            )
            rated = np.searchsorted(clip.at, queue.at).tolist()
            gains = queue.gain.tolist()
            rows += [(-g, number, r) for g, r in zip(gains, rated, strict=True)]
    rows.sort()
    return np.array([row[1:] for row in rows], np.int64).reshape(-1, 2)


def _corrected(chosen: Chosen, places: Int64[np.ndarray, "d 2"]) -> Chosen:
    out = []
    for number, some in enumerate(chosen):
        more = places[places[:, 0] == number, 1]
        out.append(np.sort(np.concatenate([some, more])))
    return out


def _error(corpus: Corpus, predicted: Sequence[Sequence[Result]]) -> float:
    """RMSE over clips of all rated frames, labelled ones at their labels.

    Squares are averaged over several predictions, where there are some.
    """
    squares: list[Float64[np.ndarray, " 2"]] = [
        ((one.value - clip.value).astype(np.float64) ** 2).mean(axis=0)
        for each in predicted
        for one, clip in zip(each, corpus.clips, strict=True)
    ]
    return float(np.sqrt(np.mean(squares, axis=0)).mean())


def _uniform_error(corpus: Corpus, chosen: Chosen, seed: int) -> float:
    """The engine on as many labels per clip, spread evenly."""
    total = sum(len(some) for some in chosen)
    frames = sum(len(clip) for clip in corpus.clips)
    found = []
    for draw in range(REFERENCE_DRAWS):
        even = [
            uniform_frames(
                clip,
                max(1, round(total * len(clip) / frames)),
                draw=draw,
                of=REFERENCE_DRAWS,
            )
            for clip in corpus.clips
        ]
        found.append(run("engine", Problem(corpus=corpus, chosen=even, seed=seed)))
    return _error(corpus, found)
