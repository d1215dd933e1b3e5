"""Train a network; reads from top to bottom.

Everything random in a step follows from the seed and the step's number alone, so a run
that was killed goes on from its last epoch to the same losses.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from feltline.datasets import FaceSet
from feltline.errors import InputError, SetupError
from feltline.training.augment import augmented, standardised
from feltline.training.batches import Batch, plan_epoch, read_ahead, to_pixels
from feltline.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from feltline.training.journal import Epoch, Journal
from feltline.training.network import AffectNetwork, OfFace, OfPair
from feltline.training.objective import Objective, Terms
from feltline.training.options import TrainOptions
from feltline.training.scores import FaceScores, score_faces

if TYPE_CHECKING:
    from lightning_fabric import Fabric

__all__ = ["BEST", "LAST", "Device", "Progress", "Run", "look_at", "train"]

LAST: Final = "last.safetensors"
BEST: Final = "best.safetensors"
_MOMENTUM: Final = 0.9
_RISE: Final = 0.03
"""Share of the steps in which the cosine schedule rises to its highest rate."""
_PLATEAU_EPOCHS: Final = 5
_PLATEAU_FACTOR: Final = 0.1
_LARGEST_GRADIENT: Final = 5.0
_SEED_STRIDE: Final = 1_000_003
_LOOK_AT_ONCE: Final = 128

Progress = Callable[[int, int, str], None]
"""Called with faces seen, faces to see in all, and a line about the last epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where to compute.

    Attributes:
        accelerator: `auto` takes a GPU where there is one.
        devices: How many, on each machine.
        nodes: How many machines, under `torchrun`.
        precision: `auto` = bfloat16 where the hardware multiplies it.
    """

    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    devices: int = 1
    nodes: int = 1
    precision: Literal["auto", "32", "bf16"] = "auto"


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


class _Trainee(nn.Module):
    """Network and objective as one module, so that devices share their gradients."""

    def __init__(self, options: TrainOptions, *, narrow: bool) -> None:
        super().__init__()
        self.options = options
        self.narrow = narrow
        self.network = AffectNetwork(options.network)
        self.objective = Objective(options)

    def forward(
        self, batch: Batch, progress: float
    ) -> tuple[Float[Tensor, ""], Terms]:
        faces = standardised(augmented(batch.faces, self.options.augmentation))
        # Convolutions in bfloat16, losses in full: labels would lose their precision.
        with torch.autocast(faces.device.type, torch.bfloat16, enabled=self.narrow):
            seen = self.network(faces)
            compared = self.network.pairs(
                seen.embedding[batch.first], seen.embedding[batch.second]
            )
        seen = OfFace(*(part.float() for part in seen))
        compared = OfPair(*(part.float() for part in compared))
        return self.objective(seen, compared, batch, progress)


def train(
    train_set: FaceSet,
    valid_set: FaceSet,
    folder: Path,
    options: TrainOptions,
    *,
    device: Device | None = None,
    init_from: Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Train a network, or go on where `folder` left off.

    Args:
        train_set: What to learn from.
        valid_set: Judges every epoch, and so which one is best.
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
    fabric = _fabric(device)
    plan_epoch(train_set.expression, options, epoch=0)  # raises now, not in an hour
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    trainee = _Trainee(options, narrow=_is_narrow(device, fabric.device))
    if init_from is not None:
        _load(trainee.network, read_checkpoint(init_from).part("average"), init_from)
    if fabric.device.type == "cpu":  # the layout its convolutions are fastest in
        trainee.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = deepcopy(trainee.network).to(fabric.device)
    optimizer = _optimizer(trainee, options)
    history = _resume(folder / LAST, options, trainee, average, optimizer)
    module, optimizer = fabric.setup(trainee, optimizer)

    journal = Journal(folder, write=fabric.is_global_zero)
    for epoch in range(len(history), options.epochs):
        if _is_over(history, options.patience):
            break
        plan = plan_epoch(
            train_set.expression,
            options,
            epoch=epoch,
            rank=fabric.global_rank,
            world=fabric.world_size,
        )
        module.train()
        sums = torch.zeros(1 + len(Terms._fields), device=fabric.device)
        for i, batch in enumerate(read_ahead(train_set, plan, options.network)):
            step = epoch * len(plan) + i
            _seed(options.seed, step, fabric)
            for group in optimizer.param_groups:
                group["lr"] = _rate(options, step, len(plan), history)
            optimizer.zero_grad(set_to_none=True)
            loss, terms = module(batch.to(fabric.device), epoch / options.epochs)
            fabric.backward(loss)
            fabric.clip_gradients(module, optimizer, max_norm=_LARGEST_GRADIENT)
            optimizer.step()
            _follow(average, trainee.network, options.average, step)
            sums += torch.stack([loss.detach(), *(t.detach() for t in terms)])
            if progress is not None:
                seen = step + 1, len(plan) * options.epochs
                line = history[-1].line() if history else ""
                progress(seen[0] * options.batch, seen[1] * options.batch, line)
        means = (fabric.all_reduce(sums) / len(plan)).tolist()
        _check_finite(means[0], epoch, folder)
        scores = look_at(average, valid_set, fabric.device)
        history.append(Epoch.of(epoch + 1, means, Terms._fields, scores))
        journal.write(history)
        if fabric.is_global_zero:
            corpora = (train_set.corpus,)
            _save(folder, options, corpora, trainee, average, optimizer, history)
        fabric.barrier()
    return Run(folder=folder, best=_best(history), epochs=len(history))


@torch.inference_mode()
def look_at(
    network: AffectNetwork, faces: FaceSet, device: torch.device
) -> FaceScores:
    """Score a network on a set."""
    network.eval()
    size, n = network.options.size, len(faces)
    affect, logits = np.empty((n, 2), np.float32), np.empty((n, 8), np.float32)
    for start in range(0, n, _LOOK_AT_ONCE):
        rows = np.arange(start, min(start + _LOOK_AT_ONCE, n))
        pixels = to_pixels(faces.pictures.read(rows, size), network.options.channels)
        seen = network(standardised(pixels.to(device)))
        affect[rows] = seen.affect.clamp(-1, 1).float().cpu().numpy()
        logits[rows] = seen.expression.float().cpu().numpy()
    return score_faces(
        affect=affect,
        told_affect=faces.affect,
        expression=logits,
        told_expression=faces.expression,
    )


def _fabric(device: Device) -> "Fabric":
    """The device, started.

    Raises:
        SetupError: It is not there.
    """
    from lightning_fabric import Fabric

    if device.accelerator == "cuda" and not torch.cuda.is_available():
        raise SetupError(
            "a GPU was asked for, but torch sees none: check the driver and that torch "
            "is a CUDA build, or use --device cpu"
        )
    on_gpu = device.accelerator != "cpu" and torch.cuda.is_available()
    there = torch.cuda.device_count() if on_gpu else device.devices
    if device.devices > there:
        raise SetupError(
            f"{device.devices} GPUs were asked for, but torch sees {there}; lower "
            f"--devices"
        )
    fabric = Fabric(
        accelerator="cuda" if on_gpu else "cpu",
        devices=device.devices,
        num_nodes=device.nodes,
    )
    fabric.launch()
    return fabric


def _is_narrow(asked: Device, device: torch.device) -> bool:
    """Whether to multiply in bfloat16."""
    if asked.precision != "auto":
        return asked.precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001


def _optimizer(module: nn.Module, options: TrainOptions) -> torch.optim.Optimizer:
    """Weights decay; biases, norms and learnt loss weights do not."""
    decaying = [p for p in module.parameters() if p.ndim > 1]
    others = [p for p in module.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": decaying, "weight_decay": options.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    if options.optimizer == "sgd":
        return torch.optim.SGD(
            groups, lr=options.learning_rate, momentum=_MOMENTUM, nesterov=True
        )
    return torch.optim.Adam(groups, lr=options.learning_rate)


def _rate(
    options: TrainOptions, step: int, per_epoch: int, history: Sequence[Epoch]
) -> float:
    """The learning rate of a step."""
    if options.schedule == "plateau":
        drops = _plateaus([e.overall for e in history])
        return options.learning_rate * _PLATEAU_FACTOR**drops
    share = (step + 1) / (per_epoch * options.epochs)
    falling = (1 + cos(pi * share)) / 2
    return options.learning_rate * min(share / _RISE, 1.0) * falling


def _plateaus(scores: Sequence[float]) -> int:
    """How often the score has stood still for more than five epochs."""
    best, waited, drops = -np.inf, 0, 0
    for score in scores:
        waited = 0 if score > best else waited + 1
        best = max(best, score)
        if waited > _PLATEAU_EPOCHS:
            waited, drops = 0, drops + 1
    return drops


def _best(history: Sequence[Epoch]) -> Epoch:
    return max(history, key=lambda epoch: epoch.overall)


def _is_over(history: Sequence[Epoch], patience: int | None) -> bool:
    if patience is None or not history:
        return False
    return history[-1].epoch - _best(history).epoch >= patience


def _seed(seed: int, step: int, fabric: "Fabric") -> None:
    """Make what is random in a step depend on nothing before it."""
    number = (seed * _SEED_STRIDE + step) * fabric.world_size + fabric.global_rank
    torch.manual_seed(number)


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move the average towards the network; faster at first, when it is far."""
    decay = min(decay, (1 + step) / (10 + step))
    pairs = zip(average.state_dict().values(), network.state_dict().values(), strict=True)
    for mean, now in pairs:
        if mean.is_floating_point():
            mean.lerp_(now.detach(), 1 - decay)
        else:
            mean.copy_(now)


