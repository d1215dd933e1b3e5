"""`feltline init`: make a project."""

import uuid
from pathlib import Path
from typing import Annotated, Final

import typer

from feltline.cli import options as o
from feltline.cli.show import line, print_json

NAME: Final = "init"
EXAMPLE: Final = (
    "Examples: feltline init study; feltline init study --name 'Pilot study' "
    "--rater anna; feltline init study --database postgresql://localhost/feltline; "
    "feltline init talks --schema tension.json"
)


def run(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Where to make it.", show_default=False),
    ],
    name: Annotated[
        str | None,
        typer.Option(help="What to call it.", show_default="the folder's name"),
    ] = None,
    rater: Annotated[str, typer.Option(help="Who labels here.")] = "r1",
    database: Annotated[
        str,
        typer.Option(
            help="A postgresql:// URL; FELTLINE_DATABASE overrides it, which keeps a "
            "password out of the file.",
            show_default="SQLite in the folder",
        ),
    ] = "",
    schema: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Dimensions and classes to label in, as JSON; they stay as they are.",
            show_default="valence, arousal and eight expressions",
        ),
    ] = None,
    every: o.Every = "1",
    faces: o.Faces = o.DEFAULT_FACES,
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    tolerance: o.Tolerance = o.DEFAULT_TOLERANCE,
    coverage: o.Coverage = o.DEFAULT_COVERAGE,
    threshold: o.Threshold = o.DEFAULT_THRESHOLD,
    as_json: o.AsJson = False,
) -> None:
    """Make a project: a folder with its settings, its labels, and what is extracted."""
    from feltline.formats import read_schema
    from feltline.project import Project, ProjectSettings
    from feltline.types import DEFAULT_SCHEMA

    settings = ProjectSettings(
        project_id=uuid.uuid4().hex,
        name=name or folder.resolve().name,
        rater=rater,
        database=database,
        encoder=encoder,
        every=every,
        faces=faces,
        tolerance=tolerance,
        coverage=coverage,
        threshold=threshold,
    )
    labelled_in = DEFAULT_SCHEMA if schema is None else read_schema(schema)
    Project.init(folder, settings, labelled_in).close()
    if as_json:
        print_json({"project": str(folder), "project_id": settings.project_id})
        return
    line(f"made the project {settings.name} in {folder}; next:")
    line(f"  cd {folder}")
    line("  feltline add VIDEO...")
