"""`feltline export-encoder`: from a checkpoint to ONNX graphs and a card."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

from feltline.cli import options as o
from feltline.cli.packages import need
from feltline.cli.show import figures, print_json
from feltline.errors import InputError


@o.example(
    "Example: feltline export-encoder runs/mine/best.safetensors --name mine --out ."
)
def export_encoder(
    checkpoint: Annotated[
        Path, o.argument("CHECKPOINT", "What feltline train wrote: best.safetensors.")
    ],
    name: Annotated[str, o.option("Name of the encoder.")],
    out: Annotated[Path, o.option("Folder for the graphs and the card.")],
    licence: Annotated[str, o.option("Of the weights.")] = "unstated",
    source: Annotated[str, o.option("Where they come from, in words.")] = "",
    margin: Annotated[
        float, o.option("Margin of the crop around the mesh, of its side.")
    ] = 0.1,
    lift: Annotated[
        float, o.option("How far the crop sits above the mesh, of its side.")
    ] = 0.0,
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Write a trained network as ONNX: one graph for faces, one for pairs, a card.

    Both graphs are run against the network and refused if they differ. --margin and
    --lift say how tightly faces must be cut to look like those it was trained on.
    """
    need("train")
    from feltline.formats import replacing_output
    from feltline.lab.training.checkpoint import read_checkpoint
    from feltline.lab.training.export import export_encoder

    if not out.is_dir():
        raise InputError(f"{out} is no folder; make it first")
    with ExitStack() as stack:
        for ending in (".onnx", "-pairs.onnx", ".json"):
            kept = replacing_output(out / f"{name}{ending}", force=force)
            stack.enter_context(kept)
        card = export_encoder(
            read_checkpoint(checkpoint),
            checkpoint,
            out,
            name,
            cut=(margin, lift),
            about={"licence": licence, "source": source},
        )
    made: dict[str, Any] = {
        "card": str(card.path),
        "faces": str(card.model_path),
        "megabytes": round(card.model_path.stat().st_size / 1e6, 2),
        "sha256": card.sha256,
    }
    if card.pair_heads is not None:
        made["pairs"] = str(card.pair_heads.path)
    if as_json:
        print_json(made)
    else:
        figures(card.name, made)
