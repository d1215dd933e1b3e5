"""What the commands on a project share: which project, and opening it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feltline.cli.show import progress

if TYPE_CHECKING:
    from feltline.project import Project

__all__ = ["ProjectFolder", "learn_if_due", "opened"]

ProjectFolder = Annotated[
    Path,
    typer.Option(
        "--project",
        help="The project's folder, or one inside it.",
        show_default="where you are",
    ),
]


def opened(folder: Path) -> "Project":
    """Open the project that a folder lies in.

    Raises:
        InputError: There is none, or its settings cannot be used.
        StoreError: Its database cannot be opened.
    """
    from feltline.project import Project, find_project

    with progress("former extractions:", quiet=False, unit="videos") as tell:
        return Project.open(find_project(folder), progress=tell)


def learn_if_due(project: "Project", *, quiet: bool) -> None:
    """Learn a new model where labels or videos have changed enough.

    Raises:
        StoreError: The database cannot be written.
    """
    from feltline.project import is_due, learn

    if is_due(project):
        with progress("learning", quiet=quiet, unit="videos") as tell:
            learn(project, progress=tell)
