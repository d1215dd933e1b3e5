"""`feltline labels`: labels from a file into a project."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, learn_if_due, opened
from feltline.cli.show import line, notice, print_json

NAME: Final = "labels"
EXAMPLE: Final = "Example: feltline labels import labels.csv"

APP = typer.Typer(
    no_args_is_help=True, help="Labels from a file into a project.", epilog=EXAMPLE
)


@APP.command("import")
def bring_in(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Labels: a CSV with video, frame (or time_s), and the dimensions "
            "(valence, arousal).",
            show_default=False,
        ),
    ],
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Bring in the labels of a CSV, all of them or none.

    What the project knows already is not entered twice. A new model is learnt from
    them.
    """
    from feltline.pipeline import import_labels

    with opened(project) as here:
        made = import_labels(here, file)
        learn_if_due(here, quiet=as_json)
    if as_json:
        print_json(asdict(made))
        return
    for note in made.notes:
        notice(note)
    known = f"; {made.known} were there already" if made.known else ""
    line(f"brought in {made.added} labels{known}; next: feltline status")
