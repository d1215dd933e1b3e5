"""Training log: each epoch's losses and scores as CSV and for TensorBoard."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from feltline.atomic import replacing

__all__ = ["Epoch", "TrainingLog"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One time through the faces.

    Attributes:
        epoch: Its number, from 1.
        overall: The score that decides which epoch is best.
        losses: Mean of the total and of each term over the train split.
        scores: Of the averaged weights on the valid split.
    """

    epoch: int
    overall: float
    losses: dict[str, float]
    scores: dict[str, float]

    @classmethod
    def of(
        cls,
        epoch: int,
        means: Sequence[float],
        terms: Sequence[str],
        scores: dict[str, float],
    ) -> "Epoch":
        """An epoch from the means of its losses and its scores."""
        return cls(
            epoch=epoch,
            overall=scores["overall"],
            losses=dict(zip(("total", *terms), means, strict=True)),
            scores=scores,
        )

    def line(self) -> str:
        """In a few words, for a progress bar."""
        first = ("acc", "auc", "ccc")
        shown = {k: v for k, v in self.scores.items() if k.startswith(first)}
        figures = ", ".join(f"{k} {v:.3f}" for k, v in shown.items())
        return f"epoch {self.epoch}: loss {self.losses['total']:.3f}, {figures}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> "Epoch":
        """What `to_dict` gave."""
        return cls(**row)


class TrainingLog:
    """The log files of a run."""

    def __init__(self, folder: Path, *, write: bool) -> None:
        """Open them; only the first of several devices writes."""
        self._folder = folder
        self._events: Any = None
        self._is_writing = write
        if write:
            from torch.utils.tensorboard import SummaryWriter

            self._events = SummaryWriter(str(folder / "events"))

    def write(self, history: Sequence[Epoch]) -> None:
        """Write all epochs as CSV, and the last one for TensorBoard."""
        if not self._is_writing:
            return
        rows = [_row(epoch) for epoch in history]
        with (
            replacing(self._folder / "epochs.csv") as scratch,
            scratch.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, list(rows[-1]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        for name, value in _row(history[-1]).items():
            self._events.add_scalar(name, value, history[-1].epoch)
        self._events.flush()


def _row(epoch: Epoch) -> dict[str, float | int]:
    losses = {f"loss_{name}": value for name, value in epoch.losses.items()}
    return {"epoch": epoch.epoch} | losses | epoch.scores
