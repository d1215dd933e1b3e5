"""The benchmark itself: a cell per method, selection, budget and draw.

A cell holds what the method predicted of every rated frame, in a file of its own: an
interrupted run goes on where it stopped, and every score is computed from cells alone.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, fields
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float32, Int64

from feltline.atomic import replacing
from feltline.errors import InputError
from feltline.lab.bench.clips import Corpus
from feltline.lab.bench.methods import CEILINGS, run, without_labels
from feltline.lab.bench.problem import Problem
from feltline.lab.bench.selection import chosen_frames, labels_of, phases

__all__ = ["NO_LABEL", "Cell", "Spec", "plan", "read_cell", "run_cells"]

MANIFEST: Final = "benchmark.json"
CELLS_VERSION: Final = 2
"""Of the arrays in a cell: a folder of other ones is not gone on with."""
NO_LABEL: Final = "0"
LEAST_LEFT: Final = 3
"""A clip is left out of a budget that would leave fewer rated frames to judge."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Spec:
    """Names one cell.

    Attributes:
        budget: Labels per clip, a step or a share; "all" for ceilings.
        selection: How the budget was spent; "none" for ceilings and a budget of 0.
        method: How the rest was labelled.
        draw: Which draw of the selection.
        of: How many draws there are.
    """

    budget: str
    selection: str
    method: str
    draw: int
    of: int

    @property
    def file(self) -> str:
        """Name of the cell's file."""
        name = f"{self.method}.{self.selection}.{self.budget}.{self.draw}-{self.of}"
        return name.replace("%", "pc") + ".npz"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cell:
    """What a method predicted of the frames that it is judged on. f = frames.

    Attributes:
        spec: Which cell.
        clip: Number of each frame's clip.
        person: Number of the person in it.
        value: Estimated valence and arousal.
        rated: Human valence and arousal.
        low: Of the 90 % interval; NaN where the method has none.
        high: Likewise.
        confidence: NaN where the method has none.
        expression: Estimated class, -1 = none.
        class_probability: Of each class; NaN where the method has none.
        rated_expression: Human class, -1 = none.
        is_support: Whether the frame was labelled.
        distance: Rated frames to the nearest labelled one of the clip.
    """

    spec: Spec
    clip: Int64[np.ndarray, " f"]
    person: Int64[np.ndarray, " f"]
    value: Float32[np.ndarray, "f 2"]
    rated: Float32[np.ndarray, "f 2"]
    low: Float32[np.ndarray, "f 2"]
    high: Float32[np.ndarray, "f 2"]
    confidence: Float32[np.ndarray, " f"]
    expression: Int64[np.ndarray, " f"]
    class_probability: Float32[np.ndarray, "f c"]
    rated_expression: Int64[np.ndarray, " f"]
    is_support: Bool[np.ndarray, " f"]
    distance: Int64[np.ndarray, " f"]


def plan(
    corpus: Corpus,
    budgets: Sequence[str],
    selections: Sequence[str],
    methods: Sequence[str],
    draws: int,
) -> list[Spec]:
    """All cells of a benchmark, quick methods first within a budget.

    Without labels only the methods of `without_labels` are run, and once: there is
    nothing to select.

    Raises:
        InputError: A budget takes all rated frames of every clip, or there is no method
            left to run.
    """
    made: list[Spec] = []
    can_without = without_labels(corpus)
    for budget in budgets:
        some = _fit_for(corpus, budget)
        if not some.clips:
            raise InputError(
                f"no clip has enough rated frames for a budget of {budget}; give a "
                f"smaller one"
            )
        unlabelled = budget == NO_LABEL
        for selection in ("none",) if unlabelled else selections:
            of = 1 if unlabelled else phases(some, budget, selection, draws)
            made += [
                Spec(budget=budget, selection=selection, method=m, draw=d, of=of)
                for m in methods
                if m not in CEILINGS and (not unlabelled or m in can_without)
                for d in range(of)
            ]
    made += [
        Spec(budget="all", selection="none", method=m, draw=0, of=1)
        for m in methods
        if m in CEILINGS
    ]
    if not made:
        raise InputError(
            f"without labels {', '.join(methods)} has nothing to go by; give another "
            f"budget than {NO_LABEL}, or some of {', '.join(can_without)}"
        )
    return made


