"""`feltline purge`: a video and every trace of it out of a project."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import figures, line, print_json

NAME: Final = "purge"
EXAMPLE: Final = "Examples: feltline purge talk.mp4 --yes; feltline purge clips/new.mp4"


def run(
    video: Annotated[
        str,
        typer.Argument(
            metavar="VIDEO",
            help="Its name in the project, or a file that was not added to its end.",
            show_default=False,
        ),
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; it cannot be undone.")
    ] = False,
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Remove a video's faces, embeddings, pictures, labels and log entries for good.

    What was learnt with it goes too, and is learnt anew from the other videos. Comments
    on other videos stay as they are. The video file itself is yours and stays, as does
    what was exported before. If adding a file was interrupted or failed, what is kept
    of its faces is removed.
    """
    from feltline.pipeline import name_of_file, purge, purge_file

    with opened(project) as here:
        known = video in here.store.video_names()
        name = video if known else name_of_file(here, video)
        if not yes:
            typer.confirm(
                f"Remove all that is kept of {video}, for good?"
                if name is None
                else f"Remove all that is kept of {name}, its labels too, for good?",
                abort=True,
                err=True,
            )
        made = purge_file(here, video) if name is None else purge(here, name)
    if as_json:
        print_json(asdict(made))
        return
    rows = {name: f"{n} rows" for name, n in made.rows.items() if n}
    rows |= {name: f"{n} bytes" for name, n in made.files.items()}
    if made.models:
        rows["models learnt with it"] = f"{len(made.models)}"
    figures(f"removed of {name or video}", rows)
    if made.model_id is not None:
        line(f"learnt anew from the other videos: model {made.model_id}")
    if made.mentions:
        line(
            f"{made.mentions} comments on other videos name it; nobody's words are "
            f"changed: look for them in feltline export --layer human"
        )
    if "fetched copy" not in made.files:
        line("the video file itself was left where it is")
