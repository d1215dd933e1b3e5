"""`feltline add`: videos into a project."""

import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, learn_if_due, opened
from feltline.cli.show import crowd, figures, line, notice, print_json, progress
from feltline.errors import InputError, VideoError

if TYPE_CHECKING:
    from feltline.pipeline import Added, WatchedFiles
    from feltline.project import Project

LOOK_EVERY_S: Final = 2.0


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
    interrupted goes on where it stopped.
    """
    from feltline.pipeline import WatchedFiles, expand_sources

    with opened(project) as here:
        passed_over: Counter[str] = Counter()
        sources = expand_sources(videos, may_be_empty=watch, passed_over=passed_over)
        if passed_over:
            notice(f"passed over: {_counted(passed_over)}")
        # As they are before they are read: a copy may go on meanwhile.
        watched = WatchedFiles(sources)
        report = _add(here, sources, jobs, as_json=as_json)
        if watch:
            _watch(here, videos, watched, jobs, as_json=as_json)
        if report.failed:
            raise InputError(
                f"{len(report.failed)} of {len(sources)} videos could not be added; "
                f"the others were"
            )
        if not as_json and report.added:
            line("next: feltline suggest --labels-per-clip 6, then feltline serve")


def _counted(passed_over: Counter[str]) -> str:
    """What was passed over, the most of it first."""
    return ", ".join(f"{n} x {what}" for what, n in passed_over.most_common() if n)


def _add(here: "Project", sources: list[str], jobs: int, *, as_json: bool) -> "Added":
    """Add videos, say what became of them, and learn from them."""
    from feltline.pipeline import add_videos

    with progress("faces", quiet=as_json) as tell:
        report = add_videos(here, sources, jobs=jobs, progress=tell)
    _show(report, here.settings.faces, as_json=as_json)
    learn_if_due(here, quiet=as_json)
    return report


def _watch(
    here: "Project",
    folders: list[str],
    watched: "WatchedFiles",
    jobs: int,
    *,
    as_json: bool,
) -> None:
    """Add what is new in the folders, once it has stopped growing.

    No single file ends the watch: what cannot be read is said, and tried again when it
    changes.
    """
    from feltline.pipeline import expand_sources

    notice("watching; Ctrl-C ends it")
    while True:
        time.sleep(LOOK_EVERY_S)
        # A file that was named is known; it may be moved away, as may a folder.
        there = [f for f in folders if Path(f).is_dir()]
        try:
            inside = expand_sources(there, may_be_empty=True)
            whole = watched.ready(inside)
            if whole:
                _add(here, whole, jobs, as_json=as_json)
        except (InputError, VideoError, OSError) as error:
            notice(f"{error}")


def _show(report: "Added", n_followed: int, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    rows = {"added": f"{len(report.added)}"}
    if report.known:
        rows["there already"] = f"{len(report.known)}"
    if report.moved:
        rows["found again"] = ", ".join(
            f"{name}, now at {source}: its labels stay"
            for source, name in report.moved.items()
        )
    for source, name in report.renamed.items():
        rows[name] = f"the name of {source} here, as its own was taken"
    if report.without_face:
        rows["without a face"] = ", ".join(report.without_face)
    figures("videos", rows)
    for name, n_frames in report.crowded.items():
        said = crowd(n_frames, n_followed).replace("--faces", "faces in feltline.toml:")
        notice(f"{name}: {said}")
    for source, why in report.failed.items():
        notice(f"{source}: {why}")