def run_cells(
    corpus: Corpus,
    specs: Iterable[Spec],
    folder: Path,
    *,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress | None = None,
) -> None:
    """Compute the cells that the folder does not hold yet.

    Args:
        corpus: What to judge on.
        specs: Which cells.
        folder: Where cells are kept; made if need be.
        seed: Of everything drawn.
        jobs: Processes to compute in.
        progress: Called with how many cells are done, and of how many.

    Raises:
        InputError: The folder holds cells of another benchmark.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _check_manifest(corpus, folder, seed)
    every = list(specs)
    left = [spec for spec in every if not (folder / spec.file).exists()]
    done = len(every) - len(left)
    for _ in _computed(corpus, left, folder, seed, jobs):
        done += 1
        if progress is not None:
            progress(done, len(every))


def _computed(
    corpus: Corpus, specs: Sequence[Spec], folder: Path, seed: int, jobs: int
) -> Iterator[Spec]:
    if jobs <= 1 or len(specs) <= 1:
        for spec in specs:
            _compute(corpus, spec, folder, seed)
            yield spec
        return
    with ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=_begin, initargs=(corpus, folder, seed)
    ) as pool:
        waiting = {pool.submit(_compute_here, spec): spec for spec in specs}
        try:
            for finished in as_completed(waiting):
                finished.result()
                yield waiting[finished]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_HERE: dict[str, Any] = {}
"""What a worker process was given when it began."""


def _begin(corpus: Corpus, folder: Path, seed: int) -> None:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # the processes are the parallelism
    _HERE.update(corpus=corpus, folder=folder, seed=seed)


def _compute_here(spec: Spec) -> None:
    _compute(_HERE["corpus"], spec, _HERE["folder"], _HERE["seed"])


@lru_cache(maxsize=16)
def _fit_for(corpus: Corpus, budget: str) -> Corpus:
    """The clips that leave enough frames to judge; the same object each time."""
    if budget == "all":
        return corpus
    k = max(labels_of(budget, clip) for clip in corpus.clips)
    if budget.isdigit():
        return corpus.only(k + LEAST_LEFT)
    return corpus


def _compute(corpus: Corpus, spec: Spec, folder: Path, seed: int) -> None:
    some = _fit_for(corpus, spec.budget)
    chosen = chosen_frames(some, spec.budget, spec.selection, spec.draw, spec.of, seed)
    predicted = run(spec.method, Problem(corpus=some, chosen=chosen, seed=seed))
    persons = sorted({clip.person for clip in corpus.clips})
    number = {id(clip): i for i, clip in enumerate(corpus.clips)}
    rows: dict[str, list[np.ndarray]] = {}
    for clip, one, own in zip(some.clips, predicted, chosen, strict=True):
        m = len(clip)
        columns = {
            "clip": np.full(m, number[id(clip)], np.int64),
            "person": np.full(m, persons.index(clip.person), np.int64),
            "rated": clip.value,
            "rated_expression": clip.expression,
            "is_support": np.isin(np.arange(m), own),
            "distance": _distance(m, own),
            **{f.name: getattr(one, f.name) for f in fields(one)},
        }
        for key, column in columns.items():
            rows.setdefault(key, []).append(column)
    with replacing(folder / spec.file) as scratch:
        np.savez(scratch, **{key: np.concatenate(parts) for key, parts in rows.items()})


def _distance(m: int, own: Int64[np.ndarray, " k"]) -> Int64[np.ndarray, " m"]:
    """Rated frames to the nearest label; m where there is none."""
    if not len(own):
        return np.full(m, m, np.int64)
    apart = np.abs(np.arange(m)[:, None] - own[None]).min(axis=1)
    return np.asarray(apart, np.int64)


def read_cell(folder: Path, spec: Spec) -> Cell:
    """A cell as it was computed."""
    with np.load(folder / spec.file, allow_pickle=False) as held:
        return Cell(spec=spec, **dict(held))


def _check_manifest(corpus: Corpus, folder: Path, seed: int) -> None:
    """Say what the folder is of, or refuse to mix two benchmarks."""
    digest = hashlib.sha256()
    for clip in (*corpus.clips, *corpus.learn):
        for array in (
            *(clip.seen.vector, clip.track.time_s, clip.value, clip.at),
            *(clip.support_value, clip.support_expression),
        ):
            digest.update(np.ascontiguousarray(array).tobytes())
    who = [clip.person for clip in corpus.clips]
    digest.update(json.dumps([who, corpus.fold]).encode())
    mine = {
        "cells_version": CELLS_VERSION,
        "corpus": corpus.name,
        "encoder": corpus.encoder,
        "seed": seed,
        "sha256": digest.hexdigest(),
    }
    path = folder / MANIFEST
    if not path.exists():
        with replacing(path) as scratch:
            scratch.write_text(json.dumps(mine, indent=2) + "\n", encoding="utf-8")
        return
    held = json.loads(path.read_text(encoding="utf-8"))
    if held != mine:
        raise InputError(
            f"{folder} holds cells of another benchmark ({held.get('corpus')}, encoder "
            f"{held.get('encoder')}, seed {held.get('seed')}); give another --out, or "
            f"remove the folder"
        )
