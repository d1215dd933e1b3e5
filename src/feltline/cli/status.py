"""`feltline status`: how far a project is."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import figures, print_json, progress

NAME: Final = "status"
EXAMPLE: Final = "Example: feltline status"


def run(
    project: ProjectFolder = Path(),
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Look the whole database and the folders over as well."
        ),
    ] = False,
    as_json: o.AsJson = False,
) -> None:
    """Show how far the project is: videos, labels, what is accepted, what is left."""
    from feltline.review import LiveProject, status_of

    with opened(project) as here:
        live = LiveProject(here)
        with progress("predicting", quiet=as_json, unit="videos") as tell:
            live.settle(tell)
        s = status_of(live, check=check)
    if as_json:
        print_json(s.document)
        return
    rows: dict[str, Any] = {
        "videos": f"{s.videos}, {_length(s.hours)}",
        "faces": f"{s.tracks} tracks, {s.frames} frames",
        "labels": f"{s.judgements} in force, by {', '.join(s.raters) or 'nobody yet'}",
        "reviewed": f"{s.reviewed} frames by people",
        "accepted": f"{s.accepted} frames at confidence {s.threshold:g} and above",
        "to review": f"{s.pending} frames: about {s.items_left} decisions, "
        f"{s.minutes_left:.0f} min",
    }
    if s.model_id:
        rows["model"] = s.model_id
    if s.suggestions_left:
        rows["suggested"] = f"{s.suggestions_left} frames wait for a label"
    if check:
        rows["database and folders"] = "; ".join(s.problems) or "nothing is wrong"
    figures(s.name, rows)


def _length(hours: float) -> str:
    return f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.1f} minutes"
