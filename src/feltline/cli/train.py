"""`feltline train`: train a network on a corpus."""

import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from feltline.cli import options as o
from feltline.cli.packages import need
from feltline.cli.show import figures, notice, print_json, progress
from feltline.cli.train_readout import train_readout

if TYPE_CHECKING:
    from feltline.lab.training.options import TrainOptions
    from feltline.types import Progress


_LEARNING = "How to learn"
_MACHINE = "Where to compute"
_READOUT = "With --recipe readout"


def _learning(text: str, **more: Any) -> Any:  # noqa: ANN401 - what typer.Option gives
    return o.option(
        text, **more, rich_help_panel=_LEARNING, show_default="the recipe's"
    )


def _machine(text: str, **more: Any) -> Any:  # noqa: ANN401 - what typer.Option gives
    return o.option(text, **more, rich_help_panel=_MACHINE)


@o.example(
    "Examples: feltline train ferplus data/ferplus --out runs/mine; "
    "feltline train ferplus data/ferplus --recipe mt-clar --out runs/paper"
)
def train(
    kind: o.CorpusKind,
    path: o.CorpusPath,
    out: Annotated[Path, o.option("Folder of the run; a run found there goes on.")],
    recipe: Annotated[
        Literal["ours", "heads", "mt-clar", "readout"],
        o.option(
            "Where the other settings start from; readout learns what reads valence "
            "and arousal off the embedding of --encoder, in closed form."
        ),
    ] = "ours",
    train_split: Annotated[str, o.option("What to learn from.")] = "train",
    valid_split: Annotated[str, o.option("What judges each epoch.")] = "valid",
    folds: o.FoldsFile = None,
    epochs: Annotated[int | None, _learning("Times through the faces.", min=1)] = None,
    batch: Annotated[int | None, _learning("Faces, or pairs, at once.", min=2)] = None,
    learning_rate: Annotated[float | None, _learning("Highest rate.", min=0)] = None,
    backbone: Annotated[
        str | None, _learning("small, timm:NAME or torchvision:NAME.")
    ] = None,
    size: Annotated[int | None, _learning("Side of a face, in pixels.", min=16)] = None,
    embedding: Annotated[
        int | None, _learning("Width of the embedding.", min=2)
    ] = None,
    fusion: Annotated[
        Literal["concat", "absolute", "multiply"] | None,
        _learning("How a pair is joined."),
    ] = None,
    pair_heads: Annotated[
        Literal["narrow", "paper"] | None, _learning("Widths of the pair heads.")
    ] = None,
    weighting: Annotated[
        Literal["fixed", "random", "uncertainty"] | None,
        _learning("How the losses of pairs are weighed."),
    ] = None,
    pair_weight: Annotated[
        float | None, _learning("Weight of the pairs.", min=0)
    ] = None,
    rank_weight: Annotated[
        float | None, _learning("Weight of Rank-N-Contrast.", min=0)
    ] = None,
    weak_weight: Annotated[
        float | None,
        _learning("Weight of valence and arousal that nobody rated directly.", min=0),
    ] = None,
    impute_with: Annotated[
        str | None,
        o.option(
            "Encoder that, with the votes, predicts valence and arousal where nobody "
            "rated them, from where somebody did."
        ),
    ] = None,
    patience: Annotated[
        int | None, _learning("Epochs without progress before it ends.", min=1)
    ] = None,
    seed: Annotated[int | None, _learning("Of everything random.", min=0)] = None,
    init_from: Annotated[
        Path | None,
        o.option("A checkpoint, or an encoder's name or card, to start from."),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], _machine("auto takes a GPU where there is one.")
    ] = "auto",
    devices: Annotated[int, _machine("How many, on each machine.", min=1)] = 1,
    nodes: Annotated[int, _machine("How many machines.", min=1)] = 1,
    precision: Annotated[
        Literal["auto", "32", "bf16"],
        _machine("auto = bf16 where the hardware multiplies it."),
    ] = "auto",
    encoder: Annotated[
        str,
        o.option("Whose readout.", rich_help_panel=_READOUT),
    ] = "affect-s",
    clips: Annotated[
        list[Path] | None,
        o.option(
            "A CSV of rated frames to learn from too; repeatable. With KIND clips, "
            "PATH is one, and photos are known from the encoder's present readout.",
            rich_help_panel=_READOUT,
        ),
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Train a network on a corpus of labelled faces.

    Checkpoints and logs go into the folder of --out. Stopped or killed, the same
    command goes on from the last epoch, to the same losses. With --recipe readout, the
    folder gets an encoder: a card under the folder's name, and the files it names.
    """
    if recipe == "readout":
        train_readout(
            kind,
            path,
            clips=clips or (),
            encoder=encoder,
            split=train_split,
            folds=folds,
            out=out,
            as_json=as_json,
        )
        return
    need("train")
    from feltline.lab.datasets import read_dataset
    from feltline.lab.training.candidate import CHECKPOINT, load_candidate
    from feltline.lab.training.checkpoint import read_checkpoint
    from feltline.lab.training.device import Device
    from feltline.lab.training.imputation import with_imputed_affect
    from feltline.lab.training.network import NARROW, PAPER_WIDTHS
    from feltline.lab.training.options import RECIPES
    from feltline.lab.training.train import Split, train

    given = {
        "epochs": epochs,
        "batch": batch,
        "learning_rate": learning_rate,
        "weighting": weighting,
        "pair_weight": pair_weight,
        "rank_weight": rank_weight,
        "weak_weight": weak_weight,
        "patience": patience,
        "seed": seed,
    }
    widths = {"narrow": NARROW, "paper": PAPER_WIDTHS}
    shape = {
        "backbone": backbone,
        "size": size,
        "embedding": embedding,
        "fusion": fusion,
        "pair_widths": widths.get(pair_heads or ""),
    }
    base = RECIPES[recipe]
    if base.frozen and init_from is not None and init_from.suffix == CHECKPOINT:
        # The encoder there is, in its shape; a card's must have the recipe's.
        base = replace(base, network=read_checkpoint(init_from).options.network)
    options = _with(base, given, shape)
    where = Device(
        accelerator=device, devices=devices, nodes=nodes, precision=precision
    )
    split = Split(
        train=read_dataset(kind, path, train_split, folds=folds),
        valid=read_dataset(kind, path, valid_split, folds=folds),
    )
    with progress("faces", quiet=as_json, unit="faces") as tell:
        if impute_with is not None:
            split = replace(
                split,
                train=with_imputed_affect(
                    split.train,
                    load_candidate(impute_with, with_heads=False).encoder,
                    progress=partial(tell, "imputation"),
                ),
            )
        made = train(
            split,
            out,
            options,
            device=where,
            init_from=init_from,
            progress=_ProgressLine(out.name, tell, quiet=as_json),
        )
    if os.environ.get("RANK", "0") != "0":  # under torchrun, one process speaks
        return
    valid = {name: round(value, 4) for name, value in made.best.scores.items()}
    result = {
        "folder": str(made.folder),
        "epochs": made.epochs,
        "best_epoch": made.best.epoch,
    }
    if as_json:
        print_json(result | {"valid": valid})
    else:
        figures(str(out), result | valid)


class _ProgressLine:
    """Moves the bar, and says what each epoch came to above it."""

    def __init__(self, name: str, tell: "Progress", *, quiet: bool) -> None:
        self._name, self._tell = name, tell
        self._is_quiet, self._last = quiet or not sys.stderr.isatty(), ""

    def __call__(self, done: int, of: int, line: str) -> None:
        if line != self._last and not self._is_quiet:
            notice(line)
        self._last = line
        self._tell(self._name, done, of)


def _with(
    recipe: "TrainOptions", given: dict[str, Any], shape: dict[str, Any]
) -> "TrainOptions":
    """The recipe with what was given on the command line."""
    shape = {name: value for name, value in shape.items() if value is not None}
    given = {name: value for name, value in given.items() if value is not None}
    return replace(recipe, network=replace(recipe.network, **shape), **given)