def _check_finite(loss: float, epoch: int, folder: Path) -> None:
    if not np.isfinite(loss):
        raise InputError(
            f"the loss of epoch {epoch + 1} is {loss}: training diverged. Lower "
            f"--learning-rate and start in a new folder, or remove {folder}"
        )


def _save(
    folder: Path,
    options: TrainOptions,
    corpora: tuple[str, ...],
    trainee: _Trainee,
    average: AffectNetwork,
    optimizer: torch.optim.Optimizer,
    history: list[Epoch],
) -> None:
    """Everything needed to go on, and the best average by itself."""
    state = {"history": [epoch.to_dict() for epoch in history]}
    mean = {f"average.{k}": v for k, v in average.state_dict().items()}
    if _best(history) is history[-1]:
        write_checkpoint(
            folder / BEST,
            Checkpoint(options=options, corpora=corpora, tensors=mean, state=state),
        )
    now = {f"trainee.{k}": v for k, v in trainee.state_dict().items()}
    moments = {
        f"optimizer.{index}.{key}": torch.as_tensor(value)
        for index, values in optimizer.state_dict()["state"].items()
        for key, value in values.items()
        if value is not None
    }
    write_checkpoint(
        folder / LAST,
        Checkpoint(
            options=options, corpora=corpora, tensors=mean | now | moments, state=state
        ),
    )


