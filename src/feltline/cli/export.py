"""`feltline export`: a project's labels as a file."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import figures, line, print_json

NAME: Final = "export"
EXAMPLE: Final = (
    "Examples: feltline export labels.parquet; "
    "feltline export mine.csv --layer human --video talk.mp4"
)


def run(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Where to write: .csv, .parquet or .jsonl.",
            show_default=False,
        ),
    ],
    layer: Annotated[
        Literal["final", "human", "model"],
        typer.Option(
            help="final: what stands, people's judgements first; human: each rater's "
            "own; model: predictions."
        ),
    ] = "final",
    video: Annotated[
        list[str] | None, typer.Option(help="Only this video; may be repeated.")
    ] = None,
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Write a row per face and frame: its value, where it comes from, how sure it is.

    Predictions are those of the current model, as on the page; feltline propagate
    learns from labels that came since.
    """
    from feltline.pipeline import export

    with opened(project) as here:
        written, promise = export(here, out, layer=layer, videos=video or None)
    if as_json:
        print_json({"rows": written, "written": [str(out)], **promise})
        return
    line(f"wrote {written} rows to {out}")
    if promise:
        figures(
            f"by model {promise['model_id']}",
            {
                "confidence": f"of errors of at most {promise['tolerance']}, from "
                f"{promise['calibration']}",
                "threshold": promise["threshold"],
            },
        )
