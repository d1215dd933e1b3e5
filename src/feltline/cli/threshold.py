"""`feltline threshold`: what a threshold costs, and putting one in force."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import line, print_json, progress

if TYPE_CHECKING:
    from feltline.review import Cost

NAME: Final = "threshold"
EXAMPLE: Final = "Examples: feltline threshold; feltline threshold 0.85"
SHOWN: Final = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def run(
    value: Annotated[
        float | None,
        typer.Argument(
            metavar="[VALUE]", min=0.0, max=1.0, help="Put this one in force."
        ),
    ] = None,
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Show what thresholds cost and save, or put one in force.

    Machine labels at or above the threshold are accepted; a person looks at the rest.
    """
    from feltline.review import LiveProject, Queue, costs_of

    with opened(project) as here:
        if value is not None:
            here.store.set_threshold(round(value, 2), rater=here.settings.rater)
        live = LiveProject(here)
        with progress("predicting", quiet=as_json, unit="videos") as tell:
            live.settle(tell)
        now, totals = live.threshold, live.index.totals()
        seconds_each = Queue(live).seconds_per_item()
        costs = costs_of(totals, totals.items_per_piece, seconds_each)
    if as_json:
        print_json({"threshold": now, "points": [asdict(c) for c in costs]})
        return
    _print_table([c for c in costs if c.threshold in {*SHOWN, round(now, 2)}], now)
    line(f"in force: {now:g}")


def _print_table(costs: "list[Cost]", now: float) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for name in ("threshold", "frames to people", "share", "decisions", "minutes"):
        table.add_column(name, justify="right")
    table.add_column("accepted but wrong", justify="right")
    for c in costs:
        mark = "*" if c.threshold == round(now, 2) else " "
        table.add_row(
            f"{c.threshold:g}{mark}",
            f"{c.frames}",
            f"{c.share:.0%}",
            f"{c.items:.0f}",
            f"{c.minutes:.0f}",
            f"{c.wrong:.1%}",
        )
    Console().print(table)
