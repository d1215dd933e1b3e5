"""Deterministic batch order: fixed by seed and epoch, so that runs resume.

A plan says which rows a step sees and which of them are compared; threads read the
pictures of the next steps while the present one is computed.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from typing import Final, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int64, UInt8
from torch import Tensor

from feltline.lab.datasets import FaceSet
from feltline.lab.training.network import NetworkOptions
from feltline.lab.training.options import TrainOptions
from feltline.lab.training.pairs import Pairs, PairSampler

LUMA: Final = (0.299, 0.587, 0.114)
_AHEAD: Final = 4

__all__ = ["Batch", "Step", "plan_epoch", "prefetch", "to_pixels"]


class Step(NamedTuple):
    """Rows of the set, and pairs among them (places within `rows`)."""

    rows: Int64[np.ndarray, " b"]
    pairs: Pairs


class Batch(NamedTuple):
    """What a step computes on."""

    faces: Float[Tensor, "b c s s"]
    """Pixels in [0, 1]."""
    affect: Float[Tensor, "b 2"]
    """Valence and arousal; NaN = missing."""
    is_weak: Bool[Tensor, " b"]
    """Whether these follow from classes, rather than from direct ratings."""
    votes: Float[Tensor, "b 8"]
    """Shares of votes; NaN = missing."""
    first: Int[Tensor, " p"]
    """Places of the first faces of the pairs."""
    second: Int[Tensor, " p"]
    """Places of the second ones."""
    alike: Bool[Tensor, " p"]
    """Whether their expressions agree."""

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        return Batch(*(part.to(device) for part in self))


def plan_epoch(
    expression: Int64[np.ndarray, " n"],
    options: TrainOptions,
    *,
    epoch: int,
    rank: int = 0,
    world: int = 1,
) -> list[Step]:
    """The steps of one epoch, for one of `world` devices.

    Args:
        expression: Of every face; -1 = missing.
        options: Say how, how many at once, and the seed.
        epoch: From 0.
        rank: Which device, from 0.
        world: How many devices share a batch.

    Raises:
        InputError: Pairs are wanted and the classes allow none.
    """
    rng = np.random.default_rng([options.seed, epoch, rank])
    local = max(options.batch // world, 1)
    if options.batches == "pairs":
        sampler = PairSampler(expression)
        return [
            _of_pairs(sampler.draw(local, rng))
            for _ in range(max(len(expression) // options.batch, 1))
        ]
    order = np.random.default_rng([options.seed, epoch]).permutation(len(expression))
    # What is left over would be a batch too small for statistics of a batch.
    steps = max(len(order) // options.batch, 1)
    return [
        _of_faces(order[i * options.batch :][rank * local :][:local], expression, rng)
        for i in range(steps)
    ]


def _of_pairs(pairs: Pairs) -> Step:
    n = len(pairs.alike)
    places = Pairs(np.arange(n), np.arange(n, 2 * n), pairs.alike)
    return Step(np.concatenate([pairs.first, pairs.second]), places)


def _of_faces(
    rows: Int64[np.ndarray, " b"],
    expression: Int64[np.ndarray, " n"],
    rng: np.random.Generator,
) -> Step:
    here = expression[rows]
    counts = np.bincount(here[here >= 0])
    if (counts > 0).sum() < 2 or counts.max() < 2:
        nothing = np.zeros(0, np.int64)
        return Step(rows, Pairs(nothing, nothing, np.zeros(0, np.bool_)))
    return Step(rows, PairSampler(here).draw(len(rows), rng))


def prefetch(
    faces: FaceSet, steps: Sequence[Step], network: NetworkOptions
) -> Iterator[Batch]:
    """The batches of these steps; the next ones are read while one is in use."""

    def read(step: Step) -> UInt8[np.ndarray, "b s s c"]:
        return faces.pictures.read(step.rows, network.size)

    with ThreadPoolExecutor(_AHEAD) as pool:
        reading = deque(pool.submit(read, step) for step in steps[:_AHEAD])
        for step, later in zip_longest(steps, steps[_AHEAD:]):
            pixels = reading.popleft().result()
            if later is not None:
                reading.append(pool.submit(read, later))
            # Tensors are made in this thread: torch in another one would bring up a
            # second set of workers, which took a fifth of the speed.
            yield _batch(faces, step, to_pixels(pixels, network.channels))


def _batch(faces: FaceSet, step: Step, pixels: Float[Tensor, "b c s s"]) -> Batch:
    rows, pairs = step
    return Batch(
        faces=pixels,
        affect=torch.from_numpy(faces.affect[rows]),
        is_weak=torch.from_numpy(faces.is_weak[rows]),
        votes=torch.from_numpy(_targets(faces, rows)),
        first=torch.from_numpy(pairs.first),
        second=torch.from_numpy(pairs.second),
        alike=torch.from_numpy(pairs.alike),
    )


def _targets(faces: FaceSet, rows: Int64[np.ndarray, " b"]) -> np.ndarray:
    """Shares of votes, or the one expression where no votes are known."""
    votes, expression = faces.votes[rows], faces.expression[rows]
    alone = np.isnan(votes).any(axis=1) & (expression >= 0)
    votes[alone] = np.eye(votes.shape[1], dtype=np.float32)[expression[alone]]
    return np.asarray(votes)


def to_pixels(
    faces: UInt8[np.ndarray, "b s s c"], channels: int
) -> Float[Tensor, "b k s s"]:
    """Bytes as pixels in [0, 1], channels first: grey (1) or colour (3).

    Grey is the luma of ITU-R BT.601, as the encoder has it.
    """
    planes = torch.from_numpy(np.ascontiguousarray(np.moveaxis(faces, 3, 1)))
    pixels = planes.float() / 255
    if channels == pixels.shape[1]:
        return pixels
    if channels == 3:
        return pixels.expand(-1, 3, -1, -1)
    luma = torch.tensor(LUMA).reshape(1, 3, 1, 1)
    return (pixels * luma).sum(dim=1, keepdim=True)
