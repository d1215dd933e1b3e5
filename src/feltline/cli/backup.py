"""A project as one file, and back."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from feltline.cli import options as o
from feltline.cli.project import opened
from feltline.cli.show import line, notice, print_json, progress

__all__ = ["backup", "restore"]


@o.example("Example: feltline backup study study-2026-11.zip")
def backup(
    project: Annotated[Path, o.argument("PROJECT", "The folder of the project.")],
    file: Annotated[Path, o.argument("FILE", "Where to write: a .zip.")],
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Write a project into one file: labels, models, settings, feature files.

    Others may go on working in it. The videos are not in the file: keep them yourself.
    """
    from feltline.pipeline import backup as write

    with opened(project) as here, progress("backup", quiet=as_json) as tell:
        made = write(here, file, force=force, progress=tell)
    if as_json:
        print_json({**asdict(made), "written": [str(file)]})
        return
    for name in made.lost:
        notice(f"the feature file of {name} is lost; only what was said of it is kept")
    line(
        f"wrote {made.videos + len(made.lost)} videos' labels and features to {file} "
        f"({made.size} bytes); the video files are not in it"
    )


@o.example("Example: feltline restore study-2026-11.zip study-again")
def restore(
    file: Annotated[Path, o.argument("FILE", "What feltline backup wrote.")],
    folder: Annotated[Path, o.argument("FOLDER", "Where to make the project.")],
    purges_of: Annotated[
        list[Path] | None,
        o.option(
            "A project folder whose purges count as well; may be repeated.",
            "--purges-of",
            metavar="PROJECT",
        ),
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Make a project of a backup, in a new folder.

    Videos that were purged on this machine after the backup was made stay out.
    """
    from feltline.pipeline import restore as unpack

    with progress("restore", quiet=as_json, unit="files") as tell:
        made = unpack(file, folder, purged_by=purges_of or (), progress=tell)
    if as_json:
        print_json(asdict(made) | {"folder": str(folder), "made_at": f"{made.made_at}"})
        return
    if made.purged:
        what = "1 video was" if made.purged == 1 else f"{made.purged} videos were"
        line(f"{what} purged after the backup; what was purged stays out")
    if made.missing:
        notice(
            f"{len(made.missing)} video files are not where they were, such as "
            f"{made.missing[0]}; feltline relocate finds them again"
        )
    line(f"restored {made.name} with {made.videos} videos in {folder}")
