"""The whole hybrid operation with a simulated rater: what the threshold is worth.

Some frames are suggested and labelled, the rest is filled in; then the rater mends what
is under the threshold, least sure first, some frames at a time, and after each batch
everything is filled in anew. The reference spends the same number of labels on each
clip evenly in time. Judged is the finished product: all rated frames, labelled ones
included, since these are what a review leaves right.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.lab.bench.clips import Corpus
from feltline.lab.bench.methods import run
from feltline.lab.bench.problem import Problem, Result
from feltline.lab.bench.selection import chosen_frames, uniform_frames
from feltline.settings import THRESHOLD

__all__ = ["LoopResult", "Round", "run_loop"]

MOST_ROUNDS: Final = 30
MOST_SHARE: Final = 0.5
"""A rater who has labelled this share of the frames stops."""
BATCH_SHARE: Final = 0.02
"""Frames mended between two refits, as a share of all rated ones."""

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
    rounds, doubtful = [], np.empty((0, 2), np.int64)
    for _ in range(MOST_ROUNDS):
        predicted = run("engine", Problem(corpus=corpus, chosen=chosen, seed=seed))
        doubtful, sure = _doubtful(predicted, chosen, threshold)
        n_labels = sum(len(some) for some in chosen)
        rounds.append(
            Round(
                labels=n_labels,
                share=n_labels / frames,
                accepted=sure / max(frames - n_labels, 1),
                rmse=_error(corpus, predicted),
                rmse_uniform=_uniform_error(corpus, chosen, seed),
            )
        )
        if progress is not None:
            progress(n_labels, frames)
        if not len(doubtful) or n_labels >= MOST_SHARE * frames:
            break
        chosen = _mended(chosen, doubtful[:batch])
    return LoopResult(rounds=tuple(rounds), is_finished=not len(doubtful))


def _doubtful(
    predicted: Sequence[Result], chosen: Chosen, threshold: float
) -> tuple[Int64[np.ndarray, "d 2"], int]:
    """Frames under the threshold, (clip, rated frame), least sure first."""
    places, confidence, n_sure = [], [], 0
    for number, (one, some) in enumerate(zip(predicted, chosen, strict=True)):
        machine = np.setdiff1d(np.arange(len(one.confidence)), some)
        under = machine[one.confidence[machine] < np.float32(threshold)]
        n_sure += len(machine) - len(under)
        places.append(np.stack([np.full(len(under), number), under], axis=1))
        confidence.append(one.confidence[under])
    order = np.argsort(np.concatenate(confidence), kind="stable")
    return np.concatenate(places).astype(np.int64)[order], n_sure


def _mended(chosen: Chosen, places: Int64[np.ndarray, "d 2"]) -> Chosen:
    out = []
    for number, some in enumerate(chosen):
        more = places[places[:, 0] == number, 1]
        out.append(np.sort(np.concatenate([some, more])))
    return out


def _error(corpus: Corpus, predicted: Sequence[Result]) -> float:
    """RMSE over clips of all rated frames, labelled ones at their labels."""
    squares: list[Float64[np.ndarray, " 2"]] = [
        ((one.value - clip.value).astype(np.float64) ** 2).mean(axis=0)
        for one, clip in zip(predicted, corpus.clips, strict=True)
    ]
    return float(np.sqrt(np.mean(squares, axis=0)).mean())


def _uniform_error(corpus: Corpus, chosen: Chosen, seed: int) -> float:
    """The engine on as many labels per clip, spread evenly."""
    total = sum(len(some) for some in chosen)
    frames = sum(len(clip) for clip in corpus.clips)
    even = [
        uniform_frames(clip, max(1, round(total * len(clip) / frames)))
        for clip in corpus.clips
    ]
    return _error(corpus, run("engine", Problem(corpus=corpus, chosen=even, seed=seed)))
