"""Training state: model, average, optimizer and step, and how it is checkpointed."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from feltline.encoder import find_card
from feltline.errors import InputError
from feltline.lab.training.augment import augmented, standardised
from feltline.lab.training.batches import Batch
from feltline.lab.training.candidate import CHECKPOINT
from feltline.lab.training.checkpoint import (
    Checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from feltline.lab.training.network import AffectNetwork, FaceOutput, PairOutput
from feltline.lab.training.objective import LossTerms, Objective
from feltline.lab.training.options import TrainOptions
from feltline.lab.training.schedule import best_epoch
from feltline.lab.training.training_log import Epoch
from feltline.lab.training.weights import load_weights, weights_of_card

__all__ = ["BEST", "LAST", "TrainState", "TrainingModule"]

LAST: Final = "last.safetensors"
BEST: Final = "best.safetensors"
_MOMENTUM: Final = 0.9


class TrainingModule(nn.Module):
    """Network and objective as one module, so that devices share their gradients."""

    def __init__(self, options: TrainOptions, *, narrow: bool) -> None:
        super().__init__()
        self.options = options
        self.narrow = narrow
        self.network = AffectNetwork(options.network)
        self.objective = Objective(options)
        if options.frozen:
            self.network.requires_grad_(requires_grad=False)
            self.network.pairs.requires_grad_(requires_grad=True)

    def train(self, mode: bool = True) -> "TrainingModule":
        """As any module's; what is frozen sees faces as it will when it is used."""
        super().train(mode)
        if self.options.frozen:
            self.network.eval()
            self.network.pairs.train(mode)
        return self

    def forward(
        self, batch: Batch, progress: float
    ) -> tuple[Float[Tensor, ""], LossTerms]:
        """The loss of a batch and its parts."""
        faces = standardised(augmented(batch.faces, self.options.augmentation))
        # Convolutions in bfloat16, losses in full: labels would lose their precision.
        with torch.autocast(faces.device.type, torch.bfloat16, enabled=self.narrow):
            seen = self.network(faces)
            compared = self.network.pairs(
                seen.embedding[batch.first], seen.embedding[batch.second]
            )
        seen = FaceOutput(*(part.float() for part in seen))
        compared = PairOutput(*(part.float() for part in compared))
        loss, terms = self.objective(seen, compared, batch, progress)
        return loss, terms


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainState:
    """Everything that changes while a network is trained.

    Attributes:
        options: Of the run.
        corpora: What it learns from.
        trainee: The network being trained.
        average: The moving average of its weights: what is judged and kept.
        optimizer: With its moments.
        history: What each epoch came to.
    """

    options: TrainOptions
    corpora: tuple[str, ...]
    trainee: TrainingModule
    average: AffectNetwork
    optimizer: torch.optim.Optimizer
    history: list[Epoch]

    @classmethod
    def new(
        cls,
        options: TrainOptions,
        corpora: tuple[str, ...],
        device: torch.device,
        *,
        narrow: bool,
        init_from: Path | None,
    ) -> "TrainState":
        """A run at its beginning.

        Raises:
            InputError: `init_from` is of another architecture, or missing where the
                encoder is not to learn.
        """
        if options.frozen and init_from is None:
            raise InputError(
                "the recipe heads trains heads on an encoder that stays as it is: give "
                "the checkpoint that holds it with --init-from"
            )
        torch.manual_seed(options.seed)
        trainee = TrainingModule(options, narrow=narrow)
        if init_from is not None:
            weights = _initial(init_from, trainee.network)
            load_weights(trainee.network, weights, init_from)
        trainee.to(device)
        if device.type == "cpu":  # the layout its convolutions are fastest in
            trainee.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(
            options=options,
            corpora=corpora,
            trainee=trainee,
            average=deepcopy(trainee.network),
            optimizer=_optimizer(trainee, options),
            history=[],
        )

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Move the average towards the network; faster at first, when it is far."""
        decay = min(self.options.average, (1 + step) / (10 + step))
        means, now = self.average.state_dict(), self.trainee.network.state_dict()
        for mean, value in zip(means.values(), now.values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    def save(self, folder: Path) -> None:
        """Everything needed to go on, and the best average by itself.

        Raises:
            SetupError: The disk is full; the files before stand.
        """
        mean = {f"average.{k}": v for k, v in self.average.state_dict().items()}
        if best_epoch(self.history) is self.history[-1]:
            self._write(folder / BEST, mean)
        now = {f"trainee.{k}": v for k, v in self.trainee.state_dict().items()}
        moments = {
            f"optimizer.{index}.{key}": torch.as_tensor(value)
            for index, values in self.optimizer.state_dict()["state"].items()
            for key, value in values.items()
            if value is not None
        }
        self._write(folder / LAST, mean | now | moments)

    def _write(self, path: Path, tensors: dict[str, Tensor]) -> None:
        write_checkpoint(
            path,
            Checkpoint(
                options=self.options,
                corpora=self.corpora,
                tensors=tensors,
                state={"history": [epoch.to_dict() for epoch in self.history]},
            ),
        )

    def resume(self, path: Path) -> None:
        """Take up the run at `path`, if there is one.

        Raises:
            InputError: It is a run with other options, or no run at all.
        """
        if not path.exists():
            return
        found = read_checkpoint(path)
        if found.options != self.options:
            raise InputError(
                f"{path} is a run with other options; give the options it was started "
                f"with, or another folder"
            )
        load_weights(self.trainee, found.part("trainee"), path)
        load_weights(self.average, found.part("average"), path)
        state = self.optimizer.state_dict()
        for name, value in found.part("optimizer").items():
            index, key = name.split(".")
            state["state"].setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict(state)
        self.history.extend(Epoch.from_dict(row) for row in found.state["history"])


def _initial(path: Path, network: AffectNetwork) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint, or those of an encoder, by name or card."""
    if path.suffix == CHECKPOINT:
        return read_checkpoint(path).part("average")
    return weights_of_card(find_card(str(path)), network)


def _optimizer(module: nn.Module, options: TrainOptions) -> torch.optim.Optimizer:
    """Weights decay; biases, norms and learnt loss weights do not."""
    learning = [p for p in module.parameters() if p.requires_grad]
    decaying = [p for p in learning if p.ndim > 1]
    others = [p for p in learning if p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": decaying, "weight_decay": options.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    if options.optimizer == "sgd":
        return torch.optim.SGD(
            groups, lr=options.learning_rate, momentum=_MOMENTUM, nesterov=True
        )
    return torch.optim.Adam(groups, lr=options.learning_rate)
