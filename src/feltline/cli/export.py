"""`feltline export`: a project's labels as a file."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import line, print_json

NAME: Final = "export"
EXAMPLE: Final = (
    "Examples: feltline export labels.parquet; "
    "feltline export mine.csv --layer human --video talk.mp4"
)


LayerName = Literal["final", "human", "model"]
"""`feltline.formats.Layer`, for the command line."""


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
        LayerName,
        typer.Option(
            help="final: what stands, people's word first; human: each rater's own "
            "word; model: the machine's."
        ),
    ] = "final",
    video: Annotated[
        list[str] | None, typer.Option(help="Only this video; may be repeated.")
    ] = None,
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Write a row per face and frame: its value, where it comes from, how sure it is.

    If labels have changed since the last run, they are carried to all frames first.
    """
    from feltline.pipeline import export

    with opened(project) as here:
        written = export(here, out, layer=layer, videos=video or None)
    if as_json:
        print_json({"rows": written, "written": [str(out)]})
        return
    line(f"wrote {written} rows to {out}")
