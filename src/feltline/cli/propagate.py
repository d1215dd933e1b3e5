"""`feltline propagate`: a project's labels to all its frames."""

from pathlib import Path
from typing import Final

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import figures, print_json

NAME: Final = "propagate"
EXAMPLE: Final = "Example: feltline propagate"


def run(project: ProjectFolder = Path(), as_json: o.AsJson = False) -> None:
    """Carry the labels of the project to all its frames, and keep the result as a run.

    The review page does this by itself after every label; the same labels give the
    same run.
    """
    import numpy as np

    from feltline.project import propagate

    with opened(project) as here:
        made = propagate(here)
        threshold = here.threshold
    estimates = [e for e in made.estimates if e is not None]
    sure = np.concatenate([e.confidence[~e.is_human] for e in estimates])
    accepted = float((sure >= np.float32(threshold)).mean()) if len(sure) else 1.0
    frames = sum(len(e) for e in estimates)
    if as_json:
        print_json(
            {
                "run_id": made.run.run_id,
                "labels": made.run.n_labels,
                "frames": frames,
                "share_accepted": accepted,
                "threshold": threshold,
                "calibration": made.run.calibration,
            }
        )
        return
    figures(
        f"run {made.run.run_id}",
        {
            "frames": f"{frames}",
            "labels used": f"{made.run.n_labels}",
            "accepted": f"{accepted:.0%} of the rest at confidence {threshold:g} and "
            f"above",
            "confidence from": made.run.calibration,
        },
    )
