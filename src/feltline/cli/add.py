"""`feltline add` and `feltline relocate`: videos into a project, and where they lie."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, learn_if_due, opened
from feltline.cli.show import figures, line, notice, notices, print_json, progress
from feltline.errors import InputError

if TYPE_CHECKING:
    from feltline.pipeline import Added
    from feltline.project import Project

__all__ = ["add", "relocate"]


@o.example(
    "Examples: feltline add talk.mp4; feltline add clips --jobs 4; "
    "feltline add incoming --watch"
)
def add(
    videos: Annotated[
        list[str],
        o.argument(
            "VIDEO...",
            "Videos, folders of videos or of pictures, or URLs that fsspec opens.",
        ),
    ],
    project: ProjectFolder = Path(),
    jobs: Annotated[
        int, o.option("How many videos to read at once.", min=1, max=256)
    ] = 1,
    watch: Annotated[
        bool,
        o.option("Go on: add what comes into the folders, until Ctrl-C.", "--watch"),
    ] = False,
    as_json: o.AsJson = False,
) -> None:
    """Find the faces of videos and enter them into the project.

    What is there already is passed over by its content, and a reading that was
    interrupted goes on where it stopped. A video that was moved is known again at its
    new place.
    """
    from feltline.pipeline import find_sources

    with opened(project) as here:
        found = find_sources(videos, may_be_empty=watch)
        if found.sentence:
            notice(found.sentence)
        if watch:
            _watch(here, videos, found.sources, jobs, as_json=as_json)
            return
        report = _add(here, found.sources, jobs, as_json=as_json)
        if report.failed:
            if as_json:  # the document printed says which, and why
                raise typer.Exit(InputError.exit_code)
            raise InputError(
                f"{len(report.failed)} of {len(found.sources)} videos could not be "
                f"added; the others were"
            )
        if not as_json and report.added:
            line("next: feltline suggest --labels-per-clip 6, then feltline serve")


def _add(here: "Project", sources: list[str], jobs: int, *, as_json: bool) -> "Added":
    """Add videos, say what became of them, and learn from them."""
    from feltline.pipeline import add_videos

    with progress("faces", quiet=as_json) as tell:
        report = add_videos(here, sources, jobs=jobs, progress=tell)
    _show(report, as_json=as_json)
    learn_if_due(here, quiet=as_json)
    return report


def _watch(
    here: "Project",
    folders: list[str],
    first: list[str],
    jobs: int,
    *,
    as_json: bool,
) -> None:
    """Add what is in the folders and what comes, once it has stopped changing."""
    from feltline.pipeline import watch_sources

    notice("watching; Ctrl-C ends it")
    watch_sources(
        folders,
        first,
        lambda sources: _add(here, sources, jobs, as_json=as_json),
        say=notice,
    )


def _show(report: "Added", *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    from feltline.formats import shortened

    rows = {"added": f"{len(report.added)}"}
    if report.known:
        rows["there already"] = f"{len(report.known)}"
    if report.relocated:
        rows["found at a new place"] = ", ".join(shortened(report.relocated))
    if report.without_face:
        rows["without a face"] = ", ".join(shortened(report.without_face))
    figures("videos", rows)
    notices(report.notes)
    notices([f"{source}: {why}" for source, why in report.failed.items()])


@o.example(
    "Examples: feltline relocate /mnt/old/clips /mnt/new/clips; "
    "feltline relocate talk.mp4 ../archive/talk.mp4; feltline relocate /mnt/archive"
)
def relocate(
    old: Annotated[
        str,
        o.argument("OLD", "The folder in which videos lay, or one of the videos."),
    ],
    new: Annotated[
        Path | None,
        o.argument(
            "[NEW]", "Where they are now. Without it, OLD is looked through for them."
        ),
    ] = None,
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Tell the project that videos were moved; their labels stay.

    Each is hashed at its new place, and taken only if its content is the same. Of a
    folder, the others stay as they were. With one place, all videos whose file is
    missing are sought in it. No file is moved or changed.
    """
    from feltline.pipeline import find_again
    from feltline.pipeline import relocate as reconnect

    with opened(project) as here:
        made = find_again(here, Path(old)) if new is None else reconnect(here, old, new)
    if as_json:
        print_json(asdict(made))
        if made.unchanged:
            raise typer.Exit(InputError.exit_code)
        return
    figures("videos", {"found at the new place": f"{len(made.moved)}"})
    notices(made.unchanged.values())
    if made.unchanged:
        n = len(made.unchanged)
        raise InputError(
            f"{n} of {n + len(made.moved)} videos stay as they were; the others are "
            f"known at their new place"
        )
