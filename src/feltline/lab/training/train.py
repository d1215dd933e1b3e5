"""The training loop; reads from top to bottom.

Everything random in a step follows from the seed and the step's number alone, so a run
that was killed goes on from its last epoch to the same losses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from feltline.errors import InputError
from feltline.lab.datasets import FaceSet
from feltline.lab.training.batches import plan_epoch, prefetch
from feltline.lab.training.device import Device, is_narrow, start
from feltline.lab.training.evaluate import evaluate_faces, evaluate_pairs
from feltline.lab.training.objective import LossTerms
from feltline.lab.training.options import TrainOptions
from feltline.lab.training.schedule import best_epoch, is_over, learning_rate
from feltline.lab.training.torch_encoder import TorchEncoder
from feltline.lab.training.train_state import BEST, LAST, TrainState
from feltline.lab.training.training_log import Epoch, TrainingLog

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["BEST", "LAST", "Progress", "Run", "Split", "train"]

_LARGEST_GRADIENT: Final = 5.0
_SEED_STRIDE: Final = 1_000_003
_PAIRS_JUDGED: Final = 5000

Progress = Callable[[int, int, str], None]
"""Called with faces seen, faces to see in all, and a line about the last epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What to learn from, and what judges every epoch and so which one is best."""

    train: FaceSet
    valid: FaceSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a training run came to.

    Attributes:
        folder: Holds the checkpoints, `epochs.csv` and TensorBoard's events.
        best: The epoch whose weights are in `best.safetensors`.
        epochs: How many were trained.
    """

    folder: Path
    best: Epoch
    epochs: int


def train(
    split: Split,
    folder: Path,
    options: TrainOptions,
    *,
    device: Device | None = None,
    init_from: Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Train a network, or go on where `folder` left off.

    Args:
        split: What to learn from, and what judges it.
        folder: For checkpoints and logs; a run found there goes on.
        options: Everything that decides the result.
        device: Where to compute.
        init_from: A checkpoint whose weights to start from.
        progress: Told after every step.

    Raises:
        InputError: The labels, or a checkpoint, do not fit the options.
        SetupError: The device asked for is not there, or the disk is full.
    """
    device = device or Device()
    fabric = start(device)
    faces = split.train
    plan_epoch(faces.expression, options, epoch=0)  # raises now, not in an hour
    folder.mkdir(parents=True, exist_ok=True)
    state = TrainState.new(
        options,
        (faces.corpus,),
        fabric.device,
        narrow=is_narrow(device, fabric.device),
        init_from=init_from,
    )
    state.resume(folder / LAST)
    module, optimizer = fabric.setup(state.trainee, state.optimizer)
    journal = TrainingLog(folder, write=fabric.is_global_zero)

    while len(state.history) < options.epochs:
        if is_over(state.history, options.patience):
            break
        epoch = len(state.history)
        plan = plan_epoch(
            faces.expression,
            options,
            epoch=epoch,
            rank=fabric.global_rank,
            world=fabric.world_size,
        )
        module.train()
        sums = torch.zeros(1 + len(LossTerms._fields), device=fabric.device)
        for i, batch in enumerate(prefetch(faces, plan, options.network)):
            step = epoch * len(plan) + i
            _seed(options.seed, step, fabric)
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(options, step, len(plan), state.history)
            optimizer.zero_grad(set_to_none=True)
            loss, terms = module(batch.to(fabric.device), epoch / options.epochs)
            fabric.backward(loss)
            fabric.clip_gradients(
                module,
                optimizer,
                max_norm=_LARGEST_GRADIENT,
                error_if_nonfinite=False,  # the loss at the end of the epoch tells
            )
            optimizer.step()
            state.follow(step)
            sums += torch.stack([loss.detach(), *(t.detach() for t in terms)])
            if progress is not None:
                seen, ahead = step + 1, len(plan) * options.epochs
                line = state.history[-1].line() if state.history else ""
                progress(seen * options.batch, ahead * options.batch, line)
        means = torch.as_tensor(fabric.all_reduce(sums)).div(len(plan)).tolist()
        _check_finite(means[0], epoch, folder)
        scores = _validated(TorchEncoder(state.average, fabric.device), split, options)
        state.history.append(Epoch.of(epoch + 1, means, LossTerms._fields, scores))
        journal.write(state.history)
        if fabric.is_global_zero:
            state.save(folder)
        fabric.barrier()
    best = best_epoch(state.history)
    return Run(folder=folder, best=best, epochs=len(state.history))


def _validated(
    encoder: TorchEncoder, split: Split, options: TrainOptions
) -> dict[str, float]:
    """Scores on the valid split; `overall` chooses the best epoch."""
    if options.of_pairs_alone:
        judged = evaluate_pairs(encoder, encoder, split.valid, pairs=_PAIRS_JUDGED)
        return judged.flat()
    return evaluate_faces(encoder, split.valid).flat()


def _seed(seed: int, step: int, fabric: "Fabric") -> None:
    """Make what is random in a step depend on nothing before it."""
    number = (seed * _SEED_STRIDE + step) * fabric.world_size + fabric.global_rank
    torch.manual_seed(number)


def _check_finite(loss: float, epoch: int, folder: Path) -> None:
    if not np.isfinite(loss):
        raise InputError(
            f"the loss of epoch {epoch + 1} is {loss}: training diverged. Lower "
            f"--learning-rate and start in a new folder, or remove {folder}"
        )