def _resume(
    path: Path,
    options: TrainOptions,
    trainee: _Trainee,
    average: AffectNetwork,
    optimizer: torch.optim.Optimizer,
) -> list[Epoch]:
    """Take up the run at `path`, if there is one; the epochs it has done."""
    if not path.exists():
        return []
    found = read_checkpoint(path)
    if found.options != options:
        raise InputError(
            f"{path} is a run with other options; give the options it was started "
            f"with, or another folder"
        )
    _load(trainee, found.part("trainee"), path)
    _load(average, found.part("average"), path)
    state = optimizer.state_dict()
    for name, value in found.part("optimizer").items():
        index, key = name.split(".")
        state["state"].setdefault(int(index), {})[key] = value
    optimizer.load_state_dict(state)
    return [Epoch.from_dict(row) for row in found.state["history"]]


def _load(module: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Fill a module with weights.

    Raises:
        InputError: They are of another architecture.
    """
    own = module.state_dict()
    wrong = [k for k in own if k not in tensors or tensors[k].shape != own[k].shape]
    wrong += [k for k in tensors if k not in own]
    if wrong:
        raise InputError(
            f"{path} is of another architecture: {wrong[0]} and {len(wrong) - 1} more "
            f"do not fit. Give the options it was trained with"
        )
    module.load_state_dict(tensors)
