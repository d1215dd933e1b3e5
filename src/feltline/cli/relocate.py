"""`feltline relocate`: videos whose files were moved or renamed."""

from pathlib import Path
from typing import Annotated

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import line, notice, print_json
from feltline.errors import InputError


@o.example("Examples: feltline relocate /media/disk2/talks; feltline relocate new.mp4")
def relocate(
    places: Annotated[
        list[Path],
        o.argument("PLACE...", "Files, or folders to look through for them."),
    ],
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Find videos again whose files were moved or renamed; their labels stay.

    They are known by their content. feltline status --check lists those that are
    missing.
    """
    from feltline.project import VideoFiles

    with opened(project) as here:
        files = VideoFiles(here)
        found = files.relocate(places)
        problems = list(files.problems())
    if as_json:
        moved = {name: str(path) for name, path in found.items()}
        print_json({"moved": moved, "problems": problems})
    else:
        for name, path in found.items():
            line(f"{name} is at {path} now")
        for problem in problems:
            notice(problem)
    if not found and problems:
        raise InputError(
            f"none of the {len(problems)} videos without their file was found there; "
            f"give another place, or the file itself"
        )
    if not found and not as_json:
        line("nothing to do: the files of all videos are where they were")
